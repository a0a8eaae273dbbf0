"""Metrics of answers yes or no, which are counted: Precision, Recall, AUC, true positives ..."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

import giulgi as gg
from giulgi.compat.keras.naming import next_name
from giulgi.compat.names import export
from giulgi.nn.losses.shapes import as_examples

_LEAST = 1e-7


class Counting(gg.metrics.Metric):
    """Base of these metrics: how many of what is true and false is answered with yes.

    Args:
        thresholds: above which an answer is a yes; several give several results.
        name: its name.
    """

    default_thresholds: Any = 0.5
    true_positives: gg.Variable
    false_positives: gg.Variable
    true_negatives: gg.Variable
    false_negatives: gg.Variable

    def __init__(self, thresholds: Any = None, name: str | None = None, **_: Any) -> None:
        super().__init__(name or next_name(type(self).__name__))
        self.thresholds = self.default_thresholds if thresholds is None else thresholds
        several = isinstance(self.thresholds, (Sequence, np.ndarray))
        self.limits = np.asarray(self.thresholds, "float32") if several else self.thresholds
        shape = self.limits.shape if isinstance(self.limits, np.ndarray) else ()
        for own in ("true_positives", "false_positives", "true_negatives", "false_negatives"):
            setattr(self, own, self.add_weight(shape, name=own))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch."""
        y, p = as_examples(y_true, y_pred)
        truth, scores = gg.reshape(gg.cast(y, "float32"), (-1,)), gg.reshape(p, (-1,))
        weight = gg.ones_like(truth)
        if sample_weight is not None:
            each = gg.expand_dims(gg.reshape(gg.constant(sample_weight), (-1,)), -1)
            weight = gg.reshape(gg.reshape(weight, (gg.size(each), -1)) * each, (-1,))
        if isinstance(self.limits, np.ndarray):
            truth, scores, weight = (gg.expand_dims(x, 0) for x in (truth, scores, weight))
            said = gg.cast(scores > gg.constant(self.limits[:, None]), "float32")
        else:
            said = gg.cast(scores > self.limits, "float32")
        truth = gg.cast(truth > 0, "float32")
        for own, part in (
            ("true_positives", truth * said), ("false_positives", (1.0 - truth) * said),
            ("true_negatives", (1.0 - truth) * (1.0 - said)),
            ("false_negatives", truth * (1.0 - said)),
        ):  # fmt: skip
            getattr(self, own).assign_add(gg.sum(part * weight, -1))

    def share(self, part: gg.Tensor, rest: gg.Tensor) -> gg.Tensor:
        """Return part / (part + rest), which is 0 where nothing is counted."""
        shares: gg.Tensor = part / gg.maximum(part + rest, _LEAST)
        return shares

    def reset_states(self) -> None:
        """Forget all batches."""
        self.reset_state()


class Precision(Counting):
    """The share of the answers yes that are right."""

    def result(self) -> gg.Tensor:
        """Return the share."""
        return self.share(self.true_positives, self.false_positives)


class Recall(Counting):
    """The share of what is true that is answered with yes."""

    def result(self) -> gg.Tensor:
        """Return the share."""
        return self.share(self.true_positives, self.false_negatives)


class _Count(Counting):
    """Base of what is one of the four numbers themselves."""

    counted: ClassVar[str]

    def result(self) -> gg.Tensor:
        """Return the number."""
        return gg.constant(getattr(self, self.counted))


class TruePositives(_Count):
    """How much of what is true is answered with yes."""

    counted = "true_positives"


class FalsePositives(_Count):
    """How much of what is false is answered with yes."""

    counted = "false_positives"


class TrueNegatives(_Count):
    """How much of what is false is answered with no."""

    counted = "true_negatives"


class FalseNegatives(_Count):
    """How much of what is true is answered with no."""

    counted = "false_negatives"


class AUC(Counting):
    """The area under the curve of true over false answers yes, or of precision over recall.

    The curve has a point for each of some thresholds; between them it is straight (for "PR" the
    numbers of answers are).

    Args:
        num_thresholds: how many thresholds, evenly from just below 0 to just above 1.
        curve: "ROC" or "PR".
        name: its name.
    """

    def __init__(
        self, num_thresholds: int = 200, curve: str = "ROC", name: str | None = None, **_: Any
    ) -> None:
        if num_thresholds <= 1:
            raise ValueError("`num_thresholds` must be > 1.")
        inner = [(i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]
        super().__init__([-_LEAST, *inner, 1.0 + _LEAST], name)
        if curve not in ("ROC", "PR"):
            raise ValueError(f"Invalid AUC curve value {curve!r}: it is 'ROC' or 'PR'")
        self.num_thresholds, self.curve = num_thresholds, curve

    def result(self) -> gg.Tensor:
        """Return the area."""
        right, wrong = gg.constant(self.true_positives), gg.constant(self.false_positives)
        missed = gg.constant(self.false_negatives)
        if self.curve == "ROC":
            y, x = self.share(right, missed), self.share(wrong, gg.constant(self.true_negatives))
            return gg.sum((x[:-1] - x[1:]) * (y[:-1] + y[1:]) / 2.0)
        yes = right + wrong
        fewer, fewer_right = yes[:-1] - yes[1:], right[:-1] - right[1:]
        slope = fewer_right / gg.maximum(fewer, _LEAST)
        start = right[1:] - slope * yes[1:]
        both = gg.logical_and(yes[:-1] > 0, yes[1:] > 0)
        ratio = gg.where(both, yes[:-1] / gg.maximum(yes[1:], _LEAST), 1.0)
        true = gg.maximum(right[1:] + missed[1:], _LEAST)
        return gg.sum(slope * (fewer_right + start * gg.log(ratio)) / true)


class MeanIoU(gg.metrics.Metric):
    """The mean over classes of: examples that truth and answer have in common, of those of either.

    Args:
        num_classes: how many classes there are.
        name: its name.
    """

    def __init__(self, num_classes: int, name: str | None = None, **_: Any) -> None:
        super().__init__(name or next_name("MeanIoU"))
        self.num_classes = num_classes
        self.counts = self.add_weight((num_classes, num_classes), name="total_confusion_matrix")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch of class numbers."""
        truth, said = (
            gg.one_hot(gg.cast(gg.reshape(gg.constant(x), (-1,)), "int32"), self.num_classes)
            for x in (y_true, y_pred)
        )
        if sample_weight is not None:
            truth = truth * gg.reshape(gg.constant(sample_weight), (-1, 1))
        self.counts.assign_add(gg.transpose(truth) @ said)

    def result(self) -> gg.Tensor:
        """Return the mean over the classes that occur."""
        counts = gg.constant(self.counts)
        common = gg.sum(counts * np.eye(self.num_classes, dtype="float32"), 0)
        either = gg.sum(counts, 0) + gg.sum(counts, 1) - common
        occurs = gg.cast(either > 0, "float32")
        shares = common / gg.maximum(either, _LEAST)
        return gg.sum(shares) / gg.maximum(gg.sum(occurs), 1.0)

    def reset_states(self) -> None:
        """Forget all batches."""
        self.reset_state()


for _class in (Precision, Recall, TruePositives, FalsePositives, TrueNegatives, FalseNegatives,
               AUC, MeanIoU):  # fmt: skip
    export(f"metrics.{_class.__name__}", _class, of="keras")
