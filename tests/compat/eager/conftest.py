"""Programs of TensorFlow 2: what they build has a value at once."""

import pytest

from giulgi.compat.eager.mode import mode


@pytest.fixture
def tf2(tf):
    mode.forget()
    mode.guess(True)
    return tf
