"""``input_data.read_data_sets``: sizes, dtypes, and batches as TensorFlow 1 handed them out."""

import gzip
import struct

import numpy as np
import pytest

from giulgi.compat.tensorflow.data.examples_mnist import dense_to_one_hot, read_data_sets


@pytest.fixture(scope="module")
def digits():
    return read_data_sets("nowhere/MNIST_data", one_hot=True)


def test_the_parts_have_the_sizes_that_programs_count_on(digits):
    assert [part.num_examples for part in digits] == [55_000, 5_000, 10_000]
    assert digits.train.labels.shape == (55_000, 10)
    assert digits.test.images.shape == (10_000, 784)
    assert digits.test.images.dtype == np.float32
    assert digits.test.images.max() == 1.0


def test_an_epoch_hands_out_every_example_once(digits):
    part = digits.validation
    seen = []
    for _ in range(16):
        images, labels = part.next_batch(300)
        assert images.shape == (300, 784)
        seen.append(np.c_[images.sum(1), labels.argmax(1)])
    assert part.epochs_completed == 0
    images, labels = part.next_batch(300)  # 200 remain
    assert part.epochs_completed == 1
    seen.append(np.c_[images.sum(1), labels.argmax(1)][:200])
    expected = np.c_[part.images.sum(1), part.labels.argmax(1)]
    found = np.concatenate(seen)
    order = np.lexsort(expected.T)
    np.testing.assert_allclose(found[np.lexsort(found.T)], expected[order], rtol=1e-6)


def test_pictures_keep_their_shape_and_bytes_if_asked():
    part = read_data_sets("x", reshape=False, dtype="uint8", validation_size=0).train
    images, labels = part.next_batch(7, shuffle=False)
    assert images.shape == (7, 28, 28, 1)
    assert images.dtype == np.uint8
    assert labels.tolist() == [5, 0, 4, 1, 9, 2, 1]
    assert part.num_examples == 60_000


def test_made_up_data_and_wrong_sizes():
    images, labels = read_data_sets("x", fake_data=True, one_hot=True).train.next_batch(2)
    assert (len(images), len(images[0]), labels[0]) == (2, 784, [1] + [0] * 9)
    with pytest.raises(ValueError, match="Validation size should be between"):
        read_data_sets("x", validation_size=60_001)


def test_the_files_of_a_folder_are_read(tmp_path):
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8)
    for kind, magic, sizes, content in (
        ("images-idx3", 2051, (2, 3, 3), pixels),
        ("labels-idx1", 2049, (2,), np.uint8([7, 1])),
    ):
        packed = gzip.compress(struct.pack(f">{len(sizes) + 1}I", magic, *sizes) + bytes(content))
        for part in ("train", "t10k"):
            (tmp_path / f"{part}-{kind}-ubyte.gz").write_bytes(packed)
    found = read_data_sets(tmp_path, validation_size=0)
    np.testing.assert_allclose(found.train.images, pixels.reshape(2, 9) / 255, rtol=1e-6)
    assert found.test.labels.tolist() == [7, 1]


def test_rows_with_a_one():
    np.testing.assert_array_equal(dense_to_one_hot(np.array([2, 0]), 3), [[0, 0, 1], [1, 0, 0]])


def test_the_network_of_the_tutorial_on_feeding_learns(tf):
    from tensorflow.examples.tutorials.mnist import mnist

    x = tf.constant(np.random.default_rng(1).random((8, mnist.IMAGE_PIXELS), "float32"))
    labels = tf.constant([0, 1] * 4)
    logits = mnist.inference(x, 16, 8)
    loss = mnist.loss(logits, labels)
    train = mnist.training(loss, 0.1)
    right = mnist.evaluation(logits, labels)
    assert logits.get_shape().as_list() == [8, mnist.NUM_CLASSES]
    names = [v.op.name for v in tf.trainable_variables()]
    assert names[0] == "hidden1/weights"
    assert names[-1] == "softmax_linear/biases"
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first = session.run(loss)
        for _ in range(30):
            session.run(train)
        assert session.run(loss) < first
        assert session.run(right) >= 4
