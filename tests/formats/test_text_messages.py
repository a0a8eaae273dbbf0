"""Messages as text, as people and protocol buffers write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@given(
    st.lists(st.tuples(st.text(), st.binary(), st.integers(-(2**63), 2**63 - 1)), max_size=4),
    st.booleans(),
)
def test_what_is_written_is_read_again(rows, flag):
    graph = GraphDef()
    for name, content, number in rows:
        node = graph.node.add(name=name, input=[name, "y"])
        node.attr["s"].s = content
        node.attr["i"].i = number
        node.attr["list"].list.b.extend([flag, True])
    assert merge(str(graph), GraphDef()) == graph


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
    ],
)
def test_other_text_is_an_error(text, said):
    with pytest.raises(ParseError, match=said):
        merge(text, GraphDef())


def test_fields_are_added_to_those_that_are_there():
    node = NodeDef(name="x", input=["a"])
    assert merge('input: "b" op: "Add"', node) is node
    assert (node.name, list(node.input)) == ("x", ["a", "b"])
