"""Layers give the numbers of Keras, and so do their gradients and what they remember."""

import numpy as np
import pytest

import giulgi as gg
from giulgi.nn.masks import give_masks, mask_of
from golden import read

GOLDEN = read("layers")


class Case:
    """A layer with the numbers of Keras.

    Args:
        name: which of them.
    """

    def __init__(self, name):
        about = GOLDEN.cases[name]
        self.words = name.split("_")
        self.options = dict(about["kwargs"].get("call", {}))
        self.layer = made(about["class"], about["kwargs"])
        self.numbers = GOLDEN.below(name)
        self.inputs, self.slopes = (self.numbered(key, about["x"]) for key in ("x", "dx"))
        self.weights, self.gradients = (
            self.numbered(key, about["weight"]) for key in ("weight", "gradient")
        )
        self.state, self.after = (self.numbered(key, about["state"]) for key in ("state", "then"))
        if "training" in self.words:
            self.options["training"] = True

    def numbered(self, key, count):
        return [self.numbers[f"{key}_{number}"] for number in range(count)]

    def called(self, feeds):
        """Return the results of the layer, given inputs and their masks."""
        give_masks(feeds, [self.constant_mask(f"mask_{i}") for i, _ in enumerate(feeds)])
        options = dict(self.options)
        if "initial" in self.words:
            feeds, options["initial_state"] = feeds[:1], feeds[1:]
        if isinstance(self.layer, gg.layers.MultiHeadAttention):
            return self.layer(*feeds, **options)
        return self.layer(feeds if len(feeds) > 1 else feeds[0], **options)

    def constant_mask(self, key):
        return gg.constant(self.numbers[key]) if key in self.numbers else None

    def built(self, feeds):
        """Return the result of the layer, which has the weights of Keras."""
        y = self.called(feeds)
        states = getattr(self.layer, "states", [])  # They are no weights.
        count = len(self.state) - len(states)
        self.layer.set_weights([*self.weights, *self.state[:count]])
        for variable, value in zip(states, self.state[count:], strict=True):
            variable.assign(value)
        if isinstance(y, list):
            return gg.concat([gg.reshape(part, (-1,)) for part in y])
        return y


# What among the arguments is not what a layer is made with.
OF_CALL = ("call", "masks")


def made(kind, kwargs):
    """Return a layer, perhaps around others."""
    kwargs = {name: inner(value) for name, value in kwargs.items() if name not in OF_CALL}
    return getattr(gg.layers, kind)(**kwargs)


def inner(value):
    """Return the layer, or the layers, that an argument tells as [class, arguments]."""
    if not isinstance(value, list):
        return value
    if value and isinstance(value[0], str):
        return made(*value)
    parts = [inner(part) for part in value]
    return parts if any(isinstance(part, gg.layers.Layer) for part in parts) else tuple(parts)


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


@pytest.mark.parametrize("name", [n for n in GOLDEN.cases if "stateful" not in n])
def test_the_size_of_the_batch_may_be_unknown(name):
    case = Case(name)
    feeds = [gg.placeholder("float32", (None, *x.shape[1:])) for x in case.inputs]
    y = case.built(feeds)
    close(y.numpy(dict(zip(feeds, case.inputs, strict=True))), case.numbers["y"])


SPATIAL = ("conv", "max1", "max2", "max3", "average1", "average2", "average3", "transposed")
SPATIAL += ("depthwise", "separable", "global", "upsampling", "resizing")
# What keeps the shape of pictures has to know it.
KNOWN = ("resizing_cropped", "resizing_padded", "resizing_one_picture")


@pytest.mark.parametrize(
    "name", [n for n in GOLDEN.cases if n.startswith(SPATIAL) and not n.startswith(KNOWN)]
)
def test_the_sizes_of_pictures_may_be_unknown(name):
    case = Case(name)
    (x,) = case.inputs
    channels = 1 if getattr(case.layer, "data_format", "") == "channels_first" else x.ndim - 1
    shape = tuple(size if axis == channels else None for axis, size in enumerate(x.shape))
    feed = gg.placeholder("float32", shape)
    close(case.built([feed]).numpy({feed: x}), case.numbers["y"])


WITH_MASKS = {key.split("/")[0] for key in GOLDEN.arrays if "/mask_" in key or "/y_mask" in key}


@pytest.mark.parametrize("name", sorted(WITH_MASKS))
def test_masks_go_on_as_in_keras(name):
    case = Case(name)
    y = case.called([gg.constant(x) for x in case.inputs])
    mask = mask_of(y[0] if isinstance(y, list) else y)
    wanted = case.numbers.get("y_mask")
    assert (mask is None) == (wanted is None)
    if wanted is not None:
        np.testing.assert_array_equal(mask, wanted)


@pytest.mark.parametrize("name", [n for n in GOLDEN.cases if GOLDEN.cases[n]["state"]])
def test_what_a_layer_remembers_follows_as_in_keras(name):
    case = Case(name)

    @gg.function
    def step(x):
        return case.called([x])

    case.built([gg.constant(case.inputs[0])])
    close(step(case.inputs[0]), case.numbers["y"])
    remembered = [*case.layer.non_trainable_variables, *getattr(case.layer, "states", [])]
    for variable, wanted in zip(remembered, case.after, strict=True):
        close(variable, wanted)
