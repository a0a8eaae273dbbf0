"""Instructions that follow each other: arithmetic, memory, vectors, calls."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from giulgi.backends.cpu.code.ir.values import (
    I1,
    I8,
    I64,
    PTR,
    VOID,
    Value,
    bits_of,
    constant,
    element_of,
    lanes_of,
    short_name,
    vector_of,
)

if TYPE_CHECKING:
    from giulgi.backends.cpu.code.ir.module import Module


class Instructions:
    """Writes instructions one after another; what there is beside them is told by ``Function``.

    Attributes:
        module: where functions that are called get declared.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self._numbers = itertools.count(1)
        self._lines: list[str] = []

    def emit(self, type_: str, instruction: str) -> Value:
        """Write an instruction that has a result."""
        name = f"%v{next(self._numbers)}"
        self._lines.append(f"  {name} = {instruction}")
        return Value(type_, name)

    def do(self, instruction: str) -> None:
        """Write an instruction without a result."""
        self._lines.append(f"  {instruction}")

    # Arithmetic

    def binary(self, operation: str, a: Value, b: Value) -> Value:
        """Write an instruction of two operands of one type, such as ``add`` or ``fmul``."""
        return self.emit(a.type, f"{operation} {a.type} {a.text}, {b.text}")

    def add(self, a: Value, b: Value | int) -> Value:
        """a + b, of integers."""
        return self.binary("add", a, self._like(a, b))

    def sub(self, a: Value, b: Value | int) -> Value:
        """a - b, of integers."""
        return self.binary("sub", a, self._like(a, b))

    def mul(self, a: Value, b: Value | int) -> Value:
        """a * b, of integers."""
        if isinstance(b, int) and b == 1:
            return a
        return self.binary("mul", a, self._like(a, b))

    def and_(self, a: Value, b: Value | int) -> Value:
        """The bits set in both."""
        return self.binary("and", a, self._like(a, b))

    def or_(self, a: Value, b: Value | int) -> Value:
        """The bits set in either."""
        return self.binary("or", a, self._like(a, b))

    def xor(self, a: Value, b: Value | int) -> Value:
        """The bits set in one of the two."""
        return self.binary("xor", a, self._like(a, b))

    def shl(self, a: Value, b: Value | int) -> Value:
        """The bits of a moved up."""
        return self.binary("shl", a, self._like(a, b))

    def lshr(self, a: Value, b: Value | int) -> Value:
        """The bits of a moved down; zeros come in."""
        return self.binary("lshr", a, self._like(a, b))

    def ashr(self, a: Value, b: Value | int) -> Value:
        """The bits of a moved down; the sign stays."""
        return self.binary("ashr", a, self._like(a, b))

    def fadd(self, a: Value, b: Value | float) -> Value:
        """a + b, of floats."""
        return self.binary("fadd", a, self._like(a, b))

    def fsub(self, a: Value, b: Value | float) -> Value:
        """a - b, of floats."""
        return self.binary("fsub", a, self._like(a, b))

    def fmul(self, a: Value, b: Value | float) -> Value:
        """a * b, of floats."""
        return self.binary("fmul", a, self._like(a, b))

    def fdiv(self, a: Value, b: Value | float) -> Value:
        """a / b, of floats."""
        return self.binary("fdiv", a, self._like(a, b))

    def fneg(self, a: Value) -> Value:
        """-a, of floats."""
        return self.emit(a.type, f"fneg {a}")

    def fma(self, a: Value, b: Value | float, c: Value | float) -> Value:
        """a * b + c, rounded once where the processor has an instruction for it, else twice."""
        return self.intrinsic("fmuladd", a, self._like(a, b), self._like(a, c))

    def _like(self, a: Value, b: Value | float | int) -> Value:
        return b if isinstance(b, Value) else constant(a.type, b)

    # Comparing and choosing

    def icmp(self, relation: str, a: Value, b: Value | int) -> Value:
        """Compare integers: ``eq``, ``ne``, ``slt``, ``sle``, ``ult`` ..."""
        b = self._like(a, b)
        result = vector_of(I1, lanes_of(a.type))
        return self.emit(result, f"icmp {relation} {a.type} {a.text}, {b.text}")

    def fcmp(self, relation: str, a: Value, b: Value | float) -> Value:
        """Compare floats: ``oeq``, ``une``, ``olt``, ``ole``, ``uno`` ..."""
        b = self._like(a, b)
        result = vector_of(I1, lanes_of(a.type))
        return self.emit(result, f"fcmp {relation} {a.type} {a.text}, {b.text}")

    def select(self, condition: Value, a: Value, b: Value | float | int) -> Value:
        """a where the condition holds, else b."""
        b = self._like(a, b)
        return self.emit(a.type, f"select {condition}, {a}, {b}")

    # Conversions

    def convert(self, how: str, a: Value, element: str) -> Value:
        """Convert each lane: ``sext``, ``zext``, ``trunc``, ``sitofp``, ``fptosi``, ``bitcast``."""
        type_ = vector_of(element, lanes_of(a.type))
        if type_ == a.type:
            return a
        return self.emit(type_, f"{how} {a} to {type_}")

    def bitcast(self, a: Value, type_: str) -> Value:
        """Read the same bits as another type."""
        return a if a.type == type_ else self.emit(type_, f"bitcast {a} to {type_}")

    # Vectors

    def splat(self, a: Value, lanes: int) -> Value:
        """Return a vector with a in every lane."""
        if lanes == 1:
            return a
        type_ = vector_of(a.type, lanes)
        first = self.emit(type_, f"insertelement {type_} poison, {a}, i64 0")
        return self.shuffle(first, first, [0] * lanes)

    def shuffle(self, a: Value, b: Value, places: Sequence[int]) -> Value:
        """Return lanes of a, and of b behind them, in another order."""
        type_ = vector_of(element_of(a.type), len(places))
        said = ", ".join(f"i32 {place}" for place in places)
        return self.emit(type_, f"shufflevector {a}, {b}, <{len(places)} x i32> <{said}>")

    def extract(self, a: Value, lane: int | Value) -> Value:
        """Return one lane."""
        if lanes_of(a.type) == 1:
            return a
        place = lane if isinstance(lane, Value) else Value(I64, str(lane))
        return self.emit(element_of(a.type), f"extractelement {a}, {place}")

    def insert(self, a: Value, lane: int | Value, b: Value) -> Value:
        """Return a with b in one lane."""
        place = lane if isinstance(lane, Value) else Value(I64, str(lane))
        return self.emit(a.type, f"insertelement {a}, {b}, {place}")

    # Memory

    def offset(self, base: Value, index: Value | int, element: str) -> Value:
        """Return the address of an element, counted in elements from a base."""
        if isinstance(index, int):
            if index == 0:
                return base
            index = Value(I64, str(index))
        # A bool is a byte in memory.
        unit = I8 if element == I1 else element
        return self.emit(PTR, f"getelementptr inbounds {unit}, {base}, {index}")

    def load(self, type_: str, address: Value, align: int | None = None) -> Value:
        """Read from memory; ``align`` is in bytes, None: that of one lane."""
        align = align or max(bits_of(type_) // 8, 1)
        return self.emit(type_, f"load {type_}, {address}, align {align}")

    def store(self, value: Value, address: Value, align: int | None = None) -> None:
        """Write to memory."""
        align = align or max(bits_of(value.type) // 8, 1)
        self.do(f"store {value}, {address}, align {align}")

    def masked_load(self, type_: str, address: Value, mask: Value, other: Value) -> Value:
        """Read the lanes whose mask is set; the others have those of ``other``."""
        lanes, element = lanes_of(type_), element_of(type_)
        name = f"llvm.masked.load.v{lanes}{short_name(element)}.p0"
        mask_type = vector_of(I1, lanes)
        self.module.declare(f"declare {type_} @{name}(ptr, {mask_type}, {type_})")
        align = max(bits_of(type_) // 8, 1)
        return self.emit(
            type_,
            f"call {type_} @{name}(ptr align {align} {address.text}, {mask}, {other})",
        )

    def masked_store(self, value: Value, address: Value, mask: Value) -> None:
        """Write the lanes whose mask is set."""
        lanes, element = lanes_of(value.type), element_of(value.type)
        name = f"llvm.masked.store.v{lanes}{short_name(element)}.p0"
        mask_type = vector_of(I1, lanes)
        self.module.declare(f"declare void @{name}({value.type}, ptr, {mask_type})")
        align = max(bits_of(value.type) // 8, 1)
        self.do(f"call void @{name}({value}, ptr align {align} {address.text}, {mask})")

    def gather(self, element: str, addresses: Value, mask: Value) -> Value:
        """Read one element from each of several addresses; 0 where the mask is not set."""
        lanes = lanes_of(addresses.type)
        type_ = vector_of(element, lanes)
        name = f"llvm.masked.gather.v{lanes}{short_name(element)}.v{lanes}p0"
        align = max(bits_of(element) // 8, 1)
        self.module.declare(f"declare {type_} @{name}({addresses.type}, {mask.type}, {type_})")
        said = f"{addresses.type} align {align} {addresses.text}, {mask}, {type_} zeroinitializer"
        return self.emit(type_, f"call {type_} @{name}({said})")

    def scatter(self, value: Value, addresses: Value, mask: Value) -> None:
        """Write one element to each of several addresses."""
        lanes, element = lanes_of(value.type), element_of(value.type)
        name = f"llvm.masked.scatter.v{lanes}{short_name(element)}.v{lanes}p0"
        align = max(bits_of(element) // 8, 1)
        self.module.declare(f"declare void @{name}({value.type}, {addresses.type}, {mask.type})")
        self.do(
            f"call void @{name}({value}, {addresses.type} align {align} {addresses.text}, {mask})"
        )

    # Numbers of 64 bits that several workers read and write

    def atomic_load(self, address: Value) -> Value:
        """Read; what the writer wrote before is seen after."""
        return self.emit(I64, f"load atomic i64, {address} acquire, align 8")

    def atomic_store(self, number: Value | int, address: Value) -> None:
        """Write; who reads it sees also what was written before."""
        number = self._like(Value(I64, ""), number)
        self.do(f"store atomic {number}, {address} release, align 8")

    def atomic_add(self, address: Value, number: int) -> Value:
        """Add a number; return what was there before."""
        return self.emit(I64, f"atomicrmw add {address}, i64 {number} acq_rel")

    def exchange(self, address: Value, number: int) -> Value:
        """Write a number; return what was there before."""
        return self.emit(I64, f"atomicrmw xchg {address}, i64 {number} acq_rel")

    def exchange_if(self, address: Value, expected: int, number: int) -> Value:
        """Write a number, if another is there; return whether it was."""
        pair = self.emit(
            "{ i64, i1 }", f"cmpxchg {address}, i64 {expected}, i64 {number} acq_rel acquire"
        )
        return self.emit(I1, f"extractvalue {pair}, 1")

    # Calls

    def intrinsic(self, name: str, *arguments: Value) -> Value:
        """Call one of LLVM's functions that is named by the type of its first argument."""
        type_ = arguments[0].type
        lanes = lanes_of(type_)
        suffix = (f"v{lanes}" if lanes > 1 else "") + short_name(element_of(type_))
        return self.call(f"llvm.{name}.{suffix}", type_, *arguments)

    def call(self, name: str, result: str, *arguments: Value) -> Value:
        """Call a function; one that is not of this module is declared."""
        if name not in self.module.functions:
            types = ", ".join(argument.type for argument in arguments)
            self.module.declare(f"declare {result} @{name}({types})")
        return self.call_address(Value(PTR, f"@{name}"), result, *arguments)

    def call_address(self, address: Value, result: str, *arguments: Value) -> Value:
        """Call the function at an address."""
        said = ", ".join(map(str, arguments))
        if result == VOID:
            self.do(f"call void {address.text}({said})")
            return Value(VOID, "")
        return self.emit(result, f"call {result} {address.text}({said})")
