"""A fresh graph for each test, and the stand-ins as a program would import them."""

import pytest

from giulgi.compat import modules
from giulgi.compat.eager.mode import mode
from giulgi.compat.graphs.graph import Graph, begin_with


@pytest.fixture(autouse=True)
def _fresh_graph():
    modules.install()
    begin_with(Graph())
    yield
    mode.forget()
    begin_with(Graph())
    modules.uninstall()


@pytest.fixture
def tf():
    import tensorflow

    return tensorflow
