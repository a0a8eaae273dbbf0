"""New values of variables: written in place where that is right, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg

from .checks import Trial, counting, threads, variable


def updated(*pairs, fetches=()):
    """Return a trial of updates; each variable starts with other numbers."""
    variables = [target for target, _ in pairs]
    values = [
        (v, counting(*v.shape, dtype=v.dtype) * 10**place) for place, v in enumerate(variables)
    ]
    return Trial(fetches, updates=pairs, values=values)


def test_two_variables_change_places():
    a, b = variable(4), variable(4)
    updated((a, b), (b, a)).check_exactly(times=3)


def test_three_variables_go_round():
    a, b, c = variable(3, 2), variable(3, 2), variable(3, 2)
    updated((a, b), (b, c), (c, a), fetches=[a, b, c]).check_exactly(times=3)


def test_one_variable_takes_the_old_value_of_another_that_is_computed_anew():
    a, b = variable(4), variable(4)
    updated((a, b * 2), (b, a)).check_exactly(times=3)
    updated((a, a * 2 + 1), (b, a)).check_exactly(times=3)


def test_two_variables_are_computed_from_each_other():
    a, b = variable(5), variable(5)
    updated((a, a + b), (b, a - b)).check_exactly(times=3)


def test_a_variable_becomes_its_own_transpose():
    a = variable(4, 4)
    updated((a, gg.transpose(a))).check_exactly(times=3)
    b = variable(6)
    updated((b, gg.flip(b, 0))).check_exactly(times=3)


def test_a_variable_becomes_part_of_another_that_changes():
    a, b = variable(3), variable(4, 3)
    updated((b, gg.flip(b, (0, 1))), (a, b[2])).check_exactly(times=3)


def test_a_new_value_that_needs_elements_of_the_old_from_elsewhere():
    a = variable(17, 17)
    updated((a, a + 0.5 * gg.transpose(a))).check_exactly(times=3)
    b = variable(40)
    updated((b, b + gg.flip(b, 0))).check_exactly(times=3)
    c = variable(9)
    updated((c, gg.concat([c[1:], c[:1]], 0))).check_exactly(times=3)
    d = variable(5, 3)
    updated((d, d - gg.sum(d, 0))).check(times=2)


def test_a_new_value_by_a_product_with_the_old():
    a = variable(8, 8)
    updated((a, a + 0.001 * gg.matmul(a, a))).check(times=2)
    updated((a, gg.matmul(a, gg.constant(np.eye(8, dtype="float32"))))).check(times=2)


def test_one_value_for_two_variables_and_a_fetch():
    a, b = variable(4), variable(4)
    new = a * 3 + b
    updated((a, new), (b, new), fetches=[new, a]).check_exactly(times=3)


def test_the_old_and_the_new_value_are_fetched():
    a = variable(70)
    new = a * 2
    updated((a, new), fetches=[a, new, gg.sum(a), a + 1]).check_exactly(times=2)


def test_an_assignment_among_the_fetches_gives_the_new_value():
    a = variable(3)
    assigned = gg.assign(a, a + 1)
    trial = Trial([assigned, a], values=[(a, counting(3))])
    trial.check_exactly(times=3)


def test_a_variable_that_keeps_its_value():
    a, b = variable(3), variable(3)
    updated((a, a), (b, a)).check_exactly(times=2)


def test_a_variable_takes_what_is_fed():
    a = variable(3)
    x = gg.placeholder("float32", (3,))
    trial = Trial([x, a], [x], [counting(3)], [(a, x)], [(a, counting(3) * 7)])
    trial.check_exactly(times=2)


def test_a_variable_takes_a_constant_a_scalar_and_random_numbers():
    a, b, c = variable(3), variable(), variable(1000)
    uniform = gg.random.uniform((1000,))
    updated((a, gg.constant([1.0, 2, 3])), (b, b + 1), (c, uniform)).check_exactly(times=3)


def test_variables_without_elements():
    a, b = variable(0), variable(2, 0)
    updated((a, a + 1), (b, b * 2), fetches=[gg.sum(b, 1)]).check_exactly(times=2)


@pytest.mark.parametrize("dtype", ["int8", "uint64", "bool", "float64"])
def test_updates_of_other_dtypes(dtype):
    a, b = variable(50, dtype=dtype), variable(50, dtype=dtype)
    other = a == b if dtype == "bool" else a + b
    updated((a, b), (b, other)).check_exactly(times=4)


def test_an_array_that_was_looked_at_stays_as_it_was():
    a = gg.Variable(counting(3))
    looked_at = a.numpy()
    gg.Program([], [], [(a, a + 1)], backend="cpu")()
    np.testing.assert_array_equal(looked_at, [1, 2, 3])
    np.testing.assert_array_equal(a.numpy(), [2, 3, 4])


def test_the_array_that_a_variable_was_made_from_stays_as_it_was():
    start = counting(3)
    a, b = gg.Variable(start), gg.Variable(start)
    gg.Program([], [], [(a, a + 1)], backend="cpu")()
    np.testing.assert_array_equal(start, [1, 2, 3])
    np.testing.assert_array_equal(b.numpy(), [1, 2, 3])


@pytest.mark.parametrize("size", [10, 59_000, 61_000, 1_000_000])
def test_one_number_of_a_large_array_is_added_once(size):
    """The array is worth several workers; the number is not."""
    x = gg.placeholder("float32", (size,))
    seen, count = gg.Variable(np.float32(0)), gg.Variable(0)
    total = gg.Variable(np.float32(0))
    updates = [(seen, seen + x[3]), (count, count + 1), (total, total + gg.mean(x))]
    with threads(3):
        gg.Program([], [x], updates, backend="cpu").repeat(200, np.ones(size, np.float32))
    assert (float(seen), int(count), float(total)) == (200, 200, 200)
