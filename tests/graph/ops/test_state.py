"""Variables, assignment, stop-gradient, tags, placeholders with a default."""

from __future__ import annotations

import copy
import operator
import pickle
import re

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import GiulgiError, GraphError, ShapeError
from giulgi.graph.ops.identities import tag
from giulgi.source import scope
from graph.checks import check_same


def test_a_variable_has_shape_dtype_name_and_value():
    v = gg.Variable([[1.0, 2.0]], name="w")
    assert (v.shape, v.dtype, v.name, v.trainable) == ((1, 2), np.float32, "w", True)
    check_same(v, np.float32([[1, 2]]))
    assert gg.Variable(1).dtype == np.int64
    assert gg.Variable(1, dtype="float64").dtype == np.float64


def test_names_have_the_path_of_scopes_or_a_number():
    with scope("outer"), scope("inner"):
        assert gg.Variable(0.0, name="w").name == "outer/inner/w"
    assert gg.Variable(0.0).name.startswith("variable_")


def test_assigning_at_once():
    v = gg.Variable([1.0, 2.0])
    v.assign([3, 4])
    check_same(v, np.float32([3, 4]))
    v.assign_add(1)
    v.assign_sub([0.5, 1.0])
    check_same(v * 2, np.float32([7, 8]))


IN_PLACE = {
    "+": operator.iadd, "-": operator.isub, "*": operator.imul, "/": operator.itruediv,
    "//": operator.ifloordiv, "%": operator.imod, "**": operator.ipow, "@": operator.imatmul,
}  # fmt: skip


@pytest.mark.parametrize("sign", IN_PLACE)
def test_what_looks_like_changing_a_variable_in_place_is_refused(sign):
    v = gg.Variable([1.0, 2.0], name="v")
    with pytest.raises(gg.errors.GraphError, match=f"v {re.escape(sign)}= value") as caught:
        IN_PLACE[sign](v, 2)
    assert "assign" in caught.value.fix


def test_a_step_that_would_train_nothing_is_refused():
    v = gg.Variable(1.0, name="v")

    @gg.function
    def step():
        nonlocal v
        v -= 0.1 * gg.gradients(v * v, v)

    with pytest.raises(gg.errors.GraphError, match="would not change the variable"):
        step()
    assert float(v) == 1


def test_assigning_keeps_the_digits_of_python_numbers():
    v = gg.Variable(np.float64(0))
    v.assign(0.1)
    assert v.item() == 0.1


def test_an_expression_shows_the_value_of_now():
    v = gg.Variable(1.0)
    y = v * 2
    assert float(y) == 2
    v.assign(5)
    assert float(y) == 10


def test_the_array_a_variable_was_made_of_may_change():
    array = np.array([1.0, 2.0])
    v = gg.Variable(array)
    array[0] = 9
    assert v.tolist() == [1, 2]
    array[0] = 1
    v.assign(array)
    array[0] = 9
    assert v.tolist() == [1, 2]


def test_values_that_do_not_fit():
    v = gg.Variable([1, 2], name="count")
    with pytest.raises(ShapeError, match=r"'count' has shape \(2,\), the new value \(3,\)"):
        v.assign([1, 2, 3])
    with pytest.raises(GraphError, match="holds int64; float32 would lose its fraction"):
        v.assign([0.5, 1.5])
    with pytest.raises(ShapeError):
        gg.assign(v, [[1, 2]])
    assert v.tolist() == [1, 2]


def test_a_fed_value_that_does_not_fit_is_told_in_the_run():
    v, x = gg.Variable([1.0, 2.0]), gg.placeholder("float32", (None,))
    session = gg.Session()
    assert gg.assign(v, x).shape == (2,)
    assert session.run(gg.assign(v, x), {x: [3, 4]}).tolist() == [3, 4]
    with pytest.raises(ShapeError, match="a variable keeps its shape"):
        session.run(gg.assign(v, x), {x: [1]})
    assert session.run(v).tolist() == [3, 4]


def test_a_variable_begins_with_known_shape_and_without_placeholders():
    x = gg.placeholder("float32", (None,))
    for start in (x * 2, gg.sum(x) * gg.Variable(1.0)):
        with pytest.raises(GraphError, match="cannot depend on a placeholder"):
            gg.Variable(start)
    with pytest.raises(ShapeError, match="needs a known shape"):
        gg.Variable(gg.boolean_mask([1.0, 2.0], [True, False]))


def test_a_variable_may_begin_as_a_function_of_another():
    a = gg.Variable([1.0, 2.0])
    b = gg.Variable(a * 10)
    assert b.tolist() == [10, 20]
    a.assign([5, 5])
    assert b.tolist() == [10, 20]  # It is computed once, when it is first used.


def test_looking_at_an_assignment_does_not_carry_it_out():
    v = gg.Variable(1.0, name="v")
    change = gg.assign(v, v + 1)
    assert repr(change) == "Tensor('assign', shape=(), float32)"
    with pytest.raises(GraphError, match="looking at this tensor would assign"):
        change.numpy()
    assert float(v) == 1


def test_an_assignment_is_the_value_that_it_assigns():
    v = gg.Variable(1.0)
    session = gg.Session()
    assert session.run(gg.assign(v, v + 1) * 10) == 20
    assert session.run(v) == 2


def test_a_copy_of_a_variable_is_a_variable_of_its_own():
    v = gg.Variable([1.0, 2.0], name="w", trainable=False)
    v.assign([3, 4])
    for other in (copy.deepcopy(v), pickle.loads(pickle.dumps(v))):
        assert (other.name, other.dtype, other.trainable) == ("w", np.float32, False)
        assert other.tolist() == [3, 4]
        other.assign([5, 6])
        assert v.tolist() == [3, 4]
    first, second = copy.deepcopy([v, v])
    assert first is second


def test_a_variable_is_not_changed_by_its_elements():
    v = gg.Variable([1.0, 2.0])
    with pytest.raises(GraphError, match="cannot be changed in place"):
        v[0] = 3


def test_stop_gradient():
    x = gg.placeholder("float32", (), name="x")
    y = x * gg.stop_gradient(x)
    assert gg.gradients(y, x).numpy({x: 3}) == 3
    assert gg.gradients(gg.stop_gradient(x), x, unconnected="none") is None


def test_a_tag_costs_nothing():
    x = gg.placeholder("float32", (2,), name="x")
    y = tag(x * 2, "my layer")
    assert "result of my layer" in gg.graph_text(y)
    program = gg.Program([y], [x])
    assert "my layer" not in program.text((2,))
    assert program([1, 2])[0].tolist() == [2, 4]


def test_a_placeholder_with_a_default():
    rate = gg.placeholder_with_default(0.5, name="rate")
    y = rate * 2
    assert y.numpy() == 1
    assert y.numpy({rate: 3}) == 6
    session = gg.Session()
    assert session.run(y) == 1
    assert session.run(y, {rate: 3}) == 6
    with pytest.raises(GiulgiError):
        session.run(y, {rate: [1.0, 2.0]})
