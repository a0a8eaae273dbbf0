"""Records, examples, and tables of text: written, read and parsed as TensorFlow does."""

import base64
import gzip

import numpy as np
import pytest

from giulgi.compat.errors import InvalidArgumentError, NotFoundError
from giulgi.formats.example_proto import Example

# What TensorFlow's protocol buffers write for {"a": [1, 2], "f": [0.5], "s": [b"xy"]}.
SERIALIZED = base64.b64decode("CikKCwoBYRIGGgQKAgECCg0KAWYSCBIGCgQAAAA/CgsKAXMSBgoECgJ4eQ==")


def example(tf):
    feature = tf.train.Feature
    lists = {
        "a": feature(int64_list=tf.train.Int64List(value=[1, 2])),
        "f": feature(float_list=tf.train.FloatList(value=[0.5])),
        "s": feature(bytes_list=tf.train.BytesList(value=[b"xy"])),
    }
    return tf.train.Example(features=tf.train.Features(feature=lists))


def run(tf, fetches):
    with tf.Session() as session:
        return session.run(fetches)


def test_examples_are_written_and_read(tf):
    record = example(tf).SerializeToString()
    read = tf.train.Example.FromString(record)
    assert read.features.feature["a"].int64_list.value == [1, 2]
    assert read.features.feature["s"].bytes_list.value[0] == b"xy"
    assert record == SERIALIZED


@pytest.mark.parametrize("compression", ["", "GZIP", "ZLIB"])
def test_records_are_written_and_read(tf, tmp_path, compression):
    path = str(tmp_path / "records")
    options = tf.python_io.TFRecordOptions(compression)
    with tf.python_io.TFRecordWriter(path, options) as writer:
        for i in range(3):
            writer.write(b"x" * i)
    assert list(tf.python_io.tf_record_iterator(path, options)) == [b"", b"x", b"xx"]
    dataset = tf.data.TFRecordDataset(path, compression)
    assert next(iter(dataset.batch(3).as_numpy_iterator())).tolist() == [b"", b"x", b"xx"]


def test_one_example_is_parsed(tf):
    found = run(
        tf,
        tf.parse_single_example(
            example(tf).SerializeToString(),
            {
                "a": tf.FixedLenFeature([2], tf.int64),
                "s": tf.FixedLenFeature([], tf.string),
                "absent": tf.FixedLenFeature([2], tf.float32, 7.0),
                "a pieces": tf.FixedLenSequenceFeature([2], tf.int64, allow_missing=True),
            },
        ),
    )
    assert found["a"].tolist() == [1, 2]
    assert found["s"] == b"xy"
    assert found["absent"].tolist() == [7, 7]
    assert found["a pieces"].shape == (0, 2)


@pytest.mark.parametrize(
    ("key", "shape", "dtype", "said"),
    [
        ("a", [3], "int64", "Values size: 2"),
        ("b", [3], "int64", "Feature: b .* is required"),
        ("a", [2], "float32", "Expected type: float32"),
    ],
)
def test_what_does_not_fit_is_told(tf, key, shape, dtype, said):
    spec = {key: tf.FixedLenFeature(shape, getattr(tf, dtype))}
    parsed = tf.parse_single_example(example(tf).SerializeToString(), spec)
    with pytest.raises(InvalidArgumentError, match=said):
        run(tf, parsed)


def test_several_examples_are_parsed(tf):
    longer = example(tf)
    longer.features.feature["a"].int64_list.value.append(3)
    records = [example(tf).SerializeToString(), longer.SerializeToString()]
    spec = {
        "f": tf.FixedLenFeature([1], tf.float32),
        "a": tf.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
    }
    found = run(tf, tf.parse_example(records, spec))
    assert found["a"].tolist() == [[1, 2, 0], [1, 2, 3]]
    assert found["f"].tolist() == [[0.5], [0.5]]


def test_a_series_is_parsed(tf):
    steps = [tf.train.Feature(int64_list=tf.train.Int64List(value=[i, i * i])) for i in range(3)]
    series = tf.train.SequenceExample(
        context=example(tf).features,
        feature_lists=tf.train.FeatureLists(
            feature_list={"t": tf.train.FeatureList(feature=steps)}
        ),
    )
    context, found = run(
        tf,
        tf.parse_single_sequence_example(
            series.SerializeToString(),
            {"f": tf.FixedLenFeature([1], tf.float32)},
            {"t": tf.FixedLenSequenceFeature([2], tf.int64)},
        ),
    )
    assert context["f"].tolist() == [0.5]
    assert found["t"].tolist() == [[0, 0], [1, 1], [2, 4]]


def test_tables_of_text(tf):
    columns = tf.decode_csv(["1,2.5,ab", '3,,"x,y"'], [[0], [1.5], ["q"]])
    whole, parts, words = run(tf, columns)
    assert (whole.tolist(), parts.tolist(), words.tolist()) == ([1, 3], [2.5, 1.5], [b"ab", b"x,y"])
    assert whole.dtype == np.int32
    assert run(tf, tf.decode_csv(" 1 ; a b ", [[0], [""]], ";")) == [1, b" a b "]
    for line, said in [("1", "Expect 2 fields"), ("1.5,2", "valid int32"), (",2", "required")]:
        with pytest.raises(InvalidArgumentError, match=said):
            run(tf, tf.decode_csv(line, [tf.int32, [0]]))


def test_bytes_as_numbers(tf):
    found = run(tf, tf.decode_raw([b"\x01\x02\x03\x04", b"\x05\x06\x07\x08"], tf.uint8))
    assert found.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert run(tf, tf.decode_raw(b"\1\2\3\4", tf.uint16, little_endian=False)).tolist() == [
        258,
        772,
    ]
    with pytest.raises(InvalidArgumentError, match="not a multiple of 2"):
        run(tf, tf.decode_raw(b"\1\2\3", tf.int16))


def test_data_sets_of_files(tf, tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"h\r\n1,2\r\n3,4")
    lines = tf.data.TextLineDataset([str(path)] * 2).skip(1)
    assert list(lines.as_numpy_iterator()) == [b"1,2", b"3,4", b"h", b"1,2", b"3,4"]
    pieces = tf.data.FixedLengthRecordDataset(str(path), 4, header_bytes=3, footer_bytes=0)
    assert list(pieces.as_numpy_iterator()) == [b"1,2\r", b"\n3,4"]
    rows = tf.data.experimental.CsvDataset(str(path), [tf.int32, tf.float32], header=True)
    assert [tuple(map(float, row)) for row in rows.as_numpy_iterator()] == [(1, 2), (3, 4)]
    (tmp_path / "table.gz").write_bytes(gzip.compress(path.read_bytes()))
    packed = tf.data.TextLineDataset(str(tmp_path / "table.gz"), "GZIP")
    assert list(packed.as_numpy_iterator()) == [b"h", b"1,2", b"3,4"]
    found = tf.data.Dataset.list_files(str(tmp_path / "*")).flat_map(tf.data.TextLineDataset)
    assert sum(line == b"1,2" for line in found.as_numpy_iterator()) == 1
    with pytest.raises(NotFoundError, match="absent"):
        list(tf.data.TextLineDataset("absent").as_numpy_iterator())


def test_a_record_of_protocol_buffers_is_read():
    found = Example.FromString(SERIALIZED)
    assert found.features.feature["f"].float_list.value == [0.5]


def test_sparse_tensors_go_through_data_sets(tf):
    def record(values):
        numbers = tf.train.Feature(int64_list=tf.train.Int64List(value=values))
        features = tf.train.Features(feature={"v": numbers})
        return tf.train.Example(features=features).SerializeToString()

    def parse(serialized):
        return tf.parse_single_example(serialized, {"v": tf.VarLenFeature(tf.int64)})["v"]

    rows = tf.data.Dataset.from_tensor_slices([record([1, 2]), record([3]), record([])])
    sparse = rows.map(parse).batch(3)
    assert sparse.output_types == tf.int64
    found = sparse.make_one_shot_iterator().get_next()
    dense = sparse.map(tf.sparse_tensor_to_dense).make_one_shot_iterator().get_next()
    value, array = run(tf, [found, dense])
    assert value.indices.tolist() == [[0, 0], [0, 1], [1, 0]]
    assert value.dense_shape.tolist() == [3, 2]
    assert array.tolist() == [[1, 2], [3, 0], [0, 0]]


def test_a_damaged_record_is_not_handed_out(tf, tmp_path):
    path = tmp_path / "records"
    with tf.python_io.TFRecordWriter(str(path)) as writer:
        writer.write(b"sound")
        writer.write(b"damaged")
    path.write_bytes(path.read_bytes().replace(b"damaged", b"dXmaged"))
    records = tf.python_io.tf_record_iterator(str(path))
    assert next(records) == b"sound"
    with pytest.raises(tf.errors.DataLossError):
        next(records)
    with tf.Session() as session:
        element = tf.data.TFRecordDataset(str(path)).make_one_shot_iterator().get_next()
        assert session.run(element) == b"sound"
        with pytest.raises(tf.errors.DataLossError):
            session.run(element)


def test_a_graph_that_parses_records_comes_back_from_a_file(tf):
    expected = {
        "a": tf.VarLenFeature(tf.int64),
        "f": tf.FixedLenFeature([1], tf.float32),
        "s": tf.FixedLenFeature([], tf.string),
        "none": tf.FixedLenFeature([2], tf.string, default_value=[b"\xff", b"?"]),
        "more": tf.FixedLenSequenceFeature([], tf.float32, allow_missing=True),
    }
    found = tf.parse_example(tf.placeholder(tf.string, [None], name="records"), expected)
    names = [found["a"].values.name, *(found[key].name for key in ("f", "s", "none", "more"))]
    # As another process would read it.
    definition = tf.GraphDef.FromString(tf.get_default_graph().as_graph_def().SerializeToString())
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(definition, name="")
        a, f, s, none, more = session.run(names, {"records:0": [SERIALIZED, SERIALIZED]})
    assert a.tolist() == [1, 2, 1, 2]
    assert f.tolist() == [[0.5], [0.5]]
    assert s.tolist() == [b"xy", b"xy"]
    assert none.tolist() == [[b"\xff", b"?"]] * 2
    assert more.shape == (2, 0)
