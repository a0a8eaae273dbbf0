"""What lasts from one run to the next: variables, and what is assigned to them."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar, Never

import numpy as np

from giulgi.errors import GiulgiError, GraphError, ShapeError
from giulgi.graph.composed import told
from giulgi.graph.dtypes import DType, is_float
from giulgi.graph.node import build
from giulgi.graph.op import Op, Spec
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.shapes import Shape, could_be, is_static, shape_text
from giulgi.graph.tensor import Tensor
from giulgi.signatures import called_as
from giulgi.source import current_path

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class ReadVariable(Op):
    """The value of a variable when the program starts.

    Each variable has one such op, and storages know the variable by it.

    Attributes:
        number: which variable.
        shape: its shape.
        dtype: its dtype.
        label: its name.
        initial: its first value, computed in each storage when it is first used there.
    """

    name = "variable"
    stateful: ClassVar[bool] = True
    pure: ClassVar[bool] = False

    number: int
    shape: tuple[int, ...]
    dtype: DType
    label: str
    initial: Tensor

    def infer(self, *inputs: Tensor) -> Spec:
        """Shape and dtype are those of the variable."""
        return Spec(self.shape, self.dtype)

    def formula(self, *inputs: str) -> str:
        return "variable"

    def __reduce__(self) -> Any:
        # A copy is another variable, which begins with the value that this one has now.
        return _new_cell, (build(self).numpy(), self.label)


def _new_cell(value: Array, label: str) -> ReadVariable:
    number = next(_variable_numbers)
    return ReadVariable(number, value.shape, value.dtype, label, constant(value))


@dataclass(frozen=True)
class Assign(Op):
    """x, which becomes the value of a variable when the program ends."""

    pure: ClassVar[bool] = False
    symbolic: ClassVar[bool] = True
    stateful: ClassVar[bool] = True

    variable: ReadVariable

    def infer(self, x: Tensor) -> Spec:
        """The value must have the variable's dtype and shape."""
        check_value_fits(self.variable, x.known_shape)
        return Spec(self.variable.shape, x.dtype)

    def numpy(self, x: Array) -> Array:
        return x

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy

    def formula(self, *inputs: str) -> str:
        return f"assign({self.variable.label} <- {inputs[0]})"


_variable_numbers = itertools.count(1)


class Variable(Tensor):
    """A tensor whose value lasts and can be assigned: what training changes.

    The graph holds the variable; its value lives in a storage (``giulgi.storage``), so that
    several sessions can hold different values of one graph.

    Args:
        initial: the first value: an array, a number, or a tensor (such as a random one) that is
            computed in each storage when the variable is first used there.
        name: a name for errors, pictures and checkpoints.
        dtype: the dtype, if not that of the initial value.
        trainable: whether training is to change it.
    """

    __slots__ = ("cell", "trainable")

    @called_as("gg.Variable(0.0) or gg.Variable(gg.zeros((2, 3)), name='w')")
    def __init__(
        self,
        initial: TensorLike,
        name: str | None = None,
        dtype: Any = None,
        *,
        trainable: bool = True,
    ) -> None:
        try:
            start = constant(initial, dtype)
        except GiulgiError as error:
            error.op = "Variable"
            raise
        if start.node.symbolic:
            raise GraphError(
                "the initial value of a variable cannot depend on a placeholder.",
                where=start.source,
                fix="begin with gg.zeros(shape), and assign what is fed: gg.assign(v, x)",
            )
        if not is_static(start.known_shape):
            raise ShapeError(
                f"a variable needs a known shape, not {shape_text(start.known_shape)}."
            )
        number = next(_variable_numbers)
        path = current_path()
        own = name or f"variable_{number}"
        full_name = f"{path}/{own}" if path else own
        cell = ReadVariable(number, start.known_shape, start.dtype, full_name, start)
        self._set_cell(cell, trainable)

    def _set_cell(self, cell: ReadVariable, trainable: bool) -> None:
        self.cell = cell
        self.trainable = trainable
        read = build(cell, name=cell.label)
        super().__init__(read.node, cell.label, read.source)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, of which every size is known."""
        return self.cell.shape

    def read(self) -> Tensor:
        """Return the value as the code after the last assignment sees it."""
        recorder = _recorder.get()
        return self if recorder is None else recorder.pending.get(self.cell, self)

    def versions(self) -> list[Tensor]:
        """Return all values it has had while a function is traced, the newest first."""
        recorder = _recorder.get()
        assigned = [] if recorder is None else recorder.versions.get(self.cell, [])
        return [*reversed(assigned), self]

    def assign(self, value: TensorLike) -> Tensor:
        """Give the variable a new value.

        Inside a :func:`giulgi.function` the assignment becomes part of the compiled program;
        elsewhere it happens now, in the storage that is in use.

        A new value that is made of the old one, as in :meth:`assign_add`, can get lost where
        several threads assign to one variable at the same time: each may have read the same old
        value. Inside a :func:`giulgi.function` none is lost: its runs wait for each other.

        Raises:
            ShapeError, DTypeError: if the value does not fit.
        """
        new = self._fitting(value)
        recorder = _recorder.get()
        if recorder is not None:
            recorder.record(self, new)
            return new
        if new.node.symbolic:
            raise GraphError(
                f"the new value of {self.name!r} is not there before it is run.",
                op="assign",
                arguments=[("value", new.description)],
                fix="gg.assign(v, value), which a session or a program carries out",
            )
        assert _assign_now is not None
        _assign_now(self, new)
        return new

    def assign_add(self, value: TensorLike) -> Tensor:
        """Add to the value: ``v.assign(v + value)``, of which :meth:`assign` tells more."""
        return self.assign(self + value)

    def assign_sub(self, value: TensorLike) -> Tensor:
        """Subtract from the value: ``v.assign(v - value)``; see :meth:`assign`."""
        return self.assign(self - value)

    # v -= value would make the name v stand for an expression, and leave the variable as it is:
    # what was meant to train would not, and nobody would be told.

    def __iadd__(self, other: Any) -> Never:
        raise self._in_place("+", "assign_add(value)")

    def __isub__(self, other: Any) -> Never:
        raise self._in_place("-", "assign_sub(value)")

    def __imul__(self, other: Any) -> Never:
        raise self._in_place("*")

    def __itruediv__(self, other: Any) -> Never:
        raise self._in_place("/")

    def __ifloordiv__(self, other: Any) -> Never:
        raise self._in_place("//")

    def __imod__(self, other: Any) -> Never:
        raise self._in_place("%")

    def __ipow__(self, other: Any) -> Never:
        raise self._in_place("**")

    def __imatmul__(self, other: Any) -> Never:
        raise self._in_place("@")

    def _in_place(self, sign: str, assignment: str | None = None) -> GraphError:
        v = self.name if self.name.isidentifier() else "v"
        return GraphError(
            f"{v} {sign}= value would not change the variable {v}: the name would stand for a new "
            "tensor from then on, and the variable keep its value.",
            op=f"{v} {sign}= value",
            arguments=[(v, self.description)],
            fix=f"{v}.{assignment or f'assign({v} {sign} value)'} to change the variable, or "
            f"new = {v} {sign} value for a tensor",
        )

    # A copy is a variable of its own, with the value of now. Whatever is copied with it and reads
    # this variable reads, as a copy, that one.

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        return variable_of(copy.deepcopy(self.cell, memo), self.trainable)

    def __reduce__(self) -> Any:
        return variable_of, (self.cell, self.trainable)

    def _fitting(self, value: TensorLike) -> Tensor:
        new = constant(value)
        if new.dtype != self.dtype:
            if is_float(new.dtype) and not is_float(self.dtype):
                raise _dtype_error(self, new.dtype)
            new = constant(value, self.dtype)
        try:
            check_value_fits(self.cell, new.known_shape)
        except ShapeError as error:
            error.complete(arguments=[("variable", self.description), ("value", told(value))])
            raise
        return new


def variable_of(cell: ReadVariable, trainable: bool = True) -> Variable:
    """Return a handle on a variable that is there already."""
    variable = Variable.__new__(Variable)
    variable._set_cell(cell, trainable)
    return variable


def _dtype_error(variable: Variable, dtype: DType) -> GraphError:
    return GraphError(
        f"the variable {variable.name!r} holds {variable.dtype.name}; {dtype.name} would lose "
        "its fraction.",
        op="assign",
        fix=f"round or cast the value: x.astype({variable.dtype.name!r})",
    )


def check_value_fits(variable: ReadVariable, shape: Shape | None) -> None:
    """Raise a ShapeError if a value of this shape cannot be assigned to the variable."""
    if is_static(shape) and not could_be(variable.shape, shape):
        raise ShapeError(
            f"the variable {variable.label!r} has shape {shape_text(variable.shape)}, "
            f"the new value {shape_text(shape)}.",
            op="assign",
            axes=_disagreement(variable.shape, shape),
            fix="a variable keeps its shape; reshape the value, or make another variable",
        )


def _disagreement(own: tuple[int, ...], new: tuple[int, ...]) -> str:
    if len(own) != len(new):
        return f"the variable has rank {len(own)}, the value {len(new)}"
    return ", ".join(
        f"axis {axis}: {size} in the variable, {given} in the value"
        for axis, (size, given) in enumerate(zip(own, new, strict=True))
        if size != given
    )


class Recorder:
    """The assignments made while a Python function is traced into a program."""

    def __init__(self) -> None:
        self.pending: dict[ReadVariable, Tensor] = {}
        self.versions: dict[ReadVariable, list[Tensor]] = {}

    def record(self, variable: Variable, value: Tensor) -> None:
        """Note that the variable has a new value from here on."""
        self.pending[variable.cell] = value
        self.versions.setdefault(variable.cell, []).append(value)

    def forget(self, variable: Variable) -> None:
        """Forget that the variable has a new value."""
        self.pending.pop(variable.cell, None)
        self.versions.pop(variable.cell, None)

    def __enter__(self) -> Recorder:
        self._token = _recorder.set(self)
        return self

    def __exit__(self, *exception: object) -> None:
        _recorder.reset(self._token)


def current_recorder() -> Recorder | None:
    """Return what records assignments while a Python function is traced; None if none does."""
    return _recorder.get()


def is_recording() -> bool:
    """Whether a Python function is being traced, so that assignments are recorded."""
    return _recorder.get() is not None


@contextmanager
def unrecorded() -> Iterator[None]:
    """Let assignments take place at once, even while a Python function is traced."""
    token = _recorder.set(None)
    try:
        yield
    finally:
        _recorder.reset(token)


_recorder: ContextVar[Recorder | None] = ContextVar("giulgi_recorder", default=None)
_assign_now: Callable[[Variable, Tensor], None] | None = None


def register_assign(assign_now: Callable[[Variable, Tensor], None]) -> None:
    """Set the function that carries out an assignment at once: the floor above has storage."""
    global _assign_now
    _assign_now = assign_now


# What a user calls


def assign(variable: Variable, value: TensorLike, name: str | None = None) -> Tensor:
    """Return the value as a tensor whose computation also assigns it to the variable.

    This is the assignment of a graph that is defined first and run afterwards: nothing happens
    until a session runs it. All reads of a run see the values from before it.
    """
    return build(Assign(variable.cell), variable._fitting(value), name=name)
