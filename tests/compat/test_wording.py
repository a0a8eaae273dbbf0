"""Advice in the words of a program."""

import pytest

from giulgi.compat.wording import for_program


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("a @ b.mT, or a.mT @ b", "tf.matmul(a, b, transpose_b=True), or "
         "tf.matmul(a, b, transpose_a=True)"),
        ("x.astype('float32')", "tf.cast(x, tf.float32)"),
        ("gg.one_hot(labels, 10)", "tf.one_hot(labels, 10)"),
        ("gg.mean(x) or gg.where(c, a, b)", "tf.reduce_mean(x) or tf.where(c, a, b)"),
        ("give it: gg.Input((5,))", "give it: Input((5,))"),
        ("y.numpy({x: value})", "session.run(y, {x: value})"),
        ("transpose one of them", "transpose one of them"),
    ],
)  # fmt: skip
def test_expressions_are_those_of_tensorflow(ours, theirs):
    assert for_program(ours) == theirs
