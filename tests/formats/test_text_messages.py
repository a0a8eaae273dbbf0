"""Messages as text, as people and protocol buffers write it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from giulgi.formats.event_proto import Event
from giulgi.formats.graph_proto import AttrValue, GraphDef, NodeDef
from giulgi.formats.text_messages import ParseError, merge

TEXT = r"""
node { name: "x" op: 'Place' "holder"  # a comment
  input: ["a", "^b"]
  attr { key: "dtype" value { type: DT_FLOAT } }
  attr < key: "shape" value: < shape { dim { size: -1 } dim { size: 3 } } > >;
  attr { key: "empty" value { shape { } } }
  attr { key: "value" value { tensor { tensor_content: "\000\101\x42\n\"" float_val: 1.5e-3 } } }
}
library { function { signature { name: "f" } } lists: [1, 2] text: "}" "{" }
versions { producer: 21 }
"""


def test_what_people_write_is_read():
    graph = merge(TEXT, GraphDef())
    (node,) = graph.node
    assert (node.name, node.op, list(node.input)) == ("x", "Placeholder", ["a", "^b"])
    assert node.attr["dtype"].type == 1
    assert [dim.size for dim in node.attr["shape"].shape.dim] == [-1, 3]
    assert node.attr["empty"].WhichOneof("value") == "shape"
    assert node.attr["value"].tensor.tensor_content == b'\x00AB\n"'
    assert node.attr["value"].tensor.float_val == [pytest.approx(1.5e-3)]
    assert graph.versions.producer == 21


def test_numbers_of_dtypes_are_written_by_name():
    assert str(AttrValue(type=9)) == "type: DT_INT64\n"
    assert str(AttrValue(type=101)) == "type: DT_FLOAT_REF\n"
    assert str(AttrValue(type=99)) == "type: 99\n"


def one_nan(value):
    """Return a float, NaN without its sign and the other bits that no text tells."""
    return math.nan if math.isnan(value) else value


@given(
    st.lists(st.tuples(st.text(), st.binary(), st.integers(-(2**63), 2**63 - 1)), max_size=4),
    st.lists(st.floats(width=32).map(one_nan)),
    st.floats().map(one_nan),
)
def test_what_is_written_is_read_again(rows, floats, time):
    graph = GraphDef()
    for name, content, number in rows:
        node = graph.node.add(name=name, input=[name, "y"])
        node.attr["s"].s = content
        node.attr["i"].i = number
        node.attr["list"].list.b.extend([bool(floats), True])
        node.attr["list"].list.f.extend(floats)
        for value in floats[:1]:
            node.attr["f"].f = value
    assert merge(str(graph), GraphDef()) == graph
    event = Event(wall_time=time)
    assert merge(str(event), Event()) == event


@pytest.mark.parametrize(
    ("text", "value"),
    [("-inf", -math.inf), ("Infinity", math.inf), ("inff", math.inf), ("1.5f", 1.5), ("-1F", -1.0),
     (".5", 0.5), ("1.e2", 100.0), ("1e39", math.inf), ("-1e400", -math.inf), ("+2", 2.0)],
)  # fmt: skip
def test_floats(text, value):
    assert merge(f"f: {text}", AttrValue()).f == value


def test_no_number_is_a_float_of_its_own():
    assert math.isnan(merge("f: nan", AttrValue()).f)
    assert str(merge("f: 0.1", AttrValue())) == "f: 0.1\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [("010", 8), ("-010", -8), ("0x1F", 31), ("-0X1f", -31), ("00", 0), ("+5", 5),
     ("9223372036854775807", 2**63 - 1), ("-9223372036854775808", -(2**63))],
)  # fmt: skip
def test_whole_numbers(text, value):
    assert merge(f"i: {text}", AttrValue()).i == value


@pytest.mark.parametrize(
    ("text", "value"),
    [(r"\u00e9", "é"), (r"\U0001f600", "😀"), (r"\xc3\xa9", "é"), (r"\\u00e9", "\\u00e9"),
     (r"\1234", "S4"), (r"\xc3' '\xa9", "é"), (r"\'\"\t", "'\"\t")],
)  # fmt: skip
def test_escapes(text, value):
    assert merge(f"name: '{text}'", NodeDef()).name == value


def test_bytes_that_are_no_text_stay_what_they_are():
    assert merge(r's: "\xff\377"', AttrValue()).s == b"\xff\xff"
    node = NodeDef.FromString(b"\x0a\x01\xff")
    assert node.SerializeToString() == b"\x0a\x01\xff"
    assert str(node) == 'name: "\\xff"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("node { name: 3 }", "1:14 : expected text in quotes, found '3'"),
        ('node {\n name "x" }', "2:7 : expected ':'"),
        ("node {", "1:7 : the text ends"),
        ("node { attr { value { type: DT_FOO } } }", "1:29 : 'DT_FOO' is no enum"),
        ("$", "1:1 : '\\$' does not belong here"),
        ("versions { producer: x }", "1:22 : 'x' is no int32"),
        ("}", "1:1 : expected the name of a field"),
        (r'node { name: "\xff" }', "1:14 : a string has bytes that are no UTF-8"),
        (r'node { name: "\ud800" }', "1:14 : .*means no character"),
        (r'node { name: "\U0011ffff" }', "1:14 : .*means no character"),
        (r'node { name: "\400" }', "1:14 : .*means no character"),
        (r'node { name: "\x" }', "1:14 : .*means no character"),
        ("versions { producer: 2147483648 }", "1:22 : 2147483648 does not fit into int32"),
        ("versions { producer: 08 }", "1:22 : '08' is no int32"),
        ("node { attr { value { i: 9223372036854775808 } } }", "does not fit into int64"),
        ("node { attr { value { type: 2147483648 } } }", "does not fit into enum"),
        ("node { attr { value { i: 1.0 } } }", "'1.0' is no int64"),
        ("node { attr { value { f: 010 } } }", "'010' is no float"),
        ("node { attr { value { f: -in } } }", "'-in' is no float"),
        ("node { attr { value { b: 2 } } }", "'2' is no bool"),
    ],
)
def test_other_text_is_an_error(text, said):
    with pytest.raises(ParseError, match=said):
        merge(text, GraphDef())


def test_fields_are_added_to_those_that_are_there():
    node = NodeDef(name="x", input=["a"])
    assert merge('input: "b" op: "Add"', node) is node
    assert (node.name, list(node.input)) == ("x", ["a", "b"])
