"""A fresh graph for each test, and the stand-ins as a program would import them."""

import pytest

from giulgi.compat import modules
from giulgi.compat.graph import Graph
from giulgi.compat.variables import set_eager


@pytest.fixture(autouse=True)
def _fresh_graph():
    modules.install()
    with Graph().as_default():
        yield
    set_eager(None)
    modules.uninstall()


@pytest.fixture
def tf():
    import tensorflow

    return tensorflow
