"""Layers give the numbers of Keras, and so do their gradients and what they remember."""

import numpy as np
import pytest

import giulgi as gg
from golden import read

GOLDEN = read("layers")


class Case:
    """A layer with the numbers of Keras.

    Args:
        name: which of them.
    """

    def __init__(self, name):
        about = GOLDEN.cases[name]
        self.name = name
        kwargs = dict(about["kwargs"])
        self.options = kwargs.pop("call", {})
        self.layer = made(about["class"], kwargs)
        self.numbers = GOLDEN.below(name)
        self.inputs, self.slopes = (self.numbered(key, about["x"]) for key in ("x", "dx"))
        self.weights, self.gradients = (
            self.numbered(key, about["weight"]) for key in ("weight", "gradient")
        )
        self.state, self.after = (self.numbered(key, about["state"]) for key in ("state", "then"))
        if name.endswith("_training"):
            self.options["training"] = True
        if "mask" in self.numbers:
            self.options["mask"] = gg.constant(self.numbers["mask"])

    def numbered(self, key, count):
        return [self.numbers[f"{key}_{number}"] for number in range(count)]

    def built(self, feeds):
        """Return the result of the layer, which has the weights of Keras."""
        options = dict(self.options)
        if self.name.endswith("_initial"):
            feeds, options["initial_state"] = feeds[:1], feeds[1:]
        if isinstance(self.layer, gg.layers.MultiHeadAttention):
            y = self.layer(*feeds, **options)
        else:
            y = self.layer(feeds if len(feeds) > 1 else feeds[0], **options)
        self.layer.set_weights([*self.weights, *self.state])
        if isinstance(y, list):
            return gg.concat([gg.reshape(part, (-1,)) for part in y])
        return y


def made(kind, kwargs):
    inner = {"layer": made(*kwargs["layer"])} if "layer" in kwargs else {}
    kwargs = {key: as_tuples(value) for key, value in kwargs.items() if key != "layer"}
    return getattr(gg.layers, kind)(**kwargs, **inner)


def as_tuples(value):
    return tuple(map(as_tuples, value)) if isinstance(value, list) else value


def close(actual, wanted):
    np.testing.assert_allclose(np.asarray(actual), wanted, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("backend", ["cpu", "reference"])
@pytest.mark.parametrize("name", GOLDEN.cases)
def test_values_and_gradients_are_those_of_keras(name, backend, monkeypatch):
    monkeypatch.setattr(gg.config, "backend", backend)
    case = Case(name)
    feeds = [gg.placeholder("float32", x.shape, name=f"x{i}") for i, x in enumerate(case.inputs)]
    y = case.built(feeds)
    trained = case.layer.trainable_variables
    found = gg.gradients(y, [*feeds, *trained], case.numbers["cotangent"])
    got, *slopes = gg.Program([y, *found], feeds)(*case.inputs)
    close(got, case.numbers["y"])
    for actual, wanted in zip(slopes, [*case.slopes, *case.gradients], strict=True):
        close(actual, wanted)


@pytest.mark.parametrize("name", [n for n in GOLDEN.cases if "first" not in n])
def test_the_size_of_the_batch_may_be_unknown(name):
    case = Case(name)
    feeds = [gg.placeholder("float32", (None, *x.shape[1:])) for x in case.inputs]
    y = case.built(feeds)
    close(y.numpy(dict(zip(feeds, case.inputs, strict=True))), case.numbers["y"])


SPATIAL = [n for n in GOLDEN.cases if n.startswith(("conv", "max", "average", "transp", "depthw"))]


@pytest.mark.parametrize("name", [n for n in SPATIAL if GOLDEN.cases[n]["x"] == 1])
def test_the_sizes_of_pictures_may_be_unknown(name):
    case = Case(name)
    (x,) = case.inputs
    channels = 1 if getattr(case.layer, "data_format", "") == "channels_first" else x.ndim - 1
    shape = tuple(size if axis == channels else None for axis, size in enumerate(x.shape))
    feed = gg.placeholder("float32", shape)
    close(case.built([feed]).numpy({feed: x}), case.numbers["y"])


@pytest.mark.parametrize("name", [n for n in GOLDEN.cases if n.endswith("_training")])
def test_moving_averages_follow_as_in_keras(name):
    case = Case(name)

    @gg.function
    def step(x):
        return case.layer(x, training=True)

    case.built([gg.constant(case.inputs[0])])
    close(step(case.inputs[0]), case.numbers["y"])
    for variable, wanted in zip(case.layer.non_trainable_variables, case.after, strict=True):
        close(variable, wanted)
