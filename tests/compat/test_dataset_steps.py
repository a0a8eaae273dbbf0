"""``tf.data.experimental``: steps that are applied, and data sets of files and of others."""

import numpy as np
import pytest


def numbers(dataset):
    return [np.asarray(x).tolist() for x in dataset.as_numpy_iterator()]


def test_steps(tf):
    x = tf.data.experimental
    ten = tf.data.Dataset.range(10)
    found = ten.apply(x.map_and_batch(lambda v: v * 2, 4, drop_remainder=True))
    assert numbers(found) == [[0, 2, 4, 6], [8, 10, 12, 14]]
    assert numbers(ten.apply(x.take_while(lambda v: v < 3))) == [0, 1, 2]
    assert numbers(ten.map(lambda v: v % 3).apply(x.unique())) == [0, 1, 2]
    shuffled = numbers(ten.apply(x.shuffle_and_repeat(10, 2, seed=1)))
    assert sorted(shuffled) == sorted([*range(10)] * 2)
    added = ten.apply(x.scan(np.int64(0), lambda state, v: (state + v, state + v)))
    assert numbers(added) == np.cumsum(range(10)).tolist()
    turns = x.parallel_interleave(lambda v: tf.data.Dataset.from_tensors(v).repeat(2), 2)
    assert numbers(tf.data.Dataset.range(2).apply(turns)) == [0, 1, 0, 1]
    assert numbers(x.Counter(3).take(2)) == [3, 4]


def test_elements_that_fail_are_left_out(tf):
    rows = tf.data.Dataset.from_tensor_slices(["1", "x", "3"])
    parsed = rows.map(lambda line: tf.decode_csv(line, [tf.int32])[0])
    assert numbers(parsed.apply(tf.data.experimental.ignore_errors())) == [1, 3]


def test_groups(tf):
    step = tf.data.experimental.group_by_window(
        lambda v: v % 2, lambda key, window: window.batch(3), window_size=3
    )
    assert numbers(tf.data.Dataset.range(8).apply(step)) == [[0, 2, 4], [1, 3, 5], [6], [7]]


def test_batches_of_like_lengths(tf):
    rows = tf.data.Dataset.from_generator(
        lambda: iter([[1], [1, 2, 3], [4], [5, 6], [7, 8, 9, 10]]), tf.int32, [None]
    )
    step = tf.data.experimental.bucket_by_sequence_length(
        lambda row: tf.size(row), [2, 4], [2, 2, 1]
    )
    found = numbers(rows.apply(step))
    assert found == [[[1], [4]], [[1, 2, 3], [5, 6, 0]], [[7, 8, 9, 10]]]


def test_several_data_sets(tf):
    low, high = tf.data.Dataset.range(3), tf.data.Dataset.range(10, 13)
    mixed = numbers(tf.data.experimental.sample_from_datasets([low, high], seed=2))
    assert [v for v in mixed if v < 5] == [0, 1, 2]
    assert sorted(mixed) == [0, 1, 2, 10, 11, 12]
    choice = tf.data.Dataset.from_tensor_slices(np.array([1, 0, 1]))
    assert numbers(tf.data.experimental.choose_from_datasets([low, high], choice)) == [10, 0, 11]


def test_a_table_of_text(tf, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("age,name,label\n1,a,0\n2.5,b,1\n,c,1\n")
    table = tf.data.experimental.make_csv_dataset(
        str(path), 3, column_defaults=[[9.0], [""], [0]], label_name="label", num_epochs=1,
        shuffle=False,
    )  # fmt: skip
    ((features, label),) = table.as_numpy_iterator()
    assert features["age"].tolist() == [1, 2.5, 9]
    assert features["name"].tolist() == [b"a", b"b", b"c"]
    assert label.tolist() == [0, 1, 1]


def test_types_of_columns_are_looked_for_in_all_rows(tf, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('a,"b,c"\n1,2\n3,2.5\n')
    table = tf.data.experimental.make_csv_dataset(str(path), 2, num_epochs=1, shuffle=False)
    (found,) = table.as_numpy_iterator()
    assert found["a"].dtype == np.int32
    assert found["b,c"].tolist() == [2, 2.5]


def test_records_of_examples(tf, tmp_path):
    path = str(tmp_path / "records")
    with tf.io.TFRecordWriter(path) as writer:
        for i in range(3):
            number = tf.train.Feature(int64_list=tf.train.Int64List(value=[i]))
            features = tf.train.Features(feature={"x": number})
            writer.write(tf.train.Example(features=features).SerializeToString())
    spec = {"x": tf.io.FixedLenFeature([], tf.int64)}
    found = tf.data.experimental.make_batched_features_dataset(
        path, 2, spec, num_epochs=1, shuffle=False
    )
    assert [batch["x"].tolist() for batch in found.as_numpy_iterator()] == [[0, 1], [2]]


def test_what_is_not_there_is_said(tf):
    with pytest.raises(AttributeError, match="OutOfRangeError"):
        tf.data.experimental.get_next_as_optional  # noqa: B018


def test_how_many_elements_there_are(tf):
    rows = tf.data.Dataset.range(5)
    with tf.Session() as session:
        known = [rows.batch(2), rows.repeat(), rows.repeat().take(3), rows.repeat().map(tf.abs)]
        assert session.run([one.cardinality() for one in known]) == [3, -1, 3, -1]
    assert len(rows.repeat(2)) == 10
    with pytest.raises(TypeError, match="infinite"):
        len(rows.repeat())


def test_batches_are_filled_up_with_computed_numbers(tf):
    lengths = tf.data.Dataset.from_tensor_slices([2, 1])
    end = tf.Variable(3) + 4
    rows = lengths.map(lambda n: (tf.fill([n], n), n))
    batches = rows.padded_batch(2, ([None], []), padding_values=(end, 0))
    iterator = batches.make_initializable_iterator()
    found = iterator.get_next()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(iterator.initializer)
        assert session.run(found)[0].tolist() == [[2, 2], [1, 7]]
