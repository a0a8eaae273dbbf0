"""gg.cond: only one of two computations is done, and gradients flow through it alone."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, DTypeError, GraphError

X = gg.placeholder("float32", (), name="x")


def log_or_less(x):
    return gg.cond(x > 0, lambda: gg.log(x), lambda: x - 1)


@pytest.mark.parametrize(("value", "wanted"), [(2.0, np.log(2)), (-3.0, -4.0)])
def test_one_of_two(value, wanted):
    assert log_or_less(X).numpy({X: value}) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(("value", "slope", "bend"), [(2.0, 0.5, -0.25), (0.0, 1.0, 0.0)])
def test_gradients_are_those_of_the_one_that_is_computed(value, slope, bend):
    """At 0 the slope of the logarithm is infinite, and must not be looked at."""
    first = gg.gradients(log_or_less(X), X)
    second = gg.gradients(first, X)
    found = gg.Program([first, second], [X])(np.float32(value))
    assert found == [pytest.approx(slope), pytest.approx(bend)]


def test_a_condition_that_is_known_leaves_no_choice():
    y = gg.cond(gg.constant(True), lambda: X * 2, lambda: X * 3)
    assert "choice" not in gg.graph_text(y, sources=False)
    chosen = gg.placeholder("bool", (), name="chosen")
    y = gg.cond(chosen, lambda: X * 2, lambda: X * 3)
    assert "choice" in gg.graph_text(y, sources=False)
    assert y.numpy({chosen: False, X: 2}) == 6


def test_what_is_not_chosen_is_not_computed():
    table = gg.constant([1.0, 2.0])
    i = gg.placeholder("int64", (), name="i")
    y = gg.cond(i < 2, lambda: gg.gather(table, i), lambda: gg.constant(0.0))
    program = gg.Program([y], [i])
    assert [float(program(np.array(n))[0]) for n in (0, 1, 7)] == [1, 2, 0]


def test_several_results_share_what_they_are_made_of():
    (a, b), c = gg.cond(X > 0, lambda: ((X, X * 2), gg.ones(3)), lambda: ((-X, X), gg.zeros(2)))
    slope = gg.gradients(a * b, X)
    program = gg.Program([a, b, c, slope], [X])
    for value, wanted in ((3.0, (3, 6, 3, 12)), (-2.0, (2, -2, 0, 4))):
        found = program(np.float32(value))
        assert (found[0], found[1], found[2].sum(), found[3]) == wanted
    assert c.known_shape == (None,)


def test_variables_and_random_numbers():
    v = gg.Variable(2.0)
    y = gg.cond(X > 0, lambda: v * gg.random.uniform(()), lambda: v)
    assert y.numpy({X: -1}) == 2
    assert 0 < y.numpy({X: 1}) < 2
    assert float(gg.gradients(y, v).numpy({X: -1})) == 1


def test_choices_inside_of_choices_and_of_functions():
    @gg.function
    def sign(x):
        return gg.cond(x > 0, lambda: 1, lambda: gg.cond(x < 0, lambda: -1, lambda: 0))

    assert [int(sign(np.float32(x))) for x in (5, -2, 0)] == [1, -1, 0]


def test_the_text_shows_both():
    chosen = gg.placeholder("bool", (), name="chosen")
    y = gg.cond(chosen, lambda: gg.exp(X) * 2, lambda: X)
    assert gg.graph_text(y, sources=False).split("\n") == [
        "chosen   = placeholder             bool ()",
        "x        = placeholder             float32 ()",
        "choice 1:   where chosen",
        "    %1.1 = exp(x)                  float32 ()",
        "    %1.2 = %1.1 * 2.               float32 ()",
        "    else:",
        "%1       = %1.2 or x of choice 1   float32 ()",
        "return %1",
    ]


def test_copies():
    layer = {"y": gg.cond(gg.Variable(1.0) > 0, lambda: 2.0, lambda: 3.0)}
    assert float(copy.deepcopy(layer)["y"]) == 2


MISTAKES = {
    "several": (lambda: gg.cond([True, False], lambda: 1, lambda: 2), ArgumentError, "single bool"),
    "nesting": (lambda: gg.cond(X > 0, lambda: 1, lambda: (1, 2)), ArgumentError, "otherwise"),
    "dtypes": (lambda: gg.cond(X > 0, lambda: 1, lambda: X), DTypeError, "int64, and the other f"),
    "assign": (
        lambda: gg.cond(X > 0, lambda: gg.assign(gg.Variable(0.0), X + 1), lambda: X),
        GraphError,
        "would not be made",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    call, error, said = MISTAKES[name]
    with pytest.raises(error, match=said):
        call()
