"""``tf.function``: what a Python function computes, traced once and run as one program.

What a function does with values that only a run has (``if tensor:``, ``for x in dataset:``) is done
by Python: such a function is called as it is, and computes as fast as eager programs do.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Never
from weakref import WeakKeyDictionary

import numpy as np

from giulgi.compat.eager.lazy import before_assigning
from giulgi.compat.eager.mode import session_of
from giulgi.compat.eager.saying import Said
from giulgi.compat.eager.tape import is_taping
from giulgi.compat.eager.tensors import compare, of_value
from giulgi.compat.graphs.graph import Graph, Operation, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.control.traced import model
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.tensor import Converted, Tensor, as_tensor
from giulgi.errors import DTypeError, ShapeError
from giulgi.graph.ops.state import Recorder, variable_of
from giulgi.graph.tensor import Tensor as Expression
from giulgi.nn.phase import in_phase, told_phase
from giulgi.tree import flatten, unflatten

# For so many signatures a function is traced; what has more is called as it is.
_MOST_TRACES = 64


class NeedsPython(BaseException):
    """A function does something with a value that only a run has.

    It is no Exception, so that programs that catch these do not hide it.
    """


class FunctionGraph(Graph):
    """What a function computes, in the order in which it is written.

    Attributes:
        outer: the graph that the function is called in.
    """

    makes_tensors = True

    def __init__(self, outer: Graph) -> None:
        super().__init__()
        self.outer = outer
        self.seed = outer.seed
        self.recorder = Recorder()
        self.effects: list[Operation] = []

    @property
    def home(self) -> Graph:
        """Variables live outside."""
        return self.outer.home

    def add(self, operation: Operation) -> int:
        """Keep an operation; what Python carries out takes place in order."""
        if operation.host is not None:
            self.effects.append(operation)
        return super().add(operation)

    @contextmanager
    def control_dependencies(self, control_inputs: Any) -> Iterator[None]:
        """Do nothing: what is written before takes place before."""
        del control_inputs
        yield

    def require_python(self) -> None:
        """Let the function be called as it is."""
        raise NeedsPython

    @contextmanager
    def calls_of_layers(self, symbolic: bool) -> Iterator[None]:
        """Let layers not train, unless they are told to."""
        del symbolic
        with in_phase(bool(told_phase())):
            yield

    def assigned(self, variable: Any, after: Tensor) -> Tensor:
        """Return the value of a variable after an assignment."""
        del variable
        return after

    def take_step(self) -> None:
        """Do nothing: what an optimizer assigns is assigned when the function is run."""


class TracedTensor(Tensor):
    """A tensor of a function that is traced: without a value yet."""

    __slots__ = ("place",)

    def assign(self, value: Any, *_: Any, **__: Any) -> Any:
        """Give a part of a variable a new value; return the variable."""
        place = getattr(self, "place", None)
        if place is None:
            raise AttributeError("'Tensor' object has no attribute 'assign'")
        variable, index = place
        variable.assign_part(index, value)
        return variable

    def _needed(self, *_: Any) -> Never:
        raise NeedsPython

    __bool__ = __int__ = __float__ = __index__ = __array__ = _needed

    def numpy(self) -> Any:
        """Let the function be called as it is."""
        raise NeedsPython

    def __iter__(self) -> Any:
        if not self.sizes or self.sizes[0] is None:
            raise NeedsPython
        if self.op.type in ("range", "Range"):
            raise NeedsPython
        return (self[place] for place in range(self.sizes[0]))

    def __eq__(self, other: object) -> Any:
        return compare("equal", self, other)

    def __ne__(self, other: object) -> Any:
        return compare("not_equal", self, other)

    __hash__ = object.__hash__


class _Cell:
    """One of giulgi's variables, as what an operation assigns to."""

    def __init__(self, cell: Any) -> None:
        self.variable = variable_of(cell)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Cell) and other.variable.cell is self.variable.cell

    def __hash__(self) -> int:
        return hash(self.variable.cell)


class _Traced:
    """A program of what a function does for arguments of one signature."""

    def __init__(self, function: Callable[..., Any], leaves: Sequence[Any], structure: Any) -> None:
        graph = self.graph = FunctionGraph(get_default_graph())
        assert graph.recorder is not None
        with graph.as_default(), graph.recorder:
            given = [_model(x) if _is_fed(x) else x for x in leaves]
            # Watching a tensor changes by what it is known, not what is fed.
            self.feeds = [
                Tensor(x.op, x.value_index, x.expression, x.dtype)
                for x, leaf in zip(given, leaves, strict=True)
                if _is_fed(leaf)
            ]
            args, kwargs = unflatten(structure, iter(given))
            results, self.structure = flatten(function(*args, **kwargs))
            self.results = [_as_result(x) for x in results]
            assigns: Any = [(_Cell(cell), new) for cell, new in graph.recorder.pending.items()]
            self.cells = list(graph.recorder.pending)
            updates = Operation(graph, "Updates", "Updates", [], assigns)
        self.fetches = [
            *(x for x in self.results if isinstance(x, Tensor)), *graph.effects, updates,
        ]  # fmt: skip
        self.session = session_of(graph)

    def __call__(self, leaves: Sequence[Any]) -> Any:
        values = [_fed(x) for x in leaves if _is_fed(x)]
        before_assigning(self.cells)
        found = iter(self.session.run(self.fetches, dict(zip(self.feeds, values, strict=True))))
        made = [
            of_value(next(found), x.dtype) if isinstance(x, Tensor) else x for x in self.results
        ]
        return unflatten(self.structure, iter(made))


def _as_result(x: Any) -> Any:
    """Return a result of a function: a tensor of its graph, or what is none."""
    if isinstance(x, (Tensor, Converted, Expression)):
        return as_tensor(x)
    if isinstance(x, (bool, int, float, np.ndarray, np.generic)):
        return as_tensor(x)
    return x


def _is_fed(x: Any) -> bool:
    return isinstance(x, np.ndarray) or (isinstance(x, Tensor) and x.is_eager)


def _fed(x: Any) -> Any:
    return x.value if isinstance(x, Tensor) else x  # type: ignore[attr-defined]


def _model(x: Any) -> Tensor:
    return model(as_dtype(x.dtype), tuple(_fed(x).shape))


def _signature(leaves: Sequence[Any]) -> tuple[Any, ...]:
    """Return what traces of a function depend on."""
    return tuple([_kind(x) for x in leaves])


def _kind(x: Any) -> Any:
    if isinstance(x, Tensor):
        return (x.dtype, tuple(x.sizes or ()), x.is_eager, None if x.is_eager else id(x))
    if isinstance(x, np.ndarray):
        return ("array", x.dtype, x.shape)
    if x is None or isinstance(x, (bool, int, float, str, bytes, np.generic)):
        return (type(x), x)
    return id(x)


@exported("function", "contrib.eager.defun")
class Function:
    """A function whose computations are run as one program.

    Args:
        python_function: the function.
        input_signature: dtypes and shapes of the arguments, which become tensors of these.
    """

    def __new__(cls, func: Any = None, input_signature: Any = None, **options: Any) -> Any:
        """Return the function, or a decorator where none is given."""
        if func is None:
            return lambda given: cls(given, input_signature, **options)
        return super().__new__(cls)

    def __init__(self, func: Any, input_signature: Any = None, **_: Any) -> None:
        self.python_function = func
        self.input_signature = input_signature
        self._traces: dict[Any, _Traced] = {}
        self._bound: WeakKeyDictionary[Any, Function] = WeakKeyDictionary()
        self._kept: list[Any] = []
        self._is_python = False
        functools.update_wrapper(self, func)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        try:
            found = self._bound.get(instance)
            if found is None:
                method = functools.partial(self.python_function, instance)
                functools.update_wrapper(method, self.python_function)
                found = self._bound[instance] = Function(method, self.input_signature)
        except TypeError:  # No weak reference, or no hash.
            return functools.partial(self, instance)
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the function returns."""
        if self._is_python or is_taping() or not get_default_graph().is_eager or _runs_python[0]:
            return self.python_function(*args, **kwargs)
        leaves, structure = flatten((self._tensors(args), kwargs))
        key = (repr(structure), _signature(leaves))
        traced = self._traces.get(key)
        if traced is None:
            traced = self._trace(leaves, structure)
            if traced is None:
                result = self.python_function(*args, **kwargs)
                # Else it was an error of the program: another call may go well.
                self._is_python |= len(self._traces) < _MOST_TRACES
                return result
            self._traces[key] = traced
            self._kept.append(leaves)  # Their ids are part of the key.
        return traced(leaves)

    def _tensors(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return arguments as tensors where the signature tells their dtypes."""
        if self.input_signature is None:
            return args
        pairs = zip(args, self.input_signature, strict=False)
        return tuple(as_tensor(x, spec.dtype) if hasattr(spec, "dtype") else x for x, spec in pairs)

    def _trace(self, leaves: Sequence[Any], structure: Any) -> _Traced | None:
        """Return the program; None if the function needs Python."""
        if len(self._traces) >= _MOST_TRACES:
            return None
        before_assigning([])
        said = Said()
        try:
            with said:
                traced = _Traced(self.python_function, leaves, structure)
        except NeedsPython:
            self._is_python = True
            return None
        except (ShapeError, DTypeError):  # So it would be if it were called as it is.
            said.say()
            raise
        except Exception:
            return None
        said.say()
        return traced

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> Any:
        """Return the function itself, which is traced when it is called."""
        del args, kwargs
        return self


_runs_python = [False]


@exported("config.run_functions_eagerly", "config.experimental_run_functions_eagerly")
def run_functions_eagerly(run_eagerly: bool) -> None:
    """Say whether functions are called as they are."""
    _runs_python[0] = bool(run_eagerly)


@exported("autograph.to_code")
def to_code(entity: Any, recursive: bool = True, experimental_optional_features: Any = None) -> str:
    """Return the text of a function: it is run as it is written."""
    del recursive, experimental_optional_features
    return inspect.getsource(getattr(entity, "python_function", entity))


@exported("autograph.experimental.do_not_convert", "autograph.do_not_convert")
def do_not_convert(func: Any = None) -> Any:
    """Return the function: none is converted."""
    return (lambda given: given) if func is None else func
