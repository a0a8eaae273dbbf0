"""What is given to fit, made into batches: held-out parts, weights of classes, order by names."""

import numpy as np
import pytest

import giulgi as gg
from giulgi.training.data.batches import as_batch
from giulgi.training.data.class_weights import with_class_weights
from giulgi.training.data.feeding import Given, split_off
from giulgi.training.data.generated import is_generated

X, Y = np.arange(20.0).reshape(10, 2), np.arange(10) % 3


@pytest.mark.parametrize(("share", "kept"), [(0.2, 8), (0.25, 7), (0.5, 5), (0.75, 2), (0.05, 9)])
def test_the_last_examples_are_held_out(share, kept):
    weights = np.arange(10.0)
    training, held_out = split_off(as_batch(X, Y, weights), share)
    for part, chosen in ((training, slice(0, kept)), (held_out, slice(kept, None))):
        np.testing.assert_array_equal(part.x[0], X[chosen])
        np.testing.assert_array_equal(part.y[0], Y[chosen])
        np.testing.assert_array_equal(part.weights[0], weights[chosen])


def test_what_is_held_out_of_sorted_classes_is_told():
    with pytest.warns(UserWarning, match="sorted by class have to be shuffled"):
        split_off(as_batch(X, np.sort(Y)), 0.3)


@pytest.mark.parametrize("share", [1.0, 0.95])
def test_both_parts_need_examples(share):
    with pytest.raises(gg.errors.ArgumentError, match="leaves nothing for one of the two parts"):
        split_off(as_batch(X[:5], Y[:5]), share)


def test_a_share_may_be_of_numpy():
    training, held_out = split_off(as_batch(X, Y), np.float32(0.25))
    assert (training.size, held_out.size) == (7, 3)


@pytest.mark.parametrize("share", [1.5, -0.2, 20, "0.2"])
def test_what_is_no_share_is_refused(share):
    with pytest.raises(gg.errors.ArgumentError) as caught:
        split_off(as_batch(X[:5], Y[:5]), share)
    assert caught.value.problem == (
        f"validation_split is {share!r}; it is a share between 0 and 1."
    )
    assert "0.2 keeps the last fifth" in caught.value.fix


@pytest.mark.parametrize(
    "labels", [Y, Y[:, None], np.eye(3)[Y], Y.astype(np.float32), Y.astype(np.uint8)]
)
def test_weights_by_class(labels):
    (found,) = with_class_weights(as_batch(X, labels), {0: 0.5, 2: 3.0}).weights
    np.testing.assert_array_equal(found, np.array([0.5, 1.0, 3.0])[Y])


def test_weights_of_classes_are_for_training_only():
    given = Given(X, Y, class_weight={0: 2.0})
    data, batches, held_out = given.batches("fit", None, split=0.2)
    np.testing.assert_array_equal(data.weights[0], np.where(Y[:8] == 0, 2.0, 1.0))
    assert batches.data is data
    assert held_out.weights == []


def test_defaults():
    _, batches, held_out = Given(X, Y).batches("fit", None)
    assert (batches.batch_size, batches.steps, batches.shuffle) == (32, 1, False)
    assert held_out is None


def network_of_two():
    left, right = gg.Input((2,), name="left"), gg.Input((), name="right")
    model = gg.Model(
        [left, right],
        [gg.layers.Dense(1, name="a")(left), gg.layers.Reshape((1,), name="b")(right)],
    )
    return model._network


def test_dicts_are_put_in_the_order_of_the_network():
    given = Given(
        {"right": X[:, 0], "left": X},
        {"b": Y, "a": 2 * Y},
        {"b": np.zeros(10), "a": np.ones(10)},
    )
    data = given.examples("fit", network_of_two())
    np.testing.assert_array_equal(data.x[0], X)
    np.testing.assert_array_equal(data.x[1], X[:, 0])
    np.testing.assert_array_equal(data.y[0], 2 * Y)
    assert [w[0] for w in data.weights] == [1, 0]


def test_dicts_that_a_generator_yields_are_put_in_order_as_well():
    item = ({"right": X[:, 0], "left": X}, {"b": Y, "a": 2 * Y})
    first, batches, _ = Given(lambda: iter([item])).batches("fit", network_of_two())
    (batch,) = batches.epoch()
    for found in (first, batch):
        np.testing.assert_array_equal(found.x[0], X)
        np.testing.assert_array_equal(found.y[0], 2 * Y)


def test_looking_at_the_first_batch_takes_nothing_away():
    source = (np.array([[float(i)]]) for i in range(3))
    first, batches, _ = Given(source).batches("predict", None)
    assert first.x[0].tolist() == [[0.0]]
    assert [batch.x[0].item() for batch in batches.epoch()] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("x", "generated"),
    [
        (X, False),
        (X.tolist(), False),
        ([X, X], False),
        ({"a": X}, False),
        (gg.constant(X), False),
        ("train.csv", False),
        (iter([X]), True),
        (lambda: iter([X]), True),
        (range(3), True),
    ],
)
def test_what_is_a_generator(x, generated):
    assert is_generated(x) is generated


@pytest.mark.parametrize(
    "given",
    [
        {"y": Y},
        {"sample_weight": Y},
    ],
)
def test_what_a_generator_has_to_yield_itself(given):
    (name,) = given
    with pytest.raises(gg.errors.ArgumentError, match=f"{name} goes with arrays"):
        Given(iter([X]), **given).batches("fit", None)


@pytest.mark.parametrize(
    ("given", "options", "text"),
    [
        ({"x": iter([X])}, {"split": 0.2}, "validation_split goes with arrays"),
        ({"x": iter([])}, {}, "the generator is empty"),
        ({"x": X, "batch_size": 0}, {}, "batch_size is 0"),
        ({"x": X, "batch_size": 2.5}, {}, "batch_size is 2.5"),
        ({"x": X, "steps": -1}, {}, "steps_per_epoch is -1"),
        ({"x": None}, {}, "fit needs x"),
        ({"x": X, "y": Y[:3]}, {}, "different numbers of examples"),
        ({"x": X, "y": [Y, Y], "class_weight": {0: 1.0}}, {}, "networks with one output"),
        ({"x": X, "y": Y, "class_weight": [1.0, 2.0]}, {}, "class_weight is a dict"),
        (
            {"x": X, "y": Y, "class_weight": {0: 1.0}, "sample_weight": Y},
            {},
            "class_weight and sample_weight exclude each other",
        ),
    ],
)
def test_refusals(given, options, text):
    with pytest.raises(gg.errors.GiulgiError, match=text):
        Given(**given).batches("fit", None, **options)


@pytest.mark.parametrize(
    ("op", "name"),
    [("fit", "steps_per_epoch"), ("validation_data", "validation_steps"), ("evaluate", "steps")],
)
def test_steps_go_by_the_name_that_they_are_given_by(op, name):
    with pytest.raises(gg.errors.ArgumentError, match=f"{name} is 0;") as caught:
        Given(X, steps=0).batches(op, None)
    assert caught.value.fix == f"{name}=100"


@pytest.mark.parametrize(
    ("op", "fix"), [("fit", "fit(x, y)"), ("predict", "predict(x)"), ("evaluate", "evaluate(x, y)")]
)
def test_nothing_is_given(op, fix):
    with pytest.raises(gg.errors.ArgumentError, match=f"{op} needs x") as caught:
        Given(None).batches(op, None)
    assert caught.value.fix == fix


def test_a_function_that_wants_arguments():
    def batches_of(size):
        yield X[:size], Y[:size]

    with pytest.raises(gg.errors.ArgumentError) as caught:
        Given(batches_of).batches("fit", None)
    assert caught.value.problem == (
        "batches_of is called for each epoch, without arguments: missing a required argument: "
        "'size'."
    )
    assert "lambda: batches_of(...)" in caught.value.fix
    first, _, _ = Given(lambda: batches_of(2)).batches("fit", None)
    assert first.size == 2


def test_an_error_of_the_function_is_the_users_own():
    def broken():
        raise TypeError("of the user")

    with pytest.raises(TypeError, match="of the user"):
        Given(broken).batches("fit", None)


def test_a_generator_of_single_examples():
    with pytest.raises(gg.errors.DataError, match="y is a single number") as caught:
        Given(zip(X, Y.ravel(), strict=True)).batches("fit", None)
    assert caught.value.op == "fit"
    assert "a generator yields batches of examples" in caught.value.fix


def test_errors_tell_what_was_called():
    with pytest.raises(gg.errors.DataError) as caught:
        Given(X * np.nan).examples("predict", None)
    assert caught.value.op == "predict"


@pytest.mark.parametrize("op", ["fit", "train_on_batch", "test_on_batch"])
def test_errors_of_weights_by_class_tell_what_was_called(op):
    given = Given(X, Y, class_weight="balanced")
    with pytest.raises(gg.errors.ArgumentError, match="class_weight is a dict") as caught:
        given.one_batch(op, None)
    assert caught.value.op == op


def test_weights_by_class_go_with_a_generator():
    given = Given(lambda: iter([(X[:5], Y[:5]), (X[5:], Y[5:])]), class_weight={0: 2.0})
    first, batches, _ = given.batches("fit", None)
    weights = [batch.weights[0].tolist() for batch in batches.epoch()]
    assert first.weights[0].tolist() == weights[0]
    np.testing.assert_array_equal(np.concatenate(weights), np.where(Y == 0, 2.0, 1.0))
    both = Given(iter([(X, Y, np.ones(10))]), class_weight={0: 2.0})
    with pytest.raises(gg.errors.ArgumentError, match="exclude each other"):
        both.batches("fit", None)


# ------------------------------------------------------------------- batches of a fixed size


def fixed(size=5):
    x = gg.Input((2,), batch_size=size)
    return gg.Model(x, gg.layers.Dense(1)(x))


def test_a_network_of_a_fixed_batch_size_says_how_large_batches_are():
    _, batches, _ = Given(X, Y).batches("fit", fixed()._network)
    assert (batches.batch_size, batches.steps) == (5, 2)


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ({"batch_size": 4}, "ArgumentError", "batch_size is 4, .* of 5 examples only"),
        ({"x": X[:7], "y": Y[:7]}, "DataError", "of 5 examples only, and 7 examples make some"),
        ({"x": lambda: iter([(X, Y)]), "y": None}, "DataError", "of 5 examples only, and 10"),
    ],
)
def test_other_sizes_are_refused(given, error, text):
    with pytest.raises(getattr(gg.errors, error), match=text) as caught:
        Given(**{"x": X, "y": Y, **given}).batches("fit", fixed()._network)
    assert caught.value.op == "fit"
    assert "gg.Input" in caught.value.fix


def test_a_single_batch_has_the_size_as_well():
    with pytest.raises(gg.errors.DataError, match="of 5 examples only, and 4 examples"):
        Given(X[:4], Y[:4]).one_batch("train_on_batch", fixed()._network)


def test_a_network_of_a_fixed_batch_size_is_trained_and_predicts():
    model = fixed()
    model.compile("sgd", "mse")
    history = model.fit(X, Y, epochs=2, validation_split=0.5, verbose=0).history
    assert set(history) == {"loss", "val_loss"}
    assert model.predict(X, verbose=0).shape == (10, 1)
    assert model.evaluate(X, Y, verbose=0) >= 0
    model.train_on_batch(X[:5], Y[:5])
    with pytest.raises(gg.errors.DataError, match="of 5 examples only"):
        model.predict(X[:6], verbose=0)
