"""``tf.nn``, ``tf.losses`` and ``tf.metrics`` against TensorFlow's own numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.compat.nn_cases import GOLDEN, computed

from giulgi.compat import modules

_EXPECTED = np.load(GOLDEN)


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    modules.install()
    import tensorflow as tf

    return computed(tf)


@pytest.mark.parametrize("name", list(_EXPECTED))
def test_values_are_tensorflows(ours: dict[str, Any], name: str) -> None:
    expected = _EXPECTED[name]
    assert ours[name].shape == expected.shape
    assert ours[name].dtype.kind == expected.dtype.kind
    np.testing.assert_allclose(ours[name], expected, rtol=2e-5, atol=2e-5)
