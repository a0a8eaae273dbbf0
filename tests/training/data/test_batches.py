"""The batches of an epoch: their order, their sizes, and what is no batch."""

import numpy as np
import pytest

import giulgi as gg
from giulgi.training.checks.examples import check_finite, check_lengths
from giulgi.training.data.batches import ArrayBatches, Batch, as_batch
from giulgi.training.data.generated import GeneratedBatches, peek

DATA = Batch([np.arange(10), np.arange(20).reshape(10, 2)], [np.arange(10) * 2], [np.arange(10.0)])


def orders(batches, epochs=1):
    """Return the numbers of the examples of each batch, epoch by epoch."""
    return [[batch.x[0].tolist() for batch in batches.epoch()] for _ in range(epochs)]


def test_batches_in_order_with_a_smaller_last_one():
    batches = ArrayBatches(DATA, 4, shuffle=False)
    assert batches.steps == 3
    assert orders(batches, 2) == [[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]] * 2


@pytest.mark.parametrize(("size", "sizes"), [(1, [1] * 10), (5, [5, 5]), (10, [10]), (99, [10])])
def test_sizes(size, sizes):
    assert [len(batch) for batch in orders(ArrayBatches(DATA, size, shuffle=True))[0]] == sizes


def test_a_limited_number_of_batches():
    batches = ArrayBatches(DATA, 4, shuffle=False, limit=2)
    assert batches.steps == 2
    assert orders(batches, 2) == [[[0, 1, 2, 3], [4, 5, 6, 7]]] * 2
    assert ArrayBatches(DATA, 4, shuffle=False, limit=9).steps == 3


def test_limited_epochs_of_training_go_on_where_the_last_one_ended():
    batches = ArrayBatches(DATA, 4, shuffle=False, limit=2, goes_on=True)
    assert orders(batches, 3) == [
        [[0, 1, 2, 3], [4, 5, 6, 7]],
        [[8, 9], [0, 1, 2, 3]],
        [[4, 5, 6, 7], [8, 9]],
    ]


def test_all_arrays_of_an_example_stay_together():
    for batch in ArrayBatches(DATA, 4, shuffle=True).epoch():
        numbers, pairs = batch.x
        np.testing.assert_array_equal(pairs[:, 0], numbers * 2)
        np.testing.assert_array_equal(batch.y[0], numbers * 2)
        np.testing.assert_array_equal(batch.weights[0], numbers)
        assert batch.size == len(numbers)


def test_shuffling():
    """Every epoch has every example once, in an order of its own that the seed decides."""
    gg.set_seed(1)
    first = orders(ArrayBatches(DATA, 4, shuffle=True), 3)
    for epoch in first:
        assert sorted(number for batch in epoch for number in batch) == list(range(10))
    assert len({str(epoch) for epoch in first}) == 3
    gg.set_seed(1)
    assert orders(ArrayBatches(DATA, 4, shuffle=True), 3) == first
    gg.set_seed(2)
    assert orders(ArrayBatches(DATA, 4, shuffle=True), 3) != first


# ---------------------------------------------------------------------------------- generators


class Again:
    """An iterable that begins anew each time."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        return (np.array([i]) for i in range(self.count))


def numbers(count):
    return iter(Again(count))


@pytest.mark.parametrize(
    ("source", "steps", "wanted"),
    [
        (Again(3), None, [[0, 1, 2], [0, 1, 2]]),
        (Again(3), 2, [[0, 1], [2, 0]]),
        (Again(2), 3, [[0, 1, 0], [1, 0, 1]]),
        (lambda: numbers(3), None, [[0, 1, 2], [0, 1, 2]]),
        (lambda: numbers(3), 2, [[0, 1], [0, 1]]),
        (lambda: Again(3), None, [[0, 1, 2], [0, 1, 2]]),
    ],
)
def test_where_each_epoch_begins(source, steps, wanted):
    batches = GeneratedBatches(source, steps, as_batch, "fit")
    assert orders(batches, 2) == [[[i] for i in epoch] for epoch in wanted]


def test_an_iterator_goes_on_where_it_stopped():
    assert orders(GeneratedBatches(numbers(4), 2, as_batch, "fit"), 2) == [[[0], [1]], [[2], [3]]]


@pytest.mark.parametrize(
    ("steps", "epochs", "count"), [(None, 2, "0"), (3, 2, "1 of 3"), (5, 1, "4 of 5")]
)
def test_an_iterator_that_has_ended_tells_how_to_go_on(steps, epochs, count):
    text = f"the generator ended after {count} batches of the epoch"
    with pytest.raises(gg.errors.DataError, match=text) as caught:
        orders(GeneratedBatches(numbers(4), steps, as_batch, "fit"), epochs)
    assert "steps_per_epoch" in caught.value.fix


@pytest.mark.parametrize(
    ("item", "lengths"),
    [
        (np.zeros((2, 3)), (1, 0, 0)),
        ((np.zeros((2, 3)),), (1, 0, 0)),
        ((np.zeros((2, 3)), [0, 1]), (1, 1, 0)),
        ([np.zeros((2, 3)), [0, 1]], (1, 1, 0)),
        ((np.zeros((2, 3)), [0, 1], [1.0, 2.0]), (1, 1, 1)),
        (([np.zeros((2, 3)), np.zeros(2)], {"a": np.zeros(2), "b": np.zeros(2)}), (2, 2, 0)),
    ],
)
def test_what_a_generator_may_yield(item, lengths):
    (batch,) = GeneratedBatches(lambda: iter([item]), None, as_batch, "fit").epoch()
    assert (len(batch.x), len(batch.y), len(batch.weights)) == lengths


@pytest.mark.parametrize("item", [(), (1, 2, 3, 4)])
def test_what_a_generator_may_not_yield(item):
    with pytest.raises(gg.errors.DataError, match=f"yields {len(item)} things"):
        list(GeneratedBatches(lambda: iter([item]), None, as_batch, "fit").epoch())


# ----------------------------------------------------------------------------- what is no data


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        (np.array(["cat", "dog"]), "one column of 0 and 1 for each word"),
        (np.array(["1.5", "2"]), "astype('float32')"),
        ([[1.0, 2.0], [3.0]], "all rows must have one length"),
        ([1.0, [2.0]], "all rows must have one length"),
        ([[1.0, None]], "fill missing values (None)"),
        ([[1.0, {"a": 1}]], "fill missing values (None)"),
        (np.array([1 + 2j]), "x.real and x.imag"),
        (np.array(["2026-01-01"], "datetime64[D]"), "(x - x.min()) / np.timedelta64(1, 'D')"),
        (np.array([5], "timedelta64[s]"), "count days: x / np.timedelta64(1, 'D')"),
        (
            np.array([[1.5, 2]], object),
            "columns of several kinds are numbers: x.astype('float32')",
        ),
        (np.array([[1.5, "2"]], object), "the numbers are written as text: x.astype('float32')"),
        (np.array([[1.5, "cat"]], object), "one column of 0 and 1 for each word"),
        ("picture.png", "read what it names into an array first"),
        ([(np.zeros((2, 3)), np.zeros(2))], "come from a generator: fit(lambda: batches)"),
        (gg.Input((3,)), "a model is called on such a tensor: model(x)"),
        (5.0, "first axis runs over the examples"),
    ],
)
def test_what_is_no_array_of_numbers(value, fix):
    with pytest.raises(gg.errors.DataError) as caught:
        as_batch(value)
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("rows", "odd"),
    [
        ([[1.0, 2.0], [3.0, None]], "None at x[1, 1]"),
        ([[1.0, "cat"]], "'cat' at x[0, 1]"),
        ([[{}, 2.0]], "dict at x[0, 0]"),
        ([[1, 2.0]], "numbers alone"),
    ],
)
def test_the_first_entry_that_is_no_number_is_told(rows, odd):
    with pytest.raises(gg.errors.DataError) as caught:
        as_batch(np.array(rows, object))
    assert caught.value.problem == (
        f"x is not an array of numbers: NumPy reads it as dtype object, with {odd}."
    )


def test_the_ways_out_for_dates_and_objects_are_right():
    days = np.array(["2026-01-01", "2026-01-03"], "datetime64[D]")
    (found,) = as_batch((days - days.min()) / np.timedelta64(1, "D")).x
    np.testing.assert_array_equal(found, [0, 2])
    (found,) = as_batch(np.array([[1.5, "2"]], object).astype("float32")).x
    np.testing.assert_array_equal(found, [[1.5, 2]])


def test_classes_that_are_words_are_to_be_numbered():
    with pytest.raises(gg.errors.DataError) as caught:
        as_batch(np.zeros((2, 3)), np.array(["cat", "dog"]))
    assert "np.unique(y, return_inverse=True)" in caught.value.fix


def test_lengths():
    with pytest.raises(gg.errors.DataError) as caught:
        check_lengths(as_batch(np.zeros((5, 2)), np.zeros(4), np.zeros(5)))
    assert caught.value.axes == "axis 0: 5 in x, 4 in y, 5 in sample_weight"
    with pytest.raises(gg.errors.DataError, match="there are no examples"):
        check_lengths(as_batch(np.zeros((0, 2)), np.zeros(0)))


@pytest.mark.parametrize(
    ("shape", "place", "rows"),
    [
        ((4,), (2,), "np.isfinite(y)"),
        ((4, 3), (1, 2), "np.isfinite(y).all(axis=1)"),
        ((4, 3, 2), (3, 0, 1), "np.isfinite(y).all(axis=(1, 2))"),
    ],
)
@pytest.mark.parametrize(
    ("value", "name"), [(np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity")]
)
def test_numbers_that_are_not_finite(shape, place, rows, value, name):
    y = np.zeros(shape)
    y[place] = value
    with pytest.raises(gg.errors.DataError, match=f"y holds {name}.*in 1 place at") as caught:
        check_finite(as_batch(np.zeros((4, 2)), y))
    assert str(place) in caught.value.problem
    assert f"keep = {rows};" in caught.value.fix
    keep = eval(rows, {"np": np, "y": y})
    assert keep.tolist() == [row != place[0] for row in range(4)]


def test_how_many_places_are_not_finite():
    x = np.zeros((4, 2), np.float32)
    x[1, 1] = x[3, 0] = np.nan
    with pytest.raises(gg.errors.DataError, match=r"in 2 places, the first at \(1, 1\)"):
        check_finite(as_batch(x))
    check_finite(as_batch(np.array([[1, 2]]), np.array([], np.float32)))
    with pytest.raises(gg.errors.DataError, match="sample_weight holds NaN"):
        check_finite(as_batch(np.zeros((2, 1)), np.zeros(2), np.array([1.0, np.nan])))


@pytest.mark.parametrize("name", ["x", "y", "sample_weight"])
def test_numbers_that_are_infinite_for_the_network(name):
    """They are finite as they are given, in 64 bits."""
    arrays = {"x": np.ones((3, 2)), "y": np.ones(3), "sample_weight": np.ones(3)}
    arrays[name].flat[1] = -1e300
    with pytest.raises(
        gg.errors.DataError, match=f"{name} holds -1e.300 at .* infinite in float32"
    ):
        check_finite(as_batch(*arrays.values()))


def test_a_network_of_64_bits_takes_larger_numbers():
    check_finite(as_batch(np.array([[1e300]])), [gg.float64])
    check_finite(as_batch(np.array([[2**62]])), [gg.float32])
    with pytest.raises(gg.errors.DataError, match="infinite in float32"):
        check_finite(as_batch(np.array([[1e300]])), [gg.float32])


# ------------------------------------------------------------------------ batches by numbers


class Numbered:
    """As a Sequence of Keras: it never ends by itself, and is told of the end of each epoch."""

    def __init__(self):
        self.ends = 0

    def __len__(self):
        return 3

    def __getitem__(self, number):
        return np.full((2, 1), number + 10 * self.ends)

    def on_epoch_end(self):
        self.ends += 1


def test_batches_that_are_got_by_their_numbers():
    first, batches = peek(Numbered(), None, as_batch, "fit")
    assert first.x[0].tolist() == [[0], [0]]
    assert batches.steps == 3
    firsts = [[rows[0][0] for rows in epoch] for epoch in orders(batches, 2)]
    assert firsts == [[0, 1, 2], [10, 11, 12]]


def test_epochs_of_a_list_of_batches_begin_again_where_it_ends():
    held = [np.array([[i]]) for i in range(4)]
    batches = GeneratedBatches(held, 2, as_batch, "fit")
    assert orders(batches, 3) == [[[[0]], [[1]]], [[[2]], [[3]]], [[[0]], [[1]]]]


def test_a_limited_epoch_of_numbered_batches_goes_on():
    _, batches = peek(Numbered(), 2, as_batch, "fit")
    firsts = [[rows[0][0] for rows in epoch] for epoch in orders(batches, 2)]
    assert firsts == [[0, 1], [2, 10]]


@pytest.mark.parametrize(
    ("op", "name"),
    [("fit", "steps_per_epoch"), ("validation_data", "validation_steps"), ("evaluate", "steps")],
)
def test_a_generator_that_ends_too_early_tells_the_argument(op, name):
    with pytest.raises(gg.errors.DataError) as caught:
        list(GeneratedBatches(numbers(1), 2, as_batch, op).epoch())
    assert caught.value.op == op
    assert f" {name}=100" in caught.value.fix


def test_errors_of_later_batches_tell_what_they_were_given_to():
    batches = GeneratedBatches(lambda: iter([np.ones(2), "text"]), None, as_batch, "predict")
    with pytest.raises(gg.errors.DataError) as caught:
        list(batches.epoch())
    assert caught.value.op == "predict"
