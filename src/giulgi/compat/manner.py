"""Which TensorFlow a program is written for, where arguments and texts differ."""

from __future__ import annotations


class _Manner:
    """Attributes:
    is_modern: whether it is TensorFlow 2.
    accuracy: the name by which Keras reports the accuracy: "acc" until 2.2.
    """

    is_modern = False
    accuracy = "accuracy"


manner = _Manner()
