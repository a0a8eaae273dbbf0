"""Pictures turned and moved."""

import numpy as np

PICTURES = np.random.default_rng(2).random((2, 5, 5, 3)).astype(np.float32)


def run(tf, fetches):
    with tf.Session() as session:
        return session.run(fetches)


def test_a_quarter_turn_is_that_of_numpy(tf):
    for interpolation in ("NEAREST", "BILINEAR"):
        found = run(tf, tf.contrib.image.rotate(PICTURES, np.pi / 2, interpolation))
        np.testing.assert_allclose(found, np.rot90(PICTURES, 1, (1, 2)), atol=1e-5)
    single = run(tf, tf.contrib.image.rotate(PICTURES[0], np.pi / 2))
    np.testing.assert_allclose(single, np.rot90(PICTURES[0]))
    gray = run(tf, tf.contrib.image.rotate(PICTURES[0, :, :, 0], np.pi))
    np.testing.assert_allclose(gray, PICTURES[0, ::-1, ::-1, 0])


def test_moved_pictures(tf):
    found = run(tf, tf.contrib.image.translate(PICTURES, [[1, 2], [-1, 0]]))
    np.testing.assert_allclose(found[0, 2:, 1:], PICTURES[0, :-2, :-1])
    assert not found[0, :2].any()
    np.testing.assert_allclose(found[1, :, :-1], PICTURES[1, :, 1:])


def test_transforms_one_after_another(tf):
    turn = tf.contrib.image.angles_to_projective_transforms(np.pi / 2, 5, 5)
    twice = tf.contrib.image.compose_transforms(turn, turn)
    found = run(tf, tf.contrib.image.transform(PICTURES, twice, interpolation="BILINEAR"))
    np.testing.assert_allclose(found, PICTURES[:, ::-1, ::-1], atol=1e-5)


def test_a_crop_may_have_a_size_that_is_computed(tf):
    picture = tf.placeholder(tf.float32, [None, None, 3])
    size = tf.stack([tf.shape(picture)[0] // 2, tf.constant(4), 3])
    crop = tf.random_crop(picture, size=size)
    given = np.arange(10 * 8 * 3, dtype=np.float32).reshape(10, 8, 3)
    with tf.Session() as session:
        found = session.run(crop, {picture: given})
    assert found.shape == (5, 4, 3)
    row, column = divmod(int(found[0, 0, 0]) // 3, 8)
    np.testing.assert_array_equal(found, given[row : row + 5, column : column + 4])


def test_pictures_of_a_size_that_is_not_known_yet_are_turned(tf):
    picture = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    fed = tf.placeholder(tf.float32, [None, None, 3])
    turned = tf.contrib.image.rotate(fed, np.pi)
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(turned, {fed: picture}), picture[::-1, ::-1])
