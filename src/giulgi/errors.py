"""What giulgi says when something does not fit.

Every error tells up to six facts, as a teacher would: **where** (file and line of the user's
code), which **operation** and which **layer**, the **arguments** by name with their whole shapes
and dtypes, which **axes** disagree, and the likely **fix**.

A rule deep inside raises an error with what it knows (the problem, the axes, the fix); the
function that built the operation adds the rest with :meth:`GiulgiError.complete`.
"""

from __future__ import annotations

from collections.abc import Iterable

from giulgi.source import Source, current_source


class GiulgiError(Exception):
    """Base of all errors of giulgi.

    Args:
        problem: one sentence: what does not fit.
        where: file and line of the user's code; None: the one that is running.
        op: the operation, as the user would call it.
        layer: the path of layers in which it happened.
        arguments: pairs of an argument's name and its description.
        axes: which axes disagree, with their sizes.
        fix: what to do, most likely.
    """

    def __init__(
        self,
        problem: str,
        *,
        where: Source | None = None,
        op: str = "",
        layer: str = "",
        arguments: Iterable[tuple[str, str]] = (),
        axes: str = "",
        fix: str = "",
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.where = where or current_source()
        self.op = op
        self.layer = layer
        self.layer_made: Source | None = None
        self.arguments = tuple(arguments)
        self.axes = axes
        self.fix = fix

    def complete(
        self,
        *,
        where: Source | None = None,
        op: str = "",
        layer: str = "",
        layer_made: Source | None = None,
        arguments: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Add facts that are not told yet; what is already told stays."""
        self.where = self.where or where
        self.op = self.op or op
        self.layer = self.layer or layer
        self.layer_made = self.layer_made or layer_made
        self.arguments = self.arguments or tuple(arguments)

    def __str__(self) -> str:
        headline = f"{self.op}: {self.problem}" if self.op else self.problem
        rows = list(self._rows())
        if not rows:
            return headline
        return "\n".join([headline, "", *rows])

    def _rows(self) -> Iterable[str]:
        if self.where is not None:
            yield f"  where      {self.where}"
            if self.where.text:
                yield f"                 {self.where.text}"
        if self.layer:
            made = f", made in {self.layer_made}" if self.layer_made else ""
            yield f"  layer      {self.layer}{made}"
        if self.arguments:
            width = max(len(name) for name, _ in self.arguments)
            title = "arguments"
            for name, description in self.arguments:
                yield f"  {title:<9}  {name:<{width}}  {description}"
                title = ""
        if self.axes:
            yield f"  disagree   {self.axes}"
        if self.fix:
            first, *others = self.fix.split("\n")
            yield f"  try        {first}"
            for line in others:
                yield f"             {line}"


class ShapeError(GiulgiError, ValueError):
    """Shapes, ranks or axes do not fit together."""


class PlaceError(ShapeError, IndexError):
    """There is no element at a place."""


class DTypeError(GiulgiError, TypeError):
    """A dtype is not known, or not one that the operation takes."""


class ArgumentError(GiulgiError, ValueError):
    """An argument has a value that makes no sense here."""


class UnknownArgumentError(GiulgiError, TypeError):
    """An argument, or a name given as text, that does not exist."""


class FeedError(GiulgiError, ValueError):
    """A value that the graph waits for was not given, or does not fit its placeholder."""


class DataError(GiulgiError, ValueError):
    """The data cannot be trained on: NaN, labels out of range, lengths that differ."""


class GraphError(GiulgiError, RuntimeError):
    """The graph cannot be used this way, such as a value asked from a symbolic tensor."""


class DivergedError(GiulgiError, ArithmeticError):
    """Training left the numbers: the loss is NaN or infinite."""
