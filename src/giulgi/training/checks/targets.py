"""Targets that do not fit the loss or the metrics: errors, and advice where it may be meant so."""

from __future__ import annotations

import numpy as np

from giulgi.advice import advise
from giulgi.errors import DataError
from giulgi.graph.shapes import shape_text
from giulgi.graph.tensor import Tensor
from giulgi.nn import losses, metrics
from giulgi.nn.metrics import MeanOf, Metric
from giulgi.training.data.batches import Array, Batch
from giulgi.training.data.inputs import counted
from giulgi.training.network import Network, call_of
from giulgi.training.objective import OutputGoal

_OF_QUANTITIES = (losses.mean_squared_error, losses.mean_absolute_error)
_OF_CLASSES = (
    losses.binary_crossentropy,
    losses.categorical_crossentropy,
    losses.sparse_categorical_crossentropy,
)


def check_number(batch: Batch, network: Network) -> None:
    """Raise a DataError if there is not one array of targets for each output."""
    outputs = network.outputs
    has = f"the network has {counted(len(outputs), 'output')}, and"
    if len(batch.y) != len(outputs):
        raise DataError(
            f"{has} y is {counted(len(batch.y), 'array')}." if batch.y else "there is no y.",
            arguments=[(t.name, t.description) for t in outputs],
            fix="give the truth for each output, in this order"
            if len(outputs) > 1
            else "give y, the truth for each example, beside x",
        )
    if len(batch.weights) not in (0, 1, len(outputs)):
        raise DataError(
            f"{has} sample_weight is {counted(len(batch.weights), 'array')}.",
            fix="give one array of weights for all outputs, or one for each",
        )


def check_target(goal: OutputGoal, targets: Array, output: Tensor, activation: str) -> None:
    """Check the targets of one output by what it is trained for.

    Args:
        goal: its loss and metrics.
        targets: the truth.
        output: the output of the network.
        activation: how it ends, see :func:`giulgi.training.checks.outputs.activation_of`.

    Raises:
        DataError: if the targets are no classes, and the loss is for classes.
    """
    function = goal.loss.function if goal.loss else None
    if function is losses.sparse_categorical_crossentropy:
        _check_classes(targets, output)
    elif function is losses.binary_crossentropy and (targets.min() < 0 or targets.max() > 1):
        _advise_on_probabilities(targets)
        return
    elif (
        function is losses.categorical_crossentropy
        and activation == "sigmoid"
        and output.shape[-1:] != (1,)  # Of one unit advise_on_output tells what to do.
    ):
        _advise_on_several_labels(targets)
    for metric in (*goal.metrics, *goal.weighted_metrics):
        _advise_on_accuracy(metric, goal, targets, activation)


def check_class_weights(batch: Batch, goal: OutputGoal, output: Tensor) -> None:
    """Raise a DataError if class_weight names classes that an output does not have."""
    function = goal.loss.function if goal.loss else None
    units = output.shape[-1] if output.known_shape else None
    if function not in _OF_CLASSES or units is None:
        return
    classes = max(2, units)  # One unit tells two classes apart: yes and no.
    for label in batch.weighted_classes:
        if not 0 <= label < classes:
            raise DataError(
                f"class_weight names the class {label}, and the network has "
                f"{counted(units, 'output')}: classes 0 to {classes - 1}.",
                arguments=[("output", output.description)],
                fix="classes count from 0; those that are not named have the weight 1",
            )


def _check_classes(labels: Array, output: Tensor) -> None:
    """Raise a DataError if labels are not whole numbers from 0 to the number of outputs - 1."""
    classes = output.shape[-1] if output.ndim > 1 else 1
    lowest, highest = labels.min(), labels.max()
    if labels.dtype.kind == "f" and not np.array_equal(labels, np.floor(labels)):
        problem = "the labels have fractions, and should be numbers of classes."
        fix = "for quantities use a regression loss, such as 'mse'"
    elif classes is None or (lowest >= 0 and highest < classes):
        return
    else:
        problem = (
            f"the labels run from {lowest:g} to {highest:g}, and the network has "
            f"{counted(classes, 'output')}: classes 0 to {classes - 1}."
        )
        fix = _classes_fix(np.unique(labels), classes)
    error = DataError(
        problem,
        op="sparse_categorical_crossentropy",
        arguments=[
            ("y", f"{labels.dtype.name} {shape_text(labels.shape)}"),
            ("output", output.description),
        ],
        fix=fix,
    )
    call = call_of(output.node)
    if call is not None:
        error.complete(layer=call.layer.name, layer_made=call.layer.source)
    raise error


def _classes_fix(found: Array, classes: int) -> str:
    """Return what to do about the classes that are found."""
    lowest, highest = found[0], found[-1]
    if found.tolist() == [-1, 1]:
        return "classes count from 0; use 0 and 1 in place of -1 and 1: (y + 1) // 2"
    if lowest != 0 and highest - lowest < classes:
        shift = f"+ {-lowest:g}" if lowest < 0 else f"- {lowest:g}"
        return f"classes count from 0: give y {shift} in place of y"
    if lowest < 0:
        return "classes count from 0: names, y = np.unique(y, return_inverse=True)"
    fix = f"give the last layer {int(highest) + 1} units, or check the labels"
    if classes == 1 and highest == 1:
        fix += ";\nfor a yes or no use binary_crossentropy, with activation='sigmoid'"
    return fix


def _advise_on_probabilities(targets: Array) -> None:
    lowest, highest = targets.min(), targets.max()
    fix = "For several classes use sparse_categorical_crossentropy."
    if (lowest, highest) == (-1, 1):
        fix = "Use 0 and 1 in place of -1 and 1: (y + 1) / 2."
    advise(
        f"binary_crossentropy takes targets from 0 to 1, and these run from {lowest:g} to "
        f"{highest:g}. {fix}",
        about=f"targets of binary_crossentropy: {fix}",
    )


def _advise_on_several_labels(targets: Array) -> None:
    """Warn of several answers that are right at once: a sigmoid for each says it is meant so."""
    if _has_several_ones(targets):
        advise(
            "categorical_crossentropy is for one class for each example, and some rows of y have "
            "several ones. For several labels of an example use binary_crossentropy."
        )


def _advise_on_accuracy(metric: Metric, goal: OutputGoal, targets: Array, activation: str) -> None:
    """Warn of an accuracy that says nothing about such targets."""
    if not isinstance(metric, MeanOf):
        return
    if metric.function is metrics.binary_accuracy and not _is_yes_or_no(targets):
        advise(
            f"the metric {metric.name!r} counts yes and no, and the targets are not all 0 or 1: "
            "others always count as wrong. For quantities use metrics=['mae']."
        )
    # Called "accuracy" it was chosen for its shape alone; by its own name it may be meant so.
    if (
        metric.function is not metrics.categorical_accuracy
        or metric.name not in metrics.ACCURACY_NAMES
    ):
        return
    says = (
        f"the metric {metric.name!r} is the share of examples whose largest output is where the "
        "largest target is"
    )
    of_quantities = goal.loss is not None and goal.loss.function in _OF_QUANTITIES
    if of_quantities and activation == "linear" and not _are_whole(targets):
        advise(f"{says}, and the targets are quantities. Use metrics=['mae'].")
    elif _has_several_ones(targets):
        advise(f"{says}, and some rows of y have several ones. Use metrics=['binary_accuracy'].")


def _is_yes_or_no(targets: Array) -> bool:
    return bool(((targets == 0) | (targets == 1)).all())


def _has_several_ones(targets: Array) -> bool:
    return _is_yes_or_no(targets) and bool((targets.sum(axis=-1) > 1).any())


def _are_whole(targets: Array) -> bool:
    return targets.dtype.kind != "f" or np.array_equal(targets, np.floor(targets))
