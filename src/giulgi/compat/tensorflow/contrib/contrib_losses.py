"""``tf.contrib.losses`` and ``slim.losses``: as ``tf.losses``, with predictions before labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from giulgi.compat.names import export
from giulgi.compat.tensorflow.nn import losses


def _turned(function: Callable[..., Any], first: str, second: str, name: str) -> None:
    """Give a loss its former name and order of arguments.

    Args:
        function: the loss of ``tf.losses``.
        first: what the predictions are called in it.
        second: what the labels are called in it.
        name: its former name.
    """

    def call(*args: Any, weights: Any = 1.0, scope: str | None = None, **options: Any) -> Any:
        given = list(args)
        for key in (first, second):
            if given:
                options[key] = given.pop(0)
        if "labels" in options and second != "labels":
            options[second] = options.pop("labels")
        if given:
            weights = given.pop(0)
        if "weight" in options:
            weights = options.pop("weight")
        if given:
            extra = {"softmax_cross_entropy": "label_smoothing", "log_loss": "epsilon",
                     "sigmoid_cross_entropy": "label_smoothing"}  # fmt: skip
            options[extra.get(name, "scope")] = given.pop(0)
        options.setdefault("scope", scope)
        return function(weights=weights, **options)

    call.__name__ = name
    call.__doc__ = f"{function.__doc__} Predictions come before labels."
    export(f"contrib.losses.{name}", call)
    export(f"contrib.slim.losses.{name}", call)


for _name, _first, _second in (
    ("mean_squared_error", "predictions", "labels"),
    ("absolute_difference", "predictions", "labels"),
    ("log_loss", "predictions", "labels"),
    ("hinge_loss", "logits", "labels"),
    ("cosine_distance", "predictions", "labels"),
    ("mean_pairwise_squared_error", "predictions", "labels"),
    ("softmax_cross_entropy", "logits", "onehot_labels"),
    ("sparse_softmax_cross_entropy", "logits", "labels"),
    ("sigmoid_cross_entropy", "logits", "multi_class_labels"),
):
    _turned(getattr(losses, _name), _first, _second, _name)

for _name in (
    "compute_weighted_loss", "add_loss", "get_losses", "get_regularization_losses",
    "get_total_loss",
):  # fmt: skip
    export(f"contrib.slim.losses.{_name}", getattr(losses, _name))
