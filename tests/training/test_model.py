"""Networks as one holds them: layers and weights by name, Sequential step by step, building."""

import numpy as np
import pytest

import giulgi as gg

L = gg.layers
X = np.arange(12, dtype=np.float32).reshape(4, 3) / 12
Y = X.sum(axis=1, keepdims=True)


def stack(*layers, **options):
    return gg.Sequential([gg.Input((3,)), *layers], **options)


# ---------------------------------------------------------------------------------- Sequential


def test_added_one_by_one():
    model = gg.Sequential(name="steps")
    assert model.layers == []
    model.add(gg.Input((3,)))
    assert not model.built
    model.add(L.Dense(4, name="a"))
    assert model.built
    assert model.outputs[0].shape == (None, 4)
    model.add(L.Dense(2, name="b"))
    assert [layer.name for layer in model.layers] == ["a", "b"]
    assert [w.shape for w in model.get_weights()] == [(3, 4), (4,), (4, 2), (2,)]
    assert repr(model) == "<Sequential 'steps' of 2 layers>"


def test_adding_keeps_the_weights_below():
    model = stack(L.Dense(4))
    before = model.get_weights()
    model.add(L.Dense(1))
    for old, new in zip(before, model.get_weights(), strict=False):
        np.testing.assert_array_equal(old, new)


def test_pop_and_add_another():
    model = stack(L.Dense(4), L.Dense(9, name="old"))
    model.compile("sgd", "mse")
    model.predict(X, verbose=0)
    assert model.pop().name == "old"
    assert model.predict(X, verbose=0).shape == (4, 4)
    model.add(L.Dense(1))
    model.fit(X, Y, verbose=0)
    assert model.predict(X, verbose=0).shape == (4, 1)
    model.pop()
    model.pop()
    with pytest.raises(gg.errors.ArgumentError, match="no layer to take off"):
        model.pop()


@pytest.mark.parametrize("how", ["fit", "predict", "call", "build", "evaluate"])
def test_built_when_the_shape_is_known(how):
    model = gg.Sequential([L.Dense(4), L.Dense(1)])
    model.compile("sgd", "mse")
    assert not model.built
    assert model.get_weights() == []
    {
        "fit": lambda: model.fit(X, Y, verbose=0),
        "predict": lambda: model.predict(X, verbose=0),
        "call": lambda: model(X),
        "build": lambda: model.build((None, 3)),
        "evaluate": lambda: model.evaluate(X, Y, verbose=0),
    }[how]()
    assert model.built
    assert [w.shape for w in model.get_weights()] == [(3, 4), (4,), (4, 1), (1,)]
    before = model.get_weights()
    model.evaluate(X, Y, verbose=0)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_called_on_arrays_and_tensors():
    model = stack(L.Dense(4, "relu"), L.Dense(2))
    (k1, b1, k2, b2) = model.get_weights()
    wanted = np.maximum(X @ k1 + b1, 0) @ k2 + b2
    np.testing.assert_allclose(model(X).numpy(), wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model(gg.constant(X)).numpy(), wanted, rtol=1e-5, atol=1e-6)
    entry = gg.placeholder("float32", (None, 3))
    np.testing.assert_allclose(model(entry).numpy({entry: X}), wanted, rtol=1e-5, atol=1e-6)


def test_an_input_layer_is_no_layer_of_the_list():
    model = gg.Sequential([L.InputLayer((3,)), L.Dense(1)])
    assert [type(layer) for layer in model.layers] == [L.Dense]


@pytest.mark.parametrize(
    ("add", "text"),
    [
        (lambda model: model.add("relu"), "'relu' is not a layer"),
        (lambda model: model.add(L.Flatten), "Flatten is not a layer"),
        (lambda model: model.add(gg.exp), "is not a layer"),
        (lambda model: model.add(model.layers[0]), "in this network already"),
        (lambda model: model.add(gg.Input((3,))), "in front of all layers"),
    ],
)
def test_what_cannot_be_added(add, text):
    with pytest.raises(gg.errors.ArgumentError, match=text):
        add(stack(L.Dense(2)))


def test_not_built_has_no_ends():
    model = gg.Sequential([L.Dense(2)])
    for look in (lambda: model.inputs, lambda: model.outputs, lambda: model.output):
        with pytest.raises(gg.errors.GraphError, match="not built"):
            look()


# ------------------------------------------------------------------------------- gg.Model


def test_ends_of_a_network():
    x, y = gg.Input((3,), name="x"), gg.Input((3,), name="y")
    model = gg.Model({"x": x, "y": y}, {"sum": x + y})
    assert [t.name for t in model.inputs] == ["x", "y"]
    assert list(model.output) == ["sum"]
    assert model.outputs[0] is model.output["sum"]


def test_called_with_a_dict_in_any_order():
    x, y = gg.Input((3,), name="x"), gg.Input((3,), name="y")
    for inputs in ({"x": x, "y": y}, [x, y]):
        model = gg.Model(inputs, x - y)
        np.testing.assert_array_equal(model({"y": X, "x": 2 * X}).numpy(), X)


def test_get_layer():
    model = stack(L.Dense(4, name="a"), L.Dense(2, name="b"))
    assert model.get_layer("b") is model.layers[1]
    assert model.get_layer(index=0) is model.layers[0]
    assert model.get_layer(index=-1) is model.layers[1]
    for wrong in ({"name": "c"}, {"index": 2}):
        with pytest.raises(gg.errors.ArgumentError, match="the layers are a, b"):
            model.get_layer(**wrong)


def test_weights_by_name():
    model = stack(L.Dense(4, name="a"), L.Dense(2, name="b"))
    names = ["a/kernel", "a/bias", "b/kernel", "b/bias"]
    assert [v.name for v in model.weights] == names
    assert model.count_params() == 12 + 4 + 8 + 2


def test_weights_go_from_one_network_to_another():
    first, second = (stack(L.Dense(4, "tanh"), L.Dense(2)) for _ in range(2))
    second.set_weights(first.get_weights())
    np.testing.assert_array_equal(first.predict(X, verbose=0), second.predict(X, verbose=0))


def test_the_values_of_a_session_are_its_own():
    model = stack(L.Dense(1, kernel_initializer="zeros"))
    with gg.Session():
        model.set_weights([np.ones((3, 1)), np.ones(1)])
        np.testing.assert_allclose(model.predict(X, verbose=0), Y + 1, rtol=1e-6)
    np.testing.assert_array_equal(model.predict(X, verbose=0), 0 * Y)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: gg.Model(gg.Input((3,))), "a model has inputs and outputs"),
        (lambda: gg.Model(outputs=gg.Input((3,))), "a model has inputs and outputs"),
        (lambda: gg.Model(gg.Input((3,)), "y"), "made of tensors"),
        (lambda: gg.Model([], [], lenght=3), "no argument 'lenght'"),
        (lambda: gg.Sequential(L.Dense(1)), "given as a list"),
        (lambda: stack(L.Dense(1)).compile("sgd", "mze"), "did you mean 'mse'"),
        (lambda: stack(L.Dense(1)).compile("sgd", {"out": "mze"}), "did you mean 'mse'"),
        (lambda: stack(L.Dense(1)).compile("sgd", "mse", metrics=["acuracy"]), "'accuracy'"),
        (lambda: stack(L.Dense(1)).compile("sgd", "mse", weighted_metrics="mea"), "'mae'"),
        (lambda: stack(L.Dense(1)).compile("sgdd", "mse"), "did you mean 'sgd'"),
        (lambda: stack(L.Dense(1)).compile("sgd", "mse", metric=["mae"]), "'metrics'"),
    ],
)
def test_refusals(make, text):
    with pytest.raises(gg.errors.GiulgiError, match=text):
        make()
