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
    """What it hands on is checked for the class that it is handed to."""

    class Patient(gg.callbacks.EarlyStopping):
        def __init__(self, **options):
            super().__init__(patience=9, **options)

    assert Patient(verbose=1).patience == 9
    with pytest.raises(gg.errors.UnknownArgumentError, match="EarlyStopping has no argument"):
        Patient(monitr="loss")


def test_other_wrong_calls_are_answered_by_python():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        network().predict()
    with pytest.raises(TypeError, match="multiple values for argument 'x'"):
        network().fit(X, Y, x=X)


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "train_on_batch"])
def test_a_method_keeps_its_signature_and_its_docstring(method):
    function = getattr(gg.Model, method)
    parameters = inspect.signature(function).parameters
    assert list(parameters)[:2] == ["self", "x"]
    assert not any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    assert function.__name__ == method
    assert function.__doc__
