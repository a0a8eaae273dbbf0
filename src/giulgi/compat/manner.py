"""Which TensorFlow a program is written for, where arguments and texts differ."""

from __future__ import annotations


class _Manner:
    """Attributes:
    is_modern: whether it is TensorFlow 2.
    """

    is_modern = False


manner = _Manner()
