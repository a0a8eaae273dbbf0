"""What the nodes of TensorFlow's graphs are in the stand-in: a rule for each kind of node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from giulgi.compat.names import TABLES
from giulgi.compat.tensors.tensor import Tensor, as_tensor
from giulgi.formats.graph_proto import DTYPES, AttrValue, array_of, sizes_of
from giulgi.graph.ops.leaves import settled_value


class Attributes:
    """The attributes of a node, as Python's values."""

    def __init__(self, attributes: Mapping[str, AttrValue]) -> None:
        self._given = attributes

    def __contains__(self, name: str) -> bool:
        return name in self._given

    def value(self, name: str, default: Any = None) -> Any:
        """Return an attribute: text, a number, a dtype, sizes, an array, or a list of these."""
        if name not in self._given:
            return default
        attribute = self._given[name]
        kind = attribute.WhichOneof("value")
        if kind == "list":
            return next((list(values) for _, values in attribute.list.ListFields()), [])
        found = getattr(attribute, kind) if kind else default
        if kind == "s":
            return found.decode()
        if kind == "type":
            return np.dtype(DTYPES.get(found, np.float32))
        if kind == "shape":
            return sizes_of(found)
        return array_of(found) if kind == "tensor" else found


#: Makes the results of a node of its inputs and attributes.
Rule = Callable[[Sequence[Tensor], Attributes], Any]


def function(path: str) -> Callable[..., Any]:
    """Return a function of the stand-in."""
    found: Callable[..., Any] = TABLES["tensorflow"][path]
    return found


def settled(tensor: Tensor) -> Any:
    """Return the value of a constant: a number, or a list.

    Raises:
        ValueError: if it depends on what is fed.
    """
    value = settled_value(tensor.expression)
    if value is None:
        raise ValueError(f"{tensor.name} must be a constant")
    return value.tolist()


def _plain(path: str) -> Rule:
    """Return the rule of a function of all inputs."""
    return lambda x, _: function(path)(*x)


def _reduced(path: str) -> Rule:
    return lambda x, a: function(path)(x[0], settled(x[1]), bool(a.value("keep_dims", False)))


def _along(path: str) -> Rule:
    return lambda x, _: function(path)(x[0], settled(x[1]))


def _pooled(path: str) -> Rule:
    return lambda x, a: function(path)(
        x[0], a.value("ksize"), a.value("strides"), a.value("padding"),
        data_format=a.value("data_format", "NHWC"),
    )  # fmt: skip


def _product(first: str, second: str) -> Rule:
    def make(x: Sequence[Tensor], a: Attributes) -> Any:
        turned = [bool(a.value(name, False)) for name in (first, second)]
        return function("matmul")(x[0], x[1], *turned)

    return make


def _convolved(x: Sequence[Tensor], a: Attributes) -> Any:
    dilations = a.value("dilations") or [1, 1, 1, 1]
    return function("nn.conv2d")(
        x[0], x[1], a.value("strides"), a.value("padding"),
        data_format=a.value("data_format", "NHWC"), dilations=dilations,
    )  # fmt: skip


def _convolved_by_channels(x: Sequence[Tensor], a: Attributes) -> Any:
    return function("nn.depthwise_conv2d")(x[0], x[1], a.value("strides"), a.value("padding"))


def _convolved_backwards(x: Sequence[Tensor], a: Attributes) -> Any:
    return function("nn.conv2d_transpose")(x[2], x[1], x[0], a.value("strides"), a.value("padding"))


def _normalized(x: Sequence[Tensor], a: Attributes) -> Any:
    """Normalization by given means; that of a batch while training gives its means, too."""
    is_training = bool(a.value("is_training", True))
    means = {} if is_training else {"mean": x[3], "variance": x[4]}
    y, mean, variance = function("nn.fused_batch_norm")(
        x[0], x[1], x[2], epsilon=a.value("epsilon", 1e-4), is_training=is_training,
        data_format=a.value("data_format", "NHWC"), **means,
    )  # fmt: skip
    return [y, mean, variance, mean, variance, variance]


def _normalized_of_old(x: Sequence[Tensor], a: Attributes) -> Any:
    scaled = x[4] if a.value("scale_after_normalization") else None
    return function("nn.batch_normalization")(
        x[0], x[1], x[2], x[3], scaled, a.value("variance_epsilon")
    )


def _sliced(x: Sequence[Tensor], a: Attributes) -> Any:
    masks = {
        name: int(a.value(name, 0))
        for name in (
            "begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask",
        )
    }  # fmt: skip
    return function("strided_slice")(*x, **masks)


def _split_sizes(x: Sequence[Tensor], _: Attributes) -> Any:
    return function("split")(x[0], settled(x[1]), settled(x[2]))


def _squeezed(x: Sequence[Tensor], a: Attributes) -> Any:
    return function("squeeze")(x[0], a.value("squeeze_dims") or None)


def _one_hot(x: Sequence[Tensor], a: Attributes) -> Any:
    on, off = settled(x[2]), settled(x[3])
    return function("one_hot")(
        x[0], settled(x[1]), on, off, axis=int(a.value("axis", -1)), dtype=x[2].dtype
    )


def _entropy(path: str) -> Rule:
    """Return the rule of a loss of one-hot or numbered labels: the loss, and its gradient."""

    def make(x: Sequence[Tensor], _: Attributes) -> Any:
        loss = function(path)(labels=x[1], logits=x[0])
        (slope,) = function("gradients")(loss, [x[0]])
        return [loss, slope]

    return make


def _random(path: str) -> Rule:
    return lambda x, a: function(path)(x[0], dtype=a.value("dtype", np.dtype("float32")))


def _picture(x: Sequence[Tensor], a: Attributes) -> Any:
    return function("image.decode_image")(x[0], channels=int(a.value("channels", 0)))


def _resized(path: str) -> Rule:
    return lambda x, a: function(path)(x[0], x[1], bool(a.value("align_corners", False)))


def _gathered(x: Sequence[Tensor], _: Attributes) -> Any:
    return function("gather")(x[0], x[1], axis=settled(x[2]) if len(x) > 2 else 0)


RULES: dict[str, Rule] = {
    "Const": lambda _, a: as_tensor(a.value("value")),
    "PlaceholderWithDefault": lambda x, a: function("placeholder_with_default")(
        x[0], a.value("shape")
    ),
    "MatMul": _product("transpose_a", "transpose_b"),
    **dict.fromkeys(("BatchMatMul", "BatchMatMulV2"), _product("adj_x", "adj_y")),
    "AddN": lambda x, _: function("add_n")(list(x)),
    "BiasAdd": lambda x, a: function("nn.bias_add")(
        x[0], x[1], data_format=a.value("data_format", "NHWC")
    ),
    "LeakyRelu": lambda x, a: function("nn.leaky_relu")(x[0], a.value("alpha", 0.2)),
    "Cast": lambda x, a: function("cast")(x[0], a.value("DstT")),
    "Squeeze": _squeezed,
    "ExpandDims": _along("expand_dims"),
    "ConcatV2": lambda x, _: function("concat")(list(x[:-1]), settled(x[-1])),
    "Concat": lambda x, _: function("concat")(list(x[1:]), settled(x[0])),
    "Pack": lambda x, a: function("stack")(list(x), axis=int(a.value("axis", 0))),
    "Unpack": lambda x, a: function("unstack")(x[0], a.value("num"), int(a.value("axis", 0))),
    "Split": lambda x, a: function("split")(x[1], a.value("num_split"), settled(x[0])),
    "SplitV": _split_sizes,
    "StridedSlice": _sliced,
    "Pad": lambda x, _: function("pad")(x[0], settled(x[1])),
    "Shape": lambda x, a: function("shape")(x[0], out_type=a.value("out_type", np.dtype("int32"))),
    **dict.fromkeys(("Gather", "GatherV2", "ResourceGather"), _gathered),
    "OneHot": _one_hot,
    **dict.fromkeys(("Switch", "RefSwitch"), lambda x, _: [x[0], x[0]]),
    "TopKV2": lambda x, _: list(function("nn.top_k")(x[0], settled(x[1]))),
    "Conv2D": _convolved,
    "DepthwiseConv2dNative": _convolved_by_channels,
    "Conv2DBackpropInput": _convolved_backwards,
    "MaxPool": _pooled("nn.max_pool"),
    "AvgPool": _pooled("nn.avg_pool"),
    "LRN": lambda x, a: function("nn.lrn")(
        x[0], int(a.value("depth_radius", 5)), a.value("bias", 1.0), a.value("alpha", 1.0),
        a.value("beta", 0.5),
    ),
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), _normalized),
    "BatchNormWithGlobalNormalization": _normalized_of_old,
    "ResizeBilinear": _resized("image.resize_bilinear"),
    "ResizeNearestNeighbor": _resized("image.resize_nearest_neighbor"),
    "SoftmaxCrossEntropyWithLogits": _entropy("nn.softmax_cross_entropy_with_logits"),
    "SparseSoftmaxCrossEntropyWithLogits": _entropy("nn.sparse_softmax_cross_entropy_with_logits"),
    "RandomUniform": _random("random_uniform"),
    "RandomStandardNormal": _random("random_normal"),
    "TruncatedNormal": _random("truncated_normal"),
    **dict.fromkeys(("DecodeJpeg", "DecodePng"), _picture),
    **{kind: _reduced(f"reduce_{kind.lower()}") for kind in (
        "Sum", "Mean", "Max", "Min", "Prod", "All", "Any",
    )},
    **{kind: _along(kind.lower()) for kind in ("ArgMax", "ArgMin")},
    **{kind: _plain(path) for kind, path in {
        "Add": "add", "AddV2": "add", "Sub": "subtract", "Mul": "multiply", "RealDiv": "truediv",
        "Div": "div", "FloorDiv": "floordiv", "FloorMod": "floormod", "Maximum": "maximum",
        "Minimum": "minimum", "Pow": "pow", "SquaredDifference": "squared_difference",
        "Neg": "negative", "Exp": "exp", "Log": "log", "Sqrt": "sqrt", "Rsqrt": "rsqrt",
        "Square": "square", "Abs": "abs", "Sign": "sign", "Floor": "floor", "Ceil": "ceil",
        "Round": "round", "Sin": "sin", "Cos": "cos", "Erf": "erf", "Reciprocal": "reciprocal",
        "Inv": "reciprocal", "Tanh": "tanh", "Sigmoid": "sigmoid", "Relu": "nn.relu",
        "Relu6": "nn.relu6", "Elu": "nn.elu", "Selu": "nn.selu", "Softplus": "nn.softplus",
        "Softsign": "nn.softsign", "Softmax": "nn.softmax", "LogSoftmax": "nn.log_softmax",
        "L2Loss": "nn.l2_loss", "Reshape": "reshape", "Transpose": "transpose", "Slice": "slice",
        "Tile": "tile", "Fill": "fill", "Size": "size", "Rank": "rank", "Range": "range",
        "ZerosLike": "zeros_like", "OnesLike": "ones_like", "Select": "where",
        "SelectV2": "where", "Equal": "equal", "NotEqual": "not_equal", "Less": "less",
        "LessEqual": "less_equal", "Greater": "greater", "GreaterEqual": "greater_equal",
        "LogicalAnd": "logical_and", "LogicalOr": "logical_or", "LogicalNot": "logical_not",
        "Identity": "identity", "StopGradient": "stop_gradient", "ReadVariableOp": "identity",
        "CheckNumerics": "identity", "Snapshot": "identity", "PreventGradient": "identity",
    }.items()},
}  # fmt: skip
