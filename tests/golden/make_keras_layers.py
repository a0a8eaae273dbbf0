"""Make the golden numbers of layers, with real Keras 3 on JAX.

For each case: the weights, the inputs and their masks, what the layer gives and which mask goes
along, and for a cotangent of that the gradients of the inputs and of the weights; and the state
before and after, if there is one. Run it in the environment of ``make_keras_golden.py``::

    /tmp/keras-venv/bin/python tests/golden/make_keras_layers.py
"""

import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

from typing import Any
from zlib import crc32

import jax
import jax.numpy as jnp
import keras
import numpy as np
import other_cases
import sequence_cases
import spatial_cases
from keras.src.backend.common.masking import get_keras_mask, set_keras_mask
from make_keras_golden import Arrays, f32, save
from spatial_cases import Case

# What among the arguments is not what a layer is made with.
OF_CALL = ("call", "masks")


def made(kind: str, kwargs: dict[str, Any]) -> Any:
    """Return a layer, perhaps around others."""
    kwargs = {name: inner(value) for name, value in kwargs.items() if name not in OF_CALL}
    return getattr(keras.layers, kind)(**kwargs)


def inner(value: Any) -> Any:
    """Return the layer, or the layers, that an argument tells as [class, arguments]."""
    is_list = isinstance(value, list) and bool(value)
    if is_list and isinstance(value[0], str):
        return made(*value)
    return [inner(part) for part in value] if is_list else value


def joined(y: Any) -> Any:
    """Return all outputs of a layer as one."""
    parts = jax.tree.leaves(y)
    return jnp.concatenate([jnp.ravel(part) for part in parts]) if len(parts) > 1 else parts[0]


def drawn_mask(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Return which steps count: in each sequence one at least."""
    mask = rng.random(shape) < 0.6
    mask[~mask.any(axis=1), rng.integers(shape[1])] = True
    return mask


class Evaluation:
    """A layer of Keras with weights, inputs and masks.

    Args:
        name: what the case is called.
        case: what it is.
    """

    def __init__(self, name: str, case: Case) -> None:
        kind, kwargs, shape = case
        # Of its own for each case, so that one more changes none of the others.
        rng = np.random.default_rng(crc32(name.encode()))
        self.words = name.split("_")
        self.rng, self.is_listed = rng, isinstance(shape, list)
        self.is_apart = kind == "MultiHeadAttention"
        self.layer = made(kind, kwargs)
        if self.is_apart:
            self.layer.build(*shape)
        else:
            self.layer.build(shape[0] if "initial" in self.words else shape)
        self.weights = [f32(rng.normal(size=w.shape) / 2) for w in self.layer.trainable_weights]
        # The states of recurrent layers are no weights.
        states = getattr(self.layer, "states", None) or []
        self.fixed = [*self.layer.non_trainable_weights, *states]
        self.state = [f32(1 + rng.uniform(size=w.shape)) for w in self.fixed]
        self.shapes = shape if self.is_listed else [shape]
        self.xs = [f32(rng.normal(size=one)) for one in self.shapes]
        if "ids" in self.words:
            self.xs = [f32(rng.integers(0, 7, one)) for one in self.shapes]
        self.masks: list[Any] = [None] * len(self.xs)
        if "masked" in self.words:
            steps = 2 if "first" in self.words else 1
            self.masks = [
                drawn_mask(rng, (one[0], one[steps]))
                if number in kwargs.get("masks", [number])
                else None
                for number, one in enumerate(self.shapes)
            ]
        self.options: dict[str, Any] = {"training": True} if "training" in self.words else {}
        for key, value in kwargs.get("call", {}).items():
            self.options[key] = jnp.asarray(value) if isinstance(value, list) else value

    def call(self, xs: Any, weights: Any) -> Any:
        """Return what the layer gives, and its state afterwards."""
        for x, mask in zip(xs, self.masks, strict=True):
            set_keras_mask(x, None if mask is None else jnp.asarray(mask))
        is_initial = "initial" in self.words
        first = {"initial_state": xs[1:]} if is_initial else {}
        inputs = xs if self.is_listed and not is_initial else xs[0]
        given = xs if self.is_apart else [inputs]
        values = [*zip(self.layer.trainable_variables, weights, strict=True)]
        values += zip(self.fixed, map(jnp.asarray, self.state), strict=True)
        # Not stateless_call, which leaves out what looks for masks.
        with keras.StatelessScope(state_mapping=values) as scope:
            y = self.layer(*given, **self.options, **first)
        return y, [scope.get_current_value(v) for v in self.fixed]

    def numbers(self) -> Arrays:
        """Return weights, inputs, results and gradients."""

        def apply(xs: Any, weights: Any) -> Any:
            y, after = self.call(xs, weights)
            return joined(y), after

        first = [jnp.asarray(x) for x in self.xs]
        weights = [jnp.asarray(w) for w in self.weights]
        y, pullback, after = jax.vjp(apply, first, weights, has_aux=True)
        cotangent = f32(self.rng.normal(size=y.shape))
        slopes = pullback(jnp.asarray(cotangent))
        found = {"y": y, "cotangent": cotangent}
        outputs, _ = self.call([jnp.asarray(x) for x in self.xs], weights)
        found["y_mask"] = get_keras_mask(jax.tree.leaves(outputs)[0])
        series = {
            "x": self.xs,
            "mask": self.masks,
            "dx": slopes[0],
            "weight": self.weights,
            "gradient": slopes[1],
            "state": self.state,
            "then": after,
        }
        for key, values in series.items():
            found |= {f"{key}_{number}": value for number, value in enumerate(values)}
        return {key: np.asarray(value) for key, value in found.items() if value is not None}


def main() -> None:
    cases: dict[str, Case] = {}
    for module in (spatial_cases, other_cases, sequence_cases):
        for name, make in vars(module).items():
            cases |= make() if name.startswith("of_") else {}
    arrays: Arrays = {}
    about: dict[str, Any] = {}
    for name, case in cases.items():
        found = Evaluation(name, case).numbers()
        arrays |= {f"{name}/{key}": value for key, value in found.items()}
        about[name] = {"class": case[0], "kwargs": case[1]}
        for what in ("x", "weight", "state"):
            about[name][what] = sum(key.startswith(f"{what}_") for key in found)
    save("layers", arrays, about)


if __name__ == "__main__":
    main()
