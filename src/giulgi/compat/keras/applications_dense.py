"""Networks for pictures whose blocks hand on all that was before: DenseNet, MobileNetV2."""

from __future__ import annotations

from typing import Any

from giulgi.compat.keras.applications import (
    check_weights,
    export_network,
    finished,
    first_tensor,
    preprocess_tf,
    preprocess_torch,
)
from giulgi.compat.keras.applications_plain import pooled
from giulgi.compat.keras.layers import CLASSES as L
from giulgi.compat.keras.models import Model
from giulgi.compat.names import export

_SLIGHT = 1.001e-5


def _normal(x: Any, name: str) -> Any:
    return L["BatchNormalization"](epsilon=_SLIGHT, name=name)(x)


def _relu(x: Any, name: str) -> Any:
    return L["Activation"]("relu", name=name)(x)


def _grown(x: Any, name: str) -> Any:
    """Return maps with 32 more behind them, made by two convolutions of all."""
    y = _relu(_normal(x, f"{name}_0_bn"), f"{name}_0_relu")
    y = L["Conv2D"](128, 1, use_bias=False, name=f"{name}_1_conv")(y)
    y = _relu(_normal(y, f"{name}_1_bn"), f"{name}_1_relu")
    y = L["Conv2D"](32, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(y)
    return L["Concatenate"](name=f"{name}_concat")([x, y])


def _halved(x: Any, name: str) -> Any:
    """Return half as many maps of half the height and width."""
    x = _relu(_normal(x, f"{name}_bn"), f"{name}_relu")
    count = int(x.shape[-1]) // 2
    x = L["Conv2D"](count, 1, use_bias=False, name=f"{name}_conv")(x)
    return L["AveragePooling2D"](2, strides=2, name=f"{name}_pool")(x)


def _dense_net(depths: tuple[int, ...], name: str) -> Any:
    def build(
        include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None,
        input_shape: Any = None, pooling: Any = None, classes: int = 1000, **_: Any,
    ) -> Model:  # fmt: skip
        check_weights(weights, include_top, classes)
        start = first_tensor(input_tensor, input_shape, include_top, weights, 224, 32)
        x = L["ZeroPadding2D"](((3, 3), (3, 3)))(start)
        x = L["Conv2D"](64, 7, strides=2, use_bias=False, name="conv1/conv")(x)
        x = _relu(_normal(x, "conv1/bn"), "conv1/relu")
        x = L["ZeroPadding2D"](((1, 1), (1, 1)))(x)
        x = L["MaxPooling2D"](3, strides=2, name="pool1")(x)
        for stage, depth in enumerate(depths, start=2):
            for number in range(depth):
                x = _grown(x, f"conv{stage}_block{number + 1}")
            if stage < 5:
                x = _halved(x, f"pool{stage}")
        x = _relu(_normal(x, "bn"), "relu")
        if include_top:
            x = L["GlobalAveragePooling2D"](name="avg_pool")(x)
            x = L["Dense"](classes, activation="softmax", name="fc1000")(x)
        else:
            x = pooled(x, pooling)
        begin = f"{name}_weights_tf_dim_ordering_tf_kernels"
        files = (f"{begin}.h5", f"{begin}_notop.h5")
        return finished(start, x, name, weights, files, include_top, "v0.8")

    build.__name__ = f"DenseNet{name[8:]}"
    build.__doc__ = f"Return the network {name} of Huang et al., arXiv:1608.06993."
    return build


for _name, _depths in {
    "densenet121": (6, 12, 24, 16), "densenet169": (6, 12, 32, 32), "densenet201": (6, 12, 48, 32),
}.items():  # fmt: skip
    export_network("densenet", _dense_net(_depths, _name), preprocess_torch)


def _even(value: float) -> int:
    """Return the multiple of 8 that is nearest, and not less than 9 tenths."""
    found = max(8, int(value + 4) // 8 * 8)
    return found + 8 if found < 0.9 * value else found


def _inverted(x: Any, factor: int, stride: int, alpha: float, filters: int, number: int) -> Any:
    """Return a block that is wide inside and narrow outside, added to its input if it fits."""
    width = int(x.shape[-1])
    count = _even(int(filters * alpha))
    name = f"block_{number}_" if number else "expanded_conv_"
    y = x
    if number:
        y = L["Conv2D"](factor * width, 1, padding="same", use_bias=False, name=f"{name}expand")(y)
        y = _momentum(y, f"{name}expand_BN")
        y = L["ReLU"](6.0, name=f"{name}expand_relu")(y)
    if stride == 2:
        y = L["ZeroPadding2D"](around(y), name=f"{name}pad")(y)
    y = L["DepthwiseConv2D"](3, strides=stride, use_bias=False,
                             padding="same" if stride == 1 else "valid",
                             name=f"{name}depthwise")(y)  # fmt: skip
    y = _momentum(y, f"{name}depthwise_BN")
    y = L["ReLU"](6.0, name=f"{name}depthwise_relu")(y)
    y = L["Conv2D"](count, 1, padding="same", use_bias=False, name=f"{name}project")(y)
    y = _momentum(y, f"{name}project_BN")
    return L["Add"](name=f"{name}add")([x, y]) if width == count and stride == 1 else y


def _momentum(x: Any, name: str) -> Any:
    return L["BatchNormalization"](epsilon=1e-3, momentum=0.999, name=name)(x)


def around(x: Any, size: int = 3) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return what is put around maps that a convolution halves, so that it ends at their end."""
    half = size // 2
    less = [x.shape[axis] is not None and int(x.shape[axis]) % 2 == 0 for axis in (1, 2)]
    return (half - less[0], half), (half - less[1], half)


# factor, stride, filters, number of blocks
_BLOCKS = (
    (1, 1, 16, 1), (6, 2, 24, 2), (6, 2, 32, 3), (6, 2, 64, 4), (6, 1, 96, 3), (6, 2, 160, 3),
    (6, 1, 320, 1),
)  # fmt: skip


def MobileNetV2(  # noqa: N802 - Keras's name
    input_shape: Any = None, alpha: float = 1.0, include_top: bool = True,
    weights: Any = "imagenet", input_tensor: Any = None, pooling: Any = None, classes: int = 1000,
    **_: Any,
) -> Model:  # fmt: skip
    """Return the second MobileNet of Sandler et al., arXiv:1801.04381."""
    check_weights(weights, include_top, classes)
    start = first_tensor(input_tensor, input_shape, include_top, weights, 224, 32)
    x = L["ZeroPadding2D"](around(start), name="Conv1_pad")(start)
    x = L["Conv2D"](_even(32 * alpha), 3, strides=2, use_bias=False, name="Conv1")(x)
    x = L["ReLU"](6.0, name="Conv1_relu")(_momentum(x, "bn_Conv1"))
    number = 0
    for factor, stride, filters, count in _BLOCKS:
        for place in range(count):
            x = _inverted(x, factor, stride if place == 0 else 1, alpha, filters, number)
            number += 1
    last = _even(1280 * alpha) if alpha > 1 else 1280
    x = L["Conv2D"](last, 1, use_bias=False, name="Conv_1")(x)
    x = L["ReLU"](6.0, name="out_relu")(_momentum(x, "Conv_1_bn"))
    if include_top:
        x = L["GlobalAveragePooling2D"]()(x)
        x = L["Dense"](classes, activation="softmax", name="Logits")(x)
    else:
        x = pooled(x, pooling)
    size = start.shape[1]
    begin = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{alpha}_{size}"
    files = (f"{begin}.h5", f"{begin}_no_top.h5")
    name = f"mobilenetv2_{alpha:0.2f}_{size}"
    return finished(start, x, name, weights, files, include_top, "v1.1")


export_network("mobilenet_v2", MobileNetV2, preprocess_tf)
export("applications.mobilenetv2.MobileNetV2", MobileNetV2, of="keras")
export("applications.mobilenetv2.preprocess_input", preprocess_tf, of="keras")
