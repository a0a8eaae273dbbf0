"""What is built of placeholders without a shape gives the numbers that it gives with one."""

from __future__ import annotations

import re

import numpy as np
import pytest

from giulgi.graph.node import topological

from .math_values import computed

CASES = [
    "tf.cumsum(P(m), 1)",
    "tf.split(P(m), [1, -1], 1)",
    "tf.tile(P(m), [2, 1])",
    "tf.reverse_sequence(P(f), [2, 3], seq_axis=1, batch_axis=0)",
    "tf.gather_nd(P(f), [[0, 1], [1, 2]])",
    "P(f)[..., 0]",
    "P(f)[..., tf.newaxis]",
    "tf.where(bv, P(m), P(m) * 0)",
    "tf.one_hot(P(vi), 4)",
    "tf.tensordot(P(f), P(sq), [[2], [0]])",
    "tf.einsum('bij,jk->bik', P(f), P(sq))",
    "tf.diag(P(v))",
    "tf.matrix_transpose(P(f))",
    "tf.segment_sum(P(m), [0, 0, 1])",
    "tf.map_fn(tf.reduce_sum, P(f))",
    "tf.nn.top_k(P(m), 2)",
    "(lambda x: tf.gradients(tf.matrix_determinant(x), x))(P(sq))",
    "(lambda x: tf.gradients(tf.cumsum(x, 1) ** 2, x))(P(m))",
    "(lambda x: tf.gradients(tf.boolean_mask(x, b) ** 2, x))(P(m))",
    "(lambda x: tf.gradients(tf.reduce_sum(tf.stack(tf.split(x, 2, 1)) ** 3, 0), x))(P(m))",
]


@pytest.mark.parametrize("case", CASES)
def test_the_number_of_axes_may_be_unknown(tf, case):
    without = re.sub(r"P\((\w+)\)", r"P(\1, None)", case)
    pairs = zip(computed(tf, case), computed(tf, without), strict=True)
    for wanted, found in pairs:
        assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
        np.testing.assert_allclose(found, wanted, 1e-5, 1e-5)


def test_what_cannot_be_built_for_any_number_of_axes_says_why(tf):
    with pytest.raises(ValueError, match="num"):
        tf.unstack(tf.placeholder(tf.float32))


def test_a_shape_that_is_set_counts_for_what_is_built_later(tf):
    x = tf.placeholder(tf.float32)
    x.set_shape([None, 4])
    with tf.Session() as session:
        y = tf.matmul(x, tf.ones([4, 2]))
        assert y.get_shape().as_list() == [None, 2]
        assert session.run(y, {x: np.ones((3, 4))}).tolist() == [[4, 4]] * 3
    z = tf.py_func(lambda: np.ones((3, 4), "float32"), [], tf.float32)
    z.set_shape([3, None])
    with tf.Session() as session:
        assert session.run(z * 2).shape == (3, 4)
        assert session.run(tf.unstack(z))[0].tolist() == [1] * 4


# What TensorFlow 1 knows of results although a placeholder has no shape.
SHAPES = [
    ("tf.matmul(x, tf.ones([3, 4]))", [None, 4]),
    ("tf.nn.conv2d(x, tf.ones([3, 3, 1, 8]), [1, 1, 1, 1], 'SAME')", [None, None, None, 8]),
    ("tf.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], 'SAME')", [None] * 4),
    ("tf.transpose(x, [1, 0, 2])", [None] * 3),
    ("tf.concat([tf.ones([2, 3]), x], 0)", [None, 3]),
    ("tf.slice(x, [0, 0], [-1, 2])", [None, 2]),
    ("tf.nn.in_top_k(x, tf.placeholder(tf.int32, [None]), 1)", [None]),
    ("tf.add_n([x, tf.ones([2])])", [2]),
    (
        "tf.nn.sparse_softmax_cross_entropy_with_logits("
        "labels=tf.placeholder(tf.int32), logits=tf.placeholder(tf.float32, [None, 4]))",
        [None],
    ),
]


@pytest.mark.parametrize(("case", "sizes"), SHAPES)
def test_an_operation_tells_the_axes_that_it_needs(tf, case, sizes):
    made = eval(case, {"tf": tf, "x": tf.placeholder(tf.float32)})
    assert made.get_shape().as_list() == sizes


def test_pictures_of_no_shape_are_resized_by_the_functions_of_one_method(tf):
    x = tf.placeholder(tf.float32)
    size = tf.placeholder(tf.int32)
    y = tf.image.resize_bilinear(tf.expand_dims(x, 0), size)[0, :, :, :]
    with tf.Session() as session:
        assert session.run(y, {x: np.ones((2, 2, 3)), size: [4, 2]}).shape == (4, 2, 3)


def test_a_convolution_is_transposed_to_the_shape_of_a_picture_of_no_shape(tf):
    x = tf.placeholder(tf.float32)
    image, kernel = tf.expand_dims(x, 0), tf.ones([1, 1, 3, 3])
    small = tf.nn.conv2d(image, kernel, [1, 2, 2, 1], "SAME")
    y = tf.nn.conv2d_transpose(small, kernel, tf.shape(image), [1, 2, 2, 1])
    with tf.Session() as session:
        found = session.run(y, {x: np.ones((3, 5, 3))})
    assert found.shape == (1, 3, 5, 3)
    assert found[0, :2, :2, 0].tolist() == [[9, 0], [0, 0]]


def test_what_needs_all_sizes_is_built_when_they_are_fed(tf):
    x = tf.placeholder(tf.float32, [1, None, None, 2])
    patches = tf.extract_image_patches(x, [1, 3, 3, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID")
    assert patches.get_shape().as_list() == [1, None, None, 18]
    (slope,) = tf.gradients(patches, x)
    assert slope.get_shape().as_list() == [1, None, None, 2]
    with tf.Session() as session:
        for rows in (5, 7):
            picture = np.arange(rows * 10, dtype="float32").reshape(1, rows, 5, 2)
            found, times = session.run([patches, slope], {x: picture})
            assert found.shape == (1, (rows - 1) // 2, 2, 18)
            np.testing.assert_array_equal(found[0, 0, 1], picture[0, :3, 2:5].ravel())
            assert times[0, :, :, 0].sum() == found[..., ::2].size


def test_a_slice_of_set_length_has_a_known_shape_for_every_place(tf):
    table = tf.constant(np.arange(24).reshape(3, 8), tf.int32)
    place = tf.placeholder(tf.int32, [])
    rows = tf.strided_slice(table, [0, place * 2], [3, (place + 1) * 2])
    assert rows.shape.as_list() == [3, None]
    corner = table[place : place + 2, 2 * place : 2 * place + 3]
    rows.set_shape([3, 2])
    corner.set_shape([2, 3])
    for x in (rows, corner):
        assert all(node.spec.shape is not None for node in topological([x.expression.node]))
        assert all(None not in node.spec.shape for node in topological([x.expression.node]))
    with tf.Session() as session:
        for k in range(2):
            found = session.run([rows, corner], {place: k})
            assert found[0].tolist() == np.arange(24).reshape(3, 8)[:, 2 * k : 2 * k + 2].tolist()
            assert (
                found[1].tolist()
                == np.arange(24).reshape(3, 8)[k : k + 2, 2 * k : 2 * k + 3].tolist()
            )


def test_coordinates_may_be_as_many_as_are_fed(tf):
    x, places = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.int32, [None, None])
    parts = tf.gather_nd(x, places)
    slopes = tf.gradients(parts, x)[0]
    values = np.arange(6.0).reshape(2, 3)
    with tf.Session() as session:
        assert session.run(parts, {x: values, places: [[0, 2], [1, 1]]}).tolist() == [2, 4]
        assert session.run(parts, {x: values, places: [[1]]}).tolist() == [[3, 4, 5]]
        found = session.run(slopes, {x: values, places: [[0, 2], [1, 1]]})
    assert found.tolist() == [[0, 0, 1], [0, 1, 0]]


def test_a_unit_matrix_is_as_large_as_the_batch(tf):
    x = tf.placeholder(tf.int32, [None])
    square, broad = tf.eye(tf.shape(x)[0]), tf.eye(tf.size(x), num_columns=2, dtype=tf.float64)
    with tf.Session() as session:
        for size in (1, 3):
            found = session.run([square, broad], {x: [0] * size})
            np.testing.assert_array_equal(found[0], np.eye(size))
            np.testing.assert_array_equal(found[1], np.eye(size, 2))
