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


@pytest.fixture
def run(tf):
    """A session that is open, as what runs fetches in it."""
    session = tf.InteractiveSession()
    yield session.run
    session.close()


@pytest.fixture
def variable(tf, run):
    """What makes a variable of a value, which it has in the open session."""

    def made(value):
        found = tf.Variable(value)
        run(found.initializer)
        return found

    return made
