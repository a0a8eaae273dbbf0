"""What differs where a program computes at once: hooks of graphs, which do nothing in most.

In a graph of sessions nothing has a value before it is run. In the graph of a program that computes
at once, and in that of a function which is traced, assignments follow each other as they are
written; see :mod:`giulgi.compat.eager`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from giulgi.graph.ops.state import Recorder


class Manners:
    """The manners of a graph of sessions."""

    #: Whether what is built in it has a value at once; see :mod:`giulgi.compat.eager`.
    is_eager: ClassVar[bool] = False
    #: Whether its tensors are of classes of their own.
    makes_tensors: bool = False
    #: What takes note of assignments where they follow each other as they are written.
    recorder: Recorder | None = None

    def calls_of_layers(self, symbolic: bool) -> AbstractContextManager[Any]:
        """Return a context in which layers are called, for symbolic inputs or such with values."""
        del symbolic
        return nullcontext()

    def require_python(self) -> None:
        """Say that something is done that a function does only when it is called as it is."""

    def reads_assigned(self) -> None:
        """Take note that a variable is read whose assignment waits."""

    def called_layer(self) -> None:
        """Take note that a layer was called."""

    @property
    def home(self) -> Any:
        """Where the variables live that are made while this graph is built."""
        return self

    def assigned(self, variable: Any, after: Any) -> Any:
        """Return the value of a variable after an assignment that was recorded."""
        del variable
        return after

    def take_step(self) -> None:
        """Carry out what an optimizer assigns, where that is done at once."""

    def before_training(self, model: Any) -> None:
        """Take note that the variables of a network are about to change."""
