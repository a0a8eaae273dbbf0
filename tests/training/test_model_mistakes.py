"""Mistakes with whole networks: how they are put together, compiled, and looked after."""

import warnings

import numpy as np
import pytest

import giulgi as gg
from giulgi import errors

L = gg.layers
X = np.random.default_rng(0).normal(size=(20, 8)).astype("float32")
Y = np.arange(20) % 3
SPARSE = "sparse_categorical_crossentropy"


def network(loss=SPARSE, optimizer="sgd", **options):
    model = gg.Sequential([gg.Input((8,)), L.Dense(3, "softmax", name="head")])
    model.compile(optimizer, loss, **options)
    return model


# Compiling


@pytest.mark.parametrize(
    ("optimizer", "loss", "fix"),
    [
        ("mse", "adam", "the optimizer comes first: compile('adam', loss='mse')"),
        ("MSE", None, "the optimizer comes first: compile('adam', loss='MSE')"),
        (gg.losses.MeanSquaredError(), "sgd", "the optimizer comes first: compile('sgd', loss="),
        ("adm", "mse", "did you mean 'adam'?"),
    ],
)
def test_a_loss_in_the_place_of_the_optimizer(optimizer, loss, fix):
    with pytest.raises(errors.UnknownArgumentError) as caught:
        network(loss, optimizer)
    assert caught.value.op == "compile"
    assert caught.value.fix.startswith(fix)


@pytest.mark.parametrize("where", ["metrics", "weighted_metrics"])
def test_no_metric_in_a_list(where):
    with pytest.raises(errors.ArgumentError, match="compile: the only metric is None") as caught:
        network(**{where: [None]})
    assert "leave metrics out" in caught.value.fix


def test_a_name_that_is_nearly_a_loss():
    with pytest.raises(errors.UnknownArgumentError) as caught:
        network("sparse_crossentropy")
    assert caught.value.fix == "did you mean 'sparse_categorical_crossentropy'?"


# What a network tells of itself


def test_the_names_of_what_evaluate_returns():
    model = network(metrics=["accuracy", SPARSE])
    assert model.metrics_names == ["loss", "accuracy", SPARSE]
    assert list(model.evaluate(X, Y, verbose=0, return_dict=True)) == model.metrics_names


def test_the_names_of_several_outputs():
    x = gg.Input((8,))
    model = gg.Model(x, [L.Dense(1, name="a")(x), L.Dense(1, name="b")(x)])
    model.compile("sgd", "mse", metrics=["mae"])
    assert model.metrics_names == ["loss", "a_loss", "b_loss", "a_mae", "b_mae"]


def test_names_before_compiling():
    with pytest.raises(errors.GraphError, match="it is not compiled"):
        gg.Sequential([gg.Input((8,)), L.Dense(1)]).metrics_names  # noqa: B018


def test_shapes():
    model = network()
    assert (model.input_shape, model.output_shape) == ((None, 8), (None, 3))
    assert model.layers[-1].input_shape == (None, 8)
    with pytest.raises(errors.GraphError, match="the network is not built"):
        gg.Sequential([L.Dense(1)]).input_shape  # noqa: B018


@pytest.mark.parametrize("name", ["save", "save_weights", "load_weights", "to_json"])
def test_files_are_not_written_yet(name):
    model = network()
    assert not hasattr(model, name)
    with pytest.raises(AttributeError, match=rf"attribute {name!r}.*model.get_weights\(\)"):
        getattr(model, name)
    with pytest.raises(AttributeError, match=r"object has no attribute 'xyzzy'$"):
        model.xyzzy  # noqa: B018


# Names of layers


def test_two_layers_of_one_name_in_a_sequence():
    with pytest.raises(errors.ArgumentError, match="two layers of the network are named 'a'") as e:
        gg.Sequential([L.Dense(2, name="a"), L.Dropout(0.5, name="a")])
    (first, _), (second, made) = e.value.arguments
    assert (first, second) == ("Dense", "Dropout")
    assert f"made in {__file__}, line {e.value.where.line}" in made


def test_two_layers_of_one_name_in_a_graph():
    x = gg.Input((8,))
    with pytest.raises(errors.ArgumentError, match="two layers of the network are named 'a'"):
        gg.Model(x, L.Dense(2, name="a")(L.Dense(2, name="a")(x)))


def test_a_shared_layer_is_one():
    x, layer = gg.Input((8,)), L.Dense(8, name="a")
    assert [layer.name for layer in gg.Model(x, layer(layer(x))).layers].count("a") == 1


# Training goes astray


def test_a_batch_that_goes_astray_is_told_once():
    model = gg.Sequential([gg.Input((8,)), L.Dense(1)])
    model.compile(gg.optimizers.SGD(1e9), "mse")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        losses = [model.train_on_batch(X, Y) for _ in range(20)]
    assert not np.isfinite(losses).all()
    told = [str(warning.message) for warning in caught]
    assert 1 <= len(told) <= 2  # Of infinity, and of NaN.
    assert told[0].startswith("the loss of a batch became")
    assert "Try a tenth of the learning rate" in told[0]


# Hooks of callbacks


def test_a_hook_that_is_misspelt():
    class Teller(gg.callbacks.Callback):
        def on_epoch_ends(self, epoch, logs=None):
            pass

    with pytest.warns(UserWarning, match="'on_epoch_ends', which is no hook") as caught:
        network().fit(X, Y, callbacks=Teller(), verbose=0)
    assert str(caught[0].message).endswith("Hooks are called on_epoch_end.")


def test_a_hook_that_takes_something_else():
    class Teller(gg.callbacks.Callback):
        def on_epoch_end(self, logs):
            pass

    model = network()
    before = model.get_weights()
    with pytest.raises(errors.ArgumentError) as caught:
        model.fit(X, Y, callbacks=Teller(), verbose=0)
    assert caught.value.problem.startswith("Teller.on_epoch_end is called with epoch and logs")
    assert caught.value.fix == "def on_epoch_end(self, epoch, logs=None):"
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_a_function_for_a_hook_that_takes_something_else():
    hook = gg.callbacks.LambdaCallback(on_train_begin=lambda: None)
    with pytest.raises(errors.ArgumentError, match="on_train_begin is called with logs"):
        network().fit(X, Y, callbacks=hook, verbose=0)


def test_functions_that_do_not_tell_their_parameters_are_called():
    seen = []
    hook = gg.callbacks.LambdaCallback(on_epoch_begin=lambda *given: seen.append(given[0]))
    network().fit(X, Y, callbacks=hook, verbose=0)
    assert seen == [0]
