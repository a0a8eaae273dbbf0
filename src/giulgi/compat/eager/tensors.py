"""Tensors that have a value now, and the graph that they are built in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.eager.graphs import EagerGraph
from giulgi.compat.eager.lazy import known_value, state, values
from giulgi.compat.graphs.graph import Graph, Operation, get_default_graph, is_modern
from giulgi.compat.operations.host import as_declared, session_storage, stand_in
from giulgi.compat.tensors.dtypes import DType, as_dtype
from giulgi.compat.tensors.references import Reference
from giulgi.compat.tensors.tensor import Tensor, operator_named, register_eager
from giulgi.graph.shapes import is_static
from giulgi.graph.tensor import Tensor as Expression
from giulgi.storage import current_storage
from giulgi.tree import flatten, unflatten

Array = np.ndarray[Any, Any]

# An expression that nobody looks at is computed when it gets this deep.
_DEEPEST = 300


# NumPy's operators whose left operand may be an array.
_NUMPYS: dict[Any, str] = {
    np.add: "add", np.subtract: "subtract", np.multiply: "multiply", np.true_divide: "truediv",
    np.floor_divide: "floordiv", np.remainder: "mod", np.power: "pow", np.matmul: "matmul",
    np.less: "less", np.less_equal: "less_equal", np.greater: "greater",
    np.greater_equal: "greater_equal", np.equal: "equal", np.not_equal: "not_equal",
}  # fmt: skip


class EagerTensor(Tensor):
    """A tensor with a value, which is computed when someone looks at it.

    Attributes:
        history: the expression by which tapes know it, where a variable that it read has changed.
    """

    __slots__ = ("_about", "_value", "history", "place")

    is_eager = True
    takes_operators = True

    def __init__(
        self,
        op: Operation,
        value_index: int,
        expression: Expression,
        dtype: DType | None = None,
        value: Any = None,
    ) -> None:
        super().__init__(op, value_index, expression, dtype)
        self._value = value
        self.history: Expression | None = None
        self.place: tuple[Any, Any] | None = None  # The variable that it is a part of, and where.
        if value is not None:
            return
        node = expression.node
        if node.stateful:
            state.live[id(self)] = self
        if not is_static(self.sizes):
            self.sizes = self.value.shape
        elif node.depth > _DEEPEST and not state.tapes:
            _ = self.value

    # It does not hold its operation, which holds it: it is to be gone as soon as nobody has it.

    @property
    def op(self) -> Operation:
        """An operation that made it."""
        graph, type, name = self._about
        operation = Operation(graph, type, name, [])
        operation.outputs.append(self)
        return operation

    @op.setter
    def op(self, operation: Operation) -> None:
        self._about = operation.graph, operation.type, operation.name

    @property
    def graph(self) -> Graph:
        """Where it was built."""
        return self._about[0]

    @property
    def value(self) -> Array:
        """Its value, an array that nobody is to change."""
        if self._value is None:
            node = self.expression.node
            known = known_value(node)
            self._value = values([node])[0] if known is None else known
            if not state.tapes and node.inputs:
                self.expression = gg.constant(self._value, copy=False)
        return self._value

    @property
    def is_known(self) -> bool:
        """Whether its value was computed already."""
        return self._value is not None

    def settle(self, value: Array) -> None:
        """Be a value from now on, as a variable that the expression reads changes."""
        if state.tapes:
            self.history = self.expression
        self._value = value
        self.expression = gg.constant(value, copy=False)
        state.live.pop(id(self), None)

    @property
    def traced(self) -> Expression:
        """The expression of what it was computed from."""
        return self.expression if self.history is None else self.history

    def numpy(self) -> Any:
        """Return its value, as an array of one's own or a single number."""
        value = self.value
        return value.copy() if value.ndim else value[()]

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Return its value."""
        del feed_dict, session
        return self.numpy()

    def _numpy(self) -> Any:
        return self.value

    # As Python's numbers and sequences

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        value = self.value
        if dtype is not None and value.dtype != dtype:
            return value.astype(dtype)
        return value.copy() if copy or copy is None else value

    def __array_ufunc__(  # type: ignore[override]
        self, ufunc: Any, method: str, *inputs: Any, **options: Any
    ) -> Any:
        name = _NUMPYS.get(ufunc)
        if method == "__call__" and name is not None and not isinstance(inputs[0], Tensor):
            return operator_named(name)(*inputs)  # array + tensor
        given = [x.value if isinstance(x, EagerTensor) else x for x in inputs]
        return getattr(ufunc, method)(*given, **options)

    def __float__(self) -> float:
        return float(self._single())

    def __int__(self) -> int:
        return int(self._single())

    def __index__(self) -> int:
        return int(self._single().__index__())

    def __complex__(self) -> complex:
        return complex(self._single())

    def __bool__(self) -> bool:
        if self.value.size > 1:
            raise ValueError(
                "The truth value of an array with more than one element is ambiguous. "
                "Use a.any() or a.all()"
            )
        return bool(self.value)

    def __round__(self, digits: int | None = None) -> Any:
        return round(self._single().item(), digits)

    def _single(self) -> Any:
        if self.value.size != 1:
            raise TypeError("only length-1 arrays can be converted to Python scalars")
        return self.value.reshape(())[()]

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        if not self.sizes:
            raise TypeError("Cannot iterate over a scalar tensor.")
        return (self[place] for place in range(len(self)))

    def __len__(self) -> int:
        if not self.sizes:
            raise TypeError("Scalar tensor has no `len()`")
        return int(self.sizes[0])  # type: ignore[arg-type]

    def __format__(self, specification: str) -> str:
        return format(self.numpy(), specification)

    def __copy__(self) -> EagerTensor:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> EagerTensor:
        return self

    def __reduce__(self) -> Any:
        from giulgi.compat.tensors.tensor import as_tensor

        return as_tensor, (self.numpy(), self.dtype.name)

    def assign(self, value: Any, *_: Any, **__: Any) -> Any:
        """Give a part of a variable a new value; return the variable."""
        if self.place is None:
            raise AttributeError("'EagerTensor' object has no attribute 'assign'")
        variable, index = self.place
        variable.assign_part(index, value)
        return variable

    def item(self) -> Any:
        """Return its only number."""
        return self._single().item()

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.sizes or ())

    def ref(self) -> Reference:
        """Return what stands for the tensor as the key of a dict."""
        return Reference(self)

    experimental_ref = ref

    # Equal elements; a tensor is the key of a dict by ref()

    def __eq__(self, other: object) -> Any:
        return compare("equal", self, other)

    def __ne__(self, other: object) -> Any:
        return compare("not_equal", self, other)

    __hash__ = object.__hash__

    # As text

    def __str__(self) -> str:
        return f"tf.Tensor({_shown(self.value)}, shape={self.shape}, dtype={self.dtype.name})"

    def __repr__(self) -> str:
        value = self.value
        shown = repr(value[()]) if value.dtype.kind == "O" and not value.ndim else _repr(value)
        return f"<tf.Tensor: shape={self.shape}, dtype={self.dtype.name}, numpy={shown}>"


def _shown(value: Array) -> str:
    text = str(value[()]) if not value.ndim else str(value)
    return f"\n{text}" if "\n" in text else text


def _repr(value: Array) -> str:
    text = repr(value) if value.ndim else str(value[()])
    return f"\n{text}" if "\n" in text else text


def compare(name: str, x: Any, y: Any) -> Any:
    """Return which elements are equal, or not; of what is no tensor, whether it is the same."""
    if y is None:
        return name == "not_equal"
    try:
        return operator_named(name)(x, y)
    except (TypeError, ValueError, gg.errors.GiulgiError):
        return name == "not_equal"


class SymbolicTensor(Tensor):
    """A tensor of TensorFlow 2 that depends on what will be fed: ``==`` compares elements."""

    __slots__ = ()

    def __eq__(self, other: object) -> Any:
        return compare("equal", self, other)

    def __ne__(self, other: object) -> Any:
        return compare("not_equal", self, other)

    __hash__ = object.__hash__


def made(op: Operation, place: int, expression: Expression, dtype: DType | None = None) -> Tensor:
    """Return a result of an operation: with a value, unless it depends on what will be fed."""
    if not op.graph.is_eager:
        from giulgi.compat.eager.functions import TracedTensor

        return TracedTensor(op, place, expression, dtype)
    if not expression.node.symbolic:
        return EagerTensor(op, place, expression, dtype)
    return (SymbolicTensor if is_modern() else Tensor)(op, place, expression, dtype)


def of_value(value: Any, dtype: Any = None, name: str = "EagerConst") -> EagerTensor:
    """Return a tensor of an array, or of text."""
    array = np.asarray(value)
    declared = as_dtype(array.dtype if dtype is None else dtype)
    graph = get_default_graph()
    operation = Operation(graph, "Const", name, [])
    if declared.is_foreign:
        expression = stand_in(declared, array.shape, name)
        tensor = EagerTensor(operation, 0, expression, declared, array)
    else:
        tensor = EagerTensor(operation, 0, gg.constant(array, declared.numpy_dtype), declared)
    operation.outputs.append(tensor)
    return tensor


_graph_of_functions: list[EagerGraph] = []


def called_eagerly(function: Callable[..., Any], arrays: Sequence[Any]) -> Any:
    """Return what a function gives for arrays, which it is given as tensors; arrays again."""
    if not _graph_of_functions:
        _graph_of_functions.append(EagerGraph())
    with _graph_of_functions[0].as_default():
        result = function(*[of_value(array) for array in arrays])
        leaves, structure = flatten(result)
        made = [x.numpy() if hasattr(x, "numpy") else x for x in leaves]
    return unflatten(structure, iter(made))


def carry_out(
    operation: Operation, inputs: Sequence[Tensor], outputs: Sequence[tuple[Any, Any]]
) -> bool:
    """Let Python carry out an operation now; return whether all that it takes has a value."""
    if not operation.graph.is_eager or any(not has_value(x) for x in inputs):
        return False
    assert operation.host is not None
    given = [value_of_tensor(x) for x in inputs]
    token = session_storage.set(current_storage())
    try:
        result = operation.host.function(*given)
    finally:
        session_storage.reset(token)
    results = list(result) if len(outputs) > 1 else [result] if outputs else []
    for place, (value, (dtype, _)) in enumerate(zip(results, outputs, strict=True)):
        declared = as_dtype(dtype)
        found = of_value(as_declared(value, declared), declared)
        operation.outputs.append(EagerTensor(operation, place, found.expression, declared,
                                             found.value))  # fmt: skip
    return True


def has_value(tensor: Tensor) -> bool:
    """Whether a tensor has a value now: nothing that it depends on is to be fed."""
    return tensor.is_eager or not tensor.expression.node.symbolic


def value_of_tensor(tensor: Tensor) -> Any:
    """Return the value that a tensor has now; single numbers as NumPy's."""
    if isinstance(tensor, EagerTensor):
        value = tensor.value
    else:
        (value,) = values([tensor.expression.node])
    return value if value.ndim else value[()]


register_eager(made, carry_out)
