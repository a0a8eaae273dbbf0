"""What every op tells of itself."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

import pytest

from giulgi.graph.op import Op, Spec
from giulgi.graph.ops.contraction import MatMul
from giulgi.graph.ops.elementwise import Add, FloorDivide, Negative
from giulgi.graph.ops.joining import Concat
from giulgi.graph.ops.leaves import Constant
from giulgi.graph.ops.reductions import AnyOf, Sum
from graph.test_case_table import subclasses

OPS = sorted(subclasses(Op) - {Constant}, key=lambda op: op.__name__)


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.__name__)
def test_an_op_is_a_frozen_dataclass_that_can_be_compared(op):
    assert is_dataclass(op)
    assert op.__dataclass_params__.frozen
    assert op.__hash__ is not None
    # Attributes must not hide what the machinery asks an op.
    taken = {name for name in vars(Op) if not name.startswith("_")}
    assert not taken & {field.name for field in fields(op)}


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.__name__)
def test_an_op_has_a_name_and_a_line_of_documentation(op):
    assert op.name == op.name.lower()
    assert op.__doc__
    assert not op.__doc__.startswith(f"{op.__name__}("), "the docstring is dataclass's own"


def test_names_of_arguments_are_those_of_the_meaning():
    assert Add.argument_names(2) == ("a", "b")
    assert Negative.argument_names(1) == ("x",)
    assert Concat.argument_names(3) == ("xs[0]", "xs[1]", "xs[2]")


def test_names_come_from_the_class():
    assert FloorDivide.name == "floor_divide"
    assert MatMul.name == "matmul"
    assert AnyOf.name == "any"


def test_equal_attributes_make_equal_ops():
    assert Sum((0,), False) == Sum((0,), False)
    assert hash(Sum((0,), False)) == hash(Sum((0,), False))
    assert Sum((0,), False) != Sum((1,), False)


def test_a_spec_as_text():
    import numpy as np

    assert str(Spec((None, 3), np.dtype("float32"))) == "float32 (?, 3)"
