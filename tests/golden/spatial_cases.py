"""Layers over axes of space, of which Keras makes golden numbers.

A case is the class of a layer, what it is made with, and the shape of its inputs; ``call`` among
the former is what it is called with. Words in its name say how: ``training``, ``masked`` (a mask
comes with the inputs), ``initial`` (what follows the first input are states), ``ids`` (whole
numbers).
"""

from typing import Any

Case = tuple[str, dict[str, Any], Any]
FIRST = {"data_format": "channels_first"}


def of_convolutions() -> dict[str, Case]:
    x1, x2, x3 = (2, 9, 4), (2, 7, 8, 4), (2, 5, 4, 6, 2)
    conv2 = {"filters": 6, "kernel_size": 3}
    return {
        "conv1d": ("Conv1D", {"filters": 5, "kernel_size": 3}, x1),
        "conv1d_same_strided": (
            "Conv1D",
            {"filters": 5, "kernel_size": 4, "padding": "same", "strides": 2},
            x1,
        ),
        "conv1d_causal": (
            "Conv1D",
            {"filters": 5, "kernel_size": 3, "padding": "causal", "dilation_rate": 2},
            x1,
        ),
        "conv2d": ("Conv2D", {**conv2, "activation": "tanh"}, x2),
        "conv2d_same": ("Conv2D", {**conv2, "padding": "same", "use_bias": False}, x2),
        "conv2d_strided": ("Conv2D", {**conv2, "kernel_size": (3, 2), "strides": (2, 1)}, x2),
        "conv2d_same_strided": ("Conv2D", {**conv2, "padding": "same", "strides": 2}, x2),
        "conv2d_dilated": ("Conv2D", {**conv2, "dilation_rate": (2, 3)}, x2),
        "conv2d_groups": ("Conv2D", {**conv2, "groups": 2}, x2),
        "conv2d_first": ("Conv2D", {**conv2, **FIRST, "padding": "same"}, (2, 4, 7, 8)),
        "conv3d": ("Conv3D", {"filters": 3, "kernel_size": 2, "strides": (1, 2, 1)}, x3),
        "depthwise1d": ("DepthwiseConv1D", {"kernel_size": 3, "padding": "same"}, x1),
        "depthwise2d": ("DepthwiseConv2D", {"kernel_size": 3}, x2),
        "depthwise2d_multiplied": (
            "DepthwiseConv2D",
            {"kernel_size": 3, "depth_multiplier": 2, "strides": 2},
            x2,
        ),
        "separable1d": ("SeparableConv1D", {"filters": 5, "kernel_size": 3}, x1),
        "separable2d": (
            "SeparableConv2D",
            {**conv2, "depth_multiplier": 2, "padding": "same"},
            x2,
        ),
    }


def of_transposed() -> dict[str, Case]:
    conv2 = {"filters": 3, "kernel_size": 3}
    x2 = (2, 4, 5, 4)
    return {
        "transposed1d": (
            "Conv1DTranspose",
            {"filters": 3, "kernel_size": 4, "strides": 2},
            (2, 5, 4),
        ),
        "transposed2d": ("Conv2DTranspose", conv2, x2),
        "transposed2d_strided": ("Conv2DTranspose", {**conv2, "strides": 2}, x2),
        "transposed2d_same": ("Conv2DTranspose", {**conv2, "strides": 2, "padding": "same"}, x2),
        "transposed2d_even": (
            "Conv2DTranspose",
            {"filters": 3, "kernel_size": 4, "strides": 2, "padding": "same"},
            x2,
        ),
        "transposed2d_short": (
            "Conv2DTranspose",
            {"filters": 3, "kernel_size": 2, "strides": 3, "padding": "same"},
            x2,
        ),
        "transposed2d_output_padding": (
            "Conv2DTranspose",
            {**conv2, "strides": 2, "padding": "same", "output_padding": (1, 0)},
            x2,
        ),
        "transposed2d_dilated": ("Conv2DTranspose", {**conv2, "dilation_rate": 2}, x2),
        "transposed3d": (
            "Conv3DTranspose",
            {"filters": 2, "kernel_size": 2, "strides": 2},
            (2, 3, 2, 3, 2),
        ),
    }


def of_pooling() -> dict[str, Case]:
    x1, x2, x3 = (2, 9, 3), (2, 7, 8, 3), (2, 5, 4, 6, 2)
    cases: dict[str, Case] = {}
    for kind in ("Max", "Average"):
        own = kind.lower()
        cases |= {
            f"{own}1d": (f"{kind}Pooling1D", {"pool_size": 3}, x1),
            f"{own}1d_same": (
                f"{kind}Pooling1D",
                {"pool_size": 3, "strides": 2, "padding": "same"},
                x1,
            ),
            f"{own}2d": (f"{kind}Pooling2D", {"pool_size": 2}, x2),
            f"{own}2d_overlapping": (f"{kind}Pooling2D", {"pool_size": 3, "strides": 2}, x2),
            f"{own}2d_same": (f"{kind}Pooling2D", {"pool_size": 2, "padding": "same"}, x2),
            f"{own}2d_first": (f"{kind}Pooling2D", {"pool_size": 2, **FIRST}, (2, 3, 6, 8)),
            f"{own}3d": (f"{kind}Pooling3D", {"pool_size": 2}, x3),
            f"global_{own}1d": (f"Global{kind}Pooling1D", {}, x1),
            f"global_{own}2d": (f"Global{kind}Pooling2D", {}, x2),
            f"global_{own}2d_first": (f"Global{kind}Pooling2D", {"keepdims": True, **FIRST}, x2),
            f"global_{own}3d": (f"Global{kind}Pooling3D", {}, x3),
        }
    masked = "global_average1d_masked"
    return cases | {
        masked: ("GlobalAveragePooling1D", {}, x1),
        f"{masked}_keepdims": ("GlobalAveragePooling1D", {"keepdims": True}, x1),
        f"{masked}_first": ("GlobalAveragePooling1D", {**FIRST}, (2, 3, 9)),
    }


def of_borders() -> dict[str, Case]:
    x1, x2, x3 = (2, 6, 3), (2, 5, 6, 3), (2, 4, 3, 5, 2)
    cases: dict[str, Case] = {}
    for kind, what in (("ZeroPadding", "padding"), ("Cropping", "cropping")):
        own = kind.lower()
        cases |= {
            f"{own}1d": (f"{kind}1D", {what: (1, 2)}, x1),
            f"{own}2d": (f"{kind}2D", {what: (1, 2)}, x2),
            f"{own}2d_pairs": (f"{kind}2D", {what: ((1, 0), (0, 2))}, x2),
            f"{own}2d_first": (f"{kind}2D", {what: 1, **FIRST}, x2),
            f"{own}3d": (f"{kind}3D", {what: 1}, x3),
        }
    return cases


def of_resizing() -> dict[str, Case]:
    x1, x2, x3 = (2, 6, 3), (2, 5, 6, 3), (2, 4, 3, 5, 2)
    cases: dict[str, Case] = {
        "upsampling1d": ("UpSampling1D", {"size": 3}, x1),
        "upsampling2d": ("UpSampling2D", {"size": (2, 3)}, x2),
        "upsampling2d_first": ("UpSampling2D", {**FIRST}, x2),
        "upsampling3d": ("UpSampling3D", {"size": 2}, x3),
        "upsampling3d_first": ("UpSampling3D", {"size": (1, 3, 2), **FIRST}, x3),
    }
    for how in ("bilinear", "bicubic", "lanczos3", "lanczos5"):
        wide, high = {"height": 7, "width": 11}, {"height": 9, "width": 4}
        cases |= {
            f"upsampling2d_{how}": ("UpSampling2D", {"size": (2, 3), "interpolation": how}, x2),
            f"upsampling2d_{how}_first": ("UpSampling2D", {"interpolation": how, **FIRST}, x2),
            f"resizing_{how}": ("Resizing", {**wide, "interpolation": how}, x2),
            f"resizing_{how}_mixed": ("Resizing", {**high, "interpolation": how}, x2),
            f"resizing_{how}_smooth": (
                "Resizing",
                {"height": 3, "width": 2, "interpolation": how, "antialias": True},
                x2,
            ),
        }
    small, far = {"height": 3, "width": 4}, {"height": 2, "width": 7}
    near = {"interpolation": "nearest"}
    return cases | {
        "resizing_smaller": ("Resizing", small, x2),
        "resizing_half": ("Resizing", {"height": 2, "width": 3}, (2, 4, 6, 3)),
        "resizing_to_one": ("Resizing", {"height": 1, "width": 1}, x2),
        "resizing_first": ("Resizing", {"height": 3, "width": 8, **FIRST}, (2, 3, 5, 6)),
        "resizing_one_picture": ("Resizing", small, (5, 6, 3)),
        "resizing_nearest": ("Resizing", {"height": 8, "width": 9, **near}, x2),
        "resizing_nearest_smaller": ("Resizing", {**small, **near}, x2),
        "resizing_nearest_mixed": ("Resizing", {"height": 3, "width": 12, **near}, x2),
        "resizing_cropped": ("Resizing", {**far, "crop_to_aspect_ratio": True}, x2),
        "resizing_cropped_high": (
            "Resizing",
            {"height": 7, "width": 3, "crop_to_aspect_ratio": True, **near},
            x2,
        ),
        "resizing_padded": ("Resizing", {**far, "pad_to_aspect_ratio": True}, x2),
        "resizing_padded_high": (
            "Resizing",
            {"height": 9, "width": 3, "pad_to_aspect_ratio": True, "fill_value": 2.5, **FIRST},
            (2, 3, 5, 6),
        ),
    }
