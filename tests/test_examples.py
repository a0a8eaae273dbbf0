"""The examples: their data fit their networks, which take a step of training on a few of them.

A new example needs a function here, named as its file, which returns a network, and a few inputs
and targets for it.
"""

import importlib
from pathlib import Path

import numpy as np
import pytest
from examples import captions, digits, music, sentiment, translation, weather

FOLDER = Path(__file__).parent.parent / "examples"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))


class Tiny:
    """A network of each example, and a few inputs and targets made by its own functions."""

    @staticmethod
    def captions():
        pictures, names = captions.load()
        words = sorted({word for name in names[:16] for word in name})
        numbers = {word: i for i, word in enumerate(words, start=captions.FIRST_WORD)}
        rows = captions.encoded(names[:16], numbers)
        whole, looks, writes = captions.network(len(words))
        assert len(captions.written(looks, writes, pictures[:3], words)) == 3
        return whole, [pictures[:16], rows[:, :-1]], rows[:, 1:]

    @staticmethod
    def digits():
        (x, y), _ = digits.load()
        return digits.convolutional_network(), digits.moved(x[:16], seed=0), y[:16]

    @staticmethod
    def music():
        tune = "".join(music.load()[:20])
        numbers = {c: i for i, c in enumerate(sorted(set(tune)))}
        x, y = music.windows(tune, numbers)
        return music.network(len(numbers)), x[:16], y[:16]

    @staticmethod
    def sentiment():
        sentences, praise = sentiment.load()
        numbers = sentiment.vocabulary(sentences[:500])
        x = sentiment.encoded(sentences[:16], numbers)
        return sentiment.network(len(numbers)), x, praise[:16]

    @staticmethod
    def translation():
        pairs = translation.load()[:16]
        phrases = [translation.in_words(english) for english, _ in pairs]
        words = translation.numbered(phrases)
        characters = translation.numbered([korean for _, korean in pairs])
        x = translation.encoded(phrases, words)
        y = translation.encoded([korean for _, korean in pairs], characters)
        model, _ = translation.network(len(words), len(characters))
        assert len(translation.translated(model, x[:3], list(characters))) == 3
        return model, [x, y[:, :-1]], y[:, 1:]

    @staticmethod
    def weather():
        table, hours = weather.load()
        train, _ = weather.examples(table, hours, held_out=500)
        model = weather.network(train.past.shape[-1])
        x = [train.past[:16], train.known[:16]]
        return model, x, (train.truth - train.now)[:16]


@pytest.mark.parametrize("name", NAMES)
def test_its_data_fit_its_network_which_learns(name):
    model, x, y = getattr(Tiny, name)()
    before = [weights.copy() for weights in model.get_weights()]
    history = model.fit(x, y, batch_size=16, epochs=1, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    for old, new in zip(before, model.get_weights(), strict=True):
        assert not np.array_equal(old, new)
    assert len(model.predict(x, verbose=0)) == 16


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_run_and_is_told_of(name):
    example = importlib.import_module(f"examples.{name}")
    assert callable(example.main)
    assert f"python examples/{name}.py" in example.__doc__
    assert f"`python examples/{name}.py`" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_licence_of_each_file_of_data_is_told():
    told = (FOLDER / "data" / "LICENSES.md").read_text(encoding="utf-8")
    for path in (FOLDER / "data").iterdir():
        assert path.name == "LICENSES.md" or f"## `{path.name}`: " in told


def test_digits_are_moved_by_as_much_as_is_said_and_else_stay_as_they_are():
    pictures = np.zeros((200, 28, 28, 1), "float32")
    pictures[:, 10, 14] = np.arange(1, 201)[:, None]
    found, rows, columns, _ = np.nonzero(moved := digits.moved(pictures, seed=0))
    np.testing.assert_array_equal(found, np.arange(200))
    np.testing.assert_array_equal(moved[found, rows, columns, 0], np.arange(1, 201))
    assert set(rows - 10) == set(columns - 14) == set(range(-3, 4))


def test_the_digit_of_the_nearest_is_found():
    """Two of three decide, and of three that disagree the most alike."""
    pictures = np.zeros((6, 28, 28, 1), "float32")
    for picture, (row, strength) in zip(
        pictures, [(0, 1.0)] * 3 + [(8, 1), (8, 2), (8, 3)], strict=True
    ):
        picture[row] = strength
    asked = pictures[[0, 3]].copy()
    guesses = digits.by_the_nearest(pictures, np.array([4, 4, 7, 1, 9, 9]), asked)
    np.testing.assert_array_equal(guesses, [4, 9])


def test_no_hour_that_is_held_out_is_in_what_the_weather_is_learnt_from():
    table, hours = weather.load()
    assert not np.isnan(table).any()
    changed = table.copy()
    changed[500:] += 40
    learnt_from, asked = weather.examples(table, hours, 500)
    for one, other in zip(learnt_from, weather.examples(changed, hours, 500)[0], strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(learnt_from.truth[-1], table[476:500, 0])
    np.testing.assert_array_equal(asked.truth[0], table[500:524, 0])


def test_no_forecast_of_the_weather_knows_what_is_to_come():
    table, hours = weather.load()
    changed = table.copy()
    changed[600:] += 40
    before, after = (weather.examples(each, hours, 500)[1] for each in (table, changed))
    at_600 = 600 - 500
    for name in ("past", "known", "now", "yesterday"):
        np.testing.assert_array_equal(
            getattr(before, name)[at_600], getattr(after, name)[at_600], err_msg=name
        )
    assert (after.truth[at_600] == before.truth[at_600] + 40).all()


def test_each_hour_to_come_is_told_its_time_of_day_and_how_warm_it_was_a_day_before():
    table, hours = weather.load()
    _, asked = weather.examples(table, hours, 500)
    np.testing.assert_array_equal(asked.yesterday[24:], asked.truth[:-24])
    sine, cosine, warmer = np.moveaxis(asked.known, 2, 0)
    clock = np.arctan2(sine, cosine) * 12 / np.pi
    np.testing.assert_allclose(clock[0] % 24, hours[500:524], atol=1e-4)
    told = warmer * table[:500, 0].std() + asked.now
    np.testing.assert_allclose(told, asked.yesterday, atol=1e-4)


def test_the_regression_of_the_weather_finds_what_is_linear():
    """What repeats every 36 hours is a weight of 1 for the figure of 36 hours before."""
    random = np.random.default_rng(0)
    table, hours = random.normal(size=(1800, 5)), np.arange(1800) % 24
    table[:, 0] = np.tile(random.normal(size=36), 50)
    learnt_from, asked = weather.examples(table, hours, 1440)
    np.testing.assert_allclose(weather.by_regression(learnt_from, asked), asked.truth, atol=1e-4)


def test_a_tune_is_followed_by_itself_one_character_later():
    tune = music.load()[0]
    numbers = {c: i for i, c in enumerate(sorted(set(tune)))}
    x, y = music.windows(tune, numbers)
    np.testing.assert_array_equal(x.ravel()[1:], y.ravel()[:-1])


def test_sentences_are_cut_and_filled_up():
    numbers = sentiment.vocabulary([["good", "good", "bad"], ["bad", "once"]])
    rows = sentiment.encoded([["good", "once"], ["bad"] * 50], numbers)
    assert rows[0, :3].tolist() == [numbers["good"], sentiment.UNKNOWN, sentiment.FILL]
    assert rows[1].tolist() == [numbers["bad"]] * sentiment.LENGTH
