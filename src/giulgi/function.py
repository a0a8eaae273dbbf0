"""Python functions of tensors as compiled programs, and their gradients."""

from __future__ import annotations

import functools
import inspect
import warnings
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MethodType
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np

from giulgi.backends.explanation import Explanation
from giulgi.errors import ArgumentError, DTypeError, ShapeError
from giulgi.graph.computed import Computed
from giulgi.graph.dtypes import as_dtype
from giulgi.graph.gradients import gradients
from giulgi.graph.ops.leaves import PythonFloat, constant, placeholder
from giulgi.graph.ops.state import Recorder, Variable, is_recording, variable_of
from giulgi.graph.tensor import Tensor
from giulgi.program import Program, checked_times
from giulgi.recent import Recent
from giulgi.signatures import require_function
from giulgi.tree import LEAF, Structure, flatten, paths, unflatten

Array = np.ndarray[Any, Any]
P = ParamSpec("P")
R = TypeVar("R")

# For how many kinds of arguments a function keeps its programs.
_REMEMBERED_TRACES = 64
_LOCAL_NAME = (
    "giulgi: a name that is assigned to in a function, as by w -= ..., is that function's own. A "
    "variable from outside is changed by w.assign_sub(...)."
)


class Function(Generic[P, R]):
    """A Python function that is traced to a graph and compiled, once for each kind of arguments.

    Arrays, tensors and Python floats among the arguments (also in lists, tuples and dicts) are
    fed; everything else (ints, bools, strings, None) is part of the program, and a new value makes
    a new one. A variable is part of the program, too: it is read and assigned in each run.

    A list is a list in the function as well, and not an array: ``2 * [0.5, 1.5]`` is twice as long,
    as it is without ``gg.function``. Give ``np.array([0.5, 1.5])`` to compute with all of it.

    The Python code runs while tracing only. What it prints, it prints once; a Python value that it
    finds outside its arguments, such as an attribute of ``self``, stays what it was then; a
    variable that it makes is made once for each kind of arguments, and lasts. The programs of the
    most recent 64 kinds of arguments are kept.

    In a class it is a method, and each object has programs of its own. They do not keep the object
    alive, unless its class allows no weak references (``__slots__``, tuples): the most recent 64
    of such objects are kept with their programs.
    """

    def __init__(self, function: Callable[P, R], traces: Traces | None = None) -> None:
        functools.update_wrapper(self, function)
        self.python_function = function
        self._traces = Traces() if traces is None else traces
        self._by_object = _TracesByObject()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the program for such arguments, tracing and compiling it the first time."""
        if not kwargs and not is_recording():
            known = self._traces.of_arrays.get(_kind_of_arrays(args))
            if known is not None:
                return known.run(args)  # type: ignore[arg-type]
        return self._run(1, args, kwargs)

    def repeat(self, times: int, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the program so many times on the same arguments; return the last result.

        Each run reads what the one before made of the variables. The native backend takes
        ``step.repeat(1000, x, y)``, a thousand steps, in native code; Python looks in only now and
        then, for Ctrl-C and for who does them.

        Args:
            times: how often, at least once.
            args: the arguments of the function.
            kwargs: those given by name.
        """
        return self._run(checked_times(times), args, kwargs)

    def __repr__(self) -> str:
        return f"<gg.function {getattr(self, '__qualname__', self.python_function)!s}>"

    def _run(self, times: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
        # By name, the order of arguments makes no difference.
        leaves, structure = flatten((args, dict(sorted(kwargs.items()))))
        symbolic = any(isinstance(leaf, Tensor) and leaf.node.symbolic for leaf in leaves)
        if symbolic or is_recording():
            # Called while another graph is built: become part of it.
            for _ in range(times - 1):
                self.python_function(*args, **kwargs)
            return self.python_function(*args, **kwargs)
        values = [_fed_value(leaf) for leaf in leaves]
        key = (
            structure,
            tuple(_kind(leaf, value) for leaf, value in zip(leaves, values, strict=True)),
        )

        if len(self._traces) == _REMEMBERED_TRACES and key not in self._traces:
            warnings.warn(_many_kinds(getattr(self, "__name__", "the function")), stacklevel=3)
        trace = self._traces.get(
            key, lambda: _trace(self.python_function, leaves, values, structure)
        )
        if not kwargs and all(type(v) is np.ndarray and v.dtype.isnative for v in args):
            if len(self._traces.of_arrays) >= _REMEMBERED_TRACES:
                self._traces.of_arrays.clear()
            self._traces.of_arrays[_kind_of_arrays(args)] = trace
        fed = [value for value in values if isinstance(value, np.ndarray)]
        answer: R = trace.run(trace.program.checked(fed), times)
        return answer

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Be a method, where it stands in a class: each object has programs of its own."""
        if instance is None:
            return self
        method = MethodType(self.python_function, instance)
        return Function(method, self._by_object.traces(instance))

    def __deepcopy__(self, memo: Any) -> Function[P, R]:
        return self  # As Python's own functions do.

    def program(self, *args: P.args, **kwargs: P.kwargs) -> Program:
        """Return the program that the function becomes for such arguments."""
        leaves, structure = flatten((args, kwargs))
        values = [_fed_value(leaf) for leaf in leaves]
        return _trace(self.python_function, leaves, values, structure).program

    def explain(self, *args: P.args, **kwargs: P.kwargs) -> Explanation:
        """Return what the function becomes for such arguments, stage by stage.

        See :meth:`giulgi.Program.explain`.
        """
        return self.program(*args, **kwargs).explain()


class _TracesByObject:
    """The traces of a method, apart for each object that it is called on.

    They do not hold the object: it is told from others by its place in memory, and its traces are
    dropped when it is.
    """

    def __init__(self) -> None:
        self._traces: dict[int, Traces] = {}
        # Of objects that cannot be watched: their place could be another's later, unless they stay.
        self._kept: Recent[int, tuple[Any, Traces]] = Recent(_REMEMBERED_TRACES)

    def traces(self, instance: Any) -> Traces:
        """Return the traces of the object."""
        place = id(instance)
        found = self._traces.get(place)
        if found is not None:
            return found
        try:
            end = weakref.finalize(instance, self._traces.pop, place, None)
        except TypeError:
            return self._kept.get(place, lambda: (instance, Traces()))[1]
        end.atexit = False
        return self._traces.setdefault(place, Traces())


def _many_kinds(name: str) -> str:
    return (
        f"{name} has been compiled for {_REMEMBERED_TRACES} kinds of arguments, and now forgets "
        "the oldest ones. Each shape, and each value of an int or a text, is a kind of its own: "
        "give numbers that change as floats or arrays, and batches of one size."
    )


@dataclass(frozen=True)
class _Trace:
    """A program; the structure of its results, and for each whether it is a value, or None."""

    program: Program
    result: Structure
    has_value: list[bool]

    def run(self, arrays: Sequence[Array], times: int = 1) -> Any:
        """Run the program; return what the function returns."""
        found = self.program.run(arrays, None, times)
        if self.result is LEAF and found:
            return Computed(found[0])
        values = iter(found)
        results = (Computed(next(values)) if has else None for has in self.has_value)
        return unflatten(self.result, results)


class Traces(Recent[Any, _Trace]):
    """The traces of a function, or of a method on one object.

    Attributes:
        of_arrays: those of calls with arrays alone, which need no look at each argument.
    """

    def __init__(self) -> None:
        super().__init__(_REMEMBERED_TRACES)
        self.of_arrays: dict[tuple[Any, ...], _Trace] = {}


def _kind_of_arrays(values: Sequence[Any]) -> tuple[Any, ...]:
    """Return shapes and dtypes of arrays; for anything else what no array has."""
    return tuple([(v.shape, v.dtype) if type(v) is np.ndarray else None for v in values])


def _fed_value(leaf: Any) -> Any:
    """Return what is fed as an array, and anything else as it is."""
    if isinstance(leaf, Tensor):
        return leaf if leaf.node.symbolic or isinstance(leaf, Variable) else leaf.numpy()
    if isinstance(leaf, (np.ndarray, np.generic)):
        return np.asarray(leaf)
    return np.asarray(leaf) if isinstance(leaf, float) else leaf


def _kind(leaf: Any, value: Any) -> Any:
    """Return what a trace depends on: of what is fed the shape and dtype, of the rest the value."""
    if isinstance(leaf, Variable):
        return leaf.cell  # Two variables are compared as objects, not by their elements.
    if isinstance(value, np.ndarray):
        return float if _is_python_float(leaf) else (value.shape, value.dtype)
    return _static(value)


def _is_python_float(leaf: Any) -> bool:
    return isinstance(leaf, float) and not isinstance(leaf, np.generic)


def _static(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        raise ArgumentError(
            f"an argument of type {type(value).__name__} can neither be fed nor compared.",
            fix="give arrays, numbers, strings, or lists, tuples and dicts of them",
        ) from None
    return (type(value), value)


def _argument_names(function: Callable[..., Any], structure: Structure) -> list[str]:
    """Return what the function calls each of its arguments, for errors: x, or pair[0].

    Args:
        function: the function.
        structure: of a tuple of its positional arguments, and a dict of those given by name.
    """
    (_, by_place), (_, by_name) = structure[-1]
    parameters: list[inspect.Parameter] = []
    with suppress(ValueError):  # Some functions that are not written in Python do not tell theirs.
        parameters += inspect.signature(function).parameters.values()
    known = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "arguments")
    known += [f"{rest}[{place}]" for place in range(len(by_place) - len(known))]
    given = [*zip(known, by_place, strict=False), *by_name]
    return [path for name, part in given for path in paths(part, name)]


def _trace(
    function: Callable[..., Any],
    leaves: Sequence[Any],
    values: Sequence[Any],
    structure: Structure,
) -> _Trace:
    feeds: list[Tensor] = []
    arguments: list[Any] = []
    names = _argument_names(function, structure)
    for leaf, value, name in zip(leaves, values, names, strict=True):
        if isinstance(value, np.ndarray):
            value = _placeholder(value, name)
            feeds.append(value)
        arguments.append(PythonFloat(value) if _is_python_float(leaf) else value)
    args, kwargs = unflatten(structure, iter(arguments))
    with Recorder() as recorder:
        results, result_structure = flatten(_called(function, args, kwargs))
        has_value = [result is not None for result in results]
        # While recording: a variable that is returned has the value that was assigned last.
        fetches = [_returned(result) for result in results if result is not None]
    updates = [(variable_of(cell), value) for cell, value in recorder.pending.items()]
    return _Trace(Program(fetches, feeds, updates), result_structure, has_value)


def _called(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    try:
        return function(*args, **kwargs)
    except UnboundLocalError as error:
        error.add_note(_LOCAL_NAME)
        raise


def _placeholder(value: np.ndarray[Any, Any], name: str) -> Tensor:
    """Return a placeholder for an argument."""
    try:
        return placeholder(as_dtype(value.dtype), value.shape, name)
    except DTypeError as error:
        error.complete(arguments=[(name, f"array of dtype {value.dtype}, {value.shape}")])
        raise


def _returned(result: Any) -> Tensor:
    """Return a result as a tensor."""
    try:
        return constant(result)
    except DTypeError as error:
        error.complete(arguments=[("returned", repr(result))])
        raise


def function(python_function: Callable[P, R]) -> Function[P, R]:
    """Compile a Python function of tensors. To be used as a decorator.

    Example::

        w = gg.Variable(np.zeros(3))

        @gg.function
        def step(x, y):
            loss = gg.mean((x @ w - y) ** 2)
            w.assign_sub(0.1 * gg.gradients(loss, w))
            return loss
    """
    require_function(python_function)
    return Function(python_function)


def value_and_grad(
    python_function: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    variables: Sequence[Variable] | None = None,
) -> Callable[..., tuple[Any, Any]]:
    """Return a function that gives the value of another, and its gradients.

    Args:
        python_function: returns a single number; or a tuple whose first element is that number.
        argnums: by which positional argument, or which several. An argument may be a nested list,
            tuple or dict of tensors; the gradient is nested alike.
        variables: by these variables, and not by arguments.

    Returns:
        A function of the same arguments that returns ``(value, gradients)``, as graph; compile it
        with :func:`function`.

    Raises:
        ShapeError: if the function does not return a single number.
        ArgumentError: if there is no such argument when the function is called.
    """

    def with_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        if variables is not None:
            value = python_function(*args, **kwargs)
            return value, gradients(_single_number(value), list(variables))
        numbers = [argnums] if isinstance(argnums, int) else list(argnums)
        arguments = list(args)
        _require_arguments(numbers, len(arguments))
        for number in numbers:
            arguments[number] = _as_tensors(arguments[number])
        value = python_function(*arguments, **kwargs)
        loss = _single_number(value)
        found = [_gradients_nested(loss, arguments[number]) for number in numbers]
        return value, found[0] if isinstance(argnums, int) else tuple(found)

    return with_gradient


def grad(
    python_function: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    variables: Sequence[Variable] | None = None,
) -> Callable[..., Any]:
    """Return a function that gives the gradients of another; see :func:`value_and_grad`."""
    with_value = value_and_grad(python_function, argnums, variables)
    return lambda *args, **kwargs: with_value(*args, **kwargs)[1]


def _require_arguments(numbers: Sequence[int], count: int) -> None:
    for number in numbers:
        if not -count <= number < count:
            raise ArgumentError(
                f"there is no argument {number}: {count} are given by place.",
                op="value_and_grad",
                fix="argnums counts from 0, and only arguments that are not given by name",
            )


def _as_tensors(argument: Any) -> Any:
    leaves, structure = flatten(argument)
    return unflatten(structure, iter([constant(leaf) for leaf in leaves]))


def _gradients_nested(loss: Tensor, argument: Any) -> Any:
    leaves, structure = flatten(argument)
    return unflatten(structure, iter(gradients(loss, leaves)))


def _single_number(value: Any) -> Tensor:
    first = constant(value[0] if isinstance(value, tuple) else value)
    if first.shape != ():
        raise ShapeError(
            "the function must return a single number to be differentiated.",
            op="value_and_grad",
            arguments=[("returned", first.description)],
            fix="return a mean or a sum of it",
        )
    return first
