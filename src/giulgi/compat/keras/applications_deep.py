"""Networks for pictures with branches: ResNet50, InceptionV3, Xception."""

from __future__ import annotations

from typing import Any

from giulgi.compat.keras.applications import (
    check_weights,
    export_network,
    finished,
    first_tensor,
    preprocess_caffe,
    preprocess_tf,
)
from giulgi.compat.keras.applications_plain import pooled
from giulgi.compat.keras.layers import CLASSES as L
from giulgi.compat.keras.models import Model
from giulgi.compat.names import advise


def _residual(x: Any, filters: tuple[int, int, int], place: str, stride: int | None) -> Any:
    """Return a block of three convolutions, to which its input is added.

    Args:
        x: the input.
        filters: how many each convolution has.
        place: the stage and the letter of the block, such as "2a".
        stride: of the first; None: the input is added as it is.
    """
    begin, shortcut = x, x
    for letter, count, size in zip("abc", filters, (1, 3, 1), strict=True):
        x = L["Conv2D"](count, (size, size), strides=(stride or 1) if letter == "a" else 1,
                        padding="same" if size == 3 else "valid",
                        name=f"res{place}_branch2{letter}")(x)  # fmt: skip
        x = L["BatchNormalization"](name=f"bn{place}_branch2{letter}")(x)
        if letter != "c":
            x = L["Activation"]("relu")(x)
    if stride is not None:
        shortcut = L["Conv2D"](filters[2], (1, 1), strides=stride, name=f"res{place}_branch1")(
            begin
        )
        shortcut = L["BatchNormalization"](name=f"bn{place}_branch1")(shortcut)
    return L["Activation"]("relu")(L["Add"]()([x, shortcut]))


def ResNet50(  # noqa: N802 - Keras's name
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None,
    input_shape: Any = None, pooling: Any = None, classes: int = 1000, **_: Any,
) -> Model:  # fmt: skip
    """Return the residual network of 50 layers of He et al., arXiv:1512.03385."""
    check_weights(weights, include_top, classes)
    start = first_tensor(input_tensor, input_shape, include_top, weights, 224, 32)
    x = L["ZeroPadding2D"]((3, 3), name="conv1_pad")(start)
    x = L["Conv2D"](64, (7, 7), strides=2, name="conv1")(x)
    x = L["BatchNormalization"](name="bn_conv1")(x)
    x = L["Activation"]("relu")(x)
    x = L["ZeroPadding2D"]((1, 1), name="pool1_pad")(x)
    x = L["MaxPooling2D"]((3, 3), strides=2)(x)
    for stage, depth in enumerate((3, 4, 6, 3), start=2):
        width = 64 * 2 ** (stage - 2)
        for number in range(depth):
            stride = (1 if stage == 2 else 2) if number == 0 else None
            x = _residual(x, (width, width, 4 * width), f"{stage}{'abcdef'[number]}", stride)
    if include_top:
        x = L["GlobalAveragePooling2D"](name="avg_pool")(x)
        x = L["Dense"](classes, activation="softmax", name="fc1000")(x)
    else:
        x = pooled(x, pooling)
    begin = "resnet50_weights_tf_dim_ordering_tf_kernels"
    files = (f"{begin}.h5", f"{begin}_notop.h5")
    return finished(start, x, "resnet50", weights, files, include_top, "v0.2")


def _unit(
    x: Any, filters: int, rows: int, columns: int, padding: str = "same", strides: int = 1
) -> Any:
    """Return a convolution without bias, normalized, with ReLU."""
    x = L["Conv2D"](filters, (rows, columns), strides=strides, padding=padding, use_bias=False)(x)
    x = L["BatchNormalization"](scale=False)(x)
    return L["Activation"]("relu")(x)


def _chain(x: Any, *units: tuple[int, int, int]) -> Any:
    for filters, rows, columns in units:
        x = _unit(x, filters, rows, columns)
    return x


def _pooled_unit(x: Any, filters: int) -> Any:
    return _unit(L["AveragePooling2D"]((3, 3), strides=1, padding="same")(x), filters, 1, 1)


def _narrow(x: Any, number: int, pool: int) -> Any:
    """Return a module of the maps of 35 x 35."""
    parts = [
        _unit(x, 64, 1, 1),
        _chain(x, (48, 1, 1), (64, 5, 5)),
        _chain(x, (64, 1, 1), (96, 3, 3), (96, 3, 3)),
        _pooled_unit(x, pool),
    ]
    return L["Concatenate"](name=f"mixed{number}")(parts)


def _middle(x: Any, number: int, width: int) -> Any:
    """Return a module of the maps of 17 x 17."""
    parts = [
        _unit(x, 192, 1, 1),
        _chain(x, (width, 1, 1), (width, 1, 7), (192, 7, 1)),
        _chain(x, (width, 1, 1), (width, 7, 1), (width, 1, 7), (width, 7, 1), (192, 1, 7)),
        _pooled_unit(x, 192),
    ]
    return L["Concatenate"](name=f"mixed{number}")(parts)


def _wide(x: Any, number: int) -> Any:
    """Return a module of the maps of 8 x 8."""
    first = _unit(x, 320, 1, 1)
    second = _unit(x, 384, 1, 1)
    second = L["Concatenate"](name=f"mixed9_{number}")(
        [_unit(second, 384, 1, 3), _unit(second, 384, 3, 1)]
    )
    third = _chain(x, (448, 1, 1), (384, 3, 3))
    third = L["Concatenate"]()([_unit(third, 384, 1, 3), _unit(third, 384, 3, 1)])
    parts = [first, second, third, _pooled_unit(x, 192)]
    return L["Concatenate"](name=f"mixed{9 + number}")(parts)


def _stem(start: Any) -> Any:
    """Return what both kinds of Inception networks begin with."""
    x = _unit(_unit(start, 32, 3, 3, "valid", 2), 32, 3, 3, "valid")
    x = L["MaxPooling2D"]((3, 3), strides=2)(_unit(x, 64, 3, 3))
    x = _unit(_unit(x, 80, 1, 1, "valid"), 192, 3, 3, "valid")
    return L["MaxPooling2D"]((3, 3), strides=2)(x)


def InceptionV3(  # noqa: N802 - Keras's name
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None,
    input_shape: Any = None, pooling: Any = None, classes: int = 1000, **_: Any,
) -> Model:  # fmt: skip
    """Return the third Inception network of Szegedy et al., arXiv:1512.00567."""
    check_weights(weights, include_top, classes)
    start = first_tensor(input_tensor, input_shape, include_top, weights, 299, 75)
    x = _stem(start)
    for number, pool in enumerate((32, 64, 64)):
        x = _narrow(x, number, pool)
    parts = [_unit(x, 384, 3, 3, "valid", 2),
             _unit(_chain(x, (64, 1, 1), (96, 3, 3)), 96, 3, 3, "valid", 2),
             L["MaxPooling2D"]((3, 3), strides=2)(x)]  # fmt: skip
    x = L["Concatenate"](name="mixed3")(parts)
    for number, width in enumerate((128, 160, 160, 192), start=4):
        x = _middle(x, number, width)
    parts = [_unit(_unit(x, 192, 1, 1), 320, 3, 3, "valid", 2),
             _unit(_chain(x, (192, 1, 1), (192, 1, 7), (192, 7, 1)), 192, 3, 3, "valid", 2),
             L["MaxPooling2D"]((3, 3), strides=2)(x)]  # fmt: skip
    x = L["Concatenate"](name="mixed8")(parts)
    for number in (0, 1):
        x = _wide(x, number)
    if include_top:
        x = L["GlobalAveragePooling2D"](name="avg_pool")(x)
        x = L["Dense"](classes, activation="softmax", name="predictions")(x)
    else:
        x = pooled(x, pooling)
    begin = "inception_v3_weights_tf_dim_ordering_tf_kernels"
    files = (f"{begin}.h5", f"{begin}_notop.h5")
    return finished(start, x, "inception_v3", weights, files, include_top, "v0.5")


def _separable(x: Any, filters: int, name: str, relu: bool = True) -> Any:
    if relu:
        x = L["Activation"]("relu", name=f"{name}_act")(x)
    x = L["SeparableConv2D"](filters, (3, 3), padding="same", use_bias=False, name=name)(x)
    return L["BatchNormalization"](name=f"{name}_bn")(x)


def _entry(x: Any, filters: tuple[int, int], block: int) -> Any:
    shortcut = L["Conv2D"](filters[1], (1, 1), strides=2, padding="same", use_bias=False)(x)
    shortcut = L["BatchNormalization"]()(shortcut)
    x = _separable(x, filters[0], f"block{block}_sepconv1", block != 2)
    x = _separable(x, filters[1], f"block{block}_sepconv2")
    x = L["MaxPooling2D"]((3, 3), strides=2, padding="same", name=f"block{block}_pool")(x)
    return L["Add"]()([x, shortcut])


def Xception(  # noqa: N802 - Keras's name
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None,
    input_shape: Any = None, pooling: Any = None, classes: int = 1000, **_: Any,
) -> Model:  # fmt: skip
    """Return the network of separable convolutions of Chollet, arXiv:1610.02357."""
    check_weights(weights, include_top, classes)
    start = x = first_tensor(input_tensor, input_shape, include_top, weights, 299, 71)
    for number, filters in ((1, 32), (2, 64)):
        x = L["Conv2D"](filters, (3, 3), strides=3 - number, use_bias=False,
                        name=f"block1_conv{number}")(x)  # fmt: skip
        x = L["BatchNormalization"](name=f"block1_conv{number}_bn")(x)
        x = L["Activation"]("relu", name=f"block1_conv{number}_act")(x)
    for block, filters in ((2, 128), (3, 256), (4, 728)):
        x = _entry(x, (filters, filters), block)
    for block in range(5, 13):
        begin = x
        for number in (1, 2, 3):
            x = _separable(x, 728, f"block{block}_sepconv{number}")
        x = L["Add"]()([x, begin])
    x = _entry(x, (728, 1024), 13)
    for number, filters in ((1, 1536), (2, 2048)):
        x = _separable(x, filters, f"block14_sepconv{number}", relu=False)
        x = L["Activation"]("relu", name=f"block14_sepconv{number}_act")(x)
    if include_top:
        x = L["GlobalAveragePooling2D"](name="avg_pool")(x)
        x = L["Dense"](classes, activation="softmax", name="predictions")(x)
    else:
        x = pooled(x, pooling)
    begin = "xception_weights_tf_dim_ordering_tf_kernels"
    files = (f"{begin}.h5", f"{begin}_notop.h5")
    return finished(start, x, "xception", weights, files, include_top, "v0.4")


def _added(x: Any, branches: list[Any], scale: float, is_last: bool = False) -> Any:
    """Return x and so much of what its branches make, joined and projected."""
    joined = L["Concatenate"]()(branches)
    y = L["Conv2D"](int(x.shape[-1]), 1, padding="same")(joined)
    x = L["Lambda"](lambda pair, scale: pair[0] + pair[1] * scale, arguments={"scale": scale})(
        [x, y]
    )
    return x if is_last else L["Activation"]("relu")(x)


def _of_35(x: Any) -> list[Any]:
    return [
        _unit(x, 32, 1, 1),
        _chain(x, (32, 1, 1), (32, 3, 3)),
        _chain(x, (32, 1, 1), (48, 3, 3), (64, 3, 3)),
    ]


def _of_17(x: Any) -> list[Any]:
    return [_unit(x, 192, 1, 1), _chain(x, (128, 1, 1), (160, 1, 7), (192, 7, 1))]


def _of_8(x: Any) -> list[Any]:
    return [_unit(x, 192, 1, 1), _chain(x, (192, 1, 1), (224, 1, 3), (256, 3, 1))]


def InceptionResNetV2(  # noqa: N802 - Keras's name
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None,
    input_shape: Any = None, pooling: Any = None, classes: int = 1000, **_: Any,
) -> Model:  # fmt: skip
    """Return the residual Inception network of Szegedy et al., arXiv:1602.07261."""
    check_weights(weights, include_top, classes)
    start = first_tensor(input_tensor, input_shape, include_top, weights, 299, 75)
    x = _stem(start)
    parts = [_unit(x, 96, 1, 1), _chain(x, (48, 1, 1), (64, 5, 5)),
             _chain(x, (64, 1, 1), (96, 3, 3), (96, 3, 3)), _pooled_unit(x, 64)]  # fmt: skip
    x = L["Concatenate"](name="mixed_5b")(parts)
    for _number in range(10):
        x = _added(x, _of_35(x), 0.17)
    parts = [_unit(x, 384, 3, 3, "valid", 2),
             _unit(_chain(x, (256, 1, 1), (256, 3, 3)), 384, 3, 3, "valid", 2),
             L["MaxPooling2D"](3, strides=2)(x)]  # fmt: skip
    x = L["Concatenate"](name="mixed_6a")(parts)
    for _number in range(20):
        x = _added(x, _of_17(x), 0.1)
    parts = [_unit(_unit(x, 256, 1, 1), 384, 3, 3, "valid", 2),
             _unit(_unit(x, 256, 1, 1), 288, 3, 3, "valid", 2),
             _unit(_chain(x, (256, 1, 1), (288, 3, 3)), 320, 3, 3, "valid", 2),
             L["MaxPooling2D"](3, strides=2)(x)]  # fmt: skip
    x = L["Concatenate"](name="mixed_7a")(parts)
    for _number in range(9):
        x = _added(x, _of_8(x), 0.2)
    x = _unit(_added(x, _of_8(x), 1.0, is_last=True), 1536, 1, 1)
    if include_top:
        x = L["GlobalAveragePooling2D"](name="avg_pool")(x)
        x = L["Dense"](classes, activation="softmax", name="predictions")(x)
    else:
        x = pooled(x, pooling)
    begin = "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels"
    files = (f"{begin}.h5", f"{begin}_notop.h5")
    return finished(start, x, "inception_resnet_v2", weights, files, include_top, "v0.7")


export_network("resnet50", ResNet50, preprocess_caffe)
export_network("resnet", ResNet50, preprocess_caffe)
export_network("inception_v3", InceptionV3, preprocess_tf)
export_network("xception", Xception, preprocess_tf)
export_network("inception_resnet_v2", InceptionResNetV2, preprocess_tf)

for _name in ("ResNet101", "ResNet152", "ResNet50V2"):
    advise(f"applications.{_name}", "there are ResNet50 and InceptionResNetV2", of="keras")
