"""``keras.backend``: settings, sessions, variables, and functions that run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.eager import implicit_session
from giulgi.compat.graphs.functions import name_scope
from giulgi.compat.graphs.graph import Collections, get_default_graph, reset_default_graph
from giulgi.compat.keras import naming
from giulgi.compat.keras.boundary import (
    expressions,
    holds_named,
    is_named,
    named,
)
from giulgi.compat.keras.inputs import named_placeholder
from giulgi.compat.keras.settings import SETTINGS
from giulgi.compat.names import export, exported
from giulgi.compat.sessions.session import BaseSession, get_default_session
from giulgi.compat.tensorflow.math import creation
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Tensor, as_tensor
from giulgi.compat.variables.variable import Variable, declared
from giulgi.nn.phase import Phase, _told, phase
from giulgi.storage import use_by_default

# The session in which models live, if a program has said which; it is that of all threads.
_chosen: list[BaseSession | None] = [None]


def backend(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that gives a function its names in ``keras.backend``."""
    return exported(*(f"backend.{name}" for name in names), of="keras")


# Settings


@backend("backend")
def backend_name() -> str:
    """Return the name of what computes: of the one that programs expect."""
    return "tensorflow"


@backend("epsilon")
def epsilon() -> float:
    """Return the small number that keeps denominators from 0."""
    return float(SETTINGS["epsilon"])


@backend("set_epsilon")
def set_epsilon(value: float) -> None:
    """Set the small number that keeps denominators from 0."""
    SETTINGS["epsilon"] = float(value)


@backend("floatx")
def floatx() -> str:
    """Return the dtype of numbers."""
    return str(SETTINGS["floatx"])


@backend("set_floatx")
def set_floatx(value: str) -> None:
    """Set the dtype of numbers."""
    SETTINGS["floatx"] = str(value)


@backend("cast_to_floatx")
def cast_to_floatx(x: Any) -> Any:
    """Return an array with the dtype of numbers."""
    return np.asarray(x, dtype=floatx())


@backend("image_data_format")
def image_data_format() -> str:
    """Return where the channels of pictures are."""
    return str(SETTINGS["image_data_format"])


@backend("set_image_data_format")
def set_image_data_format(data_format: str) -> None:
    """Say where the channels of pictures are: for all layers that are not told."""
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(f"Unknown data_format: {data_format}")
    SETTINGS["image_data_format"] = data_format


@backend("image_dim_ordering")
def image_dim_ordering() -> str:
    """Return where the channels of pictures are, as Keras 1 said it."""
    return "th" if image_data_format() == "channels_first" else "tf"


@backend("set_image_dim_ordering")
def set_image_dim_ordering(dim_ordering: str) -> None:
    """Say where the channels of pictures are, as Keras 1 said it."""
    set_image_data_format({"th": "channels_first", "tf": "channels_last"}[dim_ordering])


@backend("manual_variable_initialization")
def manual_variable_initialization(value: bool) -> None:
    """Take note of nothing: variables get their first values when they are first used."""
    del value


# Sessions


@backend("get_session")
def get_session(op_input_list: Any = ()) -> BaseSession:
    """Return the session in which models live."""
    del op_input_list
    session = get_default_session() or _chosen[0] or implicit_session()
    _initialize(session)
    return session


def _initialize(session: BaseSession) -> None:
    """Give variables that have no value yet their first one: models need no initializer."""
    variables = session.graph.get_collection(Collections.GLOBAL_VARIABLES)
    known = session.__dict__.get("seen by keras", 0)
    if known == len(variables):
        return
    session.__dict__["seen by keras"] = len(variables)
    missing = [
        v
        for v in variables[known:]
        if isinstance(v, Variable)
        and declared(v.variable.cell) is v
        and v.variable.cell not in session.initialized
    ]
    if missing:
        session.run([v.initializer for v in missing])


@backend("set_session")
def set_session(session: BaseSession) -> None:
    """Let models live in a session: in all threads, but where another is open."""
    _chosen[0] = session
    use_by_default(session.storage)


@backend("clear_session")
def clear_session() -> None:
    """Forget all models: begin a new graph, and number layers from the beginning."""
    _chosen[0] = None
    use_by_default(None)
    reset_default_graph()
    naming.restart()
    _told.set(None)


@backend("reset_uids")
def reset_uids() -> None:
    """Number layers from the beginning."""
    naming.restart()


export("backend.get_uid", naming.get_uid, of="keras")
export("backend.name_scope", name_scope, of="keras")


@backend("get_graph")
def get_graph() -> Any:
    """Return the graph that is built in."""
    return get_default_graph()


@backend("learning_phase")
def learning_phase() -> Any:
    """Return whether layers train: a tensor that is fed, or the number that was set."""
    told = phase_told()
    if isinstance(told, bool):
        return int(told)
    return named(phase if told is None else told)


def phase_told() -> Phase:
    """Return whether layers that are called now train; None if nothing says so.

    What a program has set is of the graph that it builds in, as all that it builds there.
    """
    told = _told.get()
    if told is not None:
        return told
    noted: bool | None = get_default_graph().notes.get("learning phase")
    return noted


@backend("set_learning_phase")
def set_learning_phase(value: Any) -> None:
    """Say for layers that are called from now on whether they train."""
    get_default_graph().notes["learning phase"] = bool(value)


@backend("in_train_phase")
def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Return one thing while training, and another else."""
    told = expressions(phase_told() if training is None else training)
    if told is not None and not isinstance(told, gg.Tensor):
        chosen = x if told else alt
        return chosen() if callable(chosen) else chosen
    which = phase if told is None else gg.cast(told, "bool")
    first, second = (f() if callable(f) else f for f in (x, alt))
    return named(gg.where(which, expressions(as_tensor(first)), expressions(as_tensor(second))))


@backend("in_test_phase")
def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Return one thing after training, and another while training."""
    return in_train_phase(alt, x, training)


# Variables and constants


@backend("variable")
def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Any:
    """Return a variable with a first value."""
    kind = dtype or floatx()
    if not is_named(value):
        value = np.asarray(value).astype(as_dtype(kind).numpy_dtype)
    return Variable(value, dtype=kind, name=name, constraint=constraint)


@backend("constant")
def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Tensor:
    """Return a constant."""
    array = np.asarray(value, as_dtype(dtype or floatx()).numpy_dtype)
    return as_tensor(array if shape is None else np.broadcast_to(array, shape).copy(), name=name)


@backend("placeholder")
def placeholder(
    shape: Any = None, ndim: int | None = None, dtype: Any = None, sparse: bool = False,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """Return a tensor whose value is fed; its shape, or the number of its axes, is known."""
    del sparse
    if shape is None and ndim is not None:
        shape = (None,) * ndim
    sizes = TensorShape(None if shape is None else tuple(shape))
    return named_placeholder(as_dtype(dtype or floatx()), sizes, name or "Placeholder")


@backend("is_placeholder")
def is_placeholder(x: Any) -> bool:
    """Whether a tensor is fed."""
    return isinstance(x, Tensor) and x.op.type == "Placeholder"


@backend("is_keras_tensor")
def is_keras_tensor(x: Any) -> bool:
    """Whether a tensor may be the input or output of a layer."""
    return is_named(x) and not isinstance(x, Variable)


@backend("is_tensor")
def is_tensor(x: Any) -> bool:
    """Whether it is a tensor."""
    return is_named(x)


@backend("is_sparse")
def is_sparse(tensor: Any) -> bool:
    """Whether a tensor is sparse: never."""
    del tensor
    return False


@backend("to_dense")
def to_dense(tensor: Any) -> Any:
    """Return the tensor, which is dense."""
    return tensor


def _filled(value: float, of_shape: Callable[..., Any]) -> Callable[..., Any]:
    def fill(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
        if holds_named(shape):
            return of_shape(shape, dtype or floatx(), name)
        known: Any = shape.as_list() if isinstance(shape, TensorShape) else shape
        sizes = np.ravel(known)
        return variable(np.full(sizes.astype(int), value), dtype, name)

    fill.__doc__ = f"Return a variable full of {value:g}; a tensor, if its shape is computed."
    return fill


export("backend.zeros", _filled(0.0, creation.zeros), of="keras")
export("backend.ones", _filled(1.0, creation.ones), of="keras")


@backend("eye")
def eye(size: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Return a variable that is an identity matrix."""
    return variable(np.eye(size if isinstance(size, int) else size[0]), dtype, name)


@backend("random_uniform_variable")
def random_uniform_variable(
    shape: Any, low: float, high: float, dtype: Any = None, name: Any = None, seed: Any = None
) -> Any:
    """Return a variable of numbers that are evenly distributed."""
    drawn = np.random.default_rng(seed).uniform(low, high, tuple(shape))
    return variable(drawn, dtype, name)


@backend("random_normal_variable")
def random_normal_variable(
    shape: Any, mean: float, scale: float, dtype: Any = None, name: Any = None, seed: Any = None
) -> Any:
    """Return a variable of numbers that are normally distributed."""
    return variable(np.random.default_rng(seed).normal(mean, scale, tuple(shape)), dtype, name)
