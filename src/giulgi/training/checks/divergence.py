"""Whether a training goes astray: weights and losses that are no numbers any more."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from giulgi.errors import DivergedError
from giulgi.graph.ops.state import Variable
from giulgi.nn.optimizers import Optimizer


def require_finite(weights: Sequence[Variable]) -> None:
    """Raise a DivergedError if some weight is not all numbers."""
    for variable in weights:
        if not np.isfinite(variable.numpy()).all():
            raise DivergedError(
                f"the weight {variable.name!r} is not all numbers any more: an earlier "
                "training went astray.",
                op="fit",
                arguments=[(variable.name, variable.description)],
                fix="build the network again, or set_weights(...) saved ones",
            )


def require_finite_loss(loss: float, optimizer: Optimizer, epoch: int, step: int) -> None:
    """Raise a DivergedError if the loss of an epoch is no number by a step."""
    if math.isfinite(loss):
        return
    rate = optimizer.learning_rate
    said = "" if callable(rate) else f" (now {float(rate):g})"
    raise DivergedError(
        f"the loss became {loss} by step {step} of epoch {epoch + 1}: training went astray.",
        op="fit",
        fix=f"a smaller learning rate{said}: try a tenth of it;\n"
        "inputs of a moderate size, such as x / 255 for pictures;\n"
        "a limit for the gradients: clipnorm=1.0 in the optimizer.\n"
        "The weights are spoilt; build the network again, or set_weights(...) saved ones.",
    )
