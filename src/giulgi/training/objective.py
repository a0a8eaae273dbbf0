"""What a network is trained for: losses and metrics, one set for each output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from giulgi.errors import ArgumentError, GiulgiError, UnknownArgumentError
from giulgi.graph import ops
from giulgi.graph.tensor import Tensor
from giulgi.names import suggestion
from giulgi.nn import losses, metrics, optimizers
from giulgi.nn.losses import Loss
from giulgi.nn.masks import masked_weight
from giulgi.nn.metrics import Mean, Metric
from giulgi.nn.metrics.base import Update
from giulgi.nn.optimizers import Optimizer
from giulgi.nn.settings import as_number
from giulgi.training.network import call_of
from giulgi.tree import flatten


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


@dataclass(frozen=True)
class Measured:
    """An output, with what it is measured by.

    Attributes:
        target: the truth.
        output: the output.
        weight: how much each example counts; None: all alike.
        mask: which steps count; None: all.
    """

    target: Tensor
    output: Tensor
    weight: Tensor | None
    mask: Tensor | None


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
            loss = chosen["loss"][i]
            shapes = targets[i].known_shape, outputs[i].known_shape
            plain = [metrics.get(m, *shapes) for m in as_list(chosen["metrics"][i])]
            weighted = [metrics.get(m, *shapes) for m in as_list(chosen["weighted_metrics"][i])]
            self.goals.append(
                OutputGoal(
                    names[i],
                    None if loss is None else losses.get(loss),
                    _loss_weight(chosen["loss_weights"][i]),
                    plain,
                    weighted,
                    Mean(f"{names[i]}_loss") if count > 1 and loss is not None else None,
                )
            )
        _require_different([m for g in self.goals for m in (*g.metrics, *g.weighted_metrics)])
        self.reported = self._named()

    def _named(self) -> dict[str, Metric]:
        """Return all that is reported by its name: the loss, the outputs' losses, the metrics."""
        found: dict[str, Metric] = {"loss": self.loss_tracker}
        many = len(self.goals) > 1
        for goal in self.goals:
            if goal.tracker is not None:
                found[_free_name(goal.tracker.name, found)] = goal.tracker
        for goal in self.goals:
            for metric in goal.metrics:
                name = f"{goal.name}_{metric.name}" if many else metric.name
                found[_free_name(name, found)] = metric
        for goal in self.goals:
            for metric in goal.weighted_metrics:
                prefix = f"{goal.name}_" if many else ""
                name = prefix + metric.name
                if name in found:
                    name = f"{prefix}weighted_{metric.name}"
                found[_free_name(name, found)] = metric
        return found

    def loss(
        self, measured: Sequence[Measured], penalties: Sequence[Tensor]
    ) -> tuple[Tensor, list[Update]]:
        """Return the whole loss of a batch, and the updates of everything that is reported.

        Args:
            measured: the outputs, with what they are measured by.
            penalties: what is added to the loss.
        """
        total = ops.constant(0.0)
        batch = ops.cast(ops.size(_with_batch(measured[0]), 0), "float64")
        updates: list[Update] = []
        for goal, parts in zip(self.goals, measured, strict=True):
            y, p, mask = parts.target, parts.output, parts.mask
            w = masked_weight(parts.weight, mask)
            if goal.loss is not None:
                value = _loss_of(goal.loss, y, p, w if mask is None else _of_all(w, mask))
                total = total + goal.weight * value
                if goal.tracker is not None:
                    updates += goal.tracker.updates(value, batch)
            for metric in goal.metrics:
                counts = masked_weight(None, mask)
                updates += metric.updates(*((y, p) if counts is None else (y, p, counts)))
            for metric in goal.weighted_metrics:
                updates += metric.updates(y, p, w)
        for penalty in penalties:
            total = total + penalty
        return total, [*self.loss_tracker.updates(total, batch), *updates]


def _with_batch(measured: Measured) -> Tensor:
    """Return what has an axis of examples: an output may be a single number, such as a loss."""
    output = measured.output
    return measured.target if output.known_shape == () else output


def _of_all(weight: Tensor | None, mask: Tensor) -> Tensor:
    """Return weights for a mean over all steps that is one over those that count."""
    assert weight is not None
    counting = ops.sum(ops.cast(mask, weight.dtype))
    return weight * (ops.cast(ops.size(mask), weight.dtype) / ops.maximum(counting, 1))


def _loss_of(loss: Loss, y: Tensor, p: Tensor, w: Tensor | None) -> Tensor:
    try:
        return loss(y, p, w)
    except GiulgiError as error:
        call = call_of(p.node)
        if call is not None:
            error.complete(layer=call.layer.name, layer_made=call.layer.source)
        raise


def chosen_optimizer(optimizer: Any, loss: Any) -> Optimizer:
    """Return an optimizer as ``compile`` was given it.

    Raises:
        UnknownArgumentError: if there is none of the name; a loss in its place is noticed.
    """
    try:
        return optimizers.get(optimizer)
    except UnknownArgumentError as error:
        if _is_loss(optimizer):
            given = "'adam'" if loss is None else repr(loss)
            error.fix = f"the optimizer comes first: compile({given}, loss={optimizer!r})"
        raise


def _is_loss(given: Any) -> bool:
    """Whether a loss, or the name of one, is given."""
    try:
        return isinstance(given, Loss) or (isinstance(given, str) and bool(losses.get(given)))
    except UnknownArgumentError:
        return False


def check_goals(loss: Any, *measured: Any) -> None:
    """Check the losses and metrics that ``compile`` is given.

    Raises:
        UnknownArgumentError: if one is given by a name that does not exist.
        ArgumentError: if one cannot be trained for, or be measured.
    """
    for value in measured:
        if isinstance(value, (list, tuple)) and list(value) == [None]:
            raise ArgumentError(
                "the only metric is None.", fix="metrics=['accuracy'], or leave metrics out"
            )
    for leaf in flatten(loss)[0]:
        if isinstance(leaf, str):
            losses.get(leaf)
        if isinstance(leaf, Loss) and leaf.reduction == "none":
            raise ArgumentError(
                f"the loss {leaf.name!r} has reduction='none', and training makes one number "
                "smaller.",
                fix="leave out the reduction: the values of the examples are averaged",
            )
    for leaf in flatten(measured)[0]:
        if isinstance(leaf, str):
            metrics.check_name(leaf)
    _require_different(flatten(measured)[0])


def _require_different(measured: Sequence[Any]) -> None:
    """Raise an ArgumentError if one metric, which has one state, is to measure several things."""
    found: set[int] = set()
    for metric in measured:
        if isinstance(metric, Metric) and id(metric) in found:
            raise ArgumentError(
                f"the metric {metric.name!r} is given twice, and can measure one thing only.",
                op="compile",
                fix=f"make one for each: {type(metric).__name__}(...)",
            )
        found.add(id(metric))


def per_output(key: str, value: Any, names: Sequence[str]) -> list[Any]:
    """Return what each output is given: one for all, or a list, or a dict by their names."""
    if isinstance(value, Mapping):
        for name in value:
            if name not in names:
                raise UnknownArgumentError(
                    f"there is no output named {name!r}.",
                    op="compile",
                    fix=suggestion(str(name), names),
                )
        return [value.get(name) for name in names]
    if len(names) == 1:
        if key == "loss" and isinstance(value, (list, tuple)) and len(value) == 1:
            return [value[0]]
        if key == "loss" and isinstance(value, (list, tuple)):
            raise ArgumentError(
                f"loss has {len(value)} entries, and the network 1 output.",
                op="compile",
                fix="give one loss; a function (y_true, y_pred) may add up several",
            )
        if key == "loss_weights" and isinstance(value, (list, tuple)) and len(value) == 1:
            return [value[0]]
        if key.endswith("metrics") and isinstance(value, (list, tuple)) and len(value) == 1:
            return [as_list(value[0])]  # A list of its metrics, in the list of the one output.
        return [value]
    is_many = isinstance(value, (list, tuple))
    if is_many and len(value) == len(names):
        return list(value)
    if is_many and key in ("loss", "loss_weights"):
        raise ArgumentError(
            f"{key} has {len(value)} entries, and the network {len(names)} outputs.",
            op="compile",
            fix="give one for each output: " + ", ".join(names),
        )
    return [value] * len(names)


def _loss_weight(weight: Any) -> float:
    """Return the factor of an output's loss; without one it is 1.

    Raises:
        ArgumentError: if it is no number.
    """
    number = 1.0 if weight is None else as_number(weight)
    if number is None:
        raise ArgumentError(
            f"loss_weights has {weight!r}, and needs one number for each output.",
            op="compile",
            fix="loss_weights=[1.0, 0.5], or leave it out",
        )
    return number


def as_list(value: Any) -> list[Any]:
    """Return one thing, several, or none as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _free_name(name: str, taken: Mapping[str, Any]) -> str:
    """Return the name with a number behind it, if it is taken already."""
    number = 0
    free = name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
