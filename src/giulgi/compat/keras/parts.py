"""Activations, first values and penalties under all their names."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.keras.arguments import hard_sigmoid
from giulgi.compat.keras.boundary import called, keras_function, named
from giulgi.compat.keras.utils import CUSTOM_OBJECTS, known_object
from giulgi.compat.names import TABLES, export, exported
from giulgi.compat.tensorflow.math.random import MOST_BY_PYTHON, seeds_of, stream_of
from giulgi.compat.tensorflow.math.seeded import bell, cut_bell, even
from giulgi.compat.tensors.dtypes import DType
from giulgi.compat.tensors.tensor import as_expression
from giulgi.compat.wording import unknown

# Activations


def _activation(name: str, function: Callable[..., gg.Tensor]) -> None:
    def apply(x: Any, *args: Any, **options: Any) -> gg.Tensor:
        return function(as_expression(x), *args, **options)

    apply.__name__, apply.__doc__ = name, function.__doc__
    built = keras_function(f"activations.{name}")(apply)
    built.of_giulgi = function  # type: ignore[attr-defined]


def relu(
    x: gg.Tensor, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> gg.Tensor:
    """max(0, x), or with a slope below."""
    return gg.activations.relu(x, alpha, max_value, threshold)


#: The activations in which Keras 2 differs.
OWN: dict[str, Callable[..., gg.Tensor]] = {"hard_sigmoid": hard_sigmoid, "relu": relu}
for _name in ("elu", "exponential", "hard_sigmoid", "linear", "relu", "selu", "sigmoid", "softmax",
              "softplus", "softsign", "tanh", "swish", "gelu"):  # fmt: skip
    _activation(_name, OWN.get(_name) or getattr(gg.activations, _name))


@exported("activations.get", "activations.deserialize", of="keras")
def get_activation(identifier: Any) -> Any:
    """Return an activation by its name; a function is itself; None is the linear one."""
    if identifier is None:
        identifier = "linear"
    if not isinstance(identifier, str):
        return identifier
    found = CUSTOM_OBJECTS.get(identifier, TABLES["keras"].get(f"activations.{identifier}"))
    if found is None:
        known = [name[12:] for name in TABLES["keras"] if name.startswith("activations.")]
        raise ValueError(unknown("activation function", identifier, known))
    return found


@exported("activations.serialize", of="keras")
def serialize_activation(activation: Any) -> str:
    """Return the name of an activation."""
    return str(getattr(activation, "__name__", activation))


# First values


class _Named:
    """An initializer that is also called with TensorFlow's types, and then gives named tensors."""

    def __call__(self, shape: Any, dtype: Any = None, **_: Any) -> Any:
        """Return the first values of a weight."""
        of_giulgi = not (dtype is None or isinstance(dtype, DType) or isinstance(shape, list))
        kind = dtype.numpy_dtype if isinstance(dtype, DType) else dtype or "float32"
        value = _seeded(self, tuple(shape))
        if value is None:
            value = super().__call__(tuple(shape), kind)  # type: ignore[misc]
        value = gg.cast(value, kind)
        return value if of_giulgi else named(value)

    def get_config(self) -> dict[str, Any]:
        """Return what it was made with."""
        return dict(vars(self))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return one made with what :meth:`get_config` of another returned."""
        return cls(**config)


_DRAWS = {"uniform": even, "normal": bell, "truncated_normal": cut_bell}


def _seeded(initializer: Any, shape: tuple[int, ...]) -> gg.Tensor | None:
    """Return what TensorFlow draws for an initializer's own seed; None where it has none."""
    seed = getattr(initializer, "seed", None)
    if seed is None or math.prod(shape) > MOST_BY_PYTHON or not hasattr(initializer, "drawn"):
        return None
    seeds = seeds_of(seed)
    assert seeds is not None
    distribution, first, second = initializer.drawn(shape)
    numbers = stream_of(get_default_graph(), seeds, _DRAWS[distribution])(shape)
    scale = second - first if distribution == "uniform" else second
    return gg.constant(numbers * np.float32(scale) + np.float32(first))


#: Initializers by their names.
INITIALIZERS: dict[str, Any] = {}


def _initializer(name: str, *others: str) -> None:
    base = getattr(gg.initializers, name)
    fields = {"__module__": __name__, "__doc__": base.__doc__}
    made = globals()[name] = type(name, (_Named, base), fields)  # Pickles find it by its name.
    for path in (name, *others):
        INITIALIZERS[path] = made
        export(f"initializers.{path}", made, of="keras")


for _name, _others in {
    "Zeros": ("zeros", "zero"), "Ones": ("ones", "one"), "Constant": ("constant",),
    "RandomNormal": ("random_normal", "normal"), "RandomUniform": ("random_uniform", "uniform"),
    "TruncatedNormal": ("truncated_normal",), "VarianceScaling": (), "Orthogonal": ("orthogonal",),
    "Identity": ("identity",), "GlorotUniform": ("glorot_uniform",),
    "GlorotNormal": ("glorot_normal",), "HeNormal": ("he_normal",), "HeUniform": ("he_uniform",),
    "LecunNormal": ("lecun_normal",), "LecunUniform": ("lecun_uniform",),
}.items():  # fmt: skip
    _initializer(_name, *_others)
export("initializers.Initializer", gg.initializers.Initializer, of="keras")


@exported("initializers.get", "initializers.deserialize", of="keras")
def get_initializer(identifier: Any) -> Any:
    """Return an initializer by its name or a description; a function is itself."""
    if isinstance(identifier, (dict, str)):
        name = identifier if isinstance(identifier, str) else identifier["class_name"]
        if name not in INITIALIZERS or name in CUSTOM_OBJECTS:
            return known_object(identifier, INITIALIZERS, "initializer")
        if isinstance(identifier, str):
            return INITIALIZERS[name]()
        made = INITIALIZERS[name]
        known = inspect.signature(made.__init__).parameters
        config = identifier.get("config") or {}
        return made(**{key: value for key, value in config.items() if key in known})
    return identifier


# Penalties


class _NamedPenalty:
    """A penalty that is also called with named tensors."""

    def __call__(self, w: Any) -> Any:
        """Return the penalty of a weight, a single number."""
        own = functools.partial(super().__call__)  # type: ignore[misc]
        return called(own, "Regularizer", None, [w], {})

    def get_config(self) -> dict[str, float]:
        """Return the two factors."""
        return {"l1": float(self.l1), "l2": float(self.l2)}  # type: ignore[attr-defined]

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return one made with what :meth:`get_config` of another returned."""
        return cls(**config)


class L1L2(_NamedPenalty, gg.regularizers.L1L2):
    """l1 * sum(|w|) + l2 * sum(w^2)."""


def l1(l: float = 0.01, **options: float) -> L1L2:  # noqa: E741 - Keras's name
    """Return the penalty l1 * sum(|w|)."""
    return L1L2(l1=options.get("l1", l))


def l2(l: float = 0.01, **options: float) -> L1L2:  # noqa: E741 - Keras's name
    """Return the penalty l2 * sum(w^2)."""
    return L1L2(l2=options.get("l2", l))


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """Return the penalty l1 * sum(|w|) + l2 * sum(w^2)."""
    return L1L2(l1, l2)


_PENALTIES: dict[str, Any] = {
    "L1L2": L1L2, "l1": l1, "l2": l2, "l1_l2": l1_l2, "l1l2": l1_l2, "L1": l1, "L2": l2,
    "WeightRegularizer": L1L2, "Regularizer": gg.regularizers.L1L2,
    "activity_l1": l1, "activity_l2": l2, "activity_l1l2": l1_l2,
}  # fmt: skip
for _path, _thing in _PENALTIES.items():
    export(f"regularizers.{_path}", _thing, of="keras")


@exported("regularizers.get", "regularizers.deserialize", of="keras")
def get_regularizer(identifier: Any) -> Any:
    """Return a regularizer by its name or a description; a function is itself."""
    if isinstance(identifier, dict):
        return known_object(identifier, _PENALTIES, "regularizer")
    if isinstance(identifier, str):
        own = CUSTOM_OBJECTS.get(identifier)
        return _PENALTIES[identifier]() if own is None else own
    return identifier
