"""Messages of protocol buffers: bytes of the documentation of the encoding, and what TF wrote."""

from pathlib import Path

import numpy as np
import pytest

from giulgi.formats.distributions import histogram_of
from giulgi.formats.event_proto import Event, Summary, Value, png
from giulgi.formats.events import EventFile, read_events
from giulgi.formats.messages import Message
from giulgi.formats.wire import DecodeError

GOLDEN = Path(__file__).parent / "golden"


class Inner(Message):
    FIELDS = {"a": (1, "int32"), "b": (2, "string")}


class Outer(Message):
    FIELDS = {
        "c": (3, Inner), "d": (4, ["int32"]), "m": (5, {"string": Inner}), "x": (6, "float"),
        "y": (7, "bytes"),
    }  # fmt: skip
    CHOICES = {"one": ("x", "y")}


def test_bytes_of_the_encodings_documentation():
    assert Inner(a=150).SerializeToString() == bytes.fromhex("089601")
    assert Inner(b="testing").SerializeToString() == bytes.fromhex("120774657374696e67")
    assert Outer(c=Inner(a=150)).SerializeToString() == bytes.fromhex("1a03089601")
    assert Outer(d=[3, 270, 86942]).SerializeToString() == bytes.fromhex("2206038e029ea705")


def test_all_kinds_come_back():
    made = Outer(c=Inner(a=-1, b="ü"), d=[1, 2], m={"k": Inner(a=2)}, x=0.5)
    found = Outer.FromString(made.SerializeToString())
    assert found == made
    assert (found.c.a, found.c.b, list(found.d), found.m["k"].a, found.x) == (
        -1,
        "ü",
        [1, 2],
        2,
        0.5,
    )


def test_fields_that_are_not_known_are_skipped():
    assert Inner.FromString(bytes.fromhex("1a03089601089601")).a == 150


def test_of_a_choice_one_is_there():
    made = Outer(x=1.0)
    made.y = b"z"
    assert (made.WhichOneof("one"), made.HasField("x"), made.x) == ("y", False, 0.0)


def test_a_message_that_was_only_looked_at_is_not_there():
    made = Outer()
    assert made.c.a == 0
    assert not made.HasField("c")
    made.c.a = 0
    assert made.HasField("c")


@pytest.mark.parametrize("data", ["08", "0a05", "1a0308"])
def test_cut_off_messages_are_an_error(data):
    with pytest.raises(DecodeError):
        Outer.FromString(bytes.fromhex(data))


def test_events_of_tensorflow_are_read():
    first, second = read_events(GOLDEN / "tensorflow.events")
    assert first.file_version == "brain.Event:2"
    assert second.step == 7
    loss, spread, picture = second.summary.value
    assert (loss.tag, loss.simple_value) == ("loss", 3.0)
    expected = histogram_of(np.array([-1.5, 0.0, 0.25, 3.0, 3.0]))
    assert spread.histo == expected
    assert (picture.image.height, picture.image.width, picture.image.colorspace) == (2, 2, 1)


def test_events_are_written_as_they_are_read(tmp_path):
    file = EventFile(str(tmp_path))
    file.add(Event(step=3, summary=Summary(value=[Value(tag="t", simple_value=1.5)])))
    file.close()
    _, event = read_events(file.path)
    assert (event.step, event.summary.value[0].simple_value) == (3, 1.5)


def test_an_event_that_is_not_written_to_its_end_is_left_out(tmp_path):
    whole = (GOLDEN / "tensorflow.events").read_bytes()
    path = tmp_path / "cut"
    path.write_bytes(whole[:-3])
    assert len(list(read_events(path))) == 1


def test_pictures_are_png():
    image = pytest.importorskip("matplotlib.image")
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3) * 10
    from io import BytesIO

    found = image.imread(BytesIO(png(pixels)), format="png")
    np.testing.assert_array_equal(np.round(found * 255).astype(np.uint8), pixels)
