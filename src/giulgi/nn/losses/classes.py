"""The losses as classes, which average their formulas over the examples."""

from __future__ import annotations

from giulgi.nn.losses.base import LossOf
from giulgi.nn.losses.functions import (
    binary_crossentropy,
    categorical_crossentropy,
    mean_absolute_error,
    mean_squared_error,
    sparse_categorical_crossentropy,
)
from giulgi.signatures import names_checked


class MeanSquaredError(LossOf):
    """mean((y_true - y_pred)^2) over all examples and outputs; see :func:`mean_squared_error`.

    Args:
        reduction: how the values of the examples become one number, see :class:`Loss`.
        name: its name.
    """

    @names_checked
    def __init__(
        self, reduction: str = "sum_over_batch_size", name: str = "mean_squared_error"
    ) -> None:
        super().__init__(mean_squared_error, name, reduction)


class MeanAbsoluteError(LossOf):
    """mean(|y_true - y_pred|) over all examples and outputs; see :func:`mean_absolute_error`.

    Args:
        reduction: how the values of the examples become one number, see :class:`Loss`.
        name: its name.
    """

    @names_checked
    def __init__(
        self, reduction: str = "sum_over_batch_size", name: str = "mean_absolute_error"
    ) -> None:
        super().__init__(mean_absolute_error, name, reduction)


class BinaryCrossentropy(LossOf):
    """mean(-(y ln p + (1 - y) ln(1 - p))), for a yes or no; see :func:`binary_crossentropy`.

    Args:
        from_logits: whether the prediction is logits, and not probabilities.
        label_smoothing: s moves the truth towards 1/2: y (1 - s) + s / 2.
        reduction: how the values of the examples become one number, see :class:`Loss`.
        name: its name.
    """

    @names_checked
    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        reduction: str = "sum_over_batch_size",
        name: str = "binary_crossentropy",
    ) -> None:
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing}
        super().__init__(binary_crossentropy, name, reduction, **options)


class CategoricalCrossentropy(LossOf):
    """mean(-sum(y ln p)): for classes, one-hot; see :func:`categorical_crossentropy`.

    Args:
        from_logits: whether the prediction is logits, and not probabilities.
        label_smoothing: s moves the truth towards all classes alike: y (1 - s) + s / classes.
        axis: the axis of the classes.
        reduction: how the values of the examples become one number, see :class:`Loss`.
        name: its name.
    """

    @names_checked
    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str = "sum_over_batch_size",
        name: str = "categorical_crossentropy",
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            name,
            reduction,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(LossOf):
    """mean(-ln p of the true class), for numbers of classes.

    See :func:`sparse_categorical_crossentropy`.

    Args:
        from_logits: whether the prediction is logits, and not probabilities.
        axis: the axis of the classes.
        reduction: how the values of the examples become one number, see :class:`Loss`.
        name: its name.
    """

    @names_checked
    def __init__(
        self,
        from_logits: bool = False,
        axis: int = -1,
        reduction: str = "sum_over_batch_size",
        name: str = "sparse_categorical_crossentropy",
    ) -> None:
        options = {"from_logits": from_logits, "axis": axis}
        super().__init__(sparse_categorical_crossentropy, name, reduction, **options)
