"""Copies and pickles of networks: everything of their own, and nothing of the original's."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import giulgi as gg


def pickled(model):
    return pickle.loads(pickle.dumps(model))


class TwoLayers(gg.Model):
    def __init__(self):
        super().__init__()
        self.first = gg.layers.Dense(4)
        self.drop = gg.layers.Dropout(0.2)
        self.last = gg.layers.Dense(1, activation="sigmoid")

    def call(self, x):
        return self.last(self.drop(self.first(x)))


def sequential():
    return gg.Sequential(
        [
            gg.layers.Dense(
                8, activation="relu", input_shape=(5,), kernel_regularizer=gg.regularizers.L2(0.01)
            ),
            gg.layers.Dropout(0.5),
            gg.layers.Dense(1, activation="sigmoid"),
        ]
    )


def nested():
    inputs = gg.Input((5,))
    inner = gg.Sequential([gg.layers.Dense(3, input_shape=(5,)), gg.layers.Dropout(0.3)])
    joined = inner(inputs) + inner(inputs * 2)
    return gg.Model(inputs, gg.layers.Dense(1, activation="sigmoid")(joined))


@pytest.fixture
def data():
    x = np.random.default_rng(0).normal(size=(64, 5)).astype("float32")
    return x, (x.sum(1) > 0).astype("float32")


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
@pytest.mark.parametrize("make", [sequential, TwoLayers, nested])
def test_a_copy_goes_on_by_itself(make, copied, data):
    model = make()
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(*data, epochs=2, verbose=0)
    weights = model.get_weights()
    other = copied(model)
    np.testing.assert_array_equal(other.predict(data[0], verbose=0), model.predict(data[0]))
    assert other.evaluate(*data, verbose=0) == model.evaluate(*data, verbose=0)
    other.fit(*data, epochs=1, verbose=0)
    assert int(other.optimizer.iterations) == 6
    assert int(model.optimizer.iterations) == 4
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert any((a != b).any() for a, b in zip(weights, other.get_weights(), strict=True))


def test_a_copy_of_a_growing_network_grows(data):
    model = gg.Sequential([gg.layers.Dense(3, input_shape=(5,))])
    other = copy.deepcopy(model)
    other.add(gg.layers.Dense(2))
    assert other.predict(data[0], verbose=0).shape == (64, 2)
    assert model.predict(data[0], verbose=0).shape == (64, 3)


def test_a_copy_does_not_keep_the_original_alive(data):
    model = sequential()
    other = copy.deepcopy(model)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
    assert other.predict(data[0], verbose=0).shape == (64, 1)
