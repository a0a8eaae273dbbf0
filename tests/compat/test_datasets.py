"""``tf.data``: which elements there are, in TensorFlow's order; the numbers are TensorFlow's."""

import numpy as np
import pytest

import giulgi.compat
from giulgi.compat.errors import FailedPreconditionError, InvalidArgumentError, OutOfRangeError
from giulgi.compat.graphs.graph import Graph

giulgi.compat.install()
import tensorflow as tf  # noqa: E402

D = tf.data.Dataset
giulgi.compat.modules.uninstall()


@pytest.fixture(autouse=True)
def graph():
    with Graph().as_default() as made:
        yield made


def elements(dataset):
    following = dataset.make_one_shot_iterator().get_next()
    found = []
    with tf.Session() as session:
        while True:
            try:
                found.append(session.run(following))
            except OutOfRangeError:
                return found


def plain(value):
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


ROWS = np.arange(10, dtype=np.float32).reshape(5, 2)

CASES = {
    "rows of two arrays": (
        lambda: D.from_tensor_slices((ROWS, np.arange(5))).batch(2).skip(1),
        [[[[4, 5], [6, 7]], [2, 3]], [[[8, 9]], [4]]],
    ),
    "a dict": (
        lambda: D.from_tensor_slices({"a": [1, 2, 3], "b": ["x", "y", "z"]}).repeat(2).batch(4),
        [{"a": [1, 2, 3, 1], "b": [b"x", b"y", b"z", b"x"]}, {"a": [2, 3], "b": [b"y", b"z"]}],
    ),
    "one element": (lambda: D.from_tensors([[1, 2]]), [[[1, 2]]]),
    "map and filter": (
        lambda: D.range(10).map(lambda v: v * 2).filter(lambda v: v > 4).batch(3, True),
        [[6, 8, 10], [12, 14, 16]],
    ),
    "flat_map": (
        lambda: D.range(3).flat_map(lambda v: D.from_tensors(v).repeat(v + 1)),
        [0, 1, 1, 2, 2, 2],
    ),
    "interleave": (
        lambda: D.range(1, 4).interleave(lambda v: D.from_tensors(v).repeat(3), 2, 2),
        [1, 1, 2, 2, 1, 2, 3, 3, 3],
    ),
    "window": (
        lambda: D.range(7).window(3, shift=1, drop_remainder=True).flat_map(lambda w: w.batch(3)),
        [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6]],
    ),
    "window with strides": (
        lambda: D.range(7).window(2, 3, 2).flat_map(lambda w: w.batch(3)),
        [[0, 2], [3, 5], [6]],
    ),
    "padded_batch": (
        lambda: D.range(4).map(lambda v: (tf.fill([v], v), v)).padded_batch(3, ([None], [])),
        [[[[0, 0], [1, 0], [2, 2]], [0, 1, 2]], [[[3, 3, 3]], [3]]],
    ),
    "zip": (lambda: D.zip((D.range(3), D.range(10, 20))), [[0, 10], [1, 11], [2, 12]]),
    "concatenate": (lambda: D.range(2).concatenate(D.range(5, 7)), [0, 1, 5, 6]),
    "shard": (lambda: D.range(10).shard(3, 1), [1, 4, 7]),
    "take": (lambda: D.range(10).skip(3).take(2).cache().repeat(2), [3, 4, 3, 4]),
    "unbatch": (lambda: D.range(5).batch(2).unbatch(), [0, 1, 2, 3, 4]),
    "enumerate": (lambda: D.range(5, 7).enumerate(3), [[3, 5], [4, 6]]),
    "range": (lambda: D.range(10, 3, -3), [10, 7, 4]),
}


@pytest.mark.parametrize("name", CASES)
def test_elements(name):
    build, expected = CASES[name]
    assert plain(elements(build())) == expected


def test_shuffled_elements_are_all_there_and_in_another_order_each_time():
    twice = plain(elements(D.range(50).shuffle(20, seed=3).repeat(2)))
    first, second = twice[:50], twice[50:]
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    # An element comes at most as much too early as the buffer is large.
    assert all(place - value >= -20 for place, value in enumerate(first))
    same = plain(elements(D.range(50).shuffle(20, reshuffle_each_iteration=False).repeat(2)))
    assert same[:50] == same[50:]


def test_shapes_and_types():
    dataset = D.from_tensor_slices({"a": ROWS, "b": np.arange(5)}).batch(2)
    assert dataset.output_types == {"a": tf.float32, "b": tf.int64}
    assert {k: s.as_list() for k, s in dataset.output_shapes.items()} == {
        "a": [None, 2],
        "b": [None],
    }
    following = dataset.make_one_shot_iterator().get_next()
    assert following["a"].shape.as_list() == [None, 2]
    assert D.range(4).batch(2, drop_remainder=True).output_shapes.as_list() == [2]


def test_an_iterator_begins_anew_with_what_is_fed():
    rows, size = tf.placeholder(tf.float32, [None, 2]), tf.placeholder(tf.int64, [])
    iterator = D.from_tensor_slices(rows).map(lambda v: v + 1).batch(size)
    iterator = iterator.make_initializable_iterator()
    doubled = iterator.get_next() * 2
    with tf.Session() as session:
        with pytest.raises(FailedPreconditionError, match="has not been initialized"):
            session.run(doubled)
        for count in (3, 2):
            session.run(iterator.initializer, {rows: ROWS, size: count})
            np.testing.assert_allclose(session.run(doubled), (ROWS[:count] + 1) * 2)


def test_one_iterator_for_two_data_sets():
    first, second = D.range(2), D.range(10, 12)
    iterator = tf.data.Iterator.from_structure(first.output_types, first.output_shapes)
    following = iterator.get_next()
    found = []
    with tf.Session() as session:
        for initializer in map(iterator.make_initializer, (first, second)):
            session.run(initializer)
            found += [int(session.run(following)) for _ in range(2)]
            with pytest.raises(OutOfRangeError):
                session.run(following)
    assert found == [0, 1, 10, 11]
    with pytest.raises(TypeError, match="output types"):
        iterator.make_initializer(D.from_tensors(1.5))


def test_an_iterator_is_chosen_by_its_handle():
    handle = tf.placeholder(tf.string, [])
    sets = [D.range(3), D.range(10, 12)]
    shown = tf.data.Iterator.from_string_handle(handle, tf.int64, [])
    following = shown.get_next()
    iterators = [one.make_one_shot_iterator() for one in sets]
    with tf.Session() as session:
        handles = [session.run(one.string_handle()) for one in iterators]
        order = [0, 1, 0, 1]
        found = [int(session.run(following, {handle: handles[i]})) for i in order]
    assert found == [0, 10, 1, 11]


def test_each_session_is_at_its_own_place():
    following = D.range(3).make_one_shot_iterator().get_next()
    with tf.Session() as one, tf.Session() as other:
        assert [int(one.run(following)) for _ in range(2)] == [0, 1]
        assert int(other.run(following)) == 0


def test_what_python_yields():
    def numbers(limit):
        for i in range(limit):
            yield i, [i] * i, "ab"[:i]

    types = (tf.int64, tf.float32, tf.string)
    dataset = D.from_generator(numbers, types, ([], [None], []), args=[3])
    assert plain(elements(dataset)) == [[0, [], b""], [1, [1], b"a"], [2, [2, 2], b"ab"]]


def test_functions_may_use_what_is_outside_and_draw_random_numbers():
    factor = tf.constant([2, 3], tf.int64)
    assert plain(elements(D.range(2).map(lambda v: v * factor))) == [[0, 0], [2, 3]]
    drawn = plain(elements(D.range(4).map(lambda v: tf.random_uniform([]))))
    assert len(set(drawn)) == 4


def test_batches_of_different_shapes_are_refused():
    with pytest.raises(InvalidArgumentError, match=r"different shapes.*\[0\] and element 1"):
        elements(D.range(3).map(lambda v: tf.fill([v], v)).batch(2))
    with pytest.raises(ValueError, match="Dimensions 3 and 4 are not compatible"):
        D.from_tensor_slices((np.zeros(3), np.zeros(4)))


def test_a_data_set_is_gone_through_by_python():
    assert [int(x) for x in D.range(3).as_numpy_iterator()] == [0, 1, 2]
    nested = [[int(x) for x in w.as_numpy_iterator()] for w in D.range(4).window(3)]
    assert nested == [[0, 1, 2], [3]]


def test_a_sum_of_all_elements():
    total = D.range(5).reduce(np.int64(10), lambda state, x: state + x)
    with tf.Session() as session:
        assert session.run(total) == 20
