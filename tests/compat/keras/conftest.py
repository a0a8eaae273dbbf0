"""Names of layers that are numbered from the beginning in each test."""

import pytest

from giulgi.compat.keras import naming
from giulgi.storage import Storage


@pytest.fixture(autouse=True)
def _fresh_names():
    import keras  # noqa: F401 - Programs that import it have dense_1 as their first layer.

    naming.restart()
    with Storage(0).in_use():
        yield
