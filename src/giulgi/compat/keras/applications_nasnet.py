"""Networks for pictures that a search for architectures found: NASNet."""

from __future__ import annotations

from typing import Any

from giulgi.compat.keras.applications import (
    check_weights,
    export_network,
    finished,
    first_tensor,
    preprocess_tf,
)
from giulgi.compat.keras.applications_dense import around
from giulgi.compat.keras.applications_plain import pooled
from giulgi.compat.keras.layers import CLASSES as L
from giulgi.compat.keras.models import Model


def _normal(x: Any) -> Any:
    return L["BatchNormalization"](momentum=0.9997, epsilon=1e-3)(x)


def _relu(x: Any) -> Any:
    return L["Activation"]("relu")(x)


def _narrowed(x: Any, filters: int) -> Any:
    """Return ReLU, a convolution of single places, normalized."""
    x = L["Conv2D"](filters, 1, padding="same", use_bias=False)(_relu(x))
    return _normal(x)


def _separable(x: Any, filters: int, size: int, stride: int = 1) -> Any:
    """Return two convolutions in each of which channels are apart at first."""
    x = _relu(x)
    if stride == 2:
        x = L["ZeroPadding2D"](around(x, size))(x)
    x = L["SeparableConv2D"](
        filters, size, strides=stride, padding="valid" if stride == 2 else "same", use_bias=False
    )(x)
    x = _relu(_normal(x))
    return _normal(L["SeparableConv2D"](filters, size, padding="same", use_bias=False)(x))


def _mean(x: Any) -> Any:
    return L["AveragePooling2D"](3, strides=1, padding="same")(x)


def _fitted(before: Any, x: Any, filters: int) -> Any:
    """Return the maps of the cell before in the size and number of this one's."""
    if before is None:
        return x
    if before.shape[1] != x.shape[1]:
        before = _relu(before)
        first = L["AveragePooling2D"](1, strides=2)(before)
        first = L["Conv2D"](filters // 2, 1, padding="same", use_bias=False)(first)
        second = L["Cropping2D"](((1, 0), (1, 0)))(L["ZeroPadding2D"](((0, 1), (0, 1)))(before))
        second = L["AveragePooling2D"](1, strides=2)(second)
        second = L["Conv2D"](filters // 2, 1, padding="same", use_bias=False)(second)
        return _normal(L["Concatenate"]()([first, second]))
    return before if before.shape[-1] == filters else _narrowed(before, filters)


def _sum(*parts: Any) -> Any:
    return L["Add"]()(list(parts))


def _cell(x: Any, before: Any, filters: int) -> tuple[Any, Any]:
    """Return the maps of a cell that keeps height and width, and what was given."""
    p, h = _fitted(before, x, filters), _narrowed(x, filters)
    parts = [
        p,
        _sum(_separable(h, filters, 5), _separable(p, filters, 3)),
        _sum(_separable(p, filters, 5), _separable(p, filters, 3)),
        _sum(_mean(h), p),
        _sum(_mean(p), _mean(p)),
        _sum(_separable(h, filters, 3), h),
    ]
    return L["Concatenate"]()(parts), x


def _halving_cell(x: Any, before: Any, filters: int) -> tuple[Any, Any]:
    """Return the maps of a cell that halves height and width, and what was given."""
    p, h = _fitted(before, x, filters), _narrowed(x, filters)
    padded = L["ZeroPadding2D"](around(h, 3))(h)
    first = _sum(_separable(h, filters, 5, 2), _separable(p, filters, 7, 2))
    second = _sum(L["MaxPooling2D"](3, strides=2)(padded), _separable(p, filters, 7, 2))
    third = _sum(L["AveragePooling2D"](3, strides=2)(padded), _separable(p, filters, 5, 2))
    fourth = _sum(second, _mean(first))
    fifth = _sum(_separable(first, filters, 3), L["MaxPooling2D"](3, strides=2)(padded))
    return L["Concatenate"]()([second, third, fourth, fifth]), x


def _nasnet(name: str, size: int, last: int, count: int, stem: int, skips: bool) -> Any:
    """Return what builds a network.

    Args:
        name: its name.
        size: the usual height and width.
        last: the number of maps in the end.
        count: the number of cells between those that halve.
        stem: the number of maps of the first convolution.
        skips: whether a cell behind one that halves sees what was before that.
    """

    def build(
        input_shape: Any = None, include_top: bool = True, weights: Any = "imagenet",
        input_tensor: Any = None, pooling: Any = None, classes: int = 1000, **_: Any,
    ) -> Model:  # fmt: skip
        check_weights(weights, include_top, classes)
        start = first_tensor(input_tensor, input_shape, include_top, weights, size, 32)
        filters = last // 24
        x = _normal(L["Conv2D"](stem, 3, strides=2, use_bias=False)(start))
        x, before = _halving_cell(x, None, filters // 4)
        x, before = _halving_cell(x, before, filters // 2)
        for stage in range(3):
            if stage:
                x, given = _halving_cell(x, before, filters)
                before = before if skips else given
            for _number in range(count):
                x, before = _cell(x, before, filters)
            filters *= 2
        x = _relu(x)
        if include_top:
            x = L["GlobalAveragePooling2D"]()(x)
            x = L["Dense"](classes, activation="softmax", name="predictions")(x)
        else:
            x = pooled(x, pooling)
        begin = name.replace("NASNet", "NASNet-").lower().replace("nasnet", "NASNet")
        files = (f"{begin}.h5", f"{begin}-no-top.h5")
        return finished(start, x, name, weights, files, include_top, "v0.8")

    build.__name__ = name
    build.__doc__ = f"Return the network {name} of Zoph et al., arXiv:1707.07012."
    return build


NASNetLarge = _nasnet("NASNetLarge", 331, 4032, 6, 96, True)
NASNetMobile = _nasnet("NASNetMobile", 224, 1056, 4, 32, False)
export_network("nasnet", NASNetLarge, preprocess_tf)
export_network("nasnet", NASNetMobile, preprocess_tf)
