"""Mistakes with layers: what is said, and what to do."""

import numpy as np
import pytest

import giulgi as gg
from giulgi import errors

L = gg.layers


@pytest.fixture
def x():
    return gg.Input((8,), name="x")


MISTAKES = {
    "several tensors": (
        lambda x: L.Dense(3)([x, x]),
        errors.ArgumentError,
        "Dense takes one tensor, and a list of 2 is given.",
        "join them first: gg.concat([a, b], axis=-1)",
    ),
    "one tensor in brackets": (
        lambda x: L.Flatten()([x]),
        errors.ArgumentError,
        "Flatten takes one tensor, and a list of 1 is given.",
        "give it without brackets around it",
    ),
    "a layer for its output": (
        lambda x: L.Dense(2)(L.Dense(3, name="hidden")),
        errors.ArgumentError,
        "the layer 'hidden' is given, and not a tensor that it returns.",
        "call it on its inputs first: h = Dense(...)(x)",
    ),
    "a class for its output": (
        lambda x: L.Dense(2)(L.Dense),
        errors.ArgumentError,
        "the class Dense is given, and not a tensor that it returns.",
        "call it on its inputs first: Dense(...)(x)",
    ),
    "a tensor for the activation": (
        lambda x: L.Dense(3, x),
        errors.ArgumentError,
        "Dense is given a tensor where it is made.",
        "two pairs of brackets: Dense(...)(x)",
    ),
    "a number for the activation": (
        lambda x: L.Dense(3, 4),
        errors.UnknownArgumentError,
        "4 is given as activation, and is neither a name nor a function.",
        "known here: elu",
    ),
    "an unknown initializer": (
        lambda x: L.Dense(3, kernel_initializer="glorot"),
        errors.UnknownArgumentError,
        "there is no initializer named 'glorot'.",
        "did you mean 'glorot_normal' or 'glorot_uniform'?",
    ),
    "an unknown initializer of the bias": (
        lambda x: L.Dense(3, bias_initializer="nil"),
        errors.UnknownArgumentError,
        "there is no initializer named 'nil'.",
        "known here:",
    ),
    "yes for the units": (
        lambda x: L.Dense(True),
        errors.ArgumentError,
        "units is True; a layer has a whole number of outputs",
        "Dense(10) has ten",
    ),
    "no units": (
        lambda x: L.Dense(),
        errors.UnknownArgumentError,
        "missing a required argument: 'units'.",
        "it is called as Dense(10)",
    ),
    "sizes without brackets": (
        lambda x: L.Reshape(4, 2),
        errors.UnknownArgumentError,
        "too many positional arguments.",
        "it is called as Reshape((7, 7, 2)), with the sizes in brackets of their own",
    ),
    "a rate in quotes": (
        lambda x: L.Dropout("0.5"),
        errors.ArgumentError,
        "rate is '0.5'; it is the share left out, from 0 to 1.",
        "Dropout(0.5) leaves out half",
    ),
    "shapes before it is called": (
        lambda x: L.Dense(3, name="head").output_shape,
        errors.GraphError,
        "the layer 'head' has no inputs and outputs yet",
        "call it on gg.Input(...)",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_told(name, x):
    mistake, kind, problem, fix = MISTAKES[name]
    with pytest.raises(kind) as caught:
        mistake(x)
    assert caught.value.problem.startswith(problem)
    assert fix in caught.value.fix
    assert caught.value.where.line == mistake.__code__.co_firstlineno


def test_a_shape_that_does_not_divide(x):
    with pytest.raises(errors.ShapeError) as caught:
        L.Reshape((-1, 3))(x)
    assert caught.value.axes == "8 numbers in each example, which is no multiple of 3"
    with pytest.raises(errors.ShapeError) as caught:
        L.Reshape((2, 3))(x)
    assert caught.value.axes == "8 numbers in each example, 6 in the target"


def test_a_single_number_is_a_shape_of_one_axis():
    assert L.Reshape(6)(np.ones((5, 2, 3))).shape == (5, 6)


@pytest.mark.parametrize("name", ["ReLU", "RELU", "relu"])
def test_names_may_be_written_large(name):
    assert L.Dense(1, name).activation is gg.activations.relu
    assert type(gg.optimizers.get("RMSProp")) is gg.optimizers.RMSprop
    assert gg.losses.get("MeanSquaredError").function is gg.losses.mean_squared_error
    assert gg.metrics.get("MSE").name == "MSE"
    assert gg.metrics.get("Accuracy", (None,), (None, 3)).function is (
        gg.metrics.sparse_categorical_accuracy
    )


def test_the_shapes_of_a_layer(x):
    class Sum(L.Layer):
        def call(self, inputs):
            return [inputs[0] + inputs[1], inputs[0]]

    flatten, total = L.Flatten(), Sum()
    pictures = gg.Input((2, 4))
    h = flatten(pictures)
    model = gg.Model([x, pictures], total([h, x]))
    assert (flatten.input_shape, flatten.output_shape) == ((None, 2, 4), (None, 8))
    assert total.input_shape == [(None, 8), (None, 8)]
    assert model.input_shape == [(None, 8), (None, 2, 4)]
    assert total.output_shape == [(None, 8), (None, 8)]
