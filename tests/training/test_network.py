"""A network as graph: which layers lie between its ends, and what it gives for other inputs."""

import gc
import pickle

import numpy as np
import pytest

import giulgi as gg
from giulgi.training.network import Network
from golden import branches, read

L = gg.layers
X = np.arange(6, dtype=np.float32).reshape(2, 3)


def names(calls):
    return [call.layer.name for call in calls]


def test_layers_come_after_those_that_they_build_on():
    x = gg.Input((3,))
    a = L.Dense(2, name="a")(x)
    b = L.Dense(2, name="b")(x)
    c = L.Dense(2, name="c")(gg.concat([b, a], axis=-1))
    d = L.Dense(2, name="d")(a + c)
    network = Network(x, [d, b])
    order = names(network.calls)
    assert sorted(order) == ["a", "b", "c", "d"]
    for before, after in (("a", "c"), ("b", "c"), ("a", "d"), ("c", "d")):
        assert order.index(before) < order.index(after)


def test_only_layers_on_the_way_belong_to_the_network():
    x = gg.Input((3,))
    hidden = L.Dense(2, name="hidden")(x)
    L.Dense(2, name="aside")(hidden)
    head = L.Dense(1, name="head")(hidden)
    assert names(Network(x, head).calls) == ["hidden", "head"]
    assert names(Network(hidden, head).calls) == ["head"], "it begins where it is told to"


def test_a_shared_layer_is_called_twice_and_is_one_layer():
    x, y = gg.Input((3,)), gg.Input((3,))
    shared = L.Dense(2, name="shared")
    network = Network([x, y], shared(x) * shared(y))
    assert names(network.calls) == ["shared", "shared"]
    assert [layer for layer in network.layers if not isinstance(layer, L.InputLayer)] == [shared]


def test_layers_inside_a_layer_are_its_own_affair():
    class Outer(L.Layer):
        def __init__(self):
            super().__init__(name="outer")
            self.inner = L.Dense(2, name="inner")

        def call(self, x):
            return self.inner(x)

    x = gg.Input((3,))
    assert names(Network(x, Outer()(x)).calls) == ["outer"]


def test_long_chains():
    """Nothing in it counts on Python's depth of calls."""
    x = gg.Input((1,))
    y = x
    for _ in range(1500):
        y = L.Activation("linear")(y) + 1.0
    network = Network(x, y)
    assert len(network.calls) == 1500
    entry = gg.placeholder("float32", (None, 1))
    assert network.apply([entry]).outputs.numpy({entry: [[0.0]]}).item() == 1500


@pytest.mark.parametrize(
    ("nest", "names_of"),
    [
        (lambda a, b: [a, b], ["p", "q"]),
        (lambda a, b: (a, b), ["p", "q"]),
        (lambda a, b: {"first": a, "second": b}, ["first", "second"]),
        (lambda a, b: {"first": a, "more": [b]}, ["p", "q"]),
    ],
)
def test_nested_inputs_and_outputs(nest, names_of):
    a, b = gg.Input((3,), name="p"), gg.Input((3,), name="q")
    network = Network(nest(a, b), nest(a + b, a - b))
    assert network.input_names == names_of
    other = network.apply([gg.constant(X), gg.constant(2 * X)]).outputs
    assert type(other) is type(nest(a, b))
    values = list(other.values()) if isinstance(other, dict) else list(other)
    np.testing.assert_array_equal(values[0].numpy(), 3 * X)


def test_outputs_are_called_by_their_layers():
    x = gg.Input((3,))
    network = Network(x, [L.Dense(1, name="price")(x), L.Flatten(name="rest")(x)])
    assert network.output_names == ["price", "rest"]


def test_applied_to_other_inputs_the_weights_are_the_same():
    x = gg.Input((3,))
    layer = L.Dense(2)
    network = Network(x, layer(x))
    values = network.apply([gg.constant(X)]).outputs
    np.testing.assert_array_equal(values.numpy(), layer(X).numpy())


def test_phases():
    x = gg.Input((3,))
    network = Network(x, L.Dropout(0.5, seed=3)(x))
    entry = gg.constant(X + 1)
    np.testing.assert_array_equal(network.apply([entry], training=False).outputs.numpy(), X + 1)
    dropped = network.apply([entry], training=True).outputs.numpy()
    assert set(np.unique(dropped / (X + 1))) <= {0, 2}
    assert not np.array_equal(dropped, X + 1)


def test_losses_and_updates_of_layers_follow_the_inputs():
    class Noting(L.Layer):
        def build(self, input_shape):
            self.total = self.add_weight((), "zeros", name="total", trainable=False)

        def call(self, x):
            self.add_update(self.total, self.total + gg.sum(x))
            self.add_loss(gg.mean(x))
            return 2 * x

    layer = Noting()
    x = gg.Input((3,))
    applied = Network(x, layer(x)).apply([gg.constant(X)])
    ((variable, value),) = applied.updates
    assert variable is layer.total
    assert float(value) == X.sum()
    assert [float(loss) for loss in applied.losses] == [X.mean()]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda x, y: Network(x, x + y), "depend on 'second', which is not among the inputs"),
        (lambda x, y: Network(x, "softmax"), "made of tensors, not str"),
        (lambda x, y: Network(L.Dense(2), x), "made of tensors, not Dense"),
    ],
)
def test_refusals(make, text):
    with pytest.raises(gg.errors.GraphError, match=text):
        make(gg.Input((3,), name="first"), gg.Input((3,), name="second"))


# ------------------------------------------------------------------------- the order of layers


BRANCHES = read("branches")


@pytest.mark.parametrize("build", branches.NETWORKS, ids=lambda build: build.__name__)
def test_layers_and_weights_are_in_the_order_of_keras(build):
    """So weights can be taken from Keras: they give what they gave there."""
    name = build.__name__
    model = build(gg)
    assert [layer.name for layer in model.layers] == BRANCHES.cases[name]["layers"]
    model.set_weights(BRANCHES.numbered(f"{name}/weights"))
    inputs = BRANCHES.numbered(f"{name}/x")
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    for output, wanted in zip(outputs, BRANCHES.numbered(f"{name}/predict"), strict=True):
        np.testing.assert_allclose(output, wanted, rtol=1e-5, atol=1e-6)


def test_inputs_are_layers_of_a_network_but_not_of_a_sequential():
    """Both as in Keras."""
    x = gg.Input((3,), name="x")
    model = gg.Model(x, L.Dense(2)(x))
    assert isinstance(model.layers[0], L.InputLayer)
    assert model.get_layer(index=0).name == "x"
    assert [type(layer) for layer in gg.Sequential([gg.Input((3,)), L.Dense(2)]).layers] == [
        L.Dense
    ]


def test_an_input_that_nothing_takes_comes_last_but_before_its_depth():
    """Keras counts it among the outputs' layers, in front of them."""
    x, unused = gg.Input((3,), name="x"), gg.Input((3,), name="unused")
    model = gg.Model([x, unused], L.Dense(2, name="end")(x))
    assert [layer.name for layer in model.layers] == ["x", "unused", "end"]


# ----------------------------------------------------------------------- parts of networks


def test_a_part_of_a_network_is_a_network():
    model = gg.Sequential([gg.Input((3,)), L.Dense(4, "tanh"), L.Dropout(0.5), L.Dense(2)])
    first = gg.Model(model.input, model.layers[0].output)
    # One is compiled, the other looked at, so they may be rounded differently.
    np.testing.assert_allclose(first.predict(X, verbose=0), model.layers[0](X).numpy(), 1e-6)
    rest = gg.Model(model.layers[2].input, model.output)
    hidden = first.predict(X, verbose=0)
    np.testing.assert_array_equal(rest.predict(hidden, verbose=0), model.predict(X, verbose=0))
    assert [type(layer).__name__ for layer in rest.layers] == ["InputLayer", "Dense"]


def test_inputs_and_outputs_are_those_of_the_first_call():
    layer = L.Dense(2)
    x, y = gg.Input((3,)), gg.Input((3,))
    first, second = layer(x), layer(y)
    assert layer.input.node is x.node
    assert layer.output.node is first.node
    assert layer.output.node is not second.node


def test_the_layer_of_an_input_has_the_input():
    x = gg.Input((3,), name="x")
    model = gg.Model(x, L.Dense(2)(x))
    assert model.get_layer("x").output.node is x.node
    assert model.get_layer("x").input.node is x.node


def test_parts_of_a_copy_are_the_copys():
    model = gg.Sequential([gg.Input((3,)), L.Dense(4), L.Dense(2)])
    copied = pickle.loads(pickle.dumps(model))
    part = gg.Model(copied.input, copied.layers[0].output)
    copied.layers[0].set_weights([np.ones((3, 4)), np.zeros(4)])
    np.testing.assert_allclose(
        part.predict(X, verbose=0), X.sum(axis=1, keepdims=True).repeat(4, axis=1), rtol=1e-6
    )


def test_a_layer_outside_of_networks_has_no_inputs():
    layer = L.Dense(2, name="alone")
    layer(X)
    for part in ("input", "output"):
        with pytest.raises(gg.errors.GraphError, match="'alone' has no inputs and outputs yet"):
            getattr(layer, part)


def test_inputs_and_outputs_are_kept_alive_by_their_graph_alone():
    layer = L.Dense(2)
    y = layer(gg.Input((3,)))
    assert layer.output.node is y.node
    del y
    gc.collect()
    with pytest.raises(gg.errors.GraphError, match="not part of a network"):
        _ = layer.output


def test_a_network_inside_a_layer_is_built_apart_from_the_call_that_builds_it():
    class Outer(gg.Model):
        def __init__(self):
            super().__init__()
            self.inner = gg.Sequential([L.BatchNormalization(momentum=0.5), L.Dropout(0.5)])

        def call(self, x):
            return self.inner(x)

    x = np.full((4, 3), 3, "float32")
    model = Outer()
    model.compile(optimizer="sgd", loss="mse")
    model.fit(x, x, epochs=2, verbose=0)
    np.testing.assert_allclose(model.inner.layers[0].get_weights()[2], [2.25] * 3)  # 3 (1 - 0.5^2)
