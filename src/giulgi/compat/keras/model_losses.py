"""The loss of a compiled model as a tensor, which programs differentiate themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from giulgi.compat.keras.backend_session import placeholder
from giulgi.compat.keras.boundary import expressions, named
from giulgi.training.objective import Measured, Objective

_SPARSE = "sparse_categorical_crossentropy"


@dataclass(frozen=True)
class LossTensors:
    """The loss, and what is fed to compute it.

    Attributes:
        targets: the truth for each output.
        weights: for each output how much each example counts.
        total: the loss, with penalties.
    """

    targets: list[Any]
    weights: list[Any]
    total: Any


def loss_tensors(model: Any) -> LossTensors:
    """Return the loss of a model that is compiled as tensors of its graph."""
    network, spec = model._require_network(), model._compiled_spec()
    targets, weights = [], []
    for output, name in zip(network.outputs, network.output_names, strict=True):
        loss = spec["loss"]
        own = loss.get(name) if isinstance(loss, dict) else loss
        is_sparse = getattr(own, "name", "") == _SPARSE
        shape = output.known_shape
        shape = (*shape[:-1], 1) if is_sparse and shape else shape
        targets.append(placeholder(shape=shape, name=f"{name}_target"))
        weights.append(placeholder(shape=(None,), name=f"{name}_sample_weights"))
    truth = [expressions(x) for x in targets]
    objective = Objective(network.outputs, truth, network.output_names, spec)
    parts = zip(truth, network.outputs, map(expressions, weights), network.masks, strict=True)
    penalties = [*(x for call in network.calls for x in call.losses), *model.penalty_losses()]
    total, _ = objective.loss([Measured(*part) for part in parts], penalties)
    return LossTensors(targets, weights, named(total))
