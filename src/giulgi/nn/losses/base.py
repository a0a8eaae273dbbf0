"""What all losses share: how the values of the examples become one number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from giulgi.errors import GraphError
from giulgi.graph import ops
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.tensor import Tensor
from giulgi.names import snake_case
from giulgi.nn.lookup import function_name, one_of, require_answer
from giulgi.nn.losses.functions import LossFunction
from giulgi.nn.losses.shapes import as_examples
from giulgi.nn.weighting import fit_weights
from giulgi.source import scope

_REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none")


class Loss:
    """Base of losses. One of one's own says in ``call`` what it gives for each example::

        class FourthPower(gg.losses.Loss):
            def call(self, y_true, y_pred):
                return gg.mean((y_true - y_pred) ** 4, axis=-1)

    A plain function ``(y_true, y_pred)`` is a loss as well.

    Args:
        name: its name; None makes one of the name of its class.
        reduction: how the values v of the examples, with weights w, become one number:
            "sum_over_batch_size" or "mean": sum(w v) / the number of values;
            "mean_with_sample_weight": sum(w v) / sum(w), and 0 if all weights are 0;
            "sum": sum(w v); "none": they stay w v.

    Raises:
        UnknownArgumentError: if there is no such reduction.

    Attributes:
        function: the function that it averages; None if it is a class with a ``call`` of its own.
        options: further arguments of the function.
    """

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size"
    ) -> None:
        self.name = name or snake_case(type(self).__name__)
        self.reduction = one_of("reduction", str(reduction).lower(), _REDUCTIONS)
        self.function: LossFunction | None = None
        self.options: Mapping[str, Any] = {}

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return one value for each example."""
        own = type(self).__name__
        raise GraphError(
            f"{own} does not say what it computes.",
            op=own,
            fix="write a method call(self, y_true, y_pred) that returns one value for each example",
        )

    def __call__(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None
    ) -> Tensor:
        """Return the values of the examples as one number, by the reduction.

        Args:
            y_true: the truth.
            y_pred: the prediction.
            sample_weight: w, one for each example; None: all are 1.

        Raises:
            ShapeError: if the shapes do not fit together.
        """
        with scope(self.name):
            answer = self.call(*as_examples(y_true, y_pred))
            values = constant(require_answer("loss", self.name, answer))
        if sample_weight is None:
            return self._reduced(values, ops.ones_like(values))
        weights = fit_weights(sample_weight, values)
        return self._reduced(values * weights, weights)

    def _reduced(self, values: Tensor, weights: Tensor) -> Tensor:
        if self.reduction == "none":
            return values
        if self.reduction == "sum":
            return ops.sum(values)
        if self.reduction == "mean_with_sample_weight":
            total = ops.sum(ops.broadcast_to(weights, ops.shape(values)))
            return ops.sum(values) / ops.where(total == 0, 1, total)
        return ops.mean(values)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class LossOf(Loss):
    """The loss of a function of truth and prediction.

    Args:
        function: ``(y_true, y_pred)`` -> one value for each example.
        name: its name; None: that of the function.
        reduction: see :class:`Loss`.
        options: further arguments of the function.
    """

    def __init__(
        self,
        function: Callable[..., Tensor],
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        **options: Any,
    ) -> None:
        super().__init__(name or function_name(function), reduction)
        self.function = function
        self.options = options

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return the function's values."""
        assert self.function is not None
        return self.function(y_true, y_pred, **self.options)
