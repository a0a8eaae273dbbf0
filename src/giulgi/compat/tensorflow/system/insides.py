"""What programs import of TensorFlow's inside, ``tensorflow.python``, and is public nowhere."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import is_eager
from giulgi.compat.names import TABLES, export, exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math import initializers
from giulgi.compat.tensorflow.math.arguments import known_elements
from giulgi.compat.tensorflow.math.sets import get_static_value
from giulgi.compat.tensorflow.recurrent.recurrent_cells import RNNCell, zeros_of
from giulgi.compat.tensorflow.system import gfile
from giulgi.compat.tensors.shapes import TensorShape, dimension
from giulgi.compat.tensors.tensor import as_expression, as_tensor
from giulgi.compat.variables.scopes import get_variable

# Constants


for _path in ("python.framework.tensor_util.constant_value", "python.layers.utils.constant_value",
              "python.layers.utils.smart_constant_value",
              "contrib.layers.utils.constant_value"):  # fmt: skip
    export(_path, get_static_value)


@exported("python.framework.tensor_util.constant_value_as_shape")
def constant_value_as_shape(tensor: Any) -> TensorShape:
    """Return a vector of sizes as a shape, as far as they are known."""
    known = known_elements(tensor)
    return TensorShape(None if known is None else [None if n == -1 else n for n in known])


# Operations that are public under other names, or not at all


@exported("nn.rnn_cell._linear", "contrib.rnn._linear")
def linear(
    args: Any, output_size: int, bias: bool, bias_initializer: Any = None,
    kernel_initializer: Any = None, **_: Any,
) -> Any:  # fmt: skip
    """Return several inputs, joined, times a kernel, plus a bias.

    Args:
        args: (batch, size) tensors, or one.
        output_size: the size of the result.
        bias: whether there is one.
        bias_initializer: makes its first value; None: zeros.
        kernel_initializer: that of the kernel.
    """
    tf = TABLES["tensorflow"]
    parts = list(args) if isinstance(args, (list, tuple)) else [args]
    x = parts[0] if len(parts) == 1 else tf["concat"](parts, 1)
    sizes = [int(part.get_shape()[1]) for part in parts]
    kernel = get_variable(
        "kernel", [sum(sizes), output_size], x.dtype, initializer=kernel_initializer
    )
    product = tf["matmul"](x, kernel)
    if not bias:
        return product
    first = bias_initializer or tf["zeros_initializer"]()
    return tf["nn.bias_add"](product, get_variable("bias", [output_size], x.dtype, first))


@exported("nn.rnn_cell._Linear", "contrib.rnn._Linear")
class Linear:
    """Several inputs, joined, times a kernel that is made once, plus a bias; see :func:`linear`."""

    def __init__(
        self, args: Any, output_size: int, build_bias: bool, bias_initializer: Any = None,
        kernel_initializer: Any = None,
    ) -> None:  # fmt: skip
        tf = TABLES["tensorflow"]
        self._joined = isinstance(args, (list, tuple))
        parts = list(args) if self._joined else [args]
        size = sum(int(part.get_shape()[1]) for part in parts)
        kind, first = parts[0].dtype, bias_initializer or tf["zeros_initializer"]()
        self._weights = get_variable("kernel", [size, output_size], kind, kernel_initializer)
        self._biases = get_variable("bias", [output_size], kind, first) if build_bias else None

    def __call__(self, args: Any) -> Any:
        """Return the product, and the bias if there is one."""
        tf = TABLES["tensorflow"]
        product = tf["matmul"](tf["concat"](args, 1) if self._joined else args, self._weights)
        return product if self._biases is None else tf["nn.bias_add"](product, self._biases)


@exported("nn.rnn_cell._concat")
def concatenated_sizes(prefix: Any, suffix: Any, static: bool = False) -> Any:
    """Return a batch size and further sizes as one list."""
    del static
    first = list(prefix) if isinstance(prefix, (list, tuple)) else [prefix]
    rest = TensorShape(suffix).as_list()
    return [*first, *rest]


@exported("nn.rnn_cell.assert_like_rnncell")
def assert_like_rnncell(cell_name: str, cell: Any) -> None:
    """Raise a TypeError if a cell has no sizes, or cannot be called."""
    needed = ("output_size", "state_size")
    if not all(hasattr(cell, name) for name in needed) or not callable(cell):
        raise TypeError(f"The argument {cell_name!r} ({cell}) is not an RNNCell")


@exported(
    "python.ops.rnn._transpose_batch_time", "contrib.rnn.transpose_batch_time",
    "contrib.seq2seq._transpose_batch_time",
)  # fmt: skip
def transpose_batch_time(x: Any) -> Any:
    """Return a tensor with its first two axes exchanged."""
    tensor = as_tensor(x)
    count = len(tensor.get_shape())
    return TABLES["tensorflow"]["transpose"](tensor, [1, 0, *range(2, count)])


for _name in ("_RNNCell", "LayerRNNCell"):
    export(f"nn.rnn_cell.{_name}", RNNCell)
export("nn.rnn_cell._zero_state_tensors", zeros_of)


@operation("python.ops.gen_nn_ops.relu_grad", "raw_ops.ReluGrad", type="ReluGrad")
def relu_grad(gradients: Any, features: Any, name: str | None = None) -> gg.Tensor:
    """Return gradients where features are positive, and 0 elsewhere."""
    slope, x = as_expression(gradients), as_expression(features)
    return gg.where(x > 0, slope, gg.zeros_like(slope))


export("python.ops.gen_nn_ops._relu_grad", relu_grad)


@operation("guarantee_const", type="GuaranteeConst")
def guarantee_const(input: Any, name: str | None = None) -> gg.Tensor:
    """Return a tensor as it is."""
    return as_expression(input)


@exported("timestamp")
def timestamp(name: str | None = None) -> Any:
    """Return the seconds since 1970, when it is run."""
    return host_operation("Timestamp", time.time, [], [("float64", ())], name).outputs[0]


export("python.ops.gen_math_ops.mat_mul", TABLES["tensorflow"]["matmul"])
export("python.ops.gen_math_ops._range", TABLES["tensorflow"]["range"])
export("python.ops.gen_math_ops._mat_mul", TABLES["tensorflow"]["matmul"])

for _thing in (
    initializers.Zeros, initializers.Ones, initializers.Constant, initializers.RandomUniform,
    initializers.RandomNormal, initializers.TruncatedNormal, initializers.VarianceScaling,
    initializers.Orthogonal, initializers.Identity, initializers.Initializer,
    initializers.GlorotUniform, initializers.GlorotNormal,
):  # fmt: skip
    export(f"python.ops.init_ops.{_thing.__name__}", _thing)


# Of the framework


@exported("python.framework.ops.convert_n_to_tensor")
def convert_n_to_tensor(values: Any, dtype: Any = None, name: str | None = None, **_: Any) -> Any:
    """Return values as tensors."""
    return [as_tensor(value, dtype, name) for value in values]


_numbers = [0]


@exported("python.framework.ops.uid")
def uid() -> int:
    """Return a number that was not returned before."""
    _numbers[0] += 1
    return _numbers[0]


@exported("python.framework.ops.executing_eagerly_outside_functions")
def executing_eagerly_outside_functions() -> bool:
    """Whether a program computes at once."""
    return is_eager()


@exported("python.framework.ops.prepend_name_scope")
def prepend_name_scope(name: str, import_scope: str | None) -> str:
    """Return a name with a scope before it."""
    return f"{import_scope.rstrip('/')}/{name}" if import_scope else name


@exported("python.framework.tensor_shape.as_dimension")
def as_dimension(value: Any) -> Any:
    """Return a size as a dimension."""
    return dimension(value)


@exported("python.framework.tensor_shape.dimension_at_index")
def dimension_at_index(shape: Any, index: int) -> Any:
    """Return one size of a shape as a dimension."""
    return TensorShape(shape)[index]


@contextmanager
def _as_it_is() -> Any:
    yield


export("python.eager.context.graph_mode", _as_it_is)
export("python.eager.context.eager_mode", _as_it_is)
export("python.eager.context.num_gpus", lambda: 0)
export("python.eager.context.in_eager_mode", is_eager)
export("python.eager.context.in_graph_mode", lambda: not is_eager())


# Decorators, and what looks at functions


def _decorator(*_: Any, **__: Any) -> Callable[[Any], Any]:
    """Return a decorator that leaves a function as it is."""
    return lambda function: function


for _path in ("util.deprecation.deprecated", "util.deprecation.deprecated_args",
              "util.tf_export.tf_export", "util.tf_export.keras_export"):  # fmt: skip
    export(f"python.{_path}", _decorator)


@exported("python.util.tf_inspect.getargspec")
def getargspec(function: Callable[..., Any]) -> Any:
    """Return the arguments of a function."""
    own = function.func if isinstance(function, functools.partial) else function
    return inspect.getfullargspec(own)


export("python.util.tf_inspect.getfullargspec", inspect.getfullargspec)
export("python.util.tf_inspect.isclass", inspect.isclass)


# Layers, and their variables


def _in_one_part(*_: Any, **__: Any) -> Any:
    """Return what parts variables: here they stay whole."""
    return lambda shape=None, dtype=None, **_: [1] * len(TensorShape(shape))


for _name in ("fixed_size_partitioner", "variable_axis_size_partitioner",
              "min_max_variable_partitioner"):  # fmt: skip
    export(_name, _in_one_part)


@exported("python.layers.utils.normalize_tuple")
def normalize_tuple(value: Any, n: int, name: str) -> tuple[int, ...]:
    """Return a number, or so many, as a tuple of so many."""
    several = (value,) * n if isinstance(value, int) else tuple(value)
    if len(several) != n:
        raise ValueError(f"The `{name}` argument must be a tuple of {n} integers. Received {value}")
    return several


@exported("python.layers.utils.normalize_data_format")
def normalize_data_format(value: str) -> str:
    """Return where channels are, in small letters."""
    return _one_of(value, "data_format", ("channels_first", "channels_last"))


@exported("python.layers.utils.normalize_padding")
def normalize_padding(value: str) -> str:
    """Return how edges are padded, in small letters."""
    return _one_of(value, "padding", ("valid", "same"))


def _one_of(value: str, name: str, allowed: tuple[str, ...]) -> str:
    if value.lower() not in allowed:
        said = ", ".join(allowed)
        raise ValueError(f"The `{name}` argument must be one of {said}. Received: {value}")
    return value.lower()


@exported("python.layers.utils.conv_output_length")
def conv_output_length(
    input_length: Any, filter_size: int, padding: str, stride: int, dilation: int = 1
) -> Any:
    """Return the length of a convolution's result; None if that of its input is not known."""
    if input_length is None:
        return None
    taps = filter_size + (filter_size - 1) * (dilation - 1)
    length = {"same": input_length, "full": input_length + taps - 1}.get(
        padding, input_length - taps + 1
    )
    return (length + stride - 1) // stride


# Files


@exported("python.lib.io.file_io.read_file_to_string")
def read_file_to_string(filename: Any, binary_mode: bool = False) -> Any:
    """Return what a file holds."""
    data = Path(gfile.path_of(filename)).read_bytes()
    return data if binary_mode else data.decode()


@exported("python.lib.io.file_io.write_string_to_file")
def write_string_to_file(filename: Any, file_content: Any) -> None:
    """Write text into a file."""
    data = file_content.encode() if isinstance(file_content, str) else file_content
    Path(gfile.path_of(filename)).write_bytes(data)


for _name, _public in {
    "FileIO": "GFile", "file_exists": "Exists", "is_directory": "IsDirectory", "stat": "Stat",
    "list_directory": "ListDirectory", "create_dir": "MkDir", "rename": "Rename", "copy": "Copy",
    "recursive_create_dir": "MakeDirs", "get_matching_files": "Glob", "delete_file": "Remove",
    "delete_recursively": "DeleteRecursively", "walk": "Walk",
}.items():  # fmt: skip
    export(f"python.lib.io.file_io.{_name}", TABLES["tensorflow"][f"gfile.{_public}"])

_DTYPES = (
    "FLOAT", "DOUBLE", "INT32", "UINT8", "INT16", "INT8", "STRING", "COMPLEX64", "INT64", "BOOL",
)  # fmt: skip

for _number, _name in enumerate(_DTYPES, 1):
    export(f"core.framework.types_pb2.DT_{_name}", _number)
