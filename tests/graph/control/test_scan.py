"""gg.scan: a loop as graph, its values, its gradients, and its mistakes."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, DTypeError, GraphError, ShapeError

XS = np.arange(6.0, dtype=np.float32).reshape(3, 2)


def test_sums_and_their_last():
    total, sums = gg.scan(lambda s, x: (s + x, s + x), 0.0, [1.0, 2.0, 3.0])
    assert float(total) == 6
    assert sums.tolist() == [1, 3, 6]


def test_backwards_the_results_stay_at_their_places():
    total, sums = gg.scan(lambda s, x: (s + x, s + x), 0.0, [1.0, 2.0, 3.0], reverse=True)
    assert float(total) == 6
    assert sums.tolist() == [6, 5, 3]


def test_states_elements_and_results_may_be_nested():
    def step(state, element):
        return {"a": state["a"] + element[0], "b": state["b"] * 2}, (state["b"], [element[1]])

    state, (b, [second]) = gg.scan(step, {"a": gg.zeros(2), "b": 1.0}, (XS, [1.0, 2.0, 3.0]))
    assert state["a"].tolist() == [6, 9]
    assert float(state["b"]) == 8
    assert b.tolist() == [1, 2, 4]
    assert second.tolist() == [1, 2, 3]


def test_without_sequences_the_steps_are_numbered():
    last, every = gg.scan(lambda s, t: (s * 2, t), 1, length=5)
    assert int(last) == 32
    assert every.tolist() == [0, 1, 2, 3, 4]


def test_a_step_may_keep_nothing():
    last, nothing = gg.scan(lambda s, x: (s + x, None), 0.0, [1.0, 2.0])
    assert float(last) == 3
    assert nothing is None


def test_no_step_leaves_the_first_state():
    last, every = gg.scan(lambda s, x: (s + x, s), gg.ones(2), np.zeros((0, 2), np.float32))
    assert last.tolist() == [1, 1]
    assert every.shape == (0, 2)
    assert every.numpy().shape == (0, 2)


def test_a_mask_leaves_the_state_as_it_was():
    last, every = gg.scan(
        lambda s, x: (s + x, s), gg.zeros(2), XS, mask=[[True, False], [False, False], [True, True]]
    )
    assert last.tolist() == [4, 5]
    assert every.tolist() == [[0, 0], [0, 0], [0, 0]]


def test_what_is_the_same_in_every_step_is_computed_once():
    w = gg.Variable(np.eye(2, dtype=np.float32))
    x = gg.placeholder("float32", (3, 2), name="x")
    last, _ = gg.scan(lambda s, x: (s + x @ gg.exp(w), None), gg.zeros(2), x)
    text = gg.Program([last], [x]).text()
    outside, inside = text.split("loop 1:")
    assert "exp" in outside
    assert "exp" not in inside


def test_each_step_draws_its_own_numbers():
    def step(state, x):
        return state, (gg.random.uniform((2,)), gg.random.uniform(gg.shape(x)))

    x = gg.placeholder("float32", (None, 3), name="x")
    _, (a, b) = gg.scan(step, 0.0, x)
    a, b = gg.Program([a, b], [x])(np.zeros((4, 3), np.float32))
    assert a.shape == (4, 2)
    assert b.shape == (4, 3)
    assert len(np.unique(a)) == 8
    assert len(np.unique(b)) == 12


def test_steps_whose_gradient_needs_nothing_of_them():
    x = gg.placeholder("float32", (None,), name="x")
    last, _ = gg.scan(lambda s, x: (2 * s + x, None), 0.0, x)
    assert gg.gradients(last, x).numpy({x: [5, 6, 7]}).tolist() == [4, 2, 1]


def test_loops_in_loops():
    def outer(state, row):
        total, every = gg.scan(lambda s, x: (s + x * state, s), 0.0, row)
        return state + total, every

    x = gg.placeholder("float32", (None, None), name="x")
    last, every = gg.scan(outer, 1.0, x)
    slope = gg.gradients(last, x)
    last, every, slope = gg.Program([last, every, slope], [x])(XS)
    # s <- s (1 + sum of the row)
    assert last == 2 * 6 * 10
    np.testing.assert_array_equal(every[:, 0], 0)
    np.testing.assert_array_equal(slope[:, 0], [60, 20, 12])


def test_the_text_shows_what_a_step_does():
    x = gg.placeholder("float32", (3, 2), name="x")
    h = gg.Variable(np.zeros(2, np.float32), name="h")
    last, every = gg.scan(lambda s, x: (gg.tanh(s + x), s), h, x, reverse=True)
    assert gg.graph_text([last, every], sources=False) == (
        "h        = variable              float32 (2,)\n"
        "x        = placeholder           float32 (3, 2)\n"
        "loop 1:    for each t along x, the last first\n"
        "    h      h at first, then %1.2\n"
        "    %1.1 = h + x[t]              float32 (2,)\n"
        "    %1.2 = tanh(%1.1)            float32 (2,)\n"
        "%1       = last %1.2 of loop 1   float32 (2,)\n"
        "%2       = all h of loop 1       float32 (3, 2)\n"
        "return %1, %2"
    )


def test_copies_and_pickles():
    v = gg.Variable(2.0)
    layer = {"v": v, "y": gg.scan(lambda s, x: (s * v + x, None), 0.0, [1.0, 2.0])[0]}
    for made in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert float(made["y"]) == 4


def test_one_loop_backwards_for_all_values():
    x = gg.placeholder("float32", (3, 2), name="x")
    (a, b), (c, d) = gg.scan(lambda s, x: ((s[0] * x, s[1] + s[0]), s), (gg.ones(2), gg.ones(2)), x)
    slope = gg.gradients(gg.sum(a) + gg.sum(b * c) + gg.sum(d * d), x)
    assert gg.graph_text(slope).count("the last first") == 1


def no_pair(s, x):
    return s


def other_nesting(s, x):
    return (s, s), x


def other_dtype(s, x):
    return s + x, None


def other_shape(s, x):
    return gg.concat([s, x]), None


MISTAKES = {
    "no pair": (no_pair, 0.0, XS, ArgumentError, "returns two things"),
    "nesting": (other_nesting, 0.0, XS, ArgumentError, "nested otherwise"),
    "dtype": (other_dtype, 0, XS[:, 0], DTypeError, "begins as int64 and becomes float32"),
    "shape": (other_shape, gg.zeros(2), XS, ShapeError, r"shape \(2,\) and becomes \(4,\)"),
    "no sequence": (other_dtype, 0.0, 1.0, ShapeError, "a single number"),
    "lengths": (
        lambda s, x: (s + x[0], None), 0.0, (XS[:, 0], XS[0]), ShapeError, "differ in length: 2, 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    step, initial, xs, error, said = MISTAKES[name]
    with pytest.raises(error, match=said):
        gg.scan(step, initial, xs)


def test_neither_sequences_nor_a_length():
    with pytest.raises(ArgumentError, match="or how many steps"):
        gg.scan(lambda s, t: (s, t), 0.0)


def test_a_step_cannot_assign():
    v = gg.Variable(0.0, name="v")

    def step(state, x):
        v.assign(x)
        return state, None

    with pytest.raises(GraphError, match="calls cannot assign to a variable, such as 'v'"):
        gg.scan(step, 0.0, [1.0])


def test_a_variable_is_read_as_it_was_assigned_before():
    v = gg.Variable(1.0)

    @gg.function
    def run(x):
        v.assign(v + x)
        return gg.scan(lambda s, t: (s + v, None), 0.0, length=3)[0]

    assert float(run(np.float32(1))) == 6


def test_what_is_wrong_in_a_step_is_told_with_its_line():
    with pytest.raises(ShapeError) as caught:
        gg.scan(lambda s, x: (s + x @ gg.ones((3, 3)), None), gg.zeros(2), XS)  # here
    assert caught.value.where.text.endswith("# here")


def test_sizes_that_are_known_outside_stay_known_inside():
    x, w = gg.placeholder("float32", (3, None, 2)), gg.Variable(np.ones((2, 5), np.float32))
    _, every = gg.scan(lambda s, a: (s, gg.tensordot(a, w, ((-1,), (-2,)))), gg.zeros(()), x)
    assert every.known_shape == (3, None, 5)
    found = gg.Program([every], [x])(XS[:, None])[0]
    np.testing.assert_array_equal(found, np.broadcast_to(XS.sum(1)[:, None, None], (3, 1, 5)))
