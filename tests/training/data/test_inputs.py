"""Whether what is given fits the inputs of a network, and what is said if it does not."""

import numpy as np
import pytest

import giulgi as gg
from giulgi.training.data.inputs import counted, fitted, in_order
from giulgi.training.network import Network


def network(*examples):
    inputs = [gg.Input(example, name=f"in_{i}") for i, example in enumerate(examples)]
    outputs = [gg.layers.Flatten(name=f"flat_{i}")(x) for i, x in enumerate(inputs)]
    return Network(inputs, outputs)


@pytest.mark.parametrize(
    ("example", "given", "becomes"),
    [
        ((3,), (5, 3), (5, 3)),
        ((1,), (5,), (5, 1)),
        ((4, 1), (5, 4), (5, 4, 1)),
        ((), (5, 1), (5,)),
        ((3,), (5, 3, 1), (5, 3)),
        ((None, 2), (5, 7, 2), (5, 7, 2)),
    ],
)
@pytest.mark.parametrize("kind", [np.asarray, gg.constant])
def test_a_last_axis_of_one_is_added_or_taken_off(example, given, becomes, kind):
    values = np.arange(np.prod(given), dtype=np.float32).reshape(given)
    (found,) = fitted(network(example), [kind(values)])
    np.testing.assert_array_equal(np.asarray(found), values.reshape(becomes))


def test_what_is_not_known_may_fit():
    x = gg.placeholder("float32", name="any")
    assert fitted(network((3,)), [x])[0] is x
    y = gg.placeholder("float32", (None, None))
    assert fitted(network((3,)), [y])[0] is y


@pytest.mark.parametrize(
    ("example", "given", "axes", "fix"),
    [
        ((4,), (20, 3), "axis 1: 3 in x, 4 expected", "gg.Input((3,))"),
        ((4,), (4,), "x has 1 axis, 2 are expected", "x[None]"),
        ((784,), (9, 28, 28), "x has 3 axes, 2 are expected", "x.reshape(len(x), 784)"),
        ((28, 28), (9, 784), "x has 2 axes, 3 are expected", "x.reshape(len(x), 28, 28)"),
        ((28, 28, 1), (9, 28, 20), "x has 3 axes, 4 are expected", "gg.Input((28, 20))"),
        ((4,), (), "x has 0 axes, 2 are expected", "an array of the shape (?, 4)"),
        ((None, 4), (9, 5, 3), "axis 2: 3 in x, 4 expected", "examples of shape (?, 4)"),
    ],
)
def test_what_does_not_fit(example, given, axes, fix):
    with pytest.raises(gg.errors.ShapeError) as caught:
        fitted(network(example), [np.zeros(given, np.float32)])
    error = caught.value
    assert error.axes == axes
    assert fix in error.fix
    assert dict(error.arguments)["x"].startswith("float32 (")
    assert "'in_0'" in dict(error.arguments)["input"]
    assert error.layer == "flat_0"
    assert error.layer_made.file == __file__


def test_the_input_that_does_not_fit_is_named():
    with pytest.raises(gg.errors.ShapeError, match=r"in_1 has shape \(5, 3\)"):
        fitted(network((3,), (2,)), [np.zeros((5, 3)), np.zeros((5, 3))])


@pytest.mark.parametrize(
    ("examples", "given", "text", "fix"),
    [
        ([(3,), (2,)], 1, "2 inputs, and x is 1 array.", "one array for each input"),
        ([(3,)], 2, "1 input, and x is 2 arrays.", "np.stack(x)"),
    ],
)
def test_too_few_and_too_many(examples, given, text, fix):
    with pytest.raises(gg.errors.DataError) as caught:
        fitted(network(*examples), [np.zeros((5, 3))] * given)
    assert text in caught.value.problem
    assert fix in caught.value.fix


def test_examples_and_truth_given_as_one():
    values = [np.zeros((2, 3)), np.zeros(2)]
    with pytest.raises(gg.errors.DataError, match="1 input, and x is 2 arrays") as caught:
        fitted(network((3,)), values)
    assert "two arguments, x and y" in caught.value.fix


def test_targets_given_for_examples():
    with pytest.raises(gg.errors.ShapeError) as caught:
        fitted(network((3,)), [np.zeros(20)])
    assert caught.value.fix == "give examples of shape (3,)"


def test_in_order():
    assert in_order("x", {"b": 1, "a": 2, "c": 3}, ["a", "b"]) == [2, 1]
    assert in_order("x", [1, 2], ["a", "b"]) == [1, 2]
    with pytest.raises(gg.errors.DataError) as caught:
        in_order("x", {"left": 1, "rihgt": 2}, ["left", "right"])
    assert "no entry 'right'" in caught.value.problem
    assert "'left', 'rihgt'" in caught.value.arguments[0][1]
    assert "'left' and 'right'" in caught.value.fix


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [(1, "axis", "1 axis"), (2, "axis", "2 axes"), (0, "array", "0 arrays")],
)
def test_counted(number, noun, text):
    assert counted(number, noun) == text
