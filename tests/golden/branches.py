"""Networks with branches, written once for Keras and for giulgi, which have the same names."""

from typing import Any


def uneven_inputs(lib: Any) -> Any:
    """An input that takes a longer way than another; the later layer is made first."""
    a, b = lib.Input((3,), name="a"), lib.Input((2,), name="b")
    late = lib.layers.Dense(4, name="late")(b)
    first = lib.layers.Dense(4, activation="tanh", name="first")(a)
    second = lib.layers.Dense(4, name="second")(first)
    return lib.Model([a, b], lib.layers.Dense(1, name="end")(late + second))


def diamond(lib: Any) -> Any:
    """Two ways of unequal length around each other, and one that skips both."""
    x = lib.Input((3,), name="x")
    stem = lib.layers.Dense(4, name="stem")(x)
    short = lib.layers.Dense(4, name="short")(stem)
    long = lib.layers.Dense(5, activation="tanh", name="long_1")(stem)
    long = lib.layers.Dense(4, name="long_2")(long)
    skip = lib.layers.Dense(2, name="skip")(x)
    return lib.Model(x, lib.layers.Dense(2, name="end")(short + long) + skip)


def two_outputs(lib: Any) -> Any:
    """Outputs of different depth, with a layer that both use at different places."""
    x = lib.Input((4,), name="x")
    shared = lib.layers.Dense(4, activation="tanh", name="shared")
    early = shared(x)
    deep = lib.layers.Dense(4, name="middle")(early)
    late = lib.layers.Dense(2, name="late")(shared(deep))
    return lib.Model(x, [lib.layers.Dense(3, name="early")(early), late])


def nested(lib: Any) -> Any:
    """A network with branches inside another, beside a shorter way."""
    inner_x = lib.Input((3,), name="inner_x")
    left = lib.layers.Dense(2, name="left")(inner_x)
    right = lib.layers.Dense(2, name="right_2")(lib.layers.Dense(3, name="right_1")(inner_x))
    inner = lib.Model(inner_x, left + right, name="inner")
    x = lib.Input((3,), name="x")
    beside = lib.layers.Dense(2, name="beside")(x)
    after = lib.layers.Dense(2, activation="tanh", name="after")(inner(x))
    return lib.Model(x, after + beside)


NETWORKS = (uneven_inputs, diamond, two_outputs, nested)
