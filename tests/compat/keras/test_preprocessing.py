"""Sequences, texts and pictures before training; numbers are those that Keras gives."""

import numpy as np
import pytest

TEXTS = ["The cat sat on the mat, the CAT!", "Dogs and cats; living together."]


@pytest.fixture
def pre():
    from keras import preprocessing

    return preprocessing


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, [[0, 1, 2, 3], [0, 0, 0, 4], [5, 6, 7, 8]]),
        ({"maxlen": 2}, [[2, 3], [0, 4], [7, 8]]),
        ({"maxlen": 2, "truncating": "post"}, [[1, 2], [0, 4], [5, 6]]),
        ({"padding": "post", "value": 9}, [[1, 2, 3, 9], [4, 9, 9, 9], [5, 6, 7, 8]]),
    ],
)
def test_padding(pre, options, wanted):
    found = pre.sequence.pad_sequences([[1, 2, 3], [4], [5, 6, 7, 8]], **options)
    assert found.dtype == "int32"
    assert found.tolist() == wanted


def test_words_are_numbered_by_how_often_they_are(pre):
    words = pre.text.Tokenizer()
    words.fit_on_texts(TEXTS)
    assert list(words.word_index.items())[:3] == [("the", 1), ("cat", 2), ("sat", 3)]
    assert words.texts_to_sequences(["the dogs sat", "unknown"]) == [[1, 6, 3], []]
    assert words.word_counts["the"] == 3
    assert words.word_docs["cat"] == 1
    assert words.document_count == 2
    assert words.sequences_to_texts([[1, 2]]) == ["the cat"]


def test_rare_and_unknown_words(pre):
    words = pre.text.Tokenizer(num_words=3, oov_token="?")
    words.fit_on_texts(TEXTS)
    assert words.texts_to_sequences(["the cat flew"]) == [[2, 1, 1]]


def test_matrices_of_words(pre):
    words = pre.text.Tokenizer(num_words=4)
    words.fit_on_texts(TEXTS)
    assert words.texts_to_matrix(TEXTS).tolist() == [[0, 1, 1, 1], [0, 0, 0, 0]]
    assert words.texts_to_matrix(TEXTS, mode="count")[0].tolist() == [0, 3, 2, 1]
    np.testing.assert_allclose(words.texts_to_matrix(TEXTS, "freq")[0], [0, 1 / 2, 1 / 3, 1 / 6])
    of_the = (1 + np.log(3)) * np.log(1 + 2 / 2)
    np.testing.assert_allclose(words.texts_to_matrix(TEXTS, "tfidf")[0, 1], of_the)


def test_words_by_their_letters(pre):
    assert pre.text.text_to_word_sequence("Hello, World!") == ["hello", "world"]
    numbers = pre.text.one_hot("a b a", 50)
    assert numbers[0] == numbers[2]
    assert all(1 <= number < 50 for number in numbers)


def test_pairs_of_words(pre):
    couples, labels = pre.sequence.skipgrams([1, 2, 3], 5, window_size=1, negative_samples=0.0)
    assert sorted(couples) == [[1, 2], [2, 1], [2, 3], [3, 2]]
    assert labels == [1] * 4


def test_windows_of_a_series(pre):
    series = np.arange(10)
    windows = pre.sequence.TimeseriesGenerator(series, series, length=3, batch_size=4)
    assert len(windows) == 2
    x, y = windows[1]
    assert x.tolist() == [[4, 5, 6], [5, 6, 7], [6, 7, 8]]
    assert y.tolist() == [7, 8, 9]


# Pictures

PICTURE = np.arange(20.0).reshape(4, 5, 1)


def moved(pre, **options):
    axes = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}
    return pre.image.apply_affine_transform(PICTURE, **axes, **options)[..., 0]


def test_shifts(pre):
    down = moved(pre, tx=1)
    np.testing.assert_array_equal(down, PICTURE[[1, 2, 3, 3], :, 0])
    right = moved(pre, ty=-2, fill_mode="constant", cval=-1)
    np.testing.assert_array_equal(right[:, :2], -1)
    np.testing.assert_array_equal(right[:, 2:], PICTURE[:, :3, 0])
    mirrored = moved(pre, tx=2, fill_mode="reflect")
    np.testing.assert_array_equal(mirrored, PICTURE[[2, 3, 3, 2], :, 0])


def test_a_turn_by_half(pre):
    np.testing.assert_allclose(moved(pre, theta=180), PICTURE[::-1, ::-1, 0], atol=1e-6)


def test_pictures_and_arrays(pre, tmp_path):
    pytest.importorskip("PIL")
    array = np.arange(27).reshape(3, 3, 3).astype("float32")
    pre.image.save_img(tmp_path / "picture.png", array, scale=False)
    image = pre.image.load_img(tmp_path / "picture.png")
    assert image.size == (3, 3)
    np.testing.assert_array_equal(pre.image.img_to_array(image), array)
    small = pre.image.load_img(tmp_path / "picture.png", target_size=(2, 4), grayscale=True)
    assert pre.image.img_to_array(small).shape == (2, 4, 1)
    scaled = np.asarray(pre.image.array_to_img(array))
    assert (scaled.min(), scaled.max()) == (0, 255)


def test_batches_of_changed_pictures(pre):
    x, y = np.random.default_rng(0).uniform(0, 255, (10, 8, 8, 3)), np.arange(10)
    plain = pre.image.ImageDataGenerator(rescale=1 / 255)
    batches = plain.flow(x, y, batch_size=4, shuffle=False)
    assert len(batches) == 3
    pictures, labels = next(batches)
    np.testing.assert_allclose(pictures, x[:4] / 255, rtol=1e-5)
    assert labels.tolist() == [0, 1, 2, 3]
    seen = [next(batches)[1] for _ in range(3)]
    assert np.concatenate(seen).tolist() == [4, 5, 6, 7, 8, 9, 0, 1, 2, 3]
    normal = pre.image.ImageDataGenerator(
        featurewise_center=True, featurewise_std_normalization=True
    )
    normal.fit(x)
    pictures = next(normal.flow(x, batch_size=10))
    np.testing.assert_allclose(pictures.mean((0, 1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(pictures.std((0, 1, 2)), 1, rtol=1e-4)
    changing = pre.image.ImageDataGenerator(
        rotation_range=30, width_shift_range=0.2, height_shift_range=0.2, shear_range=10,
        zoom_range=0.2, horizontal_flip=True, vertical_flip=True, channel_shift_range=5.0,
        brightness_range=(0.8, 1.2),
    )  # fmt: skip
    assert next(changing.flow(x, y, batch_size=4))[0].shape == (4, 8, 8, 3)


@pytest.mark.parametrize("way", ["batches", "next"])
def test_iterators_of_ones_own(pre, way):
    class Doubled(pre.image.Iterator):
        def __init__(self, x):
            self.x = x
            super().__init__(len(x), 4, False, None)

        if way == "batches":

            def _get_batches_of_transformed_samples(self, index_array):
                return 2 * self.x[index_array]

        else:

            def next(self):
                with self.lock:
                    places = next(self.index_generator)
                return 2 * self.x[places]

    numbers = np.arange(10.0)
    batches = Doubled(numbers)
    assert len(batches) == 3
    found = [next(batches) for _ in range(4)]
    np.testing.assert_array_equal(np.concatenate(found[:3]), 2 * numbers)
    np.testing.assert_array_equal(found[3], 2 * numbers[:4])
    batches.reset()
    np.testing.assert_array_equal(batches[0], 2 * numbers[:4])


def test_pictures_in_folders(pre, tmp_path, capsys):
    pytest.importorskip("PIL")
    for name, count in (("cats", 3), ("dogs", 2)):
        (tmp_path / name).mkdir()
        for number in range(count):
            pre.image.save_img(tmp_path / name / f"{number}.png", np.ones((4, 4, 3)), scale=False)
    batches = pre.image.ImageDataGenerator().flow_from_directory(
        tmp_path, target_size=(6, 5), batch_size=5, class_mode="categorical", shuffle=False
    )
    assert "Found 5 images belonging to 2 classes." in capsys.readouterr().out
    assert batches.class_indices == {"cats": 0, "dogs": 1}
    assert batches.classes.tolist() == [0, 0, 0, 1, 1]
    pictures, labels = next(batches)
    assert pictures.shape == (5, 6, 5, 3)
    np.testing.assert_array_equal(labels, np.eye(2)[batches.classes])
