"""What each elementwise operation is in LLVM's instructions, lane by lane.

The meaning is NumPy's: integers wrap around and divide by 0 to 0, NaN spreads through maximum and
minimum, a float becomes a bool where it is not 0.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from giulgi.backends.cpu.code import functions
from giulgi.backends.cpu.code.ir import (
    F32,
    F64,
    I1,
    I8,
    I16,
    I32,
    I64,
    Function,
    Value,
    bits_of,
    constant,
    is_float_type,
    lanes_of,
    vector_of,
)
from giulgi.graph.dtypes import DType
from giulgi.graph.node import Node
from giulgi.graph.op import Op
from giulgi.graph.ops import elementwise as arithmetic
from giulgi.graph.ops import functions as named
from giulgi.graph.ops import logic
from giulgi.graph.ops.casting import Cast

_ELEMENTS = {
    "bool": I1,
    "int8": I8,
    "uint8": I8,
    "int16": I16,
    "uint16": I16,
    "int32": I32,
    "uint32": I32,
    "int64": I64,
    "uint64": I64,
    "float32": F32,
    "float64": F64,
}


def element_type(dtype: DType) -> str:
    """Return the type of a number in a register."""
    return _ELEMENTS[dtype.name]


def memory_type(dtype: DType) -> str:
    """Return the type of a number in memory, where a bool is a byte."""
    return I8 if dtype.kind == "b" else _ELEMENTS[dtype.name]


def from_memory(f: Function, value: Value, dtype: DType) -> Value:
    """Return what was loaded as it is computed with."""
    return f.icmp("ne", value, 0) if dtype.kind == "b" else value


def to_memory(f: Function, value: Value) -> Value:
    """Return a value as it is stored."""
    return f.convert("zext", value, I8) if value.type.endswith(("i1", "i1>")) else value


def is_pointwise(op: Op) -> bool:
    """Whether there is code for an elementwise operation."""
    return type(op) in _EMITTERS


def is_integer_power(node: Node) -> bool:
    """Whether it is a power of signed integers, which has no value for negative exponents."""
    return isinstance(node.op, arithmetic.Power) and node.spec.dtype.kind == "i"


def emit(f: Function, node: Node, operands: list[Value]) -> Value:
    """Write the instructions of one elementwise operation.

    Args:
        f: the function that is being written.
        node: the operation.
        operands: its inputs, all of the same number of lanes.
    """
    return _EMITTERS[type(node.op)](f, node, operands)


Emitter = Callable[[Function, Node, list[Value]], Value]


def _is_signed(node: Node) -> bool:
    return node.inputs[-1].spec.dtype.kind == "i"


def _by_kind(floats: Emitter, integers: Emitter, bools: Emitter | None = None) -> Emitter:
    """Return the emitter that fits the dtype of the last input."""

    def emit_one(f: Function, node: Node, operands: list[Value]) -> Value:
        kind = node.inputs[-1].spec.dtype.kind
        chosen = floats if kind == "f" else bools if kind == "b" and bools else integers
        return chosen(f, node, operands)

    return emit_one


def _binary(operation: str) -> Emitter:
    return lambda f, node, operands: f.binary(operation, *operands)


def _function(function: Callable[..., Value]) -> Emitter:
    return lambda f, node, operands: function(f, *operands)


def _compare(floats: str, signed: str, unsigned: str) -> Emitter:
    def emit_one(f: Function, node: Node, operands: list[Value]) -> Value:
        if is_float_type(operands[0].type):
            return f.fcmp(floats, *operands)
        return f.icmp(signed if _is_signed(node) else unsigned, *operands)

    return emit_one


def _same(f: Function, node: Node, operands: list[Value]) -> Value:
    return operands[0]


# Integers


def _integer_extreme(name: str) -> Emitter:
    def emit_one(f: Function, node: Node, operands: list[Value]) -> Value:
        return f.intrinsic(("s" if _is_signed(node) else "u") + name, *operands)

    return emit_one


def _integer_abs(f: Function, node: Node, operands: list[Value]) -> Value:
    (x,) = operands
    if not _is_signed(node):
        return x
    return f.select(f.icmp("slt", x, 0), f.sub(constant(x.type, 0), x), x)


def _integer_sign(f: Function, node: Node, operands: list[Value]) -> Value:
    (x,) = operands
    one, zero = constant(x.type, 1), constant(x.type, 0)
    positive = f.select(f.icmp("ne", x, 0), one, zero)
    if not _is_signed(node):
        return positive
    return f.select(f.icmp("slt", x, 0), constant(x.type, -1), positive)


def _safe_divisor(f: Function, node: Node, b: Value) -> Value:
    """Return b, or 1 where dividing by it would stop the processor: 0, and -1 for signed ones."""
    bad = f.icmp("eq", b, 0)
    if _is_signed(node):
        bad = f.or_(bad, f.icmp("eq", b, -1))
    return f.select(bad, constant(b.type, 1), b)


def _integer_floor_divide(f: Function, node: Node, operands: list[Value]) -> Value:
    a, b = operands
    zero = constant(a.type, 0)
    safe = _safe_divisor(f, node, b)
    if not _is_signed(node):
        return f.select(f.icmp("eq", b, 0), zero, f.binary("udiv", a, safe))
    quotient = f.binary("sdiv", a, safe)
    rest = f.sub(a, f.mul(quotient, safe))
    # Towards minus infinity: one less where the rest has not the sign of the divisor.
    lower = f.and_(f.icmp("ne", rest, 0), f.icmp("slt", f.xor(rest, safe), 0))
    quotient = f.select(lower, f.sub(quotient, 1), quotient)
    quotient = f.select(f.icmp("eq", b, -1), f.sub(zero, a), quotient)
    return f.select(f.icmp("eq", b, 0), zero, quotient)


def _integer_remainder(f: Function, node: Node, operands: list[Value]) -> Value:
    a, b = operands
    safe = _safe_divisor(f, node, b)  # The rest of a division by 1 or -1 is 0.
    if not _is_signed(node):
        return f.binary("urem", a, safe)
    rest = f.binary("srem", a, safe)
    other = f.and_(f.icmp("ne", rest, 0), f.icmp("slt", f.xor(rest, safe), 0))
    return f.select(other, f.add(rest, safe), rest)


def _integer_power(f: Function, node: Node, operands: list[Value]) -> Value:
    """Square and multiply: one round for each bit of the exponent."""
    base, exponent = operands
    one, zero = constant(base.type, 1), constant(base.type, 0)
    with f.loop(0, bits_of(base.type), carried=[one, base, exponent]) as loop:
        result, square, bits = loop.carried
        odd = f.icmp("ne", f.and_(bits, 1), zero)
        loop.carry(
            f.select(odd, f.mul(result, square), result),
            f.mul(square, square),
            f.lshr(bits, 1),
        )
    return loop.results[0]


def _shift_left(f: Function, node: Node, operands: list[Value]) -> Value:
    a, b = operands
    inside = f.icmp("ult", b, bits_of(a.type))
    safe = f.select(inside, b, constant(b.type, 0))
    return f.select(inside, f.shl(a, safe), constant(a.type, 0))


def _shift_right(f: Function, node: Node, operands: list[Value]) -> Value:
    a, b = operands
    inside = f.icmp("ult", b, bits_of(a.type))
    if _is_signed(node):
        # Beyond all bits only the sign is left.
        return f.ashr(a, f.select(inside, b, constant(b.type, bits_of(a.type) - 1)))
    safe = f.select(inside, b, constant(b.type, 0))
    return f.select(inside, f.lshr(a, safe), constant(a.type, 0))


# Conversions


def cast(f: Function, x: Value, given: DType, wanted: DType) -> Value:
    """Convert numbers as NumPy's ``astype`` does."""
    element = element_type(wanted)
    if wanted.kind == "b":
        if given.kind == "b":
            return x
        return f.fcmp("une", x, 0.0) if given.kind == "f" else f.icmp("ne", x, 0)
    if given.kind == "f":
        if wanted.kind == "f":
            wider = wanted.itemsize > given.itemsize
            return f.convert("fpext" if wider else "fptrunc", x, element)
        return _float_to_integer(f, x, wanted)
    if wanted.kind == "f":
        return f.convert("sitofp" if given.kind == "i" else "uitofp", x, element)
    if given.itemsize > wanted.itemsize:
        return f.convert("trunc", x, element)
    if given.itemsize == wanted.itemsize and given.kind != "b":
        return x
    return f.convert("sext" if given.kind == "i" else "zext", x, element)


def _float_to_integer(f: Function, x: Value, wanted: DType) -> Value:
    """Cut towards 0; through a wider integer, so that what does not fit wraps around in most cases.

    What does not fit even the wider one is undefined, in NumPy as in C.
    """
    if wanted == np.uint64:
        large = f.fcmp("oge", x, 2.0**63)
        lowered = f.select(large, f.fsub(x, 2.0**63), x)
        signed = f.convert("fptosi", lowered, I64)
        return f.select(large, f.xor(signed, -(2**63)), signed)
    through = I64 if wanted.itemsize == 8 or wanted == np.uint32 else I32
    wide = f.convert("fptosi", x, through)
    return f.convert("trunc", wide, element_type(wanted))


def _cast(f: Function, node: Node, operands: list[Value]) -> Value:
    return cast(f, operands[0], node.inputs[0].spec.dtype, node.spec.dtype)


def _choose(f: Function, node: Node, operands: list[Value]) -> Value:
    return f.select(*operands)


def _invert(f: Function, node: Node, operands: list[Value]) -> Value:
    (x,) = operands
    return f.xor(x, constant(x.type, 1 if x.type == vector_of(I1, lanes_of(x.type)) else -1))


def _negative_integer(f: Function, node: Node, operands: list[Value]) -> Value:
    (x,) = operands
    return f.sub(constant(x.type, 0), x)


_AND, _OR, _XOR = _binary("and"), _binary("or"), _binary("xor")

_EMITTERS: dict[type[Op], Emitter] = {
    arithmetic.Add: _by_kind(_binary("fadd"), _binary("add"), _OR),
    arithmetic.Subtract: _by_kind(_binary("fsub"), _binary("sub")),
    arithmetic.Multiply: _by_kind(_binary("fmul"), _binary("mul"), _AND),
    arithmetic.Divide: _binary("fdiv"),
    arithmetic.FloorDivide: _by_kind(_function(functions.floor_divide), _integer_floor_divide),
    arithmetic.Remainder: _by_kind(_function(functions.remainder), _integer_remainder),
    arithmetic.Power: _by_kind(_function(functions.power), _integer_power),
    arithmetic.Maximum: _by_kind(_function(functions.maximum), _integer_extreme("max"), _OR),
    arithmetic.Minimum: _by_kind(_function(functions.minimum), _integer_extreme("min"), _AND),
    arithmetic.Negative: _by_kind(lambda f, node, x: f.fneg(x[0]), _negative_integer),
    arithmetic.Abs: _by_kind(_function(functions.absolute), _integer_abs, _same),
    arithmetic.Sign: _by_kind(_function(functions.sign), _integer_sign),
    Cast: _cast,
    named.Exp: _function(functions.exp),
    named.Expm1: _function(functions.expm1),
    named.Log: _function(functions.log),
    named.Log1p: _function(functions.log1p),
    named.Sqrt: _function(functions.sqrt),
    named.Sin: _function(functions.sin),
    named.Cos: _function(functions.cos),
    named.Tan: _function(functions.tan),
    named.Asin: _function(functions.asin),
    named.Acos: _function(functions.acos),
    named.Atan: _function(functions.atan),
    named.Atan2: _function(functions.atan2),
    named.Tanh: _function(functions.tanh),
    named.Sigmoid: _function(functions.sigmoid),
    named.Erf: _function(functions.erf),
    named.Floor: _by_kind(_function(functions.floor), _same),
    named.Ceil: _by_kind(_function(functions.ceil), _same),
    named.Trunc: _by_kind(_function(functions.trunc), _same),
    named.Round: _by_kind(_function(functions.round_half_even), _same),
    logic.Equal: _compare("oeq", "eq", "eq"),
    logic.NotEqual: _compare("une", "ne", "ne"),
    logic.Less: _compare("olt", "slt", "ult"),
    logic.LessEqual: _compare("ole", "sle", "ule"),
    logic.BitwiseAnd: _AND,
    logic.BitwiseOr: _OR,
    logic.BitwiseXor: _XOR,
    logic.BitwiseInvert: _invert,
    logic.ShiftLeft: _shift_left,
    logic.ShiftRight: _shift_right,
    logic.Where: _choose,
    logic.Choose: _choose,
}
