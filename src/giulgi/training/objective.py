"""What a network is trained for: losses and metrics, one set for each output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from giulgi.errors import ArgumentError
from giulgi.graph import ops
from giulgi.graph.source import current_source
from giulgi.graph.tensor import Tensor
from giulgi.nn import losses, metrics
from giulgi.nn.lookup import look_up
from giulgi.nn.losses import Loss
from giulgi.nn.metrics import Mean, Metric, Update


@dataclass(frozen=True)
class OutputGoal:
    """What one output is trained for.

    Attributes:
        name: the output's name.
        loss: its loss; None if it has none.
        weight: the factor of its loss in the whole loss.
        metrics: metrics that count each example once.
        weighted_metrics: metrics that count each example by its weight.
        tracker: the mean of its loss, reported beside others'; None for a single output.
    """

    name: str
    loss: Loss | None
    weight: float
    metrics: list[Metric]
    weighted_metrics: list[Metric]
    tracker: Mean | None


class Objective:
    """Losses and metrics for all outputs, fitted to the shapes of targets and predictions.

    Args:
        outputs: the predictions.
        targets: the truth for each.
        names: the outputs' names.
        spec: what ``compile`` was given.
    """

    def __init__(
        self,
        outputs: Sequence[Tensor],
        targets: Sequence[Tensor],
        names: Sequence[str],
        spec: Mapping[str, Any],
    ) -> None:
        self.loss_tracker = Mean("loss")
        count = len(outputs)
        chosen = {
            key: per_output(key, spec.get(key), names)
            for key in ("loss", "loss_weights", "metrics", "weighted_metrics")
        }
        self.goals = []
        for i in range(count):
            prefix = f"{names[i]}_" if count > 1 else ""
            loss = chosen["loss"][i]
            shapes = targets[i].known_shape, outputs[i].known_shape
            plain = [_metric(m, *shapes, prefix) for m in as_list(chosen["metrics"][i])]
            weighted = [_metric(m, *shapes, prefix) for m in as_list(chosen["weighted_metrics"][i])]
            self.goals.append(
                OutputGoal(
                    names[i],
                    None if loss is None else losses.get(loss),
                    1.0 if chosen["loss_weights"][i] is None else chosen["loss_weights"][i],
                    plain,
                    weighted,
                    Mean(f"{prefix}loss") if count > 1 and loss is not None else None,
                )
            )
        _number_equal_names(self.reported)

    @property
    def reported(self) -> list[Metric]:
        """All that is reported, in order: the loss, the outputs' losses, the metrics."""
        trackers = [goal.tracker for goal in self.goals if goal.tracker is not None]
        measured = [m for goal in self.goals for m in (*goal.metrics, *goal.weighted_metrics)]
        return [self.loss_tracker, *trackers, *measured]

    def loss(
        self,
        targets: Sequence[Tensor],
        outputs: Sequence[Tensor],
        weights: Sequence[Tensor | None],
        penalties: Sequence[Tensor],
    ) -> tuple[Tensor, list[Update]]:
        """Return the whole loss of a batch, and the updates of everything that is reported."""
        total = ops.constant(0.0)
        batch = ops.cast(ops.size(outputs[0], 0), "float64")
        updates: list[Update] = []
        for goal, y, p, w in zip(self.goals, targets, outputs, weights, strict=True):
            if goal.loss is not None:
                value = goal.loss(y, p, w)
                total = total + goal.weight * value
                if goal.tracker is not None:
                    updates += goal.tracker.add(value, batch)
            for metric in goal.metrics:
                updates += metric.updates(y, p)
            for metric in goal.weighted_metrics:
                updates += metric.updates(y, p, w)
        for penalty in penalties:
            total = total + penalty
        return total, [*self.loss_tracker.add(total, batch), *updates]


def per_output(key: str, value: Any, names: Sequence[str]) -> list[Any]:
    """Return what each output is given: one for all, or a list, or a dict by their names."""
    if isinstance(value, Mapping):
        for name in value:
            look_up("output", str(name), {n: n for n in names})
        return [value.get(name) for name in names]
    if len(names) == 1:
        if key == "loss" and isinstance(value, (list, tuple)) and len(value) == 1:
            return [value[0]]
        if key == "loss_weights" and isinstance(value, (list, tuple)):
            return [value[0]]
        return [value]
    is_many = isinstance(value, (list, tuple))
    if is_many and len(value) == len(names):
        return list(value)
    if is_many and key in ("loss", "loss_weights"):
        raise ArgumentError(
            f"{key} has {len(value)} entries, and the network {len(names)} outputs.",
            op="compile",
            where=current_source(),
            fix="give one for each output: " + ", ".join(names),
        )
    return [value] * len(names)


def as_list(value: Any) -> list[Any]:
    """Return one thing, several, or none as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _metric(identifier: Any, target: Any, output: Any, prefix: str) -> Metric:
    metric = metrics.get(identifier, target, output)
    if prefix and not metric.name.startswith(prefix):
        metric.name = prefix + metric.name
    return metric


def _number_equal_names(reported: Sequence[Metric]) -> None:
    """Give metrics of the same name numbers, so that each is reported."""
    seen: dict[str, int] = {}
    for metric in reported:
        count = seen.get(metric.name, 0)
        seen[metric.name] = count + 1
        if count:
            metric.name = f"{metric.name}_{count}"
