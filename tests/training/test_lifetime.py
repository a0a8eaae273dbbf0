"""What nobody holds any more is gone: nodes, weights, networks."""

import gc

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import GraphError
from giulgi.graph import node


def nodes_left_by(make):
    """Return how many nodes there are of things that were made and dropped."""
    make()
    gc.collect()
    before = node.newest_serial()
    for _ in range(5):
        make()
    gc.collect()
    return sum(made.serial > before for made in node._interned.values())


def trained_network():
    model = gg.Sequential(
        [gg.Input((4,)), gg.layers.Dense(3), gg.layers.Dropout(0.5), gg.layers.Dense(1)]
    )
    model.compile("adam", "mse")
    model.fit(np.ones((8, 4)), np.ones((8, 1)), verbose=0)


@pytest.mark.parametrize(
    "make", [trained_network, lambda: gg.layers.Dense(3)(gg.Input((4,)))], ids=["fit", "layer"]
)
def test_a_network_that_is_dropped_leaves_nothing(make):
    assert nodes_left_by(make) == 0


def test_each_layer_is_called_once_however_many_follow():
    calls = []

    class Counting(gg.layers.Layer):
        def call(self, x):
            calls.append(self.name)
            return x + 1

    gg.Sequential([gg.Input((2,)), *(Counting() for _ in range(10))])
    assert len(calls) == 10


def test_a_very_deep_network_is_called_on_an_array():
    layers = [gg.layers.Activation("relu") for _ in range(1200)]
    network = gg.Sequential([gg.Input((1,)), *layers])
    assert network([[1.0]]).item() == 1


def test_a_network_applied_twice_draws_twice():
    x = gg.Input((1000,))
    noisy = gg.Model(x, gg.layers.Dropout(0.5)(x))
    ones = np.ones((1, 1000), "float32")
    first, second = noisy(ones, training=True).numpy(), noisy(ones, training=True).numpy()
    assert (first != second).any()
    z = gg.Input((1000,))
    both = gg.Model(z, [noisy(z), noisy(z)])
    one, other = (y.numpy() for y in both(ones, training=True))
    assert (one != other).any()


def test_two_new_values_of_one_variable_are_refused():
    v = gg.Variable(1.0, name="v")
    with pytest.raises(GraphError, match="'v' is given two new values"):
        gg.Program([], [], [(v, v + 1), (v, v + 100)])()
    assert v.item() == 1


def test_a_traced_function_does_not_take_a_variable_for_a_constant():
    v = gg.Variable(1.0, name="v")

    @gg.function
    def by_sign(a):
        return a if v > 0 else -a

    with pytest.raises(GraphError, match=r"gg\.where"):
        by_sign(np.ones(2))

    @gg.function
    def twice(a):
        return a * float(v)

    with pytest.raises(GraphError, match="not settled while a function is traced"):
        twice(np.ones(2))
