"""The graph that programs build in which compute at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakValueDictionary

from giulgi.compat.eager.lazy import assign_pending, before_assigning, state
from giulgi.compat.graphs.graph import Collections, Graph, Operation
from giulgi.compat.tensors.tensor import Converted, Tensor
from giulgi.graph.ops.state import current_recorder
from giulgi.nn.phase import in_phase, told_phase

# An assigned expression that nobody looks at is carried out when it gets this deep.
_DEEPEST = 300

_OF_VARIABLES = {
    Collections.GLOBAL_VARIABLES, Collections.TRAINABLE_VARIABLES, Collections.LOCAL_VARIABLES,
    Collections.MODEL_VARIABLES, Collections.TRAIN_OP, Collections.LOSSES,
    Collections.REGULARIZATION_LOSSES, Collections.UPDATE_OPS, Collections.SUMMARIES,
    Collections.METRIC_VARIABLES,
}  # fmt: skip


class EagerGraph(Graph):
    """Where programs build that compute at once: it keeps nothing of what is built.

    Attributes:
        count: how many operations there were.
    """

    is_eager = makes_tensors = True

    def __init__(self) -> None:
        super().__init__()
        self.recorder = state.recorder
        self.count = 0
        self.notes["keras tensors"] = WeakValueDictionary()

    def add(self, operation: Operation) -> int:
        """Count an operation."""
        self.count += 1
        return self.count

    @property
    def size(self) -> int:
        """The number of operations there were."""
        return self.count

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """Return a name within the open scope: names need not be unique here."""
        del mark_as_used
        return f"{self._scope}/{name}" if self._scope else name

    @contextmanager
    def control_dependencies(self, control_inputs: Any) -> Iterator[None]:
        """Do nothing: what was built before took place before."""
        del control_inputs
        yield

    @contextmanager
    def calls_of_layers(self, symbolic: bool) -> Iterator[None]:
        """Let layers read what waits to be assigned, and what they assign wait; not training."""
        if symbolic or current_recorder() is self.recorder:
            yield
            return
        assert self.recorder is not None
        with self.recorder, in_phase(bool(told_phase())):
            yield

    def reads_assigned(self) -> None:
        """Carry out what waits, if that is not to be differentiated first."""
        if not state.tapes and current_recorder() is not self.recorder:
            assign_pending()

    def called_layer(self) -> None:
        """Carry out what a layer assigned, if that is not to be differentiated first."""
        if state.pending and not state.tapes and current_recorder() is not self.recorder:
            assign_pending()

    def assigned(self, variable: Any, after: Tensor) -> Tensor:
        """Return the value of a variable after an assignment, which may wait."""
        if isinstance(variable.variable, Converted) or after.expression.node.depth > _DEEPEST:
            assign_pending()
        state.forget_gone(variable)
        return after

    def take_step(self) -> None:
        """Carry out what an optimizer assigns."""
        assign_pending()

    def before_training(self, model: Any) -> None:
        """Carry out what waits, and settle what reads variables that training is to change."""
        assign_pending()
        if state.live or state.tapes:
            before_assigning(variable.cell for variable in model.variables)

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Keep no variables: they live as long as the program holds them."""
        if name not in _OF_VARIABLES:
            super().add_to_collection(name, value)
