"""The metrics as classes, which average their formulas over all examples."""

from __future__ import annotations

from giulgi.nn.losses import mean_absolute_error, mean_squared_error
from giulgi.nn.metrics.base import MeanOf
from giulgi.nn.metrics.functions import (
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from giulgi.signatures import names_checked


class Accuracy(MeanOf):
    """The share of outputs that equal the truth.

    The mean of :func:`accuracy`.

    Args:
        name: its name.
    """

    @names_checked
    def __init__(self, name: str = "accuracy") -> None:
        super().__init__(accuracy, name)


class BinaryAccuracy(MeanOf):
    """The share of answers of yes or no that are right.

    The mean of :func:`binary_accuracy`.

    Args:
        name: its name.
        threshold: from where on it is a yes.
    """

    @names_checked
    def __init__(self, name: str = "binary_accuracy", threshold: float = 0.5) -> None:
        super().__init__(binary_accuracy, name, threshold=threshold)


class CategoricalAccuracy(MeanOf):
    """The share of examples whose largest score is that of the true class, one-hot.

    The mean of :func:`categorical_accuracy`.

    Args:
        name: its name.
    """

    @names_checked
    def __init__(self, name: str = "categorical_accuracy") -> None:
        super().__init__(categorical_accuracy, name)


class SparseCategoricalAccuracy(MeanOf):
    """The share of examples whose largest score is that of the true class, a number.

    The mean of :func:`sparse_categorical_accuracy`.

    Args:
        name: its name.
    """

    @names_checked
    def __init__(self, name: str = "sparse_categorical_accuracy") -> None:
        super().__init__(sparse_categorical_accuracy, name)


class TopKCategoricalAccuracy(MeanOf):
    """The share of examples whose true class, one-hot, is among the k best.

    The mean of :func:`top_k_categorical_accuracy`.

    Args:
        k: among how many of the best it may be.
        name: its name.
    """

    @names_checked
    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy") -> None:
        super().__init__(top_k_categorical_accuracy, name, k=k)


class SparseTopKCategoricalAccuracy(MeanOf):
    """The share of examples whose true class, a number, is among the k best.

    The mean of :func:`sparse_top_k_categorical_accuracy`.

    Args:
        k: among how many of the best it may be.
        name: its name.
    """

    @names_checked
    def __init__(self, k: int = 5, name: str = "sparse_top_k_categorical_accuracy") -> None:
        super().__init__(sparse_top_k_categorical_accuracy, name, k=k)


class MeanSquaredError(MeanOf):
    """The mean squared error: mean((y_true - y_pred)^2) over all examples and outputs.

    Args:
        name: its name.
    """

    @names_checked
    def __init__(self, name: str = "mean_squared_error") -> None:
        super().__init__(mean_squared_error, name)


class MeanAbsoluteError(MeanOf):
    """The mean absolute error: mean(|y_true - y_pred|) over all examples and outputs.

    Args:
        name: its name.
    """

    @names_checked
    def __init__(self, name: str = "mean_absolute_error") -> None:
        super().__init__(mean_absolute_error, name)
