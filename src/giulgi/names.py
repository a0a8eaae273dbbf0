"""Names that do not exist: which one was meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping

# What other libraries call a thing, and what giulgi does.
_OF_OTHERS = {
    "GradientTape": "gg.gradients",
    "InteractiveSession": "gg.Session",
    "Linear": "gg.layers.Dense",
    "cat": "gg.concat",
    "convert_to_tensor": "gg.constant",
    "div": "gg.divide",
    "from_numpy": "gg.constant",
    "get_variable": "gg.Variable",
    "manual_seed": "gg.set_seed",
    "mm": "gg.matmul",
    "mod": "gg.remainder",
    "mul": "gg.multiply",
    "neg": "gg.negative",
    "permute": "gg.transpose",
    "pow": "gg.power",
    "rand": "gg.random.uniform",
    "randn": "gg.random.normal",
    "random_normal": "gg.random.normal",
    "random_uniform": "gg.random.uniform",
    "reduce_all": "gg.all",
    "reduce_any": "gg.any",
    "reduce_logsumexp": "gg.logsumexp",
    "reduce_max": "gg.max",
    "reduce_mean": "gg.mean",
    "reduce_min": "gg.min",
    "reduce_prod": "gg.prod",
    "reduce_std": "gg.std",
    "reduce_sum": "gg.sum",
    "reduce_variance": "gg.var",
    "seed": "gg.set_seed",
    "set_random_seed": "gg.set_seed",
    "sub": "gg.subtract",
    "tensor": "gg.constant",
    "to_categorical": "gg.one_hot or gg.preprocessing.to_categorical",
    "unsqueeze": "gg.expand_dims",
    "utils": "gg.preprocessing",
}

# What is said of names that stand for no single thing.
_SAID_OF = {
    "keras": "it has Keras's shape itself: gg.Sequential, gg.Model, gg.layers.Dense, "
    "gg.optimizers.Adam",
}


def letters_of(name: str) -> str:
    """Return the letters and digits of a name alone: the same for mean_error and MeanError."""
    return name.replace("_", "").lower()


def snake_case(class_name: str) -> str:
    """Return the name of a class as that of an object: MaxPooling2D becomes max_pooling2d."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])", "_", class_name).lower()


def meant(word: str, known: Iterable[str]) -> list[str]:
    """Return the known names that may be meant by a word; none if it is like none of them.

    They are the ones of the same letters, whatever is large or small; else one that is spelt very
    nearly so; else those that have all the parts of the word, as sparse_categorical_crossentropy
    has those of sparse_crossentropy; else the one that is spelt most nearly so.
    """
    known = sorted(known)
    same = [name for name in known if letters_of(name) == letters_of(word)]
    parts = set(word.lower().split("_"))
    return (
        same
        or difflib.get_close_matches(word, known, n=1, cutoff=0.85)
        or [name for name in known if parts <= set(name.lower().split("_"))]
        or difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    )


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return "did you mean 'x'?" for the known names that may be meant, else all known names."""
    known = sorted(known)
    found = meant(word, known)
    if found:
        return f"did you mean {' or '.join(map(repr, found))}?"
    return "known here: " + ", ".join(known)


def of_other_libraries(name: str) -> str:
    """Return what giulgi calls a thing that other libraries call so; "" if it is not known."""
    return _OF_OTHERS.get(name, "")


def said_of(name: str) -> str:
    """Return what there is to say of a name that stands for no single thing; "" if nothing is."""
    return _SAID_OF.get(name, "")


Lookup = tuple[Callable[[str], object], Callable[[], list[str]]]


def namespace(
    space: str,
    known: Iterable[str],
    hints: Mapping[str, str] | None = None,
    missing: Mapping[str, str] | None = None,
) -> Lookup:
    """Return ``__getattr__`` and ``__dir__`` of a module that users look around in.

    It then shows its own names alone, and says of others what may be meant.

    Args:
        space: the module as users write it: "gg.layers".
        known: its names.
        hints: what to write for some names that it does not have.
        missing: what to say of some that giulgi does not have at all.
    """
    own = sorted(known)

    def getattribute(name: str) -> object:
        problem = f"{space} has no {name!r}"
        if name.startswith("__"):
            raise AttributeError(problem)
        if name in (missing or {}):
            raise AttributeError(f"{problem}: {(missing or {})[name]}")
        instead = (hints or {}).get(name) or of_other_libraries(name)
        instead = instead or " or ".join(f"{space}.{found}" for found in meant(name, own))
        advice = f": did you mean {instead}?" if instead else "."
        raise AttributeError(f"{problem}{advice} It has: {', '.join(own)}")

    return getattribute, lambda: own
