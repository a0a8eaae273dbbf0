"""``tf.image``: with TensorFlow's numbers, and pictures in files with Pillow's."""

import io

import numpy as np
import pytest
from tests.compat.golden.images import BYTES, CASES, FILE, FLOATS

GOLDEN = np.load(FILE)


def run(tf, fetches, feeds=None):
    with tf.Session() as session:
        return session.run(fetches, feeds)


@pytest.mark.parametrize("name", CASES)
def test_as_tensorflow(tf, name):
    found, expected = run(tf, CASES[name](tf)), GOLDEN[name]
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    # TensorFlow takes the weights of cubes from a table of 1024.
    tolerance = 2e-3 if "cubic" in name else 1 if found.dtype == np.uint8 else 2e-5
    np.testing.assert_allclose(
        found.astype(np.float64), expected.astype(np.float64), rtol=2e-5, atol=tolerance
    )


@pytest.mark.parametrize(
    "name", ["resize_bilinear", "resize_nearest", "crop_or_pad", "pad_box", "central_crop"]
)
def test_sizes_may_be_unknown_until_they_are_fed(tf, name):
    x = tf.placeholder(tf.uint8, [None, None, 3])
    build = {
        "resize_bilinear": lambda: tf.image.resize_images(x, tf.constant([8, 3])),
        "resize_nearest": lambda: tf.image.resize_images(x, [8, 3], 1),
        "crop_or_pad": lambda: tf.image.resize_image_with_crop_or_pad(x, 8, 4),
        "pad_box": lambda: tf.image.pad_to_bounding_box(x, 1, 2, 8, 9),
        "central_crop": lambda: tf.image.central_crop(x, 0.5),
    }
    found = run(tf, build[name](), {x: BYTES})
    np.testing.assert_allclose(found, GOLDEN[name], rtol=1e-5, atol=1e-3)


def test_a_picture_is_written_and_read(tf, tmp_path):
    path = str(tmp_path / "picture.png")
    run(tf, tf.write_file(path, tf.image.encode_png(BYTES)))
    read = tf.image.decode_png(tf.read_file(path), channels=3)
    assert read.shape.as_list() == [None, None, 3]
    np.testing.assert_array_equal(run(tf, read), BYTES)
    gray = run(tf, tf.image.decode_image(tf.read_file(path), channels=1))
    np.testing.assert_allclose(gray, GOLDEN["grayscale"], atol=2)


def test_a_jpeg_is_read_as_pillow_reads_it(tf):
    image = pytest.importorskip("PIL.Image")
    smooth = np.broadcast_to(np.arange(0, 256, 8, dtype=np.uint8)[:, None, None], (32, 32, 3))
    content = run(tf, tf.image.encode_jpeg(smooth))
    expected = np.asarray(image.open(io.BytesIO(content)))
    np.testing.assert_array_equal(run(tf, tf.image.decode_jpeg(content)), expected)
    np.testing.assert_allclose(expected, smooth, atol=4)
    assert run(tf, tf.image.extract_jpeg_shape(content)).tolist() == [32, 32, 3]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Unknown image file format"):
        run(tf, tf.image.decode_jpeg(b"no picture"))


def test_random_changes_stay_between_their_bounds(tf):
    x = tf.constant(FLOATS[0])
    flipped = tf.image.random_flip_left_right(x)
    brighter = tf.image.random_brightness(x, 0.25) - x
    others = [
        tf.image.random_contrast(x, 0.5, 1.5),
        tf.image.random_hue(x, 0.2),
        tf.image.random_saturation(x, 0.5, 1.5),
    ]
    kinds = set()
    with tf.Session() as session:
        for _ in range(20):
            found, delta, *_ = session.run([flipped, brighter, *others])
            kinds.add(bool((found == FLOATS[0]).all()))
            assert (found == FLOATS[0]).all() or (found == FLOATS[0][:, ::-1]).all()
            np.testing.assert_allclose(delta, delta.flat[0], atol=1e-6)
            assert abs(delta.flat[0]) <= 0.25
    assert kinds == {True, False}
    with pytest.raises(ValueError, match="upper must be > lower"):
        tf.image.random_contrast(x, 2, 1)


def test_a_part_holds_enough_of_a_box(tf):
    box = [[[0.25, 0.25, 0.75, 0.75]]]
    begin, size, part = tf.image.sample_distorted_bounding_box([40, 60, 3], box, seed=1)
    cut = tf.slice(tf.zeros([40, 60, 3]), begin, size)
    with tf.Session() as session:
        for _ in range(10):
            top_left, extent, found, piece = session.run([begin, size, part, cut])
            assert piece.shape == (extent[0], extent[1], 3)
            low = np.maximum(found[0, 0, :2], 0.25)
            high = np.minimum(found[0, 0, 2:], 0.75)
            assert np.clip(high - low, 0, None).prod() >= 0.1 * 0.25 - 1e-6
            assert top_left[2] == 0


def test_there_is_a_gradient_through_resizing(tf):
    x = tf.placeholder(tf.float32, [1, 2, 2, 1])
    total = tf.reduce_sum(tf.image.resize_bilinear(x, [4, 4]))
    gradient = run(tf, tf.gradients(total, x)[0], {x: np.zeros([1, 2, 2, 1])})
    # Of four places along an axis the first element takes 1 + 1/2, the last the rest.
    np.testing.assert_allclose(gradient[0, :, :, 0], np.outer([1.5, 2.5], [1.5, 2.5]), rtol=1e-6)


def test_the_likeness_of_single_pictures_is_a_number(tf):
    picture = tf.constant(np.random.default_rng(1).random((16, 16, 3), "float32"))
    batch = tf.expand_dims(picture, 0)
    pair = [tf.image.ssim(picture, picture * 0.9, 1.0), tf.image.ssim(batch, batch * 0.9, 1.0)]
    with tf.Session() as session:
        single, several = session.run(pair)
    assert single == several[0]


def test_a_file_of_a_graph_decodes_pictures(tf):
    pytest.importorskip("PIL")
    picture = np.arange(24, dtype="uint8").reshape(2, 4, 3)
    contents = tf.placeholder(tf.string, name="contents")
    pixels = tf.cast(tf.image.decode_png(contents, channels=3), tf.float32)
    tf.multiply(pixels, 2.0, name="made")
    file = tf.image.encode_png(picture)
    message = tf.get_default_graph().as_graph_def().SerializeToString()
    with tf.Session() as session:
        raw = session.run(file)
    with tf.Graph().as_default():
        read = tf.GraphDef()
        read.ParseFromString(message)
        tf.import_graph_def(read, name="")
        with tf.Session() as session:
            found = session.run("made:0", {"contents:0": raw})
    np.testing.assert_array_equal(found, picture * 2.0)
