"""What is read of records at once is what their messages say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from giulgi.formats.example_proto import Example, Feature, SequenceExample
from giulgi.formats.example_reading import Values, lists_of_example, lists_of_series
from giulgi.formats.wire import DecodeError, varint

WHOLE = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(width=32, allow_nan=False)
FEATURES = st.one_of(
    st.lists(st.binary(max_size=200)).map(lambda x: {"bytes_list": {"value": x}}),
    st.lists(FLOATS, max_size=200).map(lambda x: {"float_list": {"value": x}}),
    st.lists(st.one_of(st.integers(0, 200), WHOLE), max_size=200).map(
        lambda x: {"int64_list": {"value": x}}
    ),
)
DTYPES = {"bytes_list": "string", "float_list": "float32", "int64_list": "int64"}


def same(found, told):
    ((kind, values),) = told.items()
    assert found.dtype == DTYPES[kind]
    assert found.array.tolist() == values["value"]
    assert found.array.dtype == (object if kind == "bytes_list" else DTYPES[kind])
    assert found.array.flags.writeable


@given(st.dictionaries(st.text(max_size=150), FEATURES, max_size=5))
def test_lists_are_those_of_the_message(told):
    record = Example(features={"feature": told}).SerializeToString()
    found = lists_of_example(record)
    assert set(found) == set(told)
    for name, feature in told.items():
        same(found[name], feature)


@given(
    st.dictionaries(st.text(max_size=9), FEATURES, max_size=3),
    st.dictionaries(st.text(max_size=9), st.lists(FEATURES, max_size=4), max_size=3),
)
def test_series_are_those_of_the_message(whole, steps):
    record = SequenceExample(
        context={"feature": whole},
        feature_lists={"feature_list": {k: {"feature": v} for k, v in steps.items()}},
    ).SerializeToString()
    context, series = lists_of_series(record)
    assert set(context) == set(whole)
    for name, feature in whole.items():
        same(context[name], feature)
    assert {name: len(found) for name, found in series.items()} == {
        name: len(told) for name, told in steps.items()
    }
    for name, told in steps.items():
        for found, feature in zip(series[name], told, strict=True):
            same(found, feature)


def test_numbers_may_stand_one_by_one_and_fields_be_unknown():
    # Of a message that is not packed: field 1 twice, as a varint; and of floats, as 4 bytes.
    whole = b"\x1a\x04\x08\x03\x08\x05"
    floats = b"\x12\x0a\x0d\x00\x00\x80\x3f\x0d\x00\x00\x00\x40"

    def entry(name, feature):
        inner = b"\x0a" + bytes([len(name)]) + name + b"\x12" + bytes([len(feature)]) + feature
        return b"\x0a" + bytes([len(inner)]) + inner

    features = entry(b"n", whole) + entry(b"f", floats) + entry(b"none", b"")
    record = b"\x48\x01" + b"\x0a" + bytes([len(features)]) + features + b"\x55\x01\x02\x03\x04"
    found = lists_of_example(record)
    assert found["n"].array.tolist() == [3, 5]
    assert found["f"].array.tolist() == [1.0, 2.0]
    assert "none" not in found


def test_an_empty_list_is_there():
    told = Example(features={"feature": {"x": Feature(float_list={"value": []})}})
    told.features.feature["x"].float_list.SetInParent()
    assert isinstance(lists_of_example(told.SerializeToString())["x"], Values)


@pytest.mark.parametrize("record", [b"\x0a\x05\x0a", b"\x0b", b"\x0a\xff", b"\x08\xff"])
def test_other_bytes_are_an_error(record):
    with pytest.raises(DecodeError):
        lists_of_example(record)


def test_a_number_that_does_not_end_is_an_error():
    values = np.arange(100, dtype=np.int64)
    record = Example(
        features={"feature": {"x": {"int64_list": {"value": values}}}}
    ).SerializeToString()
    with pytest.raises(DecodeError, match="does not end"):
        lists_of_example(record[:-1] + b"\xff")


@pytest.mark.parametrize("count", [0, 100])
@pytest.mark.parametrize("last", [b"\x02", b"\x7f", b"\x80\x00"])
def test_a_number_of_more_than_64_bits_is_an_error(count, last):
    many = b"\x05" * count
    packed = many + b"\x80" * 9 + b"\x01" + many
    assert numbers_of(packed).tolist() == [5] * count + [-(2**63)] + [5] * count
    with pytest.raises(DecodeError, match=r"does not end|more than 64 bits"):
        numbers_of(many + b"\x80" * 9 + last + many)


def numbers_of(packed):
    """Return what is read of an example with one list of packed whole numbers."""

    def field(tag, content):
        return bytes([tag]) + varint(len(content)) + content

    whole = field(0x1A, field(0x0A, packed))
    entry = field(0x0A, field(0x0A, b"n") + field(0x12, whole))
    return lists_of_example(field(0x0A, entry))["n"].array
