"""Functions that are written, with their loops and branches, and the module that holds them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from giulgi.backends.cpu.code.ir.instructions import Instructions
from giulgi.backends.cpu.code.ir.values import I64, PTR, VOID, Value, number_text


class Module:
    """Functions, constants and declarations: what is compiled as a whole."""

    def __init__(self) -> None:
        self.functions: dict[str, Function] = {}
        self._declarations: dict[str, None] = {}
        self._globals: dict[str, str] = {}

    def function(
        self,
        name: str,
        parameters: Sequence[tuple[str, str]],
        result: str = VOID,
        *,
        internal: bool = True,
        inline: bool = False,
    ) -> Function:
        """Begin a function.

        Args:
            name: its name.
            parameters: pairs of a type and a name.
            result: the type of what it returns.
            internal: whether only this module calls it.
            inline: whether it is always put in the place of its calls, or never.
        """
        made = Function(self, name, parameters, result, internal=internal, inline=inline)
        self.functions[name] = made
        return made

    def declare(self, text: str) -> None:
        """Declare a function that is defined elsewhere."""
        self._declarations[text] = None

    def table(self, name: str, element: str, numbers: Sequence[int | float]) -> Value:
        """Return the address of a constant array."""
        said = ", ".join(f"{element} {number_text(element, n)}" for n in numbers)
        self._globals[name] = (
            f"@{name} = internal constant [{len(numbers)} x {element}] [{said}], align 64"
        )
        return Value(PTR, f"@{name}")

    def pointer(self, name: str) -> Value:
        """Return the address of a pointer that is set from outside."""
        self._globals[name] = f"@{name} = global ptr null"
        return Value(PTR, f"@{name}")

    def text(self) -> str:
        """Return the whole module as LLVM reads it."""
        parts = [*self._globals.values(), *self._declarations]
        parts += [function.text() for function in self.functions.values()]
        return "\n".join(parts) + "\n"


@dataclass
class Loop:
    """A loop that is being written.

    Attributes:
        index: the counter.
        carried: the values that the last round handed over.
        results: once the loop is written, what the last round handed over.
    """

    index: Value
    carried: list[Value]
    results: list[Value] = field(default_factory=list)
    _next: list[Value] | None = None

    def carry(self, *values: Value) -> None:
        """Say what this round hands over to the next."""
        self._next = list(values)


class Function(Instructions):
    """A function that is being written, instruction by instruction."""

    def __init__(
        self,
        module: Module,
        name: str,
        parameters: Sequence[tuple[str, str]],
        result: str,
        *,
        internal: bool,
        inline: bool,
    ) -> None:
        super().__init__(module)
        self.name = name
        self.result = result
        self.internal = internal
        self.inline = inline
        self.parameters = [Value(type_, f"%{said}") for type_, said in parameters]
        self._labels = itertools.count(1)
        self._lines = ["entry:"]
        self._block = "entry"

    # Text

    def text(self) -> str:
        """Return the function as LLVM reads it."""
        linkage = "internal " if self.internal else ""
        inlining = "alwaysinline " if self.inline else "noinline "
        said = ", ".join(map(str, self.parameters))
        head = f"define {linkage}{self.result} @{self.name}({said}) {inlining}nounwind {{"
        return "\n".join([head, *self._lines, "}"])

    # Control

    @contextmanager
    def loop(
        self,
        start: Value | int,
        stop: Value | int,
        step: int = 1,
        carried: Sequence[Value] = (),
    ) -> Iterator[Loop]:
        """Write a loop: the index runs from start up to, not including, stop.

        Args:
            start: the first index.
            stop: where it ends.
            step: the distance of one index to the next.
            carried: values that each round hands over to the next (``Loop.carry``).
        """
        known = isinstance(start, int) and isinstance(stop, int)
        start, stop = (Value(I64, str(x)) if isinstance(x, int) else x for x in (start, stop))
        number = next(self._labels)
        before, body, after = self._block, f"loop{number}", f"after{number}"
        surely = known and int(start.text) < int(stop.text)
        if surely:
            self.do(f"br label %{body}")
        else:
            enter = self.icmp("slt", start, stop)
            self.do(f"br {enter}, label %{body}, label %{after}")
        self._begin(body)
        index = Value(I64, f"%i{number}")
        loop = Loop(index, [Value(v.type, f"%c{number}.{k}") for k, v in enumerate(carried)])
        phis = len(self._lines)
        self._lines += [""] * (1 + len(carried))
        yield loop
        following = self.add(index, step)
        again = self.icmp("slt", following, stop)
        end = self._block
        self.do(f"br {again}, label %{body}, label %{after}")
        handed = loop._next if loop._next is not None else list(loop.carried)
        assert [v.type for v in handed] == [v.type for v in carried], "a loop carries other types"
        self._lines[phis] = (
            f"  {index.text} = phi i64 [ {start.text}, %{before} ], [ {following.text}, %{end} ]"
        )
        for k, (first, now, new) in enumerate(zip(carried, loop.carried, handed, strict=True)):
            self._lines[phis + 1 + k] = (
                f"  {now.text} = phi {now.type} [ {first.text}, %{before} ], [ {new.text}, %{end} ]"
            )
        self._begin(after)
        if surely:
            loop.results = handed
        else:
            loop.results = [
                self.emit(f.type, f"phi {f.type} [ {f.text}, %{before} ], [ {n.text}, %{end} ]")
                for f, n in zip(carried, handed, strict=True)
            ]

    def until(
        self, condition: Callable[[Value], Value], otherwise: Callable[[Value], None]
    ) -> None:
        """Write a loop that ends when a condition holds.

        Args:
            condition: writes the condition; it is given how often it was asked before.
            otherwise: writes what is done before it is asked again; it is given the same.
        """
        number = next(self._labels)
        before, asked = self._block, Value(I64, f"%asked{number}")
        self.do(f"br label %ask{number}")
        self._begin(f"ask{number}")
        phi = len(self._lines)
        self._lines.append("")
        holds = condition(asked)
        self.do(f"br {holds}, label %done{number}, label %otherwise{number}")
        self._begin(f"otherwise{number}")
        otherwise(asked)
        more = self.add(asked, 1)
        self._lines[phi] = (
            f"  {asked.text} = phi i64 [ 0, %{before} ], [ {more.text}, %{self._block} ]"
        )
        self.do(f"br label %ask{number}")
        self._begin(f"done{number}")

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """Write what is done only where a condition (a single bool) holds."""
        number = next(self._labels)
        self.do(f"br {condition}, label %then{number}, label %done{number}")
        self._begin(f"then{number}")
        yield
        self.do(f"br label %done{number}")
        self._begin(f"done{number}")

    def leave_when(self, condition: Value) -> None:
        """Return from the function, which has no result, where a condition holds."""
        number = next(self._labels)
        self.do(f"br {condition}, label %leave{number}, label %stay{number}")
        self._begin(f"leave{number}")
        self.ret()
        self._begin(f"stay{number}")

    def _begin(self, label: str) -> None:
        self._lines.append(f"{label}:")
        self._block = label

    def ret(self, value: Value | None = None) -> None:
        """Return from the function."""
        self.do("ret void" if value is None else f"ret {value}")
