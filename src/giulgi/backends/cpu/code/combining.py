"""How two partial results of a reduction become one."""

from __future__ import annotations

from giulgi.backends.cpu.code import functions, scalars
from giulgi.backends.cpu.code.ir import Function, Value, constant, lanes_of, vector_of
from giulgi.graph.dtypes import DType
from giulgi.graph.node import Node
from giulgi.graph.ops.reductions import AllOf, AnyOf, Max, Min, Prod, Sum


class Combiner:
    """The arithmetic of one reduction: where it begins, and how it goes on.

    Args:
        root: the reduction.
    """

    def __init__(self, root: Node) -> None:
        self.root = root
        self.dtype: DType = root.spec.dtype
        self.given: DType = root.inputs[0].spec.dtype
        self.element = scalars.element_type(self.dtype)

    def start(self, lanes: int) -> Value:
        """Return what changes nothing: 0 for a sum, minus infinity for the largest."""
        return constant(vector_of(self.element, lanes), self._neutral())

    def _neutral(self) -> float | int | bool:
        op, dtype = self.root.op, self.dtype
        if isinstance(op, (Sum, AnyOf)):
            return 0
        if isinstance(op, (Prod, AllOf)):
            return 1
        if dtype.kind == "f":
            return float("-inf") if isinstance(op, Max) else float("inf")
        if dtype.kind == "b":
            return isinstance(op, Min)
        bits = dtype.itemsize * 8
        if dtype.kind == "u":
            return 0 if isinstance(op, Max) else 2**bits - 1
        return -(2 ** (bits - 1)) if isinstance(op, Max) else 2 ** (bits - 1) - 1

    def taken(self, f: Function, value: Value) -> Value:
        """Return a value in the dtype of the result."""
        return scalars.cast(f, value, self.given, self.dtype)

    def combine(self, f: Function, a: Value, b: Value) -> Value:
        """Return the result of both."""
        op, kind = self.root.op, self.dtype.kind
        if isinstance(op, (Sum, Prod)):
            name = "add" if isinstance(op, Sum) else "mul"
            return f.binary(f"f{name}" if kind == "f" else name, a, b)
        if isinstance(op, AnyOf) or (isinstance(op, Max) and kind == "b"):
            return f.or_(a, b)
        if isinstance(op, AllOf) or kind == "b":
            return f.and_(a, b)
        largest = isinstance(op, Max)
        if kind == "f":
            return functions.maximum(f, a, b) if largest else functions.minimum(f, a, b)
        name = ("s" if kind == "i" else "u") + ("max" if largest else "min")
        return f.intrinsic(name, a, b)

    def across(self, f: Function, value: Value) -> Value:
        """Return the result of all lanes: of both halves, again and again."""
        lanes = lanes_of(value.type)
        while lanes > 1:
            half = lanes // 2
            low = f.shuffle(value, value, list(range(half)))
            high = f.shuffle(value, value, list(range(half, lanes)))
            if half == 1:
                low, high = f.extract(value, 0), f.extract(value, 1)
            value = self.combine(f, low, high)
            lanes = half
        return value
