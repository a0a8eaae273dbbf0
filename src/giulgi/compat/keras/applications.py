"""``keras.applications``: what the networks for pictures share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from giulgi.compat.downloads import required
from giulgi.compat.keras.backend_session import image_data_format
from giulgi.compat.keras.boundary import as_named, holds_named
from giulgi.compat.keras.inputs import Input
from giulgi.compat.keras.models import Model
from giulgi.compat.keras.utils import home
from giulgi.compat.names import export

Array = np.ndarray[Any, Any]

_RELEASES = "https://github.com/fchollet/deep-learning-models/releases"
# The mean of each channel of ImageNet's pictures: blue, green, red.
_MEANS = (103.939, 116.779, 123.68)


def preprocess_caffe(x: Any, data_format: Any = None, **_: Any) -> Any:
    """Return pictures with blue first, and the mean of each channel taken off."""
    first = (data_format or image_data_format()) == "channels_first"
    axis = -3 if first else -1
    if holds_named([x]):
        turned = x[..., ::-1] if not first else x[:, ::-1]
        return turned - as_named(np.array(_MEANS, "float32").reshape((-1, 1, 1) if first else -1))
    pixels = np.flip(np.asarray(x, dtype="float32"), axis)
    return pixels - np.array(_MEANS, "float32").reshape((-1, 1, 1) if first else -1)


def preprocess_tf(x: Any, data_format: Any = None, **_: Any) -> Any:
    """Return pictures with numbers from -1 to 1."""
    del data_format
    if holds_named([x]):
        return x / 127.5 - 1.0
    return np.asarray(x, dtype="float32") / 127.5 - 1.0


def preprocess_torch(x: Any, data_format: Any = None, **_: Any) -> Array:
    """Return pictures with mean 0 and deviation 1 in each channel."""
    del data_format
    pixels = np.asarray(x, dtype="float32") / 255.0
    normal: Array = (pixels - [0.485, 0.456, 0.406]) / np.array([0.229, 0.224, 0.225])
    return normal.astype("float32")


def preprocess(x: Any, data_format: Any = None, mode: str = "caffe", **_: Any) -> Any:
    """Return pictures as networks of a kind were trained with: "caffe", "tf" or "torch"."""
    kinds: dict[str, Callable[..., Any]] = {
        "caffe": preprocess_caffe, "tf": preprocess_tf, "torch": preprocess_torch,
    }  # fmt: skip
    if mode not in kinds:
        raise ValueError(f"Unknown mode {mode}. There are {[*kinds]}")
    return kinds[mode](x, data_format)


def decode_predictions(preds: Any, top: int = 5, **_: Any) -> list[list[Any]]:
    """Return for each picture its likeliest classes: (identifier, name, probability)."""
    scores = np.asarray(preds)
    if scores.ndim != 2 or scores.shape[1] != 1000:
        raise ValueError(
            "`decode_predictions` expects a batch of predictions (i.e. a 2D array of shape "
            f"(samples, 1000)). Found array with shape: {scores.shape}"
        )
    path = required(
        home() / "models" / "imagenet_class_index.json", "The list of ImageNet's classes",
        "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json",
    )  # fmt: skip
    names = json.loads(Path(path).read_text())
    best = scores.argsort(axis=1)[:, -top:][:, ::-1]
    return [
        [(*names[str(i)], row[i]) for i in order] for row, order in zip(scores, best, strict=True)
    ]


def first_tensor(
    input_tensor: Any, input_shape: Any, include_top: bool, weights: Any, default: int, least: int
) -> Any:
    """Return the input of a network for pictures.

    Args:
        input_tensor: the input, if there is one already; an array becomes a constant.
        input_shape: the shape of a picture, if it is told.
        include_top: whether the layers that tell the class follow, which take one size only.
        weights: what the weights are to be.
        default: the usual height and width.
        least: the smallest.
    """
    if input_tensor is not None:
        return as_named(input_tensor)
    first = image_data_format() == "channels_first"
    usual = (3, default, default) if first else (default, default, 3)
    if include_top and weights == "imagenet" and input_shape not in (None, usual):
        raise ValueError(
            "When setting `include_top=True` and loading `imagenet` weights, `input_shape` should "
            f"be {usual}."
        )
    if input_shape is not None:
        sizes = input_shape[1:] if first else input_shape[:2]
        if any(size is not None and size < least for size in sizes):
            raise ValueError(
                f"Input size must be at least {least}x{least}; got `input_shape={input_shape}`"
            )
        return Input(shape=tuple(input_shape))
    if include_top:
        return Input(shape=usual)
    return Input(shape=(3, None, None) if first else (None, None, 3))


def finished(
    start: Any, end: Any, name: str, weights: Any, files: tuple[str, str], include_top: bool,
    release: str,
) -> Model:  # fmt: skip
    """Return the network, with its weights.

    Args:
        start: its input.
        end: its output.
        name: its name.
        weights: None: random; "imagenet": of the file in ``~/.keras/models``; or a path.
        files: the names of the files with and without the layers that tell the class.
        include_top: whether these are there.
        release: where the files are published.
    """
    model = Model(start, end, name=name)
    if weights == "imagenet":
        file = files[0] if include_top else files[1]
        path = required(
            home() / "models" / file, f"The weights of {name} for ImageNet",
            f"{_RELEASES}/download/{release}/{file}",
        )  # fmt: skip
        model.load_weights(path)
    elif weights is not None:
        model.load_weights(weights)
    return model


def check_weights(weights: Any, include_top: bool, classes: int) -> None:
    """Raise a ValueError if weights do not exist, or have another number of classes."""
    if not (weights in (None, "imagenet") or Path(str(weights)).exists()):
        raise ValueError(
            "The `weights` argument should be either `None` (random initialization), `imagenet` "
            "(pre-training on ImageNet), or the path to the weights file to be loaded."
        )
    if weights == "imagenet" and include_top and classes != 1000:
        raise ValueError(
            'If using `weights` as `"imagenet"` with `include_top` as true, `classes` should be '
            "1000"
        )


def export_network(
    module: str, build: Callable[..., Model], preprocess: Callable[..., Any]
) -> None:
    """Give a network, and what belongs to it, their names."""
    name = build.__name__
    export(f"applications.{name}", build, of="keras")
    export(f"applications.{module}.{name}", build, of="keras")
    export(f"applications.{module}.preprocess_input", preprocess, of="keras")
    export(f"applications.{module}.decode_predictions", decode_predictions, of="keras")


export("applications.imagenet_utils.preprocess_input", preprocess, of="keras")
export("applications.imagenet_utils.decode_predictions", decode_predictions, of="keras")
