"""Arguments that do not exist: the closest one that does is told, as layers and optimizers do."""

import inspect

import numpy as np
import pytest

import giulgi as gg

X = np.zeros((8, 4), np.float32)
Y = np.zeros((8, 1), np.float32)


def network():
    model = gg.Sequential([gg.Input((4,)), gg.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(
    ("method", "given", "fix"),
    [
        ("fit", "epoch", "did you mean 'epochs'?"),
        ("fit", "batchsize", "did you mean 'batch_size'?"),
        ("fit", "callback", "did you mean 'callbacks'?"),
        ("fit", "workers", "known here: batch_size, callbacks, class_weight, epochs"),
        ("fit", "nb_epoch", "it is called 'epochs' now"),
        ("fit", "samples_per_epoch", "steps_per_epoch=..., which counts batches"),
        ("fit", "nb_val_samples", "validation_steps=..., which counts batches"),
        ("evaluate", "verbos", "did you mean 'verbose'?"),
        ("predict", "batchsize", "did you mean 'batch_size'?"),
        ("train_on_batch", "sample_weights", "did you mean 'sample_weight'?"),
        ("test_on_batch", "return_dictionary", "did you mean 'return_dict'?"),
        ("predict_on_batch", "verbose", "known here: x"),
    ],
)
def test_of_a_network(method, given, fix):
    model = network()
    before = model.get_weights()
    with pytest.raises(gg.errors.UnknownArgumentError) as caught:
        getattr(model, method)(X, **{given: 1})  # here
    error = caught.value
    assert error.problem == f"{method} has no argument {given!r}."
    assert error.fix.startswith(fix)
    assert error.where.text.endswith("# here")
    assert isinstance(error, TypeError)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


@pytest.mark.parametrize(
    ("name", "given", "fix"),
    [
        ("EarlyStopping", "patiance", "did you mean 'patience'?"),
        ("EarlyStopping", "restore_weights", "did you mean 'restore_best_weights'?"),
        ("EarlyStopping", "nb_epoch", "known here: baseline"),
        ("LearningRateScheduler", "schedul", "did you mean 'schedule'?"),
    ],
)
def test_of_a_callback(name, given, fix):
    with pytest.raises(gg.errors.UnknownArgumentError) as caught:
        getattr(gg.callbacks, name)(**{given: 3})  # here
    assert caught.value.problem == f"{name} has no argument {given!r}."
    assert caught.value.fix.startswith(fix)
    assert caught.value.where.text.endswith("# here")


def test_of_a_callback_of_ones_own():
    """What it passes on may be any argument of the class it inherits from."""

    class Patient(gg.callbacks.EarlyStopping):
        def __init__(self, **options):
            super().__init__(patience=9, **options)

    assert Patient(verbose=1).patience == 9
    with pytest.raises(gg.errors.UnknownArgumentError, match="Patient has no argument"):
        Patient(monitr="loss")


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda model: model.predict(), "predict: missing a required argument: 'x'."),
        (lambda model: model.explain(), "explain: missing a required argument: 'x'."),
        (lambda model: model.fit(X, Y, x=X), "fit: multiple values for argument 'x'."),
        (lambda model: model.predict(*[X] * 9), "predict: too many positional arguments."),
    ],
)
def test_of_arguments_that_are_missing_or_too_many(call, problem):
    with pytest.raises(gg.errors.UnknownArgumentError) as caught:
        call(network())
    assert caught.value.problem == problem
    assert caught.value.fix.startswith("it takes x, ")
    assert caught.value.where.text.startswith("(lambda model: ")


def test_an_error_of_python_inside_a_call_stays_what_it_is():
    def broken(epoch, logs):
        return 1 + "1"

    with pytest.raises(TypeError, match="unsupported operand"):
        network().fit(X, Y, callbacks=[gg.callbacks.LambdaCallback(on_epoch_end=broken)])


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "train_on_batch"])
def test_a_method_keeps_its_signature_and_its_docstring(method):
    function = getattr(gg.Model, method)
    parameters = inspect.signature(function).parameters
    assert list(parameters)[:2] == ["self", "x"]
    assert not any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    assert function.__name__ == method
    assert function.__doc__


@pytest.mark.parametrize(
    ("make", "problem", "fix"),
    [
        (lambda: gg.layers.Dense(2, unit=1), "Dense has no argument 'unit'", "'units'"),
        (lambda: gg.layers.Dense(2, init="uniform"), "'init'", "it is called 'kernel_initializer'"),
        (lambda: gg.layers.Dense(output_dim=2), "'output_dim'", "it is called 'units' now"),
        (lambda: gg.layers.Dense(2, W_regularizer="l2"), "'W_regularizer'", "'kernel_regularizer'"),
        (lambda: gg.layers.Dropout(p=0.5), "'p'", "it is called 'rate' now"),
        (lambda: gg.layers.Flatten(nam="x"), "Flatten has no argument 'nam'", "'name'"),
        (lambda: gg.Input((3,), bach_size=3), "Input has no argument", "'batch_size'"),
        (lambda: gg.Model(input=1), "Model has no argument 'input'", "'inputs'"),
        (lambda: gg.Sequential(layer=[]), "Sequential has no argument 'layer'", "'layers'"),
        (lambda: gg.optimizers.SGD(momentu=0.9), "SGD has no argument 'momentu'", "'momentum'"),
        (lambda: gg.optimizers.SGD(clip_norm=1), "SGD has no argument", "'clipnorm'"),
        (lambda: gg.optimizers.Adam(beta1=0.9), "Adam has no argument 'beta1'", "'beta_1'"),
        (lambda: network().compile("sgd", "mse", metric=[]), "compile has no", "'metrics'"),
        (lambda: gg.losses.BinaryCrossentropy(logits=True), "'logits'", "'from_logits'"),
        (lambda: gg.metrics.BinaryAccuracy(treshold=0.9), "'treshold'", "'threshold'"),
        (lambda: gg.initializers.RandomNormal(std=1.0), "'std'", "'stddev'"),
        (lambda: gg.initializers.GlorotUniform(sed=1), "GlorotUniform has no", "'seed'"),
        (lambda: gg.regularizers.L2(l=0.1), "L2 has no argument 'l'", "'l2'"),
        (lambda: gg.regularizers.l1_l2(L1=0.1), "l1_l2 has no argument 'L1'", "'l1'"),
    ],
)
def test_everything_that_is_made_tells_which_argument_was_meant(make, problem, fix):
    with pytest.raises(gg.errors.UnknownArgumentError) as caught:
        make()
    assert problem in caught.value.problem
    assert fix in caught.value.fix


def test_the_call_of_a_class_that_is_no_layer_yet():
    class Own(gg.layers.Dense):
        def __init__(self, times, **options):
            super().__init__(times, **options)

    class Derived(gg.layers.Dense):
        pass

    calls = {gg.layers.Dropout: "Dropout(0.5)", gg.layers.Flatten: "Flatten()"}
    calls |= {Own: "Own(...)", Derived: "Derived(...)", range: "range(...)"}
    for made, call in calls.items():
        with pytest.raises(gg.errors.ArgumentError) as caught:
            gg.Sequential([made])
        assert caught.value.fix == f"brackets make a layer of the class: {call}"


def test_a_layer_of_ones_own_has_its_arguments_and_those_of_all_layers():
    class Twice(gg.layers.Dense):
        def __init__(self, times=2, **options):
            super().__init__(**options)

    assert Twice(units=3, name="own").name == "own"
    with pytest.raises(gg.errors.UnknownArgumentError, match="Twice has no argument 'tims'") as c:
        Twice(units=3, tims=3)
    assert "'times'" in c.value.fix
