"""What ``dynamic_decode`` returns: outputs as long as they are, and what cells looked at."""

from __future__ import annotations

import dis
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any, NamedTuple

import giulgi as gg
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.control.tensor_arrays import TensorArray
from giulgi.compat.tensorflow.math.arguments import static
from giulgi.compat.tensors.tensor import as_expression, as_tensor


@operation(type="Slice")
def cut(x: Any, stopped: Any) -> gg.Tensor:
    """Return the steps before all sequences had ended."""
    value, late = as_expression(x), as_expression(stopped)
    known = static(late)
    if known is not None:
        return value[: int((~known).sum())]
    count = gg.sum(gg.cast(gg.logical_not(late), "int64"))
    return gg.gather(value, gg.arange(count, dtype="int64"))


def takes_two(frame: FrameType) -> bool:
    """Whether a program takes two results, as there were until TensorFlow 1.2."""
    following = (i for i in dis.get_instructions(frame.f_code) if i.offset > frame.f_lasti)
    instruction = next((i for i in following if i.opname != "CACHE"), None)
    return (
        instruction is not None and instruction.opname == "UNPACK_SEQUENCE" and instruction.arg == 2
    )


class HistoryToCome(NamedTuple):
    """Stands in the state of a cell for the alignments of all steps, until they are there."""

    def stack(self, name: str | None = None) -> Any:
        """Say where alignments are kept."""
        raise NotImplementedError(
            "the history of alignments is kept by dynamic_decode of a decoder that searches no "
            "beams: elsewhere, take state.alignments of each step"
        )


def alignments_of(state: Any) -> list[Any]:
    """Return the alignments in a state of which a history is to be kept."""
    if not isinstance(state, (list, tuple)):
        return []
    found = [x for part in state for x in alignments_of(part)]
    if isinstance(getattr(state, "alignment_history", None), HistoryToCome):
        found.append(state.alignments)  # type: ignore[union-attr]
    return found


def with_histories(state: Any, histories: Iterable[Any]) -> Any:
    """Return a state in which arrays of all alignments are where they are to be.

    Args:
        state: the state after the last step.
        histories: of each of :func:`alignments_of` what it was, along a first axis of steps.
    """
    return _filled(state, iter(histories))


def _filled(state: Any, histories: Iterator[Any]) -> Any:
    if not isinstance(state, (list, tuple)):
        return state
    parts = [_filled(part, histories) for part in state]
    if not hasattr(state, "_fields"):
        return type(state)(parts)
    made: Any = type(state)(*parts)
    if isinstance(getattr(made, "alignment_history", None), HistoryToCome):
        made = made._replace(alignment_history=_arrays(next(histories)))
    return made


def _arrays(history: Any) -> Any:
    if isinstance(history, (list, tuple)):
        return tuple(_arrays(one) for one in history)
    steps = as_tensor(history)
    return TensorArray(steps.dtype, dynamic_size=True).unstack(steps)
