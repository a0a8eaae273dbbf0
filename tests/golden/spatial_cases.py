"""Layers over axes of space, of which Keras makes golden numbers.

A case is the class of a layer, what it is made with, and the shape of its inputs. Among the
arguments, ``call`` is what it is called with, and ``masks`` tells which inputs have masks. Words in
its name say how: ``training``, ``masked`` (masks come with the inputs), ``initial`` (what follows
the first input are states), ``ids`` (whole numbers), ``first`` (the channels come first).
"""

from typing import Any

Case = tuple[str, dict[str, Any], Any]
FIRST = {"data_format": "channels_first"}


def of_convolutions() -> dict[str, Case]:
    x1, x2, x3 = (2, 9, 4), (2, 7, 8, 4), (2, 5, 4, 6, 2)
    conv1, conv2 = {"filters": 5, "kernel_size": 3}, {"filters": 6, "kernel_size": 3}
    conv3, same = {"filters": 4, "kernel_size": 2}, {"padding": "same"}
    causal = {**conv1, "padding": "causal"}
    return {
        "conv1d": ("Conv1D", conv1, x1),
        "conv1d_strided": ("Conv1D", {**conv1, "strides": 3}, x1),
        "conv1d_same_strided": ("Conv1D", {**conv1, **same, "kernel_size": 4, "strides": 2}, x1),
        "conv1d_same_dilated": ("Conv1D", {**conv1, **same, "dilation_rate": 3}, x1),
        "conv1d_causal": ("Conv1D", {**causal, "dilation_rate": 2}, x1),
        "conv1d_causal_strided": ("Conv1D", {**causal, "strides": 2}, x1),
        "conv1d_causal_first": ("Conv1D", {**causal, **FIRST}, (2, 4, 9)),
        "conv1d_groups": ("Conv1D", {**conv1, "filters": 6, "groups": 2}, x1),
        "conv1d_first": ("Conv1D", {**conv1, **FIRST, "activation": "relu"}, (2, 4, 9)),
        "conv2d": ("Conv2D", {**conv2, "activation": "tanh"}, x2),
        "conv2d_same": ("Conv2D", {**conv2, **same, "use_bias": False}, x2),
        "conv2d_strided": ("Conv2D", {**conv2, "kernel_size": (3, 2), "strides": (2, 1)}, x2),
        "conv2d_same_strided": ("Conv2D", {**conv2, **same, "strides": 2}, x2),
        "conv2d_dilated": ("Conv2D", {**conv2, "dilation_rate": (2, 3)}, x2),
        "conv2d_same_dilated": ("Conv2D", {**conv2, **same, "dilation_rate": 2}, x2),
        "conv2d_groups": ("Conv2D", {**conv2, "groups": 2}, x2),
        "conv2d_first": ("Conv2D", {**conv2, **FIRST, **same}, (2, 4, 7, 8)),
        "conv2d_groups_first": ("Conv2D", {**conv2, **FIRST, "groups": 2}, (2, 4, 7, 8)),
        "conv3d": ("Conv3D", {**conv3, "filters": 3, "strides": (1, 2, 1)}, x3),
        "conv3d_same": ("Conv3D", {**conv3, **same, "strides": 2}, x3),
        "conv3d_dilated": ("Conv3D", {**conv3, "dilation_rate": (2, 1, 3)}, x3),
        "conv3d_groups": ("Conv3D", {**conv3, "groups": 2}, x3),
        "conv3d_first": ("Conv3D", {**conv3, **FIRST}, (2, 2, 5, 4, 6)),
    }


def of_channelwise() -> dict[str, Case]:
    x1, x2 = (2, 9, 4), (2, 7, 8, 4)
    first1, first2 = (2, 4, 9), (2, 4, 7, 8)
    deep, deep1 = {"kernel_size": 3}, "DepthwiseConv1D"
    twice = {**deep, "depth_multiplier": 2}
    separable = {"filters": 6, "kernel_size": 3}
    same = {"padding": "same"}
    return {
        "depthwise1d": (deep1, {**deep, **same}, x1),
        "depthwise1d_strided": (deep1, {**twice, "strides": 2}, x1),
        "depthwise1d_dilated": (deep1, {**deep, "dilation_rate": 2, "use_bias": False}, x1),
        "depthwise1d_first": (deep1, {**twice, **FIRST, "activation": "tanh"}, first1),
        "depthwise2d": ("DepthwiseConv2D", deep, x2),
        "depthwise2d_multiplied": ("DepthwiseConv2D", {**twice, "strides": 2}, x2),
        "depthwise2d_same_strided": ("DepthwiseConv2D", {**deep, **same, "strides": 2}, x2),
        "depthwise2d_dilated": ("DepthwiseConv2D", {**deep, "dilation_rate": 2}, x2),
        "depthwise2d_first": ("DepthwiseConv2D", {**twice, **FIRST}, first2),
        "separable1d": ("SeparableConv1D", {**separable, "filters": 5}, x1),
        "separable1d_strided": ("SeparableConv1D", {**separable, **same, "strides": 2}, x1),
        "separable1d_dilated": ("SeparableConv1D", {**separable, "dilation_rate": 2}, x1),
        "separable1d_first": ("SeparableConv1D", {**separable, **FIRST}, first1),
        "separable2d": ("SeparableConv2D", {**separable, **same, "depth_multiplier": 2}, x2),
        "separable2d_strided": ("SeparableConv2D", {**separable, "strides": 2}, x2),
        "separable2d_dilated": ("SeparableConv2D", {**separable, "dilation_rate": 2}, x2),
        "separable2d_first": ("SeparableConv2D", {**separable, **FIRST, **same}, first2),
    }


def of_transposed() -> dict[str, Case]:
    one, two, three = (f"Conv{rank}DTranspose" for rank in (1, 2, 3))
    conv1 = {"filters": 3, "kernel_size": 4, "strides": 2}
    conv2 = {"filters": 3, "kernel_size": 3}
    wide, same = {**conv2, "strides": 2}, {"padding": "same"}
    conv3 = {"filters": 2, "kernel_size": 2, "strides": 2}
    x1, x2, x3 = (2, 5, 4), (2, 4, 5, 4), (2, 3, 2, 3, 2)
    return {
        "transposed1d": (one, conv1, x1),
        "transposed1d_same": (one, {**conv1, **same, "strides": 3, "activation": "tanh"}, x1),
        "transposed1d_dilated": (one, {**conv1, "strides": 1, "dilation_rate": 2}, x1),
        "transposed1d_output_padding": (one, {**conv1, **same, "output_padding": 1}, x1),
        "transposed1d_first": (one, {**conv1, **FIRST}, (2, 4, 5)),
        "transposed2d": (two, conv2, x2),
        "transposed2d_strided": (two, wide, x2),
        "transposed2d_same": (two, {**wide, **same}, x2),
        "transposed2d_even": (two, {**wide, **same, "kernel_size": 4, "use_bias": False}, x2),
        "transposed2d_short": (two, {**wide, **same, "kernel_size": 2, "strides": 3}, x2),
        "transposed2d_uneven": (two, {**wide, "kernel_size": (2, 5), "strides": (3, 1)}, x2),
        "transposed2d_output_padding": (two, {**wide, **same, "output_padding": (1, 0)}, x2),
        "transposed2d_valid_output_padding": (two, {**wide, "output_padding": (0, 1)}, x2),
        "transposed2d_dilated": (two, {**conv2, "dilation_rate": 2}, x2),
        "transposed2d_same_dilated": (two, {**conv2, **same, "dilation_rate": (1, 2)}, x2),
        "transposed2d_first": (two, {**wide, **same, **FIRST}, (2, 4, 4, 5)),
        "transposed3d": (three, conv3, x3),
        "transposed3d_same": (three, {**conv3, **same, "kernel_size": 3}, x3),
        "transposed3d_dilated": (three, {**conv3, "strides": 1, "dilation_rate": 2}, x3),
        "transposed3d_first": (three, {**conv3, **FIRST}, (2, 2, 3, 2, 3)),
    }


def of_pooling() -> dict[str, Case]:
    x1, x2, x3 = (2, 9, 3), (2, 7, 8, 3), (2, 5, 4, 6, 2)
    same, far = {"padding": "same"}, {"pool_size": 3, "strides": 2}
    cases: dict[str, Case] = {}
    for kind in ("Max", "Average"):
        own = kind.lower()
        one, two, three = (f"{kind}Pooling{rank}D" for rank in (1, 2, 3))
        overall = f"Global{kind}Pooling"
        cases |= {
            f"{own}1d": (one, {"pool_size": 3}, x1),
            f"{own}1d_same": (one, {**far, **same}, x1),
            f"{own}1d_first": (one, {**far, **FIRST}, x1),
            f"{own}2d": (two, {"pool_size": 2}, x2),
            f"{own}2d_overlapping": (two, far, x2),
            f"{own}2d_uneven": (two, {"pool_size": (2, 3), "strides": (1, 2), **same}, x2),
            f"{own}2d_same": (two, {"pool_size": 2, **same}, x2),
            f"{own}2d_first": (two, {"pool_size": 2, **FIRST}, (2, 3, 6, 8)),
            f"{own}3d": (three, {"pool_size": 2}, x3),
            f"{own}3d_same": (three, {**far, **same}, x3),
            f"{own}3d_first": (three, {"pool_size": (2, 3, 1), **FIRST}, x3),
            f"global_{own}1d": (f"{overall}1D", {}, x1),
            f"global_{own}1d_first": (f"{overall}1D", {"keepdims": True, **FIRST}, x1),
            f"global_{own}2d": (f"{overall}2D", {}, x2),
            f"global_{own}2d_first": (f"{overall}2D", {"keepdims": True, **FIRST}, x2),
            f"global_{own}3d": (f"{overall}3D", {"keepdims": True}, x3),
            f"global_{own}3d_first": (f"{overall}3D", FIRST, x3),
        }
    masked = "global_average1d_masked"
    return cases | {
        masked: ("GlobalAveragePooling1D", {}, x1),
        f"{masked}_keepdims": ("GlobalAveragePooling1D", {"keepdims": True}, x1),
        f"{masked}_first": ("GlobalAveragePooling1D", FIRST, (2, 3, 9)),
    }


def of_borders() -> dict[str, Case]:
    x1, x2, x3 = (2, 6, 3), (2, 5, 6, 3), (2, 4, 3, 5, 2)
    cases: dict[str, Case] = {}
    for kind, what in (("ZeroPadding", "padding"), ("Cropping", "cropping")):
        own = kind.lower()
        cases |= {
            f"{own}1d": (f"{kind}1D", {what: (1, 2)}, x1),
            f"{own}1d_default": (f"{kind}1D", {}, x1),
            f"{own}2d": (f"{kind}2D", {what: (1, 2)}, x2),
            f"{own}2d_default": (f"{kind}2D", {}, x2),
            f"{own}2d_pairs": (f"{kind}2D", {what: ((1, 0), (0, 2))}, x2),
            f"{own}2d_first": (f"{kind}2D", {what: 1, **FIRST}, x2),
            f"{own}3d": (f"{kind}3D", {what: 1}, x3),
            f"{own}3d_pairs": (f"{kind}3D", {what: ((1, 2), (0, 1), (2, 0))}, x3),
            f"{own}3d_first": (f"{kind}3D", {what: (0, 1, 0), **FIRST}, x3),
        }
    return cases | {"zeropadding1d_first": ("ZeroPadding1D", {"padding": 2, **FIRST}, x1)}


def of_resizing() -> dict[str, Case]:
    x1, x2, x3 = (2, 6, 3), (2, 5, 6, 3), (2, 4, 3, 5, 2)
    cases: dict[str, Case] = {
        "upsampling1d": ("UpSampling1D", {"size": 3}, x1),
        "upsampling2d": ("UpSampling2D", {"size": (2, 3)}, x2),
        "upsampling2d_first": ("UpSampling2D", FIRST, x2),
        "upsampling3d": ("UpSampling3D", {"size": 2}, x3),
        "upsampling3d_first": ("UpSampling3D", {"size": (1, 3, 2), **FIRST}, x3),
    }
    for how in ("bilinear", "bicubic", "lanczos3", "lanczos5"):
        wide, high = {"height": 7, "width": 11}, {"height": 9, "width": 4}
        small = {"height": 3, "width": 2, "antialias": True}
        cases |= {
            f"upsampling2d_{how}": ("UpSampling2D", {"size": (2, 3), "interpolation": how}, x2),
            f"upsampling2d_{how}_first": ("UpSampling2D", {"interpolation": how, **FIRST}, x2),
            f"resizing_{how}": ("Resizing", {**wide, "interpolation": how}, x2),
            f"resizing_{how}_mixed": ("Resizing", {**high, "interpolation": how}, x2),
            f"resizing_{how}_smooth": ("Resizing", {**small, "interpolation": how}, x2),
        }
    small, far = {"height": 3, "width": 4}, {"height": 2, "width": 7}
    near, cropped = {"interpolation": "nearest"}, {"crop_to_aspect_ratio": True}
    padded = {"height": 9, "width": 3, "pad_to_aspect_ratio": True, "fill_value": 2.5}
    return cases | {
        "resizing_smaller": ("Resizing", small, x2),
        "resizing_half": ("Resizing", {"height": 2, "width": 3}, (2, 4, 6, 3)),
        "resizing_to_one": ("Resizing", {"height": 1, "width": 1}, x2),
        "resizing_first": ("Resizing", {"height": 3, "width": 8, **FIRST}, (2, 3, 5, 6)),
        "resizing_one_picture": ("Resizing", small, (5, 6, 3)),
        "resizing_nearest": ("Resizing", {"height": 8, "width": 9, **near}, x2),
        "resizing_nearest_smaller": ("Resizing", {**small, **near}, x2),
        "resizing_nearest_mixed": ("Resizing", {"height": 3, "width": 12, **near}, x2),
        "resizing_cropped": ("Resizing", {**far, **cropped}, x2),
        "resizing_cropped_high": ("Resizing", {"height": 7, "width": 3, **cropped, **near}, x2),
        "resizing_padded": ("Resizing", {**far, "pad_to_aspect_ratio": True}, x2),
        "resizing_padded_first": ("Resizing", {**padded, **FIRST}, (2, 3, 5, 6)),
    }
