"""Mistakes that beginners make with networks, and all that the errors have to tell of each.

The line that an error must point at is marked ``# here``, and that of the layer ``# made``.
"""

from __future__ import annotations

import linecache
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

import giulgi as gg
from giulgi import errors

L = gg.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 4)).astype(np.float32)
LABELS = np.arange(20) % 3
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]
VALUES = RNG.normal(size=(20, 1)).astype(np.float32)
SPARSE, DENSE, BINARY = (
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "binary_crossentropy",
)


def network(loss=SPARSE, units=3, activation="softmax", optimizer="sgd"):
    hidden = L.Dense(8, "relu", name="hidden")  # made
    head = L.Dense(units, activation, name="head")  # made
    model = gg.Sequential([gg.Input((4,)), hidden, head], name="network")
    model.compile(optimizer, loss)
    return model


def line(optimizer="sgd"):
    return network("mse", 1, None, optimizer)


def two_inputs():
    left, right = gg.Input((4,), name="left"), gg.Input((4,), name="right")
    model = gg.Model([left, right], L.Dense(1, name="head")(left + right))
    model.compile("sgd", "mse")
    return model


def changed(array, value, place):
    copy = array.copy()
    copy[place] = value
    return copy


@dataclass
class Mistake:
    """What is done, and what must be told: each text as a part of what the error says."""

    make: Callable[[], object]
    kind: type[errors.GiulgiError]
    problem: str
    fix: str
    op: str = ""
    layer: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    axes: str = ""


MISTAKES: dict[str, Mistake] = {}


def mistake(kind, **facts):
    def register(make):
        MISTAKES[make.__name__] = Mistake(make, kind, **facts)
        return make

    return register


# ------------------------------------------------------------------------- shapes of the data

FEATURES = {"x": "float32 (20, 3)", "input": "float32 (?, 4)"}


@mistake(
    errors.ShapeError,
    op="fit",
    problem="x has shape (20, 3), and the network takes (?, 4)",
    layer="hidden",
    arguments=FEATURES,
    axes="axis 1: 3 in x, 4 expected",
    fix="gg.Input((3,))",
)
def wrong_number_of_features():
    network().fit(X[:, :3], LABELS, verbose=0)  # here


@mistake(
    errors.ShapeError,
    problem="x has shape (20, 3), and the network takes (?, 4)",
    layer="hidden",
    arguments=FEATURES,
    axes="axis 1: 3 in x, 4 expected",
    fix="gg.Input((3,))",
)
def wrong_number_of_features_in_a_call():
    network()(X[:, :3])  # here


@mistake(
    errors.ShapeError,
    op="predict",
    problem="x has shape (4,)",
    layer="hidden",
    arguments={"x": "float32 (4,)", "input": "float32 (?, 4)"},
    axes="x has 1 axis, 2 are expected",
    fix="one example lacks the batch axis: x[None]",
)
def one_example_without_a_batch():
    network().predict(X[0], verbose=0)  # here


@mistake(
    errors.ShapeError,
    op=SPARSE,
    problem="one class number for each prediction",
    layer="head",
    arguments={"y_true": "int64 (20,)", "y_pred": "float32 (20, 28, 3)"},
    axes="y_true has rank 1, y_pred 3",
    fix="layers.Flatten()",
)
def pictures_that_are_not_flattened():
    model = gg.Sequential([gg.Input((28, 28)), L.Dense(3, "softmax", name="head")])  # made
    model.compile("sgd", SPARSE)
    model.fit(np.zeros((20, 28, 28)), LABELS, verbose=0)  # here


@mistake(
    errors.DataError,
    op="fit",
    problem="the arrays have different numbers of examples",
    arguments={"x": "(20, 4)", "y": "(10,)"},
    axes="axis 0: 20 in x, 10 in y",
    fix="each example needs one target",
)
def lengths_that_differ():
    network().fit(X, LABELS[:10], verbose=0)  # here


@mistake(
    errors.DataError,
    op="fit",
    problem="the network has 2 inputs, and x is 1 array",
    arguments={"left": "float32 (?, 4)", "right": "float32 (?, 4)"},
    fix="one array for each input, in this order",
)
def one_input_is_missing():
    two_inputs().fit(X, VALUES, verbose=0)  # here


@mistake(
    errors.DataError,
    op="predict",
    problem="x has no entry 'right'",
    arguments={"x": "'left', 'rihgt'"},
    fix="'left' and 'right'",
)
def an_input_by_another_name():
    two_inputs().predict({"left": X, "rihgt": X}, verbose=0)  # here


@mistake(
    errors.GraphError,
    op="Model",
    problem="the outputs depend on 'right', which is not among the inputs",
    arguments={"right": "float32 (?, 4)"},
    fix="add it to inputs",
)
def an_input_that_is_not_told():
    left, right = gg.Input((4,), name="left"), gg.Input((4,), name="right")
    gg.Model(left, L.Dense(1)(left + right))  # here


# ------------------------------------------------------------------------- targets and losses

CLASSES = {"y": "int64 (20,)", "output": "float32 (?, 3)"}


@mistake(
    errors.ShapeError,
    op=DENSE,
    problem="the labels are class numbers, and this loss wants one-hot rows",
    layer="head",
    arguments={"y_true": "int64 (20,)", "y_pred": "float32 (20, 3)"},
    axes="y_true (20,) and y_pred (20, 3)",
    fix="use sparse_categorical_crossentropy, or make rows with gg.one_hot(labels, 3)",
)
def class_numbers_where_rows_are_wanted():
    network(DENSE).fit(X, LABELS, verbose=0)  # here


@mistake(
    errors.ShapeError,
    op=SPARSE,
    problem="not one-hot rows",
    layer="head",
    arguments={"y_true": "float32 (20, 3)", "y_pred": "float32 (20, 3)"},
    axes="that of y_true should be one less",
    fix="use categorical_crossentropy",
)
def rows_where_class_numbers_are_wanted():
    network().fit(X, ONE_HOT, verbose=0)  # here


@mistake(
    errors.DataError,
    op=SPARSE,
    problem="the labels run from 1 to 3, and the network has 3 outputs: classes 0 to 2",
    layer="head",
    arguments=CLASSES,
    fix="classes count from 0: give y - 1 in place of y",
)
def labels_that_count_from_one():
    network().fit(X, LABELS + 1, verbose=0)  # here


@mistake(
    errors.DataError,
    op=SPARSE,
    problem="the labels run from -1 to 1",
    layer="head",
    arguments={"y": "int64 (20,)", "output": "float32 (?, 2)"},
    fix="use 0 and 1 in place of -1 and 1",
)
def labels_of_minus_one_and_one():
    network(units=2).fit(X, LABELS % 2 * 2 - 1, verbose=0)  # here


@mistake(
    errors.DataError,
    op=SPARSE,
    problem="the labels run from 0 to 8",
    layer="head",
    arguments=CLASSES,
    fix="give the last layer 9 units",
)
def more_classes_than_outputs():
    network().evaluate(X, LABELS * 4, verbose=0)  # here


@mistake(
    errors.DataError,
    op=SPARSE,
    problem="the labels have fractions",
    layer="head",
    arguments={"y": "float64", "output": "float32 (?, 3)"},
    fix="regression loss, such as 'mse'",
)
def quantities_where_classes_are_wanted():
    network().fit(X, LABELS + 0.5, verbose=0)  # here


@mistake(
    errors.ShapeError,
    op="mean_squared_error",
    problem="the truth and the prediction have different shapes",
    layer="head",
    arguments={"y_true": "float32 (20, 3)", "y_pred": "float32 (20, 2)"},
    axes="y_true (20, 3) and y_pred (20, 2)",
    fix="one unit for each number of a target: Dense(3)",
)
def units_that_are_not_the_targets():
    network("mse", 2, None).fit(X, ONE_HOT, verbose=0)  # here


@mistake(
    errors.DataError,
    op="fit",
    problem="there is no y",
    arguments={"head": "float32 (?, 3)"},
    fix="give y, the truth for each example, beside x",
)
def no_targets():
    network().fit(X, verbose=0)  # here


# --------------------------------------------------------------------- numbers that are none


@mistake(
    errors.DataError,
    op="fit",
    problem="x holds NaN (not a number) in 1 place at (3, 2)",
    arguments={"x": "float32 (20, 4)"},
    fix="keep = np.isfinite(x).all(axis=1); x, y = x[keep], y[keep]",
)
def a_hole_in_the_inputs():
    network().fit(changed(X, np.nan, (3, 2)), LABELS, verbose=0)  # here


@mistake(
    errors.DataError,
    op="fit",
    problem="y holds NaN (not a number) in 1 place at (5, 0)",
    arguments={"y": "float32 (20, 1)"},
    fix="np.isfinite(y).all(axis=1)",
)
def a_hole_in_the_targets():
    line().fit(X, changed(VALUES, np.nan, (5, 0)), verbose=0)  # here


@mistake(
    errors.DataError,
    op="predict",
    problem="x holds infinity in 1 place at (0, 1)",
    arguments={"x": "float32 (20, 4)"},
    fix="fill such places with a number",
)
def an_infinite_input():
    network().predict(changed(X, np.inf, (0, 1)), verbose=0)  # here


@mistake(
    errors.DataError,
    op="fit",
    problem="x is not an array of numbers but of text: NumPy reads it as dtype <U3, "
    "with 'cat' at x[0, 0].",
    arguments={"x": "<U3 (20, 4)"},
    fix="text must become numbers first",
)
def words_as_inputs():
    network().fit(np.full((20, 4), "cat"), LABELS, verbose=0)  # here


@mistake(
    errors.DataError,
    op="fit",
    problem="y is not an array of numbers",
    arguments={"y": "<U3 (20,)"},
    fix="number the classes: names, y = np.unique(y, return_inverse=True)",
)
def words_as_classes():
    network().fit(X, np.full(20, "cat"), verbose=0)  # here


@mistake(
    errors.DivergedError,
    op="fit",
    problem="training went astray",
    fix="a smaller learning rate (now 1e+09): try a tenth of it",
)
def a_learning_rate_that_is_far_too_large():
    line(gg.optimizers.SGD(1e9)).fit(X, VALUES, epochs=50, verbose=0)  # here


# ------------------------------------------------------------------------------ misspelt names


@mistake(
    errors.UnknownArgumentError,
    problem="Dense has no argument 'activaton'",
    fix="did you mean 'activation'?",
)
def a_misspelt_argument_of_a_layer():
    L.Dense(8, activaton="relu")  # here


@mistake(
    errors.UnknownArgumentError,
    op="Dense",
    problem="there is no activation named 'rellu'",
    fix="did you mean 'relu'?",
)
def a_misspelt_activation():
    L.Dense(8, activation="rellu")  # here


@mistake(
    errors.UnknownArgumentError,
    op="compile",
    problem="there is no loss named 'sparse_categorical_crosentropy'",
    fix="did you mean 'sparse_categorical_crossentropy'?",
)
def a_misspelt_loss():
    gg.Sequential().compile("sgd", "sparse_categorical_crosentropy")  # here


@mistake(
    errors.UnknownArgumentError,
    op="compile",
    problem="there is no optimizer named 'adem'",
    fix="did you mean 'adam'?",
)
def a_misspelt_optimizer():
    gg.Sequential().compile("adem", "mse")  # here


@mistake(
    errors.UnknownArgumentError,
    op="compile",
    problem="there is no metric named 'acuracy'",
    fix="did you mean 'accuracy'?",
)
def a_misspelt_metric():
    gg.Sequential().compile("sgd", "mse", metrics=["acuracy"])  # here


@mistake(
    errors.UnknownArgumentError,
    problem="compile has no argument 'metric'",
    fix="did you mean 'metrics'?",
)
def a_misspelt_argument_of_compile():
    gg.Sequential().compile("sgd", "mse", metric=["mae"])  # here


@mistake(
    errors.UnknownArgumentError,
    problem="SGD has no argument 'learningrate'",
    fix="did you mean 'learning_rate'?",
)
def a_misspelt_argument_of_an_optimizer():
    gg.optimizers.SGD(learningrate=0.1)  # here


# ------------------------------------------------------------------- how networks are made


@mistake(
    errors.GraphError,
    op="network",
    problem="the network does not know what to train for: it is not compiled",
    fix="model.compile(optimizer='adam', loss='mse') for quantities,\n"
    "or loss='sparse_categorical_crossentropy' for classes",
)
def fit_before_compile():
    model = gg.Sequential([gg.Input((4,)), L.Dense(3)], name="network")
    model.fit(X, LABELS, verbose=0)  # here


@mistake(
    errors.GraphError,
    op="network",
    problem="it is not compiled with a loss",
    fix="loss='sparse_categorical_crossentropy'",
)
def compile_without_a_loss():
    model = gg.Sequential([gg.Input((4,)), L.Dense(3)], name="network")
    model.compile("sgd")
    model.fit(X, LABELS, verbose=0)  # here


@mistake(
    errors.ArgumentError,
    op="Sequential",
    problem="Flatten is not a layer",
    fix="brackets make a layer of the class: Flatten()",
)
def a_layer_without_brackets():
    gg.Sequential([L.Flatten, L.Dense(3)])  # here


@mistake(
    errors.ArgumentError,
    op="Sequential",
    problem="Dense is not a layer",
    fix="brackets make a layer of the class: Dense(10) or Dense(10, activation='relu')",
)
def a_layer_without_brackets_and_arguments():
    gg.Sequential([L.Dense])  # here


@mistake(
    errors.ArgumentError,
    op="fit",
    problem="verbose is 'loud'",
    fix="1 shows a bar",
)
def a_verbose_that_does_not_exist():
    network().fit(X, LABELS, verbose="loud")  # here


@mistake(
    errors.ArgumentError,
    op="Flatten",
    problem="Flatten is given a tensor where it is made",
    arguments={"inputs": "float32 (?, 4)"},
    fix="two pairs of brackets: Flatten(...)(x)",
)
def a_layer_with_one_pair_of_brackets():
    L.Flatten(gg.Input((4,)))  # here


class Unprepared(gg.Model):
    """A network whose author forgot super().__init__()."""

    def __init__(self):
        self.head = L.Dense(3)

    def call(self, x):
        return self.head(x)


@mistake(
    errors.GraphError,
    op="Unprepared",
    problem="its __init__ does not call super().__init__()",
    fix="make it the first line of Unprepared.__init__",
)
def a_network_without_super_init():
    model = Unprepared()
    model.compile("sgd", "mse")
    model.fit(X, ONE_HOT, verbose=0)  # here


class Returnless(gg.Model):
    """A network whose call forgets to return."""

    def __init__(self):
        super().__init__(name="forgetful")
        self.head = L.Dense(3)

    def call(self, x):
        self.head(x)


@mistake(
    errors.GraphError,
    op="Returnless",
    problem="its call gives None",
    layer="forgetful",
    fix="end its call with: return y",
)
def a_network_without_return():
    model = Returnless()  # made
    model.compile("sgd", "mse")
    model.fit(X, ONE_HOT, verbose=0)  # here


@mistake(
    errors.ArgumentError,
    op="Sequential",
    problem="the network has no layers",
    fix="model.add(gg.layers.Dense(10))",
)
def a_network_without_layers():
    model = gg.Sequential()
    model.compile("sgd", "mse")
    model.fit(X, VALUES, verbose=0)  # here


@mistake(
    errors.ShapeError,
    op="set_weights",
    problem="the weight 'hidden/kernel' has shape (4, 8), the given array (8, 4)",
    arguments={"hidden/kernel": "float32 (4, 8)", "given": "float32 (8, 4)"},
    axes="(4, 8) and (8, 4)",
    fix="check the order of the arrays",
)
def weights_of_another_shape():
    model = network()
    model.set_weights([w.T for w in model.get_weights()])  # here


@mistake(
    errors.DataError,
    op="set_weights",
    problem="'network' has 4 weights, and 1 is given",
    arguments={"hidden/kernel": "float32 (4, 8)", "head/bias": "float32 (3,)"},
    fix="give one array for each weight",
)
def too_few_weights():
    network().set_weights([np.zeros((4, 8))])  # here


# ------------------------------------------------------------------------- arguments of fit


@mistake(
    errors.ArgumentError,
    op="fit",
    problem="validation_split=1.0 leaves nothing for one of the two parts of 20 examples",
    fix="0.2 keeps the last fifth for validation",
)
def everything_held_out():
    network().fit(X, LABELS, validation_split=1.0, verbose=0)  # here


@mistake(
    errors.ArgumentError,
    op="fit",
    problem="epochs is 0; it must be a whole number, at least 1",
    fix="epochs=10",
)
def no_epochs():
    network().fit(X, LABELS, epochs=0, verbose=0)  # here


@mistake(
    errors.ArgumentError,
    op="fit",
    problem="batch_size is 0; it must be a whole number, at least 1",
    fix="batch_size=32",
)
def batches_of_nothing():
    network().fit(X, LABELS, batch_size=0, verbose=0)  # here


@mistake(
    errors.ArgumentError,
    op="fit",
    problem="validation_data is (x, y) or (x, y, weights)",
    fix="validation_data=(x_test, y_test)",
)
def validation_data_without_targets():
    network().fit(X, LABELS, validation_data=X, verbose=0)  # here


# ------------------------------------------------------------------------------------- tests


@pytest.fixture(params=MISTAKES)
def error_and_facts(request):
    """The error that a mistake leads to, and what it must tell."""
    facts = MISTAKES[request.param]
    with pytest.raises(facts.kind) as caught:
        facts.make()
    return caught.value, facts


def test_where(error_and_facts):
    error, _ = error_and_facts
    assert error.where.file == __file__
    assert error.where.text.endswith("# here")
    assert f"{__file__}, line {error.where.line}" in str(error)
    assert error.where.text in str(error)


def test_what_and_what_to_do(error_and_facts):
    error, facts = error_and_facts
    assert facts.problem in error.problem
    assert facts.fix in error.fix
    for part in (error.problem, *error.fix.split("\n")):
        assert part in str(error)
    assert (error.op or "") == facts.op
    assert str(error).startswith(f"{facts.op}: " if facts.op else error.problem)


def test_layer(error_and_facts):
    error, facts = error_and_facts
    assert error.layer == facts.layer
    if facts.layer:
        assert error.layer_made.text.endswith("# made")
        assert f"{facts.layer}, made in {__file__}, line" in str(error)


def test_arguments_and_axes(error_and_facts):
    error, facts = error_and_facts
    given = dict(error.arguments)
    assert facts.arguments.keys() <= given.keys()
    for name, description in facts.arguments.items():
        assert description in given[name]
        assert given[name] in str(error)
    assert bool(error.arguments) == bool(facts.arguments)
    assert facts.axes in error.axes
    assert bool(error.axes) == bool(facts.axes)


def test_a_mistake_that_is_caught_by_its_python_kind():
    """Who knows Python catches ValueError, TypeError and so on."""
    for kind, python in (
        (errors.ShapeError, ValueError),
        (errors.DataError, ValueError),
        (errors.ArgumentError, ValueError),
        (errors.UnknownArgumentError, TypeError),
        (errors.GraphError, RuntimeError),
        (errors.DivergedError, ArithmeticError),
    ):
        assert issubclass(kind, python)


@pytest.mark.parametrize(
    ("targets", "text"),
    [
        (LABELS % 2 * 2 - 1, r"run from -1 to 1. Use 0 and 1 in place of -1 and 1: \(y \+ 1\) / 2"),
        (LABELS, "run from 0 to 2. For several classes use sparse_categorical_crossentropy"),
    ],
)
def test_targets_of_a_yes_or_no_are_warned_of(targets, text):
    """No error: some train towards 1.05 on purpose."""
    with pytest.warns(UserWarning, match=text) as caught:
        network(BINARY, 1, "sigmoid").fit(X, targets, verbose=0)  # here
    assert caught[0].filename == __file__
    assert linecache.getline(__file__, caught[0].lineno).endswith("# here\n")


def test_after_a_mistake_the_network_is_as_it_was():
    """Nothing is trained before the data are checked, and the right call works."""
    model = network()
    before = model.get_weights()
    for x, y in ((X[:, :3], LABELS), (X, LABELS + 1), (X, ONE_HOT), (X, LABELS[:5])):
        with pytest.raises(errors.GiulgiError):
            model.fit(x, y, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, LABELS, verbose=0)


def test_a_diverged_training_keeps_its_history():
    model = line(gg.optimizers.SGD(1e9))
    with pytest.raises(errors.DivergedError):
        model.fit(X, VALUES, epochs=50, verbose=0)
    losses = model.history.history["loss"]
    assert 0 < len(losses) < 50
    assert np.isfinite(losses).all()


def test_a_spoilt_network_is_told_from_a_learning_rate_that_is_too_large():
    model = line(gg.optimizers.SGD(1e9))
    for text in ("the loss became", "the weight 'hidden/kernel' is not all numbers any more"):
        with pytest.raises(errors.DivergedError, match=text) as caught:
            model.fit(X, VALUES, epochs=50, verbose=0)
    assert "build the network again" in caught.value.fix
