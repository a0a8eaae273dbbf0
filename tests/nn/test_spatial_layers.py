"""Layers over axes of space: their weights, networks of them, and what they refuse."""

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, ShapeError, UnknownArgumentError

L = gg.layers


def test_names_and_shapes_of_weights_are_those_of_keras():
    layer = L.Conv2D(6, 3)
    layer(np.zeros((1, 5, 5, 2), np.float32))
    assert [v.name.split("/")[-1] for v in layer.variables] == ["kernel", "bias"]
    assert [v.shape for v in layer.variables] == [(3, 3, 2, 6), (6,)]
    layer = L.SeparableConv2D(6, 3, use_bias=False)
    layer(np.zeros((1, 5, 5, 2), np.float32))
    names = [v.name.split("/")[-1] for v in layer.variables]
    assert names == ["depthwise_kernel", "pointwise_kernel"]


def test_a_small_network_learns():
    gg.set_seed(0)
    x = np.random.default_rng(0).normal(size=(64, 8, 8, 1)).astype(np.float32)
    y = (x[:, 2:5, 2:5].mean((1, 2, 3)) > 0).astype(np.int32)
    model = gg.Sequential(
        [
            gg.Input((8, 8, 1)),
            L.Conv2D(8, 3, activation="relu"),
            L.MaxPooling2D(),
            L.Flatten(),
            L.Dense(2, activation="softmax"),
        ]
    )
    model.compile(gg.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    history = model.fit(x, y, batch_size=16, epochs=30, verbose=0)
    assert history.history["loss"][-1] < 0.3 * history.history["loss"][0]


def test_training_is_bitwise_the_same_with_one_worker_and_with_two(monkeypatch):
    monkeypatch.setattr(gg.config, "backend", "cpu")
    x = np.random.default_rng(0).normal(size=(64, 20, 20, 3)).astype(np.float32)
    y = np.arange(64) % 4
    found = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(gg.config, "threads", threads)
        gg.set_seed(1)
        model = gg.Sequential(
            [
                gg.Input((20, 20, 3)),
                L.Conv2D(16, 3, activation="relu"),
                L.Conv2D(24, 3, strides=2, padding="same", activation="relu"),
                L.MaxPooling2D(),
                L.Flatten(),
                L.Dense(4, activation="softmax"),
            ]
        )
        model.compile("adam", loss="sparse_categorical_crossentropy")
        model.fit(x, y, batch_size=32, epochs=2, verbose=0)
        found.append([w.tobytes() for w in model.get_weights()])
    assert found[0] == found[1] == found[2]


def test_pictures_of_integers_stay_integers_when_they_are_resized():
    """The numbers are those of Keras, which rounds and keeps to the range of the dtype."""
    x = np.array([0, 60, 120, 180, 240], np.uint8).reshape(1, 5, 1, 1)
    y = L.Resizing(10, 1, "bicubic")(x).numpy()
    assert y.dtype == np.uint8
    assert y.ravel().tolist() == [0, 10, 43, 75, 105, 135, 165, 197, 230, 245]
    assert L.Resizing(10, 1, "nearest")(x).dtype == np.uint8


MISTAKES = [
    (lambda: L.Conv2D(0, 3), ArgumentError, "filters is 0"),
    (lambda: L.Conv2D(8, 0), ArgumentError, "kernel_size is 0; the layer has 2 axes of space"),
    (lambda: L.Conv2D(8, (3, 3, 3)), ArgumentError, r"kernel_size=\(3, 3\)"),
    (lambda: L.Conv1D(8, (3, 3)), ArgumentError, "the layer has one axis of space"),
    (lambda: L.Conv2D(8, 3, padding="sam"), UnknownArgumentError, "did you mean 'same'"),
    (lambda: L.Conv2D(8, 3, padding="causal"), UnknownArgumentError, "no padding named 'causal'"),
    (lambda: L.Conv2D(8, 3, groups=3), ArgumentError, "8 filters do not fall into 3 groups"),
    (lambda: L.Conv2D(8, 3, data_format="last"), UnknownArgumentError, "data_format"),
    (lambda: L.MaxPooling2D(0), ArgumentError, "pool_size is 0"),
    (lambda: L.ZeroPadding2D((1, 2, 3)), ArgumentError, "padding is"),
    (lambda: L.Conv2DTranspose(4, 3, 2, output_padding=2), ArgumentError, "output_padding is 2"),
    (lambda: L.UpSampling2D(2, None, "bilinar"), UnknownArgumentError, "did you mean 'bilinear'"),
    (
        lambda: L.DepthwiseConv2D(3, kernel_initializer="ones"),
        UnknownArgumentError,
        "did you mean 'depthwise_initializer'",
    ),
    (lambda: L.Resizing(0, 3), ArgumentError, "height is 0"),
    (lambda: L.Resizing(3, 3, fill_mode="reflect"), UnknownArgumentError, "no fill_mode named"),
    (lambda: L.Resizing(3, 3, "linear"), UnknownArgumentError, "no interpolation named 'linear'"),
    (
        lambda: L.Resizing(3, 3, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
        ArgumentError,
        "cut or padded to the new shape, not both",
    ),
]


@pytest.mark.parametrize(("make", "kind", "problem"), MISTAKES)
def test_what_makes_no_sense_is_told_where_it_is_made(make, kind, problem):
    with pytest.raises(kind, match=problem):
        make()


def test_inputs_that_do_not_fit_are_told():
    pictures = np.zeros((2, 28, 28), np.float32)
    with pytest.raises(ShapeError, match="takes inputs of 4 axes") as caught:
        L.Conv2D(8, 3)(pictures)
    assert "x[..., None]" in str(caught.value)
    with pytest.raises(ShapeError, match="takes inputs of 4 axes"):
        L.MaxPooling2D()(pictures)
    with pytest.raises(ShapeError, match="the window spans 5 elements along axis 1"):
        L.Conv2D(8, 5)(np.zeros((1, 3, 3, 1), np.float32))
    with pytest.raises(ShapeError, match="6 channels do not fall into 4 groups"):
        L.Conv2D(8, 3, groups=4)(np.zeros((1, 9, 9, 6), np.float32))
    with pytest.raises(ShapeError, match="nothing is left of axis 1"):
        L.Cropping2D(2)(np.zeros((1, 4, 9, 6), np.float32))
    unknown = gg.placeholder("float32", (None, None, 8, 3))
    with pytest.raises(ShapeError, match="height and width of the inputs must be known"):
        L.Resizing(4, 8, crop_to_aspect_ratio=True)(unknown)
    layer = L.Conv2D(8, 3)
    with pytest.raises(ShapeError, match="number of channels of the inputs must be known"):
        layer(gg.placeholder("float32", (None, 8, 8, None)))
