"""giulgi (기울기: slope, gradient): a deep-learning framework that a person can see through.

Tensors are expressions of a graph, with NumPy's names and rules::

    import giulgi as gg

    x = gg.placeholder("float32", (None, 3), name="x")
    y = gg.sum(x**2)
    gg.gradients(y, x).numpy({x: [[1, 2, 3]]})   # [[2. 4. 6.]]

Networks have Keras's shape::

    model = gg.Sequential([gg.layers.Dense(512, activation="relu"), gg.layers.Dense(10)])
"""

from math import e, inf, nan, pi
from typing import TYPE_CHECKING, Any

from giulgi.graph.tensor import Tensor  # isort: skip
from giulgi import (
    activations,
    callbacks,
    datasets,
    errors,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    preprocessing,
    random,
    regularizers,
)
from giulgi.config import config
from giulgi.function import Function, function, grad, value_and_grad
from giulgi.graph import gradients, graph_text, ops
from giulgi.graph.control import cond, cumprod, cumsum, scan, while_loop
from giulgi.graph.dtypes import (
    bool_,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from giulgi.graph.ops import *  # noqa: F403 - __all__ there says which
from giulgi.graph.ops import concat, constant
from giulgi.layers import Input
from giulgi.looking import evaluate_nodes as _evaluate_nodes  # noqa: F401 - registers itself
from giulgi.models import Model, Sequential
from giulgi.names import letters_of, meant, of_other_libraries, said_of
from giulgi.program import Program
from giulgi.seed import set_seed
from giulgi.session import Session
from giulgi.storage import Storage
from giulgi.version import __version__

# Names that NumPy's users know
array = constant
asarray = constant
concatenate = concat
newaxis = None

__all__ = [
    "Function",
    "Input",
    "Model",
    "Program",
    "Sequential",
    "Session",
    "Storage",
    "Tensor",
    "__version__",
    "activations",
    "array",
    "asarray",
    "bool_",
    "callbacks",
    "concatenate",
    "cond",
    "config",
    "cumprod",
    "cumsum",
    "datasets",
    "e",
    "errors",
    "float32",
    "float64",
    "function",
    "grad",
    "gradients",
    "graph_text",
    "inf",
    "initializers",
    "int8",
    "int16",
    "int32",
    "int64",
    "layers",
    "losses",
    "metrics",
    "models",
    "nan",
    "newaxis",
    "optimizers",
    "pi",
    "preprocessing",
    "random",
    "regularizers",
    "scan",
    "set_seed",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "value_and_grad",
    "while_loop",
]
__all__ += ops.__all__

_SPACES = (
    activations,
    callbacks,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    preprocessing,
    random,
    regularizers,
)


def __dir__() -> list[str]:
    return sorted(__all__)


def _elsewhere(name: str) -> list[str]:
    """Return where a name is in giulgi, written large or small: gg.layers.Dense for dense."""
    return [
        f"gg.{space.__name__.rpartition('.')[2]}.{known}"
        for space in _SPACES
        for known in space.__all__
        if letters_of(known) == letters_of(name) and known != "get"
    ]


if not TYPE_CHECKING:  # A type checker is to say itself that a name is unknown.

    def __getattr__(name: str) -> Any:
        """Say what may have been meant: the place of a name, or names like it."""
        problem = f"giulgi has no {name!r}"
        if name.startswith("_"):
            raise AttributeError(problem)
        if said := said_of(name):
            raise AttributeError(f"{problem}: {said}")
        near = [f"gg.{known}" for known in meant(name, __all__)]
        instead = of_other_libraries(name) or " or ".join(_elsewhere(name) or near)
        advice = f"did you mean {instead}?" if instead else "dir(gg) lists all it has"
        raise AttributeError(f"{problem}: {advice}")
