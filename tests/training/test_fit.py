"""fit, evaluate and predict with all that they can be given; numbers are in test_fit_golden."""

import numpy as np
import pytest

import giulgi as gg

L = gg.layers
RNG = np.random.default_rng(3)
X = RNG.normal(size=(24, 4)).astype(np.float32)
LABELS = np.argmax(X[:, :3], axis=1)
VALUES = (X @ [[1.0], [-2.0], [0.5], [0.0]]).astype(np.float32)
QUIET = {"verbose": 0}


def classifier(dropout=0.0, **options):
    model = gg.Sequential(
        [gg.Input((4,)), L.Dense(8, "relu"), L.Dropout(dropout), L.Dense(3, "softmax")]
    )
    options = {"metrics": ["accuracy"], **options}
    model.compile(gg.optimizers.SGD(0.1), "sparse_categorical_crossentropy", **options)
    return model


def regressor(weights=None, optimizer=None, **options):
    """One linear unit, so that what happens can be computed by hand."""
    model = gg.Sequential([gg.Input((4,)), L.Dense(1, kernel_initializer="zeros")])
    model.compile(optimizer or gg.optimizers.SGD(0.1), "mse", **options)
    if weights is not None:
        model.set_weights(weights)
    return model


def equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def trained(fit, seed=0, **options):
    """Return the weights and the history of a training that begins at a seed."""
    gg.set_seed(seed)
    model = classifier(dropout=0.3)
    history = model.fit(X, LABELS, **{"batch_size": 5, "epochs": 2, **QUIET, **options, **fit})
    return model.get_weights(), history.history


# ---------------------------------------------------------------------------------- repeating


def test_a_seed_makes_a_training_repeat_bitwise():
    """First weights, dropout and shuffling all come from the seed."""
    first, history = trained({})
    again, history_again = trained({})
    other, _ = trained({}, seed=1)
    assert equal(first, again)
    assert history == history_again
    assert not equal(first, other)


def test_shuffling_and_dropout_are_drawn_anew_in_each_epoch_and_each_fit():
    gg.set_seed(0)
    model = classifier(dropout=0.3)
    model.optimizer.learning_rate = 0.0
    losses = []
    watch = gg.callbacks.LambdaCallback(
        on_train_batch_end=lambda b, logs: losses.append(logs["loss"])
    )
    for _ in range(2):
        model.fit(X, LABELS, batch_size=6, epochs=2, callbacks=watch, **QUIET)
    assert len(set(losses)) == len(losses) == 16


def test_without_shuffling_or_dropout_epochs_are_alike():
    model = classifier()
    model.optimizer.learning_rate = 0.0
    losses = []
    watch = gg.callbacks.LambdaCallback(
        on_train_batch_end=lambda b, logs: losses.append(logs["loss"])
    )
    model.fit(X, LABELS, batch_size=6, epochs=2, shuffle=False, callbacks=watch, **QUIET)
    assert losses[:4] == losses[4:]


def test_shuffling_changes_the_way_not_the_examples():
    """Means over an epoch without learning are those of all examples, in whatever order."""
    model = classifier()
    model.optimizer.learning_rate = 0.0
    history = model.fit(X, LABELS, batch_size=7, epochs=3, **QUIET).history
    whole = model.evaluate(X, LABELS, return_dict=True, **QUIET)
    for name, values in history.items():
        assert values == pytest.approx([whole[name]] * 3, rel=1e-6)
    plain, _ = trained({"shuffle": False})
    mixed, _ = trained({"shuffle": True})
    assert not equal(plain, mixed)


def test_fitting_twice_goes_on():
    """Two fits of one epoch are a fit of two epochs; momentum goes on, too."""
    starts = [np.full((4, 1), 0.1), np.zeros(1)]
    once, twice = (regressor(starts, gg.optimizers.Adam(0.05)) for _ in range(2))
    options = {"batch_size": 5, "shuffle": False, **QUIET}
    whole = once.fit(X, VALUES, epochs=2, **options).history["loss"]
    parts = [twice.fit(X, VALUES, **options).history["loss"][0] for _ in range(2)]
    assert parts == whole
    assert equal(once.get_weights(), twice.get_weights())


def test_initial_epoch():
    history = classifier().fit(X, LABELS, epochs=5, initial_epoch=3, **QUIET)
    assert history.epoch == [3, 4]
    assert len(history.history["loss"]) == 2
    assert classifier().fit(X, LABELS, epochs=2, initial_epoch=2, **QUIET).history == {}


def test_an_initial_epoch_behind_the_last():
    """It may be meant as so many more; when all epochs are done, nothing is left to be said."""
    with pytest.warns(UserWarning, match="nothing is trained") as caught:
        classifier().fit(X, LABELS, epochs=2, initial_epoch=5, **QUIET)
    assert "For 2 more give epochs=7." in str(caught[0].message)
    with pytest.raises(gg.errors.ArgumentError, match="initial_epoch is -1"):
        classifier().fit(X, LABELS, epochs=2, initial_epoch=-1, **QUIET)


def test_batch_size():
    counted = []
    watch = gg.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: counted.append(batch)
    )
    for size, batches in ((None, 1), (1, 24), (7, 4), (24, 1), (1000, 1)):
        counted.clear()
        classifier().fit(X, LABELS, batch_size=size, callbacks=watch, **QUIET)
        assert len(counted) == batches


def test_one_example():
    model = classifier()
    history = model.fit(X[:1], LABELS[:1], epochs=2, **QUIET)
    assert len(history.history["loss"]) == 2
    assert model.predict(X[:1], **QUIET).shape == (1, 3)


# --------------------------------------------------------------------------------- validation


def test_validation_split_holds_out_the_tail():
    """The held-out part is never trained on: with a target of its own there nothing changes."""
    weights = []
    for tail in (0.0, 1e3):
        values = VALUES.copy()
        values[18:] += tail
        model = regressor()
        history = model.fit(X, values, validation_split=0.25, shuffle=False, epochs=2, **QUIET)
        weights.append(model.get_weights())
        last = model.evaluate(X[18:], values[18:], **QUIET)
        assert history.history["val_loss"][-1] == pytest.approx(last, rel=1e-6)
    assert equal(*weights)


def test_validation_data_with_and_without_weights():
    sample_weight = np.linspace(0, 2, 24).astype(np.float32)
    model = regressor()
    model.optimizer.learning_rate = 0.0
    plain = model.fit(X, VALUES, validation_data=(X, VALUES), **QUIET).history["val_loss"]
    both = model.fit(X, VALUES, validation_data=(X, VALUES, sample_weight), **QUIET)
    errors = VALUES[:, 0] ** 2
    assert plain[0] == pytest.approx(errors.mean(), rel=1e-5)
    assert both.history["val_loss"][0] == pytest.approx((sample_weight * errors).mean(), rel=1e-5)


def test_validation_data_goes_before_validation_split():
    """Nothing is split off then."""
    first, second = (
        trained({"validation_data": (X, LABELS), "validation_split": split})[0]
        for split in (0.0, 0.5)
    )
    assert equal(first, second)


def test_validation_changes_nothing_of_the_training():
    without, _ = trained({})
    with_it, history = trained({"validation_data": (X, LABELS)})
    assert equal(without, with_it)
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]


@pytest.mark.parametrize(
    ("frequency", "count"),
    [(1, 4), (2, 2), (np.int64(3), 1), ([1, 4], 2), ({1, 4}, 2), (np.array([2]), 1), ([9], 0)],
)
def test_validation_freq(frequency, count):
    options = {"validation_data": (X, LABELS), "validation_freq": frequency}
    history = classifier().fit(X, LABELS, epochs=4, **options, **QUIET).history
    assert len(history.get("val_loss", [])) == count
    assert len(history["loss"]) == 4


@pytest.mark.parametrize("frequency", [0, -1, 0.5])
def test_a_validation_freq_that_is_none(frequency):
    """It is looked at before the first epoch."""
    model = classifier()
    before = model.get_weights()
    with pytest.raises(gg.errors.ArgumentError, match="validation_freq is"):
        model.fit(X, LABELS, validation_data=(X, LABELS), validation_freq=frequency, **QUIET)
    assert equal(before, model.get_weights())


def test_validation_batches():
    seen = []
    watch = gg.callbacks.LambdaCallback(on_test_batch_end=lambda batch, logs: seen.append(batch))
    options = {"validation_data": (X, LABELS), "callbacks": watch, **QUIET}
    for extra, batches in (
        ({"batch_size": 6}, 4),
        ({"batch_size": 6, "validation_batch_size": 12}, 2),
        ({"validation_batch_size": 5, "validation_steps": 3}, 3),
    ):
        seen.clear()
        classifier().fit(X, LABELS, **extra, **options)
        assert len(seen) == batches


def test_validation_data_from_a_generator():
    pairs = [(X[i : i + 8], LABELS[i : i + 8]) for i in (0, 8, 16)]
    model = classifier()
    history = model.fit(X, LABELS, validation_data=lambda: iter(pairs), epochs=2, **QUIET).history
    last = model.evaluate(X, LABELS, return_dict=True, **QUIET)
    assert history["val_loss"][-1] == pytest.approx(last["loss"], rel=1e-6)
    assert len(history["val_accuracy"]) == 2


def test_labels_of_the_held_out_part_are_checked_before_training():
    model = classifier()
    before = model.get_weights()
    labels = LABELS.copy()
    labels[-1] = 3
    with pytest.raises(gg.errors.DataError, match="run from 0 to 3"):
        model.fit(X, labels, validation_split=0.25, **QUIET)
    with pytest.raises(gg.errors.DataError, match="run from 0 to 3"):
        model.fit(X, LABELS, validation_data=(X, labels), **QUIET)
    assert equal(before, model.get_weights())


# ------------------------------------------------------------------------------------- weights


def test_class_weight_is_the_sample_weight_of_each_class():
    chosen = {0: 0.5, 2: 3.0}
    by_class, _ = trained({"class_weight": chosen})
    by_sample, _ = trained({"sample_weight": np.array([0.5, 1.0, 3.0])[LABELS]})
    plain, _ = trained({})
    assert equal(by_class, by_sample)
    assert not equal(by_class, plain)


@pytest.mark.parametrize("make", [np.asarray, list, lambda w: np.asarray(w)[:, None]])
def test_a_weight_of_zero_takes_an_example_out(make):
    """The loss is divided by the number of examples, weighted or not."""
    weights = np.zeros(24, np.float32)
    weights[:12] = 2.0
    model, half = regressor(), regressor()
    model.fit(X, VALUES, sample_weight=make(weights), batch_size=24, **QUIET)
    half.fit(X[:12], VALUES[:12], batch_size=24, **QUIET)
    for a, b in zip(model.get_weights(), half.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


def test_metrics_that_count_weights():
    sample_weight = np.linspace(0, 2, 24).astype(np.float32)
    model = classifier(metrics=["accuracy"], weighted_metrics=["accuracy", "acc"])
    found = model.evaluate(X, LABELS, sample_weight=sample_weight, return_dict=True, **QUIET)
    right = model.predict(X, **QUIET).argmax(1) == LABELS
    assert list(found) == ["loss", "accuracy", "weighted_accuracy", "acc"]
    assert found["accuracy"] == pytest.approx(right.mean())
    weighted = np.average(right, weights=sample_weight)
    assert found["weighted_accuracy"] == pytest.approx(weighted, rel=1e-6)


# ---------------------------------------------------------------------------- kinds of inputs


@pytest.mark.parametrize(
    "convert",
    [
        lambda a: a.astype(np.float64),
        lambda a: a.tolist(),
        gg.constant,
        np.asfortranarray,
        lambda a: np.stack([a, a])[1],
    ],
    ids=["float64", "list", "tensor", "fortran", "view"],
)
def test_kinds_of_arrays(convert):
    model, other = regressor(), regressor()
    wanted = other.fit(X, VALUES, shuffle=False, **QUIET).history["loss"]
    found = model.fit(convert(X), convert(VALUES), shuffle=False, **QUIET).history["loss"]
    assert found == pytest.approx(wanted, rel=1e-6)
    np.testing.assert_allclose(
        model.predict(convert(X), **QUIET), other.predict(X, **QUIET), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64", "bool"])
def test_whole_numbers_as_inputs(dtype):
    whole = (np.abs(X) > 0.5).astype(dtype)
    model = regressor()
    model.fit(whole, VALUES, epochs=2, **QUIET)
    kernel, bias = model.get_weights()
    wanted = whole.astype(np.float32) @ kernel + bias
    np.testing.assert_allclose(model.predict(whole, **QUIET), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float32", "float64"])
@pytest.mark.parametrize("column", [False, True])
def test_kinds_of_labels(dtype, column):
    labels = LABELS.astype(dtype)
    gg.set_seed(5)
    found = classifier().fit(X, labels[:, None] if column else labels, epochs=2, **QUIET).history
    gg.set_seed(5)
    assert found == classifier().fit(X, LABELS, epochs=2, **QUIET).history


def test_the_data_stay_as_they_are():
    x, y = X.copy(), VALUES.copy()
    regressor().fit(x, y, epochs=2, **QUIET)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, VALUES)


def test_one_number_for_each_example():
    """Hours and scores: (n,) is taken as (n, 1)."""
    hours, scores = np.array([2.0, 4.0, 6.0, 8.0]), np.array([81.0, 93.0, 91.0, 97.0])
    model = gg.Sequential([L.Dense(1, input_dim=1)])
    model.compile("sgd", "mse", metrics=["mae"])
    history = model.fit(hours, scores, epochs=2, **QUIET).history
    assert set(history) == {"loss", "mae"}
    assert model.predict(hours, **QUIET).shape == (4, 1)
    assert model.predict([7.0], **QUIET).shape == (1, 1)
    assert model(hours).shape == (4, 1)


@pytest.mark.parametrize(
    "loss", [lambda y, p: (y - p) ** 2, lambda y, p: gg.mean((y - p) ** 2, -1)]
)
def test_a_loss_of_ones_own_meets_flat_targets(loss):
    """(n,) and (n, 1) are the same examples, and no square of errors of each with each."""
    model, other = regressor(), regressor()
    model.compile(gg.optimizers.SGD(0.1), loss, metrics=[loss])
    found = model.fit(X, VALUES[:, 0], shuffle=False, **QUIET).history
    wanted = other.fit(X, VALUES, shuffle=False, **QUIET).history["loss"]
    assert found["loss"] == pytest.approx(wanted, rel=1e-6)
    assert found["lambda"] == pytest.approx(wanted, rel=1e-6)


# --------------------------------------------------------------------------------- generators


def batches_of(size):
    for i in range(0, len(X), size):
        yield X[i : i + size], LABELS[i : i + size]


class Pairs:
    """An iterable that begins anew each time."""

    def __iter__(self):
        return batches_of(6)


@pytest.mark.parametrize("source", [lambda: batches_of(6), Pairs()], ids=["function", "iterable"])
def test_generated_batches_train_as_arrays_do(source):
    by_array, history = trained({"shuffle": False, "batch_size": 6})
    gg.set_seed(0)
    model = classifier(dropout=0.3)
    found = model.fit(source, epochs=2, **QUIET).history
    assert found == history
    assert equal(model.get_weights(), by_array)


def test_an_endless_generator():
    def endless():
        while True:
            yield from batches_of(6)

    by_array, _ = trained({"shuffle": False, "batch_size": 6})
    gg.set_seed(0)
    model = classifier(dropout=0.3)
    model.fit(endless(), steps_per_epoch=4, epochs=2, **QUIET)
    assert equal(model.get_weights(), by_array)


def test_generated_batches_have_weights_and_other_sizes():
    def generate():
        for i, size in ((0, 5), (5, 12), (17, 7)):
            part = slice(i, i + size)
            yield X[part], VALUES[part], np.ones(size)

    model, other = regressor(), regressor()
    model.fit(generate(), **QUIET)
    for i, size in ((0, 5), (5, 12), (17, 7)):
        other.train_on_batch(X[i : i + size], VALUES[i : i + size])
    assert equal(model.get_weights(), other.get_weights())


@pytest.mark.parametrize(
    ("second", "text"),
    [
        ((X, LABELS + 1), "the labels run from 1 to 3"),
        ((X, LABELS - 1), "the labels run from -1 to 1"),
        ((X, LABELS[:5]), "different numbers of examples"),
        ((X * np.nan, LABELS), "x holds NaN"),
        ((X[:, :2], LABELS), r"x has shape \(24, 2\)"),
        (X, "there is no y"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_what_is_generated_is_checked_as_it_comes(second, text, method):
    model = classifier()
    with pytest.raises(gg.errors.GiulgiError, match=text):
        getattr(model, method)(lambda: iter([(X, LABELS), second]), **QUIET)


def test_evaluate_and_predict_on_generators():
    model = classifier()
    assert model.evaluate(lambda: batches_of(6), **QUIET) == pytest.approx(
        model.evaluate(X, LABELS, **QUIET), rel=1e-6
    )
    np.testing.assert_array_equal(
        model.predict((x for x, _ in batches_of(6)), **QUIET),
        model.predict(X, batch_size=6, **QUIET),
    )
    assert model.predict(Pairs(), steps=2, **QUIET).shape == (12, 3)


def test_a_number_of_steps_on_arrays():
    model = classifier()
    assert model.predict(X, batch_size=5, steps=2, **QUIET).shape == (10, 3)
    found = model.evaluate(X, LABELS, batch_size=5, steps=2, **QUIET)
    assert found == pytest.approx(model.evaluate(X[:10], LABELS[:10], **QUIET), rel=1e-6)


def test_a_network_is_built_by_the_first_generated_batch():
    model = gg.Sequential([L.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(batches_of(6), **QUIET)
    assert model.get_weights()[0].shape == (4, 3)


# ------------------------------------------------------------------ several inputs and outputs


def two_by_two(outputs=list, **losses):
    """left -> a (3 classes), right -> b (1 number), joined in both."""
    left, right = gg.Input((4,), name="left"), gg.Input((2,), name="right")
    joined = gg.concat([left, right], axis=-1)
    a = L.Dense(3, "softmax", name="a")(joined)
    b = L.Dense(1, name="b")(joined)
    model = gg.Model([left, right], [a, b] if outputs is list else {"a": a, "b": b})
    losses = losses or {"loss": {"a": "sparse_categorical_crossentropy", "b": "mse"}}
    model.compile(gg.optimizers.SGD(0.1), **losses)
    model.set_weights([np.full(w.shape, 0.1, np.float32) for w in model.get_weights()])
    return model


LISTS = ([X, X[:, :2]], [LABELS, VALUES])
DICTS = ({"right": X[:, :2], "left": X}, {"b": VALUES, "a": LABELS})


@pytest.mark.parametrize(("x", "y"), [LISTS, DICTS, (tuple(LISTS[0]), tuple(LISTS[1]))])
@pytest.mark.parametrize("outputs", [list, dict])
def test_inputs_and_outputs_as_lists_and_dicts(x, y, outputs):
    model = two_by_two(outputs)
    history = model.fit(x, y, batch_size=8, epochs=2, shuffle=False, **QUIET).history
    wanted = two_by_two().fit(*LISTS, batch_size=8, epochs=2, shuffle=False, **QUIET).history
    assert history == wanted
    assert list(history) == ["loss", "a_loss", "b_loss"]
    answer = model.predict(x, **QUIET)
    assert type(answer) is outputs
    shapes = [v.shape for v in (answer if outputs is list else answer.values())]
    assert shapes == [(24, 3), (24, 1)]


@pytest.mark.parametrize(
    "losses",
    [
        {"loss": ["sparse_categorical_crossentropy", "mse"], "loss_weights": [0.5, 2.0]},
        {
            "loss": {"b": "mse", "a": "sparse_categorical_crossentropy"},
            "loss_weights": {"b": 2.0, "a": 0.5},
        },
    ],
)
def test_weights_of_the_losses(losses):
    found = two_by_two(**losses).evaluate(*LISTS, return_dict=True, **QUIET)
    assert found["loss"] == pytest.approx(0.5 * found["a_loss"] + 2 * found["b_loss"], rel=1e-6)


def test_an_output_without_a_loss():
    model = two_by_two(loss={"b": "mse"}, metrics={"a": ["accuracy"]})
    before = model.get_weights()
    with pytest.warns(UserWarning, match=r"does not depend on these weights.*a/kernel, a/bias"):
        found = model.fit(*LISTS, **QUIET).history
    assert list(found) == ["loss", "b_loss", "a_accuracy"]
    assert equal(before[:2], model.get_weights()[:2])


@pytest.mark.parametrize(
    ("metrics", "names"),
    [
        ({"b": "mae"}, ["b_mae"]),
        ({"a": ["accuracy"], "b": ["mae", "mse"]}, ["a_accuracy", "b_mae", "b_mse"]),
        ([["accuracy"], ["mae"]], ["a_accuracy", "b_mae"]),
        ([None, "mae"], ["b_mae"]),
    ],
)
def test_metrics_of_each_output(metrics, names):
    losses = {"loss": ["sparse_categorical_crossentropy", "mse"], "metrics": metrics}
    found = two_by_two(**losses).evaluate(*LISTS, return_dict=True, **QUIET)
    assert list(found) == ["loss", "a_loss", "b_loss", *names]


@pytest.mark.parametrize(
    "sample_weight",
    [
        [np.arange(24.0), np.ones(24)],
        {"b": np.ones(24), "a": np.arange(24.0)},
    ],
)
def test_weights_for_each_output(sample_weight):
    model = two_by_two()
    found = model.evaluate(*LISTS, sample_weight=sample_weight, return_dict=True, **QUIET)
    plain = model.evaluate(*LISTS, return_dict=True, **QUIET)
    assert found["b_loss"] == pytest.approx(plain["b_loss"], rel=1e-6)
    assert found["a_loss"] > 5 * plain["a_loss"]


def test_dict_outputs_are_called_by_their_keys():
    x = gg.Input((4,))
    model = gg.Model(x, {"first": L.Dense(1, name="p")(x), "second": L.Dense(1, name="q")(x)})
    model.compile("sgd", {"first": "mse", "second": "mse"}, metrics={"second": ["mae"]})
    history = model.fit(X, {"second": VALUES, "first": VALUES}, **QUIET).history
    assert list(history) == ["loss", "first_loss", "second_loss", "second_mae"]


# -------------------------------------------------------------------------- kinds of networks


class Network(gg.Model):
    """A network as a class, with a layer that is left out after training."""

    def __init__(self):
        super().__init__()
        self.hidden = L.Dense(8, activation="relu")
        self.blocks = [L.Dense(8, activation="tanh"), L.Dropout(0.5, seed=1)]
        self.head = L.Dense(3, activation="softmax")

    def call(self, x, training=False):
        x = self.blocks[0](self.hidden(x))
        if training:
            x = self.blocks[1](x)
        return self.head(x)


def test_a_network_as_a_class():
    model = Network()
    model.compile(gg.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    before_training = model.predict(X, **QUIET)
    history = model.fit(X, LABELS, epochs=3, validation_split=0.25, **QUIET).history
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert not np.array_equal(before_training, model.predict(X, **QUIET))
    np.testing.assert_array_equal(model.predict(X, **QUIET), model.predict(X, **QUIET))
    assert len(model.trainable_variables) == 6
    assert [type(layer).__name__ for layer in model.layers] == [
        "Dense",
        "Dense",
        "Dropout",
        "Dense",
    ]


def test_a_network_as_a_class_knows_its_phase():
    """In training half of the hidden units are left out, so the loss is another."""
    model = Network()
    model.compile(gg.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    in_training = model.fit(X, LABELS, batch_size=24, **QUIET).history["loss"][0]
    afterwards = model.evaluate(X, LABELS, **QUIET)
    assert in_training != pytest.approx(afterwards, rel=1e-4)
    x = gg.constant(X)
    eager = gg.losses.SparseCategoricalCrossentropy()(LABELS, model(x, training=False))
    assert float(eager) == pytest.approx(afterwards, rel=1e-6)


def test_a_network_as_a_class_with_several_inputs_and_outputs():
    class Two(gg.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = L.Dense(1), L.Dense(1)

        def call(self, inputs):
            left, right = inputs
            return self.a(left), self.b(right)

    model = Two()
    model.compile("sgd", ["mse", "mse"])
    history = model.fit([X, X[:, :2]], [VALUES, VALUES], **QUIET).history
    assert len(history) == 3
    assert [y.shape for y in model.predict([X, X[:, :2]], **QUIET)] == [(24, 1), (24, 1)]


@pytest.mark.parametrize("nest", [lambda a, b: [a, b], lambda a, b: {"left": a, "right": b}])
def test_a_network_as_a_class_gets_its_inputs_as_they_are_given(nest):
    class Difference(gg.Model):
        def call(self, inputs):
            left, right = inputs.values() if isinstance(inputs, dict) else inputs
            return left - right

    model = Difference()
    np.testing.assert_array_equal(model.predict(nest(X, X), **QUIET), 0 * X)
    if isinstance(nest(X, X), dict):
        swapped = {"right": X, "left": 0 * X}
        np.testing.assert_array_equal(model.predict(swapped, **QUIET), -X)


def test_networks_in_networks():
    """An inner network is trained as a part of the outer one."""
    inner = gg.Sequential([gg.Input((4,)), L.Dense(5, "tanh"), L.Dropout(0.5)], name="inner")
    x = gg.Input((4,))
    outer = gg.Model(x, L.Dense(1, name="head")(inner(x)))
    outer.compile("sgd", "mse")
    before = inner.get_weights()
    outer.fit(X, VALUES, **QUIET)
    assert not equal(before, inner.get_weights())
    assert [layer.name for layer in outer.layers[1:]] == ["inner", "head"]
    assert len(outer.get_weights()) == 4
    kernel, bias = outer.get_layer("head").get_weights()
    wanted = inner.predict(X, **QUIET) @ kernel + bias
    np.testing.assert_allclose(outer.predict(X, **QUIET), wanted, rtol=1e-5, atol=1e-6)


def test_a_network_of_unbuilt_networks():
    model = gg.Sequential([gg.Sequential([L.Dense(5, "tanh")]), gg.Sequential([L.Dense(1)])])
    model.compile("sgd", "mse")
    assert len(model.fit(X, VALUES, epochs=2, **QUIET).history["loss"]) == 2
    assert [w.shape for w in model.get_weights()] == [(4, 5), (5,), (5, 1), (1,)]


def test_one_inner_network_used_twice():
    inner = gg.Sequential([gg.Input((2,)), L.Dense(3)])
    left, right = gg.Input((2,)), gg.Input((2,))
    model = gg.Model([left, right], inner(left) - inner(right))
    x = X[:, :2]
    np.testing.assert_allclose(model.predict([x, x], **QUIET), np.zeros((24, 3)), atol=1e-6)
    assert len(model.get_weights()) == 2


def test_a_network_is_cut_in_its_middle():
    """Inner results become outputs of another network with the same weights."""
    x = gg.Input((4,))
    hidden = L.Dense(8, "tanh")(x)
    whole, begin = gg.Model(x, L.Dense(1)(hidden)), gg.Model(x, hidden)
    whole.compile("sgd", "mse")
    whole.fit(X, VALUES, **QUIET)
    kernel, bias = whole.get_weights()[:2]
    wanted = np.tanh(X @ kernel + bias)
    np.testing.assert_allclose(begin.predict(X, **QUIET), wanted, rtol=1e-5, atol=1e-6)


def test_inputs_of_unknown_length():
    """The sizes that are not known are those of each batch."""
    x = gg.Input((None, 2))
    model = gg.Model(x, gg.sum(L.Dense(1)(x), axis=1))
    model.compile("sgd", "mse")

    def generate():
        for length in (3, 5):
            yield np.ones((4, length, 2), np.float32), np.ones((4, 1), np.float32)

    model.fit(generate(), **QUIET)
    assert model.predict(np.ones((2, 9, 2)), **QUIET).shape == (2, 1)


# ---------------------------------------------------------------- compiling and single steps


def test_compiling_anew_keeps_the_weights_and_forgets_the_steps():
    model = classifier()
    model.fit(X, LABELS, epochs=2, **QUIET)
    weights = model.get_weights()
    model.compile(gg.optimizers.Adam(), "sparse_categorical_crossentropy", metrics=["acc"])
    assert equal(weights, model.get_weights())
    assert int(model.optimizer.iterations) == 0
    assert list(model.fit(X, LABELS, **QUIET).history) == ["loss", "acc"]
    assert int(model.optimizer.iterations) == 1


@pytest.mark.parametrize("optimizer", ["adam", "Adam", gg.optimizers.Adam, gg.optimizers.Adam()])
def test_optimizers_by_name_class_and_object(optimizer):
    model = regressor(optimizer=optimizer)
    assert isinstance(model.optimizer, gg.optimizers.Adam)
    model.fit(X, VALUES, **QUIET)


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("mae", "mae"),
        (gg.metrics.MeanAbsoluteError, "mean_absolute_error"),
        (gg.metrics.MeanAbsoluteError(name="error"), "error"),
        (gg.losses.mean_absolute_error, "mean_absolute_error"),
    ],
)
def test_metrics_by_name_class_object_and_function(metric, name):
    found = regressor(metrics=[metric]).evaluate(X, VALUES, return_dict=True, **QUIET)
    assert list(found) == ["loss", name]
    assert found[name] == pytest.approx(np.abs(VALUES).mean(), rel=1e-5)


@pytest.mark.parametrize("loss", ["mse", gg.losses.MeanSquaredError, gg.losses.MeanSquaredError()])
def test_losses_by_name_class_and_object(loss):
    model = regressor()
    model.compile("sgd", loss)
    assert model.evaluate(X, VALUES, **QUIET) == pytest.approx((VALUES**2).mean(), rel=1e-5)


def test_evaluate_returns_a_number_a_list_or_a_dict():
    alone = regressor()
    assert type(alone.evaluate(X, VALUES, **QUIET)) is float
    assert alone.evaluate(X, VALUES, return_dict=True, **QUIET).keys() == {"loss"}
    more = regressor(metrics=["mae", "mse"])
    values = more.evaluate(X, VALUES, **QUIET)
    named = more.evaluate(X, VALUES, return_dict=True, **QUIET)
    assert values == list(named.values())
    assert list(named) == ["loss", "mae", "mse"]


def test_evaluate_and_predict_do_not_depend_on_the_batch_size():
    model = classifier(dropout=0.5)
    whole = model.evaluate(X, LABELS, batch_size=24, **QUIET)
    for size in (1, 5, 24):
        assert model.evaluate(X, LABELS, batch_size=size, **QUIET) == pytest.approx(whole, rel=1e-6)
        np.testing.assert_allclose(
            model.predict(X, batch_size=size, **QUIET), model.predict(X, **QUIET), rtol=1e-6
        )


def test_steps_one_by_one():
    """train_on_batch reports the loss from before its step; test_on_batch that of now."""
    model = regressor(metrics=["mae"])
    loss, error = model.test_on_batch(X, VALUES)
    before = model.get_weights()
    assert model.train_on_batch(X, VALUES) == [loss, error]
    assert not equal(before, model.get_weights())
    named = model.test_on_batch(X, VALUES, return_dict=True)
    assert named["loss"] < loss
    assert list(model.train_on_batch(X, VALUES, return_dict=True)) == ["loss", "mae"]
    np.testing.assert_array_equal(model.predict_on_batch(X), model.predict(X, **QUIET))
    assert int(model.optimizer.iterations) == 2


def test_steps_one_by_one_are_those_of_fit():
    stepped, fitted = classifier(), classifier()
    fitted.set_weights(stepped.get_weights())
    for i in range(0, 24, 6):
        stepped.train_on_batch(X[i : i + 6], LABELS[i : i + 6])
    fitted.fit(X, LABELS, batch_size=6, shuffle=False, **QUIET)
    assert equal(stepped.get_weights(), fitted.get_weights())


def test_weights_of_one_batch():
    weights = np.linspace(0, 2, 24)
    model = regressor()
    error = VALUES[:, 0] ** 2
    assert model.test_on_batch(X, VALUES, sample_weight=weights) == pytest.approx(
        (weights * error).mean(), rel=1e-5
    )
    a, b = classifier(), classifier()
    b.set_weights(a.get_weights())
    a.train_on_batch(X, LABELS, class_weight={1: 2.0})
    b.train_on_batch(X, LABELS, sample_weight=np.where(LABELS == 1, 2.0, 1.0))
    assert equal(a.get_weights(), b.get_weights())


def test_predict_needs_no_compile():
    model = gg.Sequential([gg.Input((4,)), L.Dense(2)])
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(model.predict(X, **QUIET), X @ kernel + bias, rtol=1e-5, atol=1e-6)
    model.compile("sgd", "mse")
    model.fit(X, X[:, :2], **QUIET)
    assert not np.allclose(model.predict(X, **QUIET), X @ kernel + bias)


def test_assigned_weights_are_used_at_once():
    model = regressor()
    model.predict(X, **QUIET)
    model.set_weights([np.ones((4, 1)), [3.0]])
    wanted = X.sum(axis=1, keepdims=True) + 3
    np.testing.assert_allclose(model.predict(X, **QUIET), wanted, rtol=1e-5, atol=1e-6)


def test_the_learning_rate_is_changed_between_fits():
    model = regressor()
    model.optimizer.learning_rate = 0.0
    before = model.get_weights()
    model.fit(X, VALUES, **QUIET)
    assert equal(before, model.get_weights())
    model.optimizer.learning_rate = 0.1
    model.fit(X, VALUES, **QUIET)
    assert not equal(before, model.get_weights())


def test_networks_share_weights_not_steps():
    """Two networks over the same layers, compiled apart."""
    hidden = L.Dense(4, "tanh")
    first, second = (gg.Sequential([gg.Input((4,)), hidden, L.Dense(1)]) for _ in range(2))
    first.compile("sgd", "mse")
    second.compile("adam", "mse")
    before = second.get_weights()
    first.fit(X, VALUES, **QUIET)
    assert equal(first.get_weights()[:2], second.get_weights()[:2])
    assert equal(before[2:], second.get_weights()[2:])
    assert int(second.optimizer.iterations) == 0


def test_a_custom_training_loop():
    """What fit does, in the open: a function, gradients, apply_gradients."""
    model, loss = classifier(), gg.losses.SparseCategoricalCrossentropy()
    fitted = classifier()
    fitted.set_weights(model.get_weights())
    optimizer = gg.optimizers.SGD(0.1)

    @gg.function
    def step(x, y):
        value = loss(y, model(x, training=True))
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(gg.gradients(value, variables), variables, strict=True))
        return value

    losses = [float(step(X[i : i + 6], LABELS[i : i + 6])) for i in range(0, 24, 6)]
    history = fitted.fit(X, LABELS, batch_size=6, shuffle=False, **QUIET).history
    assert np.mean(losses) == pytest.approx(history["loss"][0], rel=1e-5)
    for a, b in zip(model.get_weights(), fitted.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
