"""``keras.backend``: functions that few programs call, told by those of TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from giulgi.compat.keras.backend_session import backend, image_data_format
from giulgi.compat.keras.boundary import remember
from giulgi.compat.names import TABLES, export
from giulgi.compat.tensors.tensor import as_tensor
from giulgi.compat.variables.variable import Variable


def _tensorflow(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = TABLES["tensorflow"][name]
    return found


def _channels_last(
    x: Any, data_format: str | None, apply: Callable[[Any], Any], rank: int = 2
) -> Any:
    """Return what a function gives of pictures whose channels come last, in the order asked for."""
    if (data_format or image_data_format()) == "channels_last":
        return remember(as_tensor(apply(x)))
    axes = tuple(range(2, rank + 2))
    transpose = _tensorflow("transpose")
    made = apply(transpose(x, (0, *axes, 1)))
    return remember(as_tensor(transpose(made, (0, rank + 1, *range(1, rank + 1)))))


@backend("conv2d_transpose")
def conv2d_transpose(
    x: Any, kernel: Any, output_shape: Any, strides: Any = (1, 1), padding: str = "valid",
    data_format: str | None = None, dilation_rate: Any = (1, 1),
) -> Any:  # fmt: skip
    """Return a convolution transposed: x spread by a kernel (*taps, results, channels)."""
    if tuple(dilation_rate) != (1, 1):
        raise NotImplementedError("conv2d_transpose takes dilation_rate=(1, 1)")
    is_last = (data_format or image_data_format()) == "channels_last"
    n, *sizes = output_shape
    sizes = sizes if is_last else [*sizes[1:], sizes[0]]
    n = _tensorflow("shape")(x)[0] if n is None else n
    whole = _tensorflow("stack")([n, *sizes])
    spread = _tensorflow("nn.conv2d_transpose")
    return _channels_last(
        x, data_format, lambda y: spread(y, kernel, whole, (1, *strides, 1), padding.upper())
    )


@backend("depthwise_conv2d")
def depthwise_conv2d(
    x: Any, depthwise_kernel: Any, strides: Any = (1, 1), padding: str = "valid",
    data_format: str | None = None, dilation_rate: Any = (1, 1),
) -> Any:  # fmt: skip
    """Return each channel convolved with kernels of its own, (*taps, channels, multiplier)."""
    convolve = _tensorflow("nn.depthwise_conv2d")
    steps = (1, *strides, 1)
    return _channels_last(
        x, data_format,
        lambda y: convolve(y, depthwise_kernel, steps, padding.upper(), dilation_rate),
    )  # fmt: skip


@backend("separable_conv2d")
def separable_conv2d(
    x: Any, depthwise_kernel: Any, pointwise_kernel: Any, strides: Any = (1, 1),
    padding: str = "valid", data_format: str | None = None, dilation_rate: Any = (1, 1),
) -> Any:  # fmt: skip
    """Return channels convolved each by itself, and then joined at each place."""
    convolve, steps = _tensorflow("nn.separable_conv2d"), (1, *strides, 1)
    return _channels_last(
        x, data_format,
        lambda y: convolve(y, depthwise_kernel, pointwise_kernel, steps, padding.upper(),
                           dilation_rate),
    )  # fmt: skip


@backend("foldr")
def foldr(fn: Callable[..., Any], elems: Any, initializer: Any = None, name: Any = None) -> Any:
    """Return the elements joined by a function, the last first."""
    return _tensorflow("foldr")(fn, elems, initializer=initializer, name=name)


@backend("normalize_batch_in_training")
def normalize_batch_in_training(
    x: Any, gamma: Any, beta: Any, reduction_axes: Any, epsilon: float = 1e-3
) -> Any:
    """Return x normalized over some axes, with mean and variance there."""
    axes = list(reduction_axes)
    mean, variance = _tensorflow("nn.moments")(x, axes)
    kept = [_tensorflow("nn.moments")(x, axes, keep_dims=True)[i] for i in (0, 1)]
    shape = _tensorflow("shape")(kept[0])
    gamma, beta = (None if v is None else _tensorflow("reshape")(v, shape) for v in (gamma, beta))
    made = _tensorflow("nn.batch_normalization")(x, *kept, beta, gamma, epsilon)
    return made, mean, variance


@backend("get_variable_shape")
def get_variable_shape(x: Any) -> tuple[int | None, ...]:
    """Return the shape of a variable."""
    return tuple(as_tensor(x).sizes or ())


@backend("is_variable")
def is_variable(x: Any) -> bool:
    """Whether it is a variable."""
    return isinstance(x, Variable) or hasattr(x, "named")


def _as_in_tensorflow(name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return _tensorflow(name)(*args, **kwargs)

    call.__name__, call.__doc__ = name, f"Return what ``tf.{name}`` returns."
    return call


for _name in ("control_dependencies", "size", "unstack"):
    export(f"backend.{_name}", _as_in_tensorflow(_name), of="keras")
