"""Which epochs there are, and after which of them there is a validation."""

from __future__ import annotations

from collections.abc import Container

from giulgi.advice import advise
from giulgi.errors import ArgumentError
from giulgi.training.data.feeding import require_positive


def check_epochs(epochs: range, frequency: int | Container[int]) -> None:
    """Raise an ArgumentError if the numbers of epochs make no sense; advise if none is left."""
    if not isinstance(frequency, Container):
        require_positive("fit", "validation_freq", frequency, example=2)
    if epochs.start < 0:
        raise ArgumentError(
            f"initial_epoch is {epochs.start}; epochs count from 0.", op="fit", fix="leave it out"
        )
    if epochs.start > epochs.stop:
        advise(
            f"nothing is trained: initial_epoch={epochs.start} is behind epochs={epochs.stop}, "
            f"which is where training ends. For {epochs.stop} more give "
            f"epochs={epochs.start + epochs.stop}."
        )


def is_due(epoch: int, frequency: int | Container[int]) -> bool:
    """Whether there is a validation after this epoch, the first being 1."""
    if not isinstance(frequency, Container):
        return epoch % frequency == 0
    return epoch in frequency
