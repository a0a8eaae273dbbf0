"""Networks for pictures whose layers follow each other: VGG and MobileNet."""

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
from giulgi.compat.keras.layers import CLASSES as L
from giulgi.compat.keras.models import Model


def pooled(x: Any, pooling: str | None) -> Any:
    """Return the last maps, or their mean or largest over space."""
    if pooling == "avg":
        return L["GlobalAveragePooling2D"]()(x)
    return L["GlobalMaxPooling2D"]()(x) if pooling == "max" else x


def _vgg(name: str, depths: tuple[int, ...], options: dict[str, Any]) -> Model:
    include_top, weights, classes = options["include_top"], options["weights"], options["classes"]
    check_weights(weights, include_top, classes)
    start = x = first_tensor(
        options["input_tensor"], options["input_shape"], include_top, weights, 224, 32
    )
    for block, depth in enumerate(depths, start=1):
        filters = min(64 * 2 ** (block - 1), 512)
        for number in range(1, depth + 1):
            x = L["Conv2D"](filters, (3, 3), activation="relu", padding="same",
                            name=f"block{block}_conv{number}")(x)  # fmt: skip
        x = L["MaxPooling2D"]((2, 2), strides=(2, 2), name=f"block{block}_pool")(x)
    if include_top:
        x = L["Flatten"](name="flatten")(x)
        for number in (1, 2):
            x = L["Dense"](4096, activation="relu", name=f"fc{number}")(x)
        x = L["Dense"](classes, activation="softmax", name="predictions")(x)
    else:
        x = pooled(x, options["pooling"])
    start_of = f"{name}_weights_tf_dim_ordering_tf_kernels"
    return finished(start, x, name, weights, (f"{start_of}.h5", f"{start_of}_notop.h5"),
                    include_top, "v0.1")  # fmt: skip


def VGG16(  # noqa: N802 - Keras's name
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None,
    input_shape: Any = None, pooling: Any = None, classes: int = 1000, **_: Any,
) -> Model:  # fmt: skip
    """Return the network of 16 layers of Simonyan, Zisserman, arXiv:1409.1556."""
    given = {"include_top": include_top, "weights": weights, "input_tensor": input_tensor,
             "input_shape": input_shape, "pooling": pooling, "classes": classes}  # fmt: skip
    return _vgg("vgg16", (2, 2, 3, 3, 3), given)


def VGG19(  # noqa: N802 - Keras's name
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None,
    input_shape: Any = None, pooling: Any = None, classes: int = 1000, **_: Any,
) -> Model:  # fmt: skip
    """Return the network of 19 layers of Simonyan, Zisserman, arXiv:1409.1556."""
    given = {"include_top": include_top, "weights": weights, "input_tensor": input_tensor,
             "input_shape": input_shape, "pooling": pooling, "classes": classes}  # fmt: skip
    return _vgg("vgg19", (2, 2, 4, 4, 4), given)


def _separable(x: Any, filters: int, alpha: float, stride: int, number: int) -> Any:
    if stride == 2:
        x = L["ZeroPadding2D"](((0, 1), (0, 1)), name=f"conv_pad_{number}")(x)
    x = L["DepthwiseConv2D"]((3, 3), padding="same" if stride == 1 else "valid", strides=stride,
                             use_bias=False, name=f"conv_dw_{number}")(x)  # fmt: skip
    x = L["BatchNormalization"](name=f"conv_dw_{number}_bn")(x)
    x = L["ReLU"](6.0, name=f"conv_dw_{number}_relu")(x)
    x = L["Conv2D"](int(filters * alpha), (1, 1), padding="same", use_bias=False,
                    name=f"conv_pw_{number}")(x)  # fmt: skip
    x = L["BatchNormalization"](name=f"conv_pw_{number}_bn")(x)
    return L["ReLU"](6.0, name=f"conv_pw_{number}_relu")(x)


def MobileNet(  # noqa: N802 - Keras's name
    input_shape: Any = None, alpha: float = 1.0, depth_multiplier: int = 1, dropout: float = 1e-3,
    include_top: bool = True, weights: Any = "imagenet", input_tensor: Any = None,
    pooling: Any = None, classes: int = 1000, **_: Any,
) -> Model:  # fmt: skip
    """Return the network of Howard et al., arXiv:1704.04861: convolutions of one channel each."""
    del depth_multiplier
    check_weights(weights, include_top, classes)
    start = first_tensor(input_tensor, input_shape, include_top, weights, 224, 32)
    x = L["ZeroPadding2D"](((0, 1), (0, 1)), name="conv1_pad")(start)
    x = L["Conv2D"](int(32 * alpha), (3, 3), strides=2, use_bias=False, name="conv1")(x)
    x = L["BatchNormalization"](name="conv1_bn")(x)
    x = L["ReLU"](6.0, name="conv1_relu")(x)
    plan = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2),
            (1024, 1)]  # fmt: skip
    for number, (filters, stride) in enumerate(plan, start=1):
        x = _separable(x, filters, alpha, stride, number)
    if include_top:
        x = L["GlobalAveragePooling2D"]()(x)
        x = L["Reshape"]((1, 1, int(1024 * alpha)), name="reshape_1")(x)
        x = L["Dropout"](dropout, name="dropout")(x)
        x = L["Conv2D"](classes, (1, 1), padding="same", name="conv_preds")(x)
        x = L["Reshape"]((classes,), name="reshape_2")(x)
        x = L["Activation"]("softmax", name="act_softmax")(x)
    else:
        x = pooled(x, pooling)
    size = start.sizes[1] or 224
    told = {1.0: "1_0", 0.75: "7_5", 0.5: "5_0", 0.25: "2_5"}.get(alpha, str(alpha))
    files = (f"mobilenet_{told}_{size}_tf.h5", f"mobilenet_{told}_{size}_tf_no_top.h5")
    return finished(start, x, f"mobilenet_{alpha:.2f}_{size}", weights, files, include_top, "v0.6")


export_network("vgg16", VGG16, preprocess_caffe)
export_network("vgg19", VGG19, preprocess_caffe)
export_network("mobilenet", MobileNet, preprocess_tf)
