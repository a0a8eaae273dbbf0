"""Advice on outputs, losses and metrics: said of mistakes, and of nothing that is right."""

import linecache
import warnings

import numpy as np
import pytest

import giulgi as gg
from giulgi.training.checks.outputs import activation_of

L = gg.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 4)).astype(np.float32)
YES = (X[:, :1] > 0).astype(np.float32)
LABELS = np.arange(20) % 3
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]
VALUES = X[:, :1] * 0.3
BINARY, DENSE, SPARSE = (
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
)
LOGITS = {
    BINARY: gg.losses.BinaryCrossentropy,
    DENSE: gg.losses.CategoricalCrossentropy,
    SPARSE: gg.losses.SparseCategoricalCrossentropy,
}


def network(units, activation=None, loss="mse", **options):
    model = gg.Sequential([gg.Input((4,)), L.Dense(units, activation, name="head")])
    model.compile("sgd", loss, **options)
    return model


def said(model, y, x=X):
    """Return what is said while a network is trained and evaluated, a remark for each line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(x, y, verbose=0)  # here
        model.evaluate(x, y, verbose=0)
    for warning in caught:
        assert warning.filename == __file__
        assert linecache.getline(__file__, warning.lineno).endswith("# here\n")
    return [str(warning.message) for warning in caught]


def targets_of(loss):
    return {BINARY: ONE_HOT, DENSE: ONE_HOT, SPARSE: LABELS}[loss]


# -------------------------------------------------------------------------------- the mistakes


@pytest.mark.parametrize("loss", [BINARY, "mse"])
def test_a_softmax_of_one_unit(loss):
    (remark,) = said(network(1, "softmax", loss), YES)
    assert remark == (
        "the output 'head' is a softmax of one number, which is always 1. For a yes or no use "
        "activation='sigmoid' with the loss binary_crossentropy; for several classes give the last "
        "layer one unit for each."
    )


def test_a_softmax_over_an_axis_of_size_1():
    x = gg.Input((1, 4))
    model = gg.Model(x, gg.activations.softmax(L.Dense(4)(x), axis=1))
    model.compile("sgd", "mse")
    (remark,) = said(model, X[:, None], X[:, None])
    assert "a softmax of one number" in remark


def test_a_softmax_of_one_unit_that_is_flattened():
    layers = [gg.Input((1, 4)), L.Dense(1, "softmax"), L.Reshape((1,))]
    model = gg.Sequential(layers)
    model.compile("sgd", BINARY)
    (remark,) = said(model, YES, X[:, None])
    assert "a softmax of one number" in remark


@pytest.mark.parametrize("loss", [BINARY, DENSE, SPARSE])
def test_linear_outputs_where_probabilities_are_wanted(loss):
    wanted = "sigmoid" if loss == BINARY else "softmax"
    (remark,) = said(network(3, None, loss), targets_of(loss))
    assert remark == (
        f"{loss} takes probabilities, and the output 'head' is linear: its numbers are not all "
        f"between 0 and 1. Give the last layer activation='{wanted}', or take "
        f"loss=gg.losses.{LOGITS[loss].__name__}(from_logits=True)."
    )


def test_tanh_where_probabilities_are_wanted():
    (remark,) = said(network(1, "tanh", BINARY), YES)
    assert "the output 'head' is tanh" in remark
    assert remark.endswith("activation='sigmoid'.")


@pytest.mark.parametrize("loss", [BINARY, DENSE, SPARSE])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_probabilities_where_logits_are_wanted(loss, activation):
    wanted = "sigmoid" if loss == BINARY else "softmax"
    model = network(3, activation, LOGITS[loss](from_logits=True))
    (remark,) = said(model, targets_of(loss))
    assert remark == (
        f"{loss} with from_logits=True applies a {wanted} itself, and the output 'head' is a "
        f"{activation} already. Give the last layer no activation, or leave out from_logits=True."
    )


def test_one_unit_where_classes_are_compared():
    """One number is made to sum to 1, so the loss would be 0 from the beginning."""
    (remark,) = said(network(1, "sigmoid", DENSE), YES)
    assert "categorical_crossentropy compares classes, and the output 'head' has one unit" in remark
    assert "binary_crossentropy" in remark


def test_exact_equality_of_fractions():
    model = network(1, None, "mse", metrics=[gg.metrics.Accuracy()])
    (remark,) = said(model, VALUES)
    assert "share of outputs that equal the target exactly" in remark
    assert "numbers of a linear output hardly ever do" in remark


def test_half_as_the_threshold_of_logits():
    loss = gg.losses.BinaryCrossentropy(from_logits=True)
    (remark,) = said(network(1, None, loss, metrics=["accuracy"]), YES)
    assert remark == (
        "the metric 'accuracy' counts outputs above 0.5 as yes, and logits mean yes above 0. Use "
        "metrics=[gg.metrics.BinaryAccuracy(threshold=0.0)]."
    )


def test_each_output_is_looked_at():
    x = gg.Input((4,))
    model = gg.Model(x, [L.Dense(1, "sigmoid", name="a")(x), L.Dense(1, name="b")(x)])
    model.compile("sgd", BINARY)
    (remark,) = said(model, [YES, YES])
    assert "the output 'b' is linear" in remark


class AsClass(gg.Model):
    def __init__(self):
        super().__init__()
        self.dropout, self.head = L.Dropout(0.5), L.Dense(3)

    def call(self, x, training=False):
        return self.head(self.dropout(x, training=training))


@pytest.mark.parametrize(
    "make",
    [
        AsClass,
        lambda: gg.Sequential([L.Dense(3)]),
        lambda: gg.Sequential([gg.Input((4,)), gg.Sequential([L.Dense(3, use_bias=False)])]),
        lambda: gg.Sequential([L.Dense(3), L.Activation("linear")]),
    ],
    ids=["class", "not built", "nested", "activation"],
)
def test_kinds_of_networks(make):
    model = make()
    model.compile("sgd", BINARY)
    (remark,) = said(model, ONE_HOT)
    assert "is linear" in remark


def test_a_generator_and_single_steps():
    with pytest.warns(UserWarning, match="is linear"):
        network(3, None, SPARSE).fit(lambda: iter([(X, LABELS)] * 3), verbose=0)
    with pytest.warns(UserWarning, match="is linear"):
        network(3, None, SPARSE).train_on_batch(X, LABELS)


def test_it_is_said_once_for_each_compile():
    model = network(3, None, SPARSE)
    assert len(said(model, LABELS)) == 1
    assert said(model, LABELS) == []
    model.compile("sgd", SPARSE)
    assert len(said(model, LABELS)) == 1


# ------------------------------------------------------------------------------ what is right


@pytest.mark.parametrize(
    ("units", "activation", "loss", "y"),
    [
        (1, "sigmoid", BINARY, YES),
        (3, "sigmoid", BINARY, ONE_HOT),
        (3, "softmax", BINARY, ONE_HOT),
        (2, "softmax", SPARSE, LABELS % 2),
        (3, "softmax", DENSE, ONE_HOT),
        (3, "sigmoid", DENSE, ONE_HOT),
        (3, "sigmoid", SPARSE, LABELS),
        (1, None, gg.losses.BinaryCrossentropy(from_logits=True), YES),
        (3, None, gg.losses.CategoricalCrossentropy(from_logits=True), ONE_HOT),
        (3, None, gg.losses.SparseCategoricalCrossentropy(from_logits=True), LABELS),
        (3, "log_softmax", gg.losses.SparseCategoricalCrossentropy(from_logits=True), LABELS),
        (1, None, "mse", VALUES),
        (1, None, "mae", VALUES),
        (1, "sigmoid", "mse", YES),
        (1, "tanh", "mse", VALUES),
        (3, "softmax", "mse", ONE_HOT),
        (3, "exponential", DENSE, ONE_HOT),
        (3, "softplus", DENSE, ONE_HOT),
        (3, gg.abs, DENSE, ONE_HOT),
        (1, None, lambda y, p: gg.mean(gg.square(y - p), -1), VALUES),
        (3, None, lambda y, p: gg.losses.binary_crossentropy(y, gg.sigmoid(p)), ONE_HOT),
    ],
)
@pytest.mark.parametrize("metrics", [None, ["mae"]])
def test_nothing_is_said_of_right_outputs(units, activation, loss, y, metrics):
    metrics = metrics if np.shape(y)[1:] == (units,) else None
    assert said(network(units, activation, loss, metrics=metrics), y) == []


def test_nothing_is_said_of_the_equality_of_whole_numbers():
    metrics = [gg.metrics.Accuracy()]
    model = network(1, lambda x: gg.stop_gradient(gg.round(x)) + 0 * x, "mse", metrics=metrics)
    assert said(model, YES) == []


def test_nothing_is_said_of_the_right_threshold():
    loss = gg.losses.BinaryCrossentropy(from_logits=True)
    metric = gg.metrics.BinaryAccuracy(threshold=0.0)
    assert said(network(1, None, loss, metrics=[metric]), YES) == []
    assert said(network(1, "sigmoid", BINARY, metrics=["accuracy"]), YES) == []


def test_nothing_is_said_of_a_fixed_last_layer():
    """Its weights may add probabilities up, as from classes to kinds of classes."""
    kinds = L.Dense(2, use_bias=False, trainable=False)
    model = gg.Sequential([gg.Input((4,)), L.Dense(3, "softmax"), kinds])
    kinds.set_weights([np.array([[1, 0], [1, 0], [0, 1]], np.float32)])
    model.compile("sgd", SPARSE)
    assert said(model, LABELS // 2) == []


def test_nothing_is_said_of_a_mixture():
    """Probabilities weighted by probabilities are probabilities."""
    x = gg.Input((4,))
    gates = gg.expand_dims(L.Dense(2, "softmax")(x), 1)
    experts = gg.stack([L.Dense(3, "softmax")(x) for _ in range(2)], axis=1)
    model = gg.Model(x, gg.squeeze(gates @ experts, 1))
    model.compile("sgd", SPARSE)
    assert said(model, LABELS) == []


def test_nothing_is_said_of_an_output_without_a_loss():
    x = gg.Input((4,))
    logit = L.Dense(1, name="logit")(x)
    model = gg.Model(x, [gg.sigmoid(logit), logit])
    model.compile("sgd", [BINARY, None])
    assert said(model, [YES, YES]) == []


def test_nothing_is_said_of_a_prediction():
    model = network(1, "softmax", BINARY)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(X, verbose=0)


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        (None, "linear"),
        ("sigmoid", "sigmoid"),
        ("tanh", "tanh"),
        ("softmax", "softmax"),
        ("relu", "relu"),
        ("log_softmax", ""),
        (lambda x: gg.sigmoid(x) * 2, ""),
        (lambda x: gg.exp(x) / gg.sum(gg.exp(x + 1), -1, keepdims=True), ""),
    ],
)
def test_how_an_output_ends(activation, name):
    x = gg.Input((4,))
    layer = L.Dense(2, activation)
    y = layer(x)
    trained = {variable.node for variable in layer.variables}
    assert activation_of(y, trained) == name
    assert activation_of(gg.reshape(y, (-1, 1)), trained) == name
    assert activation_of(x, trained) == ""
