"""What nobody has any more is forgotten."""

import gc
import weakref

import numpy as np

from giulgi.compat.eager.lazy import state


def test_constants_are_gone_with_their_tensors(tf2):
    made = tf2.constant(np.ones((100, 10), "float32"))
    node = weakref.ref(made.expression.node)
    del made
    gc.collect()
    assert node() is None


def test_functions_of_networks_that_are_gone_are_gone(tf2):
    class Held:
        pass

    def network():
        held = Held()
        inputs = tf2.keras.Input((4,))
        called = tf2.numpy_function(lambda x: (held, x)[1], [inputs], tf2.float32)
        assert called.shape.ndims is None
        return weakref.ref(held)

    held = network()
    gc.collect()
    assert held() is None


def test_assignments_to_variables_that_are_gone_do_not_wait(tf2):
    kept = tf2.Variable(1.0)
    kept.assign_add(1.0)
    for _ in range(300):
        tf2.Variable(1.0).assign_add(1.0)
    assert len(state.pending) < 100
    assert float(kept) == 2
