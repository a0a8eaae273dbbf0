"""A gradient never silently lacks a term that it has in TensorFlow.

Whether there is a gradient at all was asked of TensorFlow 2.21 (compat.v1).
"""

from __future__ import annotations

import numpy as np
import pytest

PICTURE = np.arange(9, dtype=np.float32).reshape(1, 3, 3, 1)


@pytest.fixture
def x(tf):
    return tf.Variable(np.eye(4, dtype=np.float32))


def growing(tf, x):
    shapes = [tf.TensorShape([]), tf.TensorShape([None, 4])]
    step = lambda i, a: (i + 1, tf.concat([a, a * 2], 0))  # noqa: E731
    return tf.while_loop(lambda i, a: i < 3, step, [0, x], shape_invariants=shapes)[1]


LOSING = {
    "Abs of complex numbers": lambda tf, x: tf.abs(tf.fft(tf.complex(x, x * 0))),
    "Svd": lambda tf, x: tf.svd(x * 2)[0] + tf.ones([4]),
    "Qr": lambda tf, x: tf.qr(x)[1],
    "while": growing,
    "TensorArrayStack": lambda tf, x: tf.map_fn(
        lambda row: tf.svd(tf.reshape(row, [2, 2]), compute_uv=False), x
    ),
}


@pytest.mark.parametrize("kind", LOSING)
def test_a_lost_gradient_is_an_error_that_names_the_operation(tf, x, kind):
    y = LOSING[kind](tf, x)
    with pytest.raises(NotImplementedError, match=f"through {kind} .*stop_gradient"):
        tf.gradients(y, x)
    with pytest.raises(NotImplementedError, match=kind):
        tf.train.AdamOptimizer().minimize(tf.reduce_sum(y) + tf.reduce_sum(x))


def test_what_has_none_in_tensorflow_either_is_no_error(tf, x):
    same = tf.py_func(lambda a: a, [x], tf.float32)
    values = tf.svd(x)[0]
    constants = [
        same,
        tf.stop_gradient(values),
        tf.cast(tf.argmax(values), tf.float32),
        tf.svd(tf.ones([4, 4]))[0],
        tf.stop_gradient(growing(tf, x)),
    ]
    for y in constants:
        assert tf.gradients(y, x) == [None]
        assert tf.gradients(tf.reduce_sum(y) * x, x)[0] is not None
    assert tf.gradients(values * 2, values)[0] is not None


def test_cropped_pictures_have_gradients(tf):
    picture = tf.Variable(PICTURE)
    box = tf.Variable([[0.25, 0.0, 0.75, 1.0]])  # Rows 0.5 and 1.5, columns 0 and 2.
    y = tf.image.crop_and_resize(picture, box, [0], [2, 2])
    slopes = tf.gradients(tf.reduce_sum(y), [picture, box])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        made, by_picture, by_box = session.run([y, *slopes])
    assert made[0, :, :, 0].tolist() == [[1.5, 3.5], [4.5, 6.5]]
    assert by_picture[0, :, :, 0].tolist() == [[0.5, 0, 0.5], [1, 0, 1], [0.5, 0, 0.5]]
    # A row down is 3 more, in two columns; a share of 1 is 2 rows. Columns 0 and 2 are whole.
    assert by_box[0, [0, 2]].tolist() == [12, 12]
