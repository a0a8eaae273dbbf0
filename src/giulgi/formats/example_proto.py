"""Examples as TensorFlow keeps them in records: named lists of bytes, floats and whole numbers."""

from __future__ import annotations

from giulgi.formats.messages import Message


class BytesList(Message):
    """Pieces of bytes."""

    FIELDS = {"value": (1, ["bytes"])}


class FloatList(Message):
    """Floats of 32 bits."""

    FIELDS = {"value": (1, ["float"])}


class Int64List(Message):
    """Whole numbers."""

    FIELDS = {"value": (1, ["int64"])}


class Feature(Message):
    """One of the three lists."""

    FIELDS = {
        "bytes_list": (1, BytesList),
        "float_list": (2, FloatList),
        "int64_list": (3, Int64List),
    }
    CHOICES = {"kind": ("bytes_list", "float_list", "int64_list")}


class Features(Message):
    """Lists by their names."""

    FIELDS = {"feature": (1, {"string": Feature})}


class FeatureList(Message):
    """Lists one after another."""

    FIELDS = {"feature": (1, [Feature])}


class FeatureLists(Message):
    """Series of lists by their names."""

    FIELDS = {"feature_list": (1, {"string": FeatureList})}


class Example(Message):
    """An example."""

    FIELDS = {"features": (1, Features)}


class SequenceExample(Message):
    """An example that is a series, with what holds for all of it."""

    FIELDS = {"context": (1, Features), "feature_lists": (2, FeatureLists)}
