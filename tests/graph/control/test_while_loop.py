"""gg.while_loop: rounds as long as a condition holds, and their gradient."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, DTypeError, ShapeError

X = gg.placeholder("float64", (), name="x")


def test_states_one_by_one():
    n, total = gg.while_loop(lambda n, s: n > 0, lambda n, s: (n - 1, s + n), (10, 0))
    assert (int(n), int(total)) == (0, 55)


def test_one_state_alone():
    assert float(gg.while_loop(lambda x: x < 100, lambda x: x * 2, 3.0)) == 192


def test_no_round_leaves_the_states():
    y = gg.while_loop(lambda x: x > 0, lambda x: x - 1, X)
    assert y.numpy({X: -5}) == -5
    assert gg.gradients(y, X).numpy({X: -5}) == 1


def root(x):
    """The square root by Newton's method: y <- (y + x / y) / 2, from x."""
    return gg.while_loop(lambda y: gg.abs(y * y - x) > 1e-13, lambda y: (y + x / y) / 2, x)


@pytest.mark.parametrize("value", [0.5, 2.0, 30.0])
def test_gradients_to_second_order(value):
    y = root(X)
    first = gg.gradients(y, X)
    second = gg.gradients(first, X)
    found = gg.Program([y, first, second], [X])(np.float64(value))
    np.testing.assert_allclose(
        found, [value**0.5, 0.5 * value**-0.5, -0.25 * value**-1.5], rtol=1e-6
    )


def test_what_is_captured_has_a_gradient():
    a = gg.placeholder("float64", (3,), name="a")
    _, y = gg.while_loop(
        lambda n, y: n < 3, lambda n, y: (n + 1, y * a), (0, gg.ones(3, "float64"))
    )
    found = gg.gradients(y, a).numpy({a: [1.0, 2.0, 3.0]})
    np.testing.assert_allclose(found, [3, 12, 27])


def test_in_a_function_and_with_a_variable():
    limit = gg.Variable(50.0)

    @gg.function
    def above(x):
        return gg.while_loop(lambda y: y < limit, lambda y: y * x, x)

    assert float(above(np.float32(3))) == 81
    limit.assign(100)
    assert float(above(np.float32(3))) == 243


def test_the_text_shows_what_a_round_does():
    most = gg.placeholder("int64", (), "most")
    _, y = gg.while_loop(lambda n, y: n < most, lambda n, y: (n + 1, y * X), (0, X))
    lines = gg.graph_text(y, sources=False).split("\n")
    assert "loop 1:    as long as %1.1" in lines
    assert "    x'     x at first, then %1.3" in lines
    assert any(line.startswith("    %1.3 = x' * x  ") for line in lines)


def test_copies():
    layer = {"y": gg.while_loop(lambda x: x < 9, lambda x: x * 2, gg.Variable(1.0) * 1)}
    assert float(copy.deepcopy(layer)["y"]) == 16


MISTAKES = {
    "condition": (lambda x: x > 0, lambda x: x - 1, gg.ones(2), ArgumentError, "single bool"),
    "nesting": (lambda x: x > 0, lambda x: (x, x), 1.0, ArgumentError, "nested otherwise"),
    "dtype": (lambda x: x > 0, lambda x: x - 0.5, 3, DTypeError, "begins as int64"),
    "shape": (
        lambda x: gg.all(x > 0), lambda x: gg.concat([x, x]), gg.ones(2), ShapeError, "begins with",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    condition, body, initial, error, said = MISTAKES[name]
    with pytest.raises(error, match=said):
        gg.while_loop(condition, body, initial)


def test_gradients_without_a_round_of_states_with_one_new_value():
    a, b, most = (gg.placeholder(kind, ()) for kind in ("float64", "float64", "int64"))
    _, x, y = gg.while_loop(
        lambda n, x, y: n < most, lambda n, x, y: (n + 1, a * 0 + n, a * 0 + n), (0.0, a, b)
    )
    slopes = gg.gradients(2 * x + 3 * y, [a, b])
    for backend in ("cpu", "reference"):
        program = gg.Program(slopes, [a, b, most], backend=backend)
        assert program(2.0, 5.0, 0) == [2, 3]
        assert program(2.0, 5.0, 4) == [0, 0]
