"""What the expressions of ``golden/expressions.txt`` are made of, for TensorFlow and for giulgi."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

CASES = (Path(__file__).parent / "golden" / "expressions.txt").read_text().splitlines()

_rng = np.random.RandomState(0)
VALUES: dict[str, Any] = {
    "np": np,
    "f": _rng.randn(2, 3, 4).astype("float32"),
    "m": _rng.randn(3, 4).astype("float32"),
    "v": _rng.randn(4).astype("float32"),
    "sq": _rng.randn(4, 4).astype("float32"),
    "ints": _rng.randint(-5, 6, (3, 4)).astype("int32"),
    "vi": np.array([3, 1, 2, 0], "int32"),
    "b": _rng.rand(3, 4) > 0.5,
    "bv": np.array([True, False, True]),
}
VALUES["pos"] = (np.abs(VALUES["m"]) + 0.1).astype("float32")


def computed(tf: Any, case: str) -> list[np.ndarray]:
    """Return what an expression gives: ``P(x, shape)`` is a placeholder that is fed with x."""
    feeds = {}

    def fed(array: Any, shape: Any = "same") -> Any:
        value = np.asarray(array)
        made = tf.placeholder(value.dtype, value.shape if shape == "same" else shape)
        feeds[made] = value
        return made

    with tf.Graph().as_default():
        asked = eval(case, {**VALUES, "tf": tf, "P": fed, "C": tf.constant})
        with tf.Session() as session:
            return flat(session.run(asked, feeds))


def flat(value: Any) -> list[np.ndarray]:
    """Return the arrays in nested results; strings as NumPy's bytes."""
    if isinstance(value, (list, tuple)):
        return [array for part in value for array in flat(part)]
    array = np.asarray(value)
    return [array.astype("S") if array.dtype.kind == "O" else array]
