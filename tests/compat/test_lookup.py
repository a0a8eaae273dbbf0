"""Tables of words and numbers."""

import numpy as np
import pytest

from giulgi.compat.errors import FailedPreconditionError, NotFoundError


def run(tf, fetches):
    with tf.Session() as session:
        session.run(tf.tables_initializer())
        return session.run(fetches)


def test_values_by_keys(tf):
    filled = tf.lookup.KeyValueTensorInitializer(["a", "b"], [1, 5])
    table = tf.lookup.StaticHashTable(filled, default_value=-7)
    found = run(tf, [table.lookup(tf.constant([["a", "x"], ["b", "b"]])), table.size()])
    assert found[0].tolist() == [[1, -7], [5, 5]]
    assert found[0].dtype == np.int64
    assert found[1] == 2


def test_places_of_words(tf):
    known = tf.contrib.lookup.index_table_from_tensor(["x", "y"])
    hashed = tf.contrib.lookup.index_table_from_tensor(mapping=["x", "y"], num_oov_buckets=3)
    back = tf.contrib.lookup.index_to_string_table_from_tensor(["x", "y"], default_value="?")
    words = tf.constant(["y", "z", "x"])
    numbers = tf.constant([1, 7], tf.int64)
    a, b, c = run(tf, [known.lookup(words), hashed.lookup(words), back.lookup(numbers)])
    assert a.tolist() == [1, -1, 0]
    assert (b[0], b[2]) == (1, 0)
    assert 2 <= b[1] < 5
    assert c.tolist() == [b"y", b"?"]


def test_lines_of_files(tf, tmp_path):
    path = tmp_path / "words"
    path.write_text("one\ntwo\nthree\n")
    table = tf.contrib.lookup.index_table_from_file(str(path), vocab_size=2)
    assert run(tf, table.lookup(tf.constant(["two", "three"]))).tolist() == [1, -1]
    back = tf.contrib.lookup.index_to_string_table_from_file(str(path))
    assert run(tf, back.lookup(tf.constant([2, 9], tf.int64))).tolist() == [b"three", b"UNK"]
    with pytest.raises(NotFoundError, match="absent"):
        tf.contrib.lookup.index_table_from_file("absent")


def test_words_that_are_computed_wait_for_the_initializer(tf):
    words = tf.placeholder_with_default(tf.constant([3, 4], tf.int64), [2])
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(words, [1, 2]), 0)
    found = table.lookup(tf.constant([4], tf.int64))
    with tf.Session() as session:
        with pytest.raises(FailedPreconditionError, match="not initialized"):
            session.run(found)
        session.run(tf.tables_initializer())
        assert session.run(found).tolist() == [2]


def test_a_table_that_changes(tf):
    table = tf.contrib.lookup.MutableHashTable(tf.string, tf.int64, -1)
    put = table.insert(tf.constant(["a"]), tf.constant([4], tf.int64))
    found = table.lookup(tf.constant(["a", "b"]))
    with tf.Session() as session:
        assert session.run(found).tolist() == [-1, -1]
        session.run(put)
        assert session.run(found).tolist() == [4, -1]
        keys, values = session.run(table.export())
    assert (keys.tolist(), values.tolist()) == ([b"a"], [4])


def test_tables_within_data_sets(tf):
    table = tf.contrib.lookup.index_table_from_tensor(["x", "y"])
    dataset = tf.data.Dataset.from_tensor_slices(["y", "x"]).map(table.lookup)
    assert [int(n) for n in dataset.as_numpy_iterator()] == [1, 0]


def test_strings_are_laid_out_by_their_shapes_each_time_anew(tf):
    words = tf.placeholder(tf.string, [None])
    place = tf.placeholder(tf.int32, [])
    taken = [tf.stack([words, words], 1), tf.gather(words, place), tf.size(words), words[::-1]]
    with tf.Session() as session:
        for k, given in enumerate([["a", "b"], ["c", "d"], ["e", "f", "g"], ["c", "a"]]):
            found = session.run(taken, {words: given, place: k % 2})
            bytes_of = [word.encode() for word in given]
            assert found[0].tolist() == [[word, word] for word in bytes_of]
            assert found[1] == bytes_of[k % 2]
            assert found[2] == len(given)
            assert found[3].tolist() == bytes_of[::-1]
