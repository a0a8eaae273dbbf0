"""Summaries: what a program logs is in the files that TensorBoard reads."""

from pathlib import Path

import numpy as np
import pytest

from giulgi.formats.events import read_events
from giulgi.formats.graph_proto import GraphDef

GOLDEN = Path(__file__).parents[1] / "formats" / "golden"


def events_in(folder):
    (path,) = Path(folder).iterdir()
    return list(read_events(path))[1:]


def test_summaries_are_those_of_tensorflow(tf):
    numbers = tf.constant([-1.5, 0.0, 0.25, 3.0, 3.0], name="numbers")
    picture = np.array([[[[-1.0], [0.0]], [[0.5], [2.0]]]], np.float32)
    tf.summary.scalar("loss", numbers[3])
    tf.summary.histogram("spread", numbers)
    tf.summary.image("picture", picture)
    with tf.Session() as session:
        found = tf.Summary.FromString(session.run(tf.summary.merge_all()))
    expected = list(read_events(GOLDEN / "tensorflow.events"))[1].summary
    assert found.value[0] == expected.value[0]
    assert found.value[1] == expected.value[1]
    mine, theirs = found.value[2], expected.value[2]
    assert mine.tag == theirs.tag
    image = pytest.importorskip("matplotlib.image")
    from io import BytesIO

    pixels = [
        image.imread(BytesIO(x.image.encoded_image_string), format="png") for x in (mine, theirs)
    ]
    np.testing.assert_array_equal(*pixels)


def test_what_a_program_logs(tf, tmp_path):
    with tf.name_scope("layer"):
        x = tf.placeholder(tf.float32, [], name="x")
        tf.summary.scalar("twice", x * 2.0)
    tf.summary.scalar("bad name!", x)
    merged = tf.summary.merge_all()
    with tf.Session() as session:
        writer = tf.summary.FileWriter(str(tmp_path), session.graph)
        for step in range(3):
            writer.add_summary(session.run(merged, {x: step}), step)
        own = tf.Summary(value=[tf.Summary.Value(tag="own", simple_value=4.0)])
        writer.add_summary(own, global_step=9)
        writer.close()
    graph, *events, last = events_in(tmp_path)
    nodes = {node.name: node for node in GraphDef.FromString(graph.graph_def).node}
    assert nodes["layer/x"].op == "Placeholder"
    assert nodes["layer/twice"].op == "ScalarSummary"
    found = [(e.step, [(v.tag, v.simple_value) for v in e.summary.value]) for e in events]
    assert found == [(i, [("layer/twice", 2.0 * i), ("bad_name_", 1.0 * i)]) for i in range(3)]
    assert (last.step, last.summary.value[0].tag) == (9, "own")


def test_names_of_former_times(tf, tmp_path):
    x = tf.constant(3.0)
    tf.scalar_summary("a tag", x)
    tf.histogram_summary("h", tf.constant([1.0, 2.0]))
    with tf.Session() as session:
        writer = tf.train.SummaryWriter(str(tmp_path), graph_def=session.graph_def)
        writer.add_summary(session.run(tf.merge_all_summaries()), 1)
        writer.flush()
    graph, event = events_in(tmp_path)
    assert b"_giulgi" not in graph.graph_def
    assert [value.tag for value in event.summary.value] == ["a tag", "h"]


def test_a_histogram_of_what_is_no_number_is_an_error(tf):
    found = tf.summary.histogram("h", tf.constant([1.0, np.nan], name="c"))
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="for: h"):
        session.run(found)


def test_each_merging_has_a_scope_of_its_own(tf):
    scalar = tf.summary.scalar("loss", tf.constant(1.0))
    names = [tf.summary.merge([scalar], name=name).name for name in (None, None, "all")]
    assert names == ["Merge/MergeSummary:0", "Merge_1/MergeSummary:0", "all/all:0"]


def test_without_summaries_there_is_nothing_to_merge(tf):
    assert tf.summary.merge_all() is None


def test_pictures_sounds_and_text(tf, tmp_path):
    tf.summary.image("p", np.random.rand(4, 3, 2, 3).astype("f"), max_outputs=2)
    tf.summary.audio("s", np.zeros((1, 100), "f"), 8000.0, max_outputs=1)
    tf.summary.text("t", tf.constant("hello"))
    with tf.Session() as session:
        found = tf.Summary.FromString(session.run(tf.summary.merge_all())).value
    assert [value.tag for value in found] == ["p/image/0", "p/image/1", "s/audio", "t"]
    assert found[2].audio.length_frames == 100
    assert found[2].audio.encoded_audio_string[:4] == b"RIFF"
    assert found[3].metadata.plugin_data.plugin_name == "text"
    assert found[3].tensor.string_val[0] == b"hello"


def test_a_histogram_that_a_program_fills_itself(tf, tmp_path):
    counts, edges = np.histogram([1.0, 2.0, 2.5], bins=3)
    told = tf.HistogramProto(min=1.0, max=2.5, num=3.0)
    for limit, count in zip(edges[1:], counts, strict=True):
        told.bucket_limit.append(limit)
        told.bucket.append(count)
    writer = tf.summary.FileWriter(str(tmp_path))
    writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="h", histo=told)]), 4)
    writer.close()
    (path,) = tmp_path.iterdir()
    (value,) = [v for e in tf.train.summary_iterator(str(path)) for v in e.summary.value]
    assert list(value.histo.bucket) == [1, 0, 2]
    assert value.histo.max == 2.5
