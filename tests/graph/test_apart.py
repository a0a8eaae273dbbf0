"""Expressions of one value that are told apart."""

import numpy as np

import giulgi as gg
from giulgi.graph.apart import merged, told_apart
from giulgi.graph.rewrite import substitute
from giulgi.program import Program


def placeholders():
    return gg.placeholder("float32", (2,), "a"), gg.placeholder("float32", (None,), "b")


def test_gradients_and_feeds_mean_one_of_two_that_are_told_apart():
    a, b = placeholders()
    one = a * b
    other = told_apart(a * b)
    assert other.node is not one.node
    y = gg.sum(one + 10 * other)
    values = {a: [1.0, 2.0], b: [3.0, 4.0]}
    by_one, by_other, by_a = gg.gradients(y, [one, other, a])
    assert by_one.numpy(values).tolist() == [1, 1]
    assert by_other.numpy(values).tolist() == [10, 10]
    assert by_a.numpy(values).tolist() == [33, 44]
    assert y.numpy(values | {one: [0.0, 0.0]}) == 110
    assert y.numpy(values | {other: [0.0, 0.0]}) == 11


def test_what_changed_nothing_is_made_of_what_it_was_given():
    a, _ = placeholders()
    same = told_apart(a, made_of=[a])
    turned = a.reshape(2, 1)
    back = told_apart(turned.reshape(2), made_of=[turned])
    for x in (same, back):
        y = a + x
        assert y.numpy({a: [1.0, 2.0]}).tolist() == [2, 4]
        assert y.numpy({a: [1.0, 2.0], x: [0.0, 0.0]}).tolist() == [1, 2]
        assert gg.gradients(y, x).numpy().tolist() == [1, 1]


def test_a_program_computes_once_what_is_told_apart():
    a, b = placeholders()
    one, other = gg.exp(a * b), told_apart(gg.exp(a * b))
    y, expected = gg.sin(one) + gg.sin(told_apart(other)), gg.sin(one) + gg.sin(one)
    program, plain = Program([y], [a, b]), Program([expected], [a, b])
    assert program.text((2,), (2,)) == plain.text((2,), (2,))
    assert [x.node for x in merged([y, told_apart(a), b])] == [expected.node, a.node, b.node]
    assert merged([one])[0] is one


def test_what_is_told_apart_stays_so_with_other_leaves():
    a, b = placeholders()
    other = told_apart(gg.exp(b))
    (y,) = substitute([gg.exp(b) + a * other], {a.node: gg.constant(np.float32([2.0, 3.0]))})
    assert y.numpy({b: [0.0, 0.0], other: [5.0, 5.0]}).tolist() == [11, 16]
