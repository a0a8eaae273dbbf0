"""Complex numbers and Fourier transforms, which Python computes with NumPy.

Giulgi has no complex numbers: what takes or makes some is carried out by Python, as strings are,
and who asks for a gradient through it is told that there is none. What an operation makes of shapes
is asked of giulgi, with floats in the place of the complex numbers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.tensorflow.math.arguments import axes, static
from giulgi.compat.tensors.dtypes import as_dtype, complex64, complex128, float32, float64
from giulgi.compat.tensors.tensor import Converted, Tensor, as_tensor
from giulgi.tree import flatten, unflatten

Array = np.ndarray[Any, Any]


def _reduced(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(
        x: Any, axis: Any = None, keepdims: Any = None, again: Any = None, keep: Any = None
    ) -> Any:
        along = axes(again if axis is None else axis)
        return function(x, axis=along, keepdims=bool(keepdims or keep))

    return apply


def _product(
    a: Any, b: Any, transpose_a: Any = False, transpose_b: Any = False, adjoint_a: Any = False,
    adjoint_b: Any = False, *_: Any,
) -> Any:  # fmt: skip
    for wanted, place in ((transpose_a, 0), (transpose_b, 1), (adjoint_a, 2), (adjoint_b, 3)):
        if wanted:
            turned = np.swapaxes((a, b)[place % 2], -1, -2)
            turned = np.conj(turned) if place > 1 else turned
            a, b = (turned, b) if place % 2 == 0 else (a, turned)
    return np.matmul(a, b)


# What NumPy computes, by the kind of operation, given its arguments in their order.
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "RealDiv": np.divide, "Div": np.divide,
    "Pow": np.power, "Neg": np.negative, "Exp": np.exp, "Log": np.log, "Sqrt": np.sqrt,
    "Square": np.square, "Abs": np.abs, "Sin": np.sin, "Cos": np.cos, "Tanh": np.tanh,
    "Reciprocal": np.reciprocal, "Equal": np.equal, "NotEqual": np.not_equal,
    "Sum": _reduced(np.sum), "Mean": _reduced(np.mean), "Prod": _reduced(np.prod),
    "MatMul": _product, "AddN": lambda xs: sum(xs),
    "zeros_like": lambda x, *_: np.zeros(x.shape), "ones_like": lambda x, *_: np.ones(x.shape),
    "SquaredDifference": lambda x, y: np.conj(x - y) * (x - y),
}  # fmt: skip
_REAL = {"Abs"}
_BOOL = {"Equal", "NotEqual"}


def computed(
    kind: str, function: Callable[..., Any], arguments: Mapping[str, Any], name: str | None
) -> Tensor:
    """Return what an operation makes of complex numbers.

    Args:
        kind: the kind of the operation.
        function: what it is for floats.
        arguments: its arguments by name, with tensors in them.
        name: its name.
    """
    numpy_function = _FUNCTIONS.get(kind)
    if numpy_function is None:
        raise NotImplementedError(f"{kind} is not there for complex numbers")
    parameters = inspect.signature(function).parameters
    whole = {key: arguments.get(key, p.default) for key, p in parameters.items() if key != "name"}
    wanted, whole = whole.get("dtype"), {k: None if k == "dtype" else v for k, v in whole.items()}
    leaves, structure = flatten(list(whole.values()))
    places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, (Tensor, Converted))]
    inputs = [as_tensor(leaves[i]) for i in places]

    def filled(values: Sequence[Any]) -> list[Any]:
        own = dict(zip(places, values, strict=True))
        parts = [own.get(i, leaf) for i, leaf in enumerate(leaves)]
        made: list[Any] = unflatten(structure, iter(parts))
        return made

    floats = filled([_as_floats(x) for x in inputs])
    floats = [x.real if isinstance(x, (complex, np.complexfloating)) else x for x in floats]
    looks = function(**dict(zip(whole, floats, strict=True)))
    dtype = next(x.dtype for x in inputs if x.dtype.is_complex)
    if kind in _REAL | _BOOL:
        dtype = as_dtype(bool) if kind in _BOOL else dtype.real_dtype
    if wanted is not None:
        dtype = as_dtype(wanted)

    def carried_out(*arrays: Array) -> Any:
        # What grows beyond all numbers is no reason for a warning of NumPy's.
        with np.errstate(all="ignore"):
            found = np.asarray(numpy_function(*filled(arrays)))
        return found.astype(dtype.numpy_dtype, copy=False)

    made = host_operation(
        kind, carried_out, inputs, [(dtype, looks.known_shape)], name, has_gradient=True,
    )  # fmt: skip
    found: Tensor = made.outputs[0]
    return found


def _as_floats(x: Tensor) -> gg.Tensor:
    if not x.dtype.is_complex:
        return x.expression
    return gg.placeholder("float32", x.sizes)


def converted(x: Any, dtype: Any, name: str | None = None) -> Tensor:
    """Return numbers as complex ones, or the real parts of such."""
    own, tensor = as_dtype(dtype), as_tensor(x)

    def convert(array: Array) -> Array:
        return (array if own.is_complex else np.real(array)).astype(own.numpy_dtype)

    made = host_operation("Cast", convert, [tensor], [(own, tensor.shape)], name, has_gradient=True)
    found: Tensor = made.outputs[0]
    return found


def _of_parts(path: str, kind: str, function: Callable[[Any], Any]) -> None:
    def apply(input: Any, name: str | None = None) -> Any:
        x = as_tensor(input)
        dtype = x.dtype.real_dtype
        made = host_operation(kind, function, [x], [(dtype, x.shape)], name, has_gradient=True)
        return made.outputs[0]

    apply.__name__ = path
    apply.__doc__ = f"Return what NumPy's {path} gives for each number."
    exported(path, f"math.{path}")(apply)


_of_parts("imag", "Imag", np.imag)
_of_parts("angle", "Angle", np.angle)


@exported("real", "math.real")
def real(input: Any, name: str | None = None) -> Any:
    """Return the real parts; of real numbers themselves."""
    x = as_tensor(input)
    return converted(x, x.dtype.real_dtype, name) if x.dtype.is_complex else x


@exported("conj", "math.conj")
def conj(x: Any, name: str | None = None) -> Any:
    """Return the numbers with the other sign of i; real numbers themselves."""
    value = as_tensor(x)
    if not value.dtype.is_complex:
        return value
    outputs = [(value.dtype, value.shape)]
    return host_operation("Conj", np.conj, [value], outputs, name, has_gradient=True).outputs[0]


@exported("complex", "dtypes.complex")
def complex_(real: Any, imag: Any, name: str | None = None) -> Any:
    """Return real + imag i, for floats of one dtype."""
    a = as_tensor(real)
    b = as_tensor(imag, a.dtype)
    if a.dtype is not b.dtype or a.dtype not in (float32, float64):
        raise TypeError(f"real and imag must be floats of one dtype: {a.dtype}, {b.dtype}")
    dtype = complex128 if a.dtype is float64 else complex64
    shape = gg.add(a.expression, b.expression).known_shape
    return host_operation(
        "Complex", lambda x, y: x + 1j * y, [a, b], [(dtype, shape)], name, has_gradient=True
    ).outputs[0]


# Fourier transforms


def _transform(name: str, function: Callable[..., Any], count: int) -> None:
    def apply(input: Any, name: str | None = None) -> Any:
        x = as_tensor(input)
        if not x.dtype.is_complex:
            x = converted(x, complex64)
        along = tuple(range(-count, 0))
        made = host_operation(
            name_of, lambda array: function(array, axes=along), [x], [(x.dtype, x.shape)], name,
            has_gradient=True,
        )  # fmt: skip
        return made.outputs[0]

    name_of = name.upper()
    apply.__name__ = name
    apply.__doc__ = f"Return the transform of the last {count} axes, as NumPy's {name}."
    exported(name, f"signal.{name}", f"spectral.{name}")(apply)


for _count, _end in ((1, ""), (2, "2d"), (3, "3d")):
    _transform(f"fft{_end}", np.fft.fftn, _count)
    _transform(f"ifft{_end}", np.fft.ifftn, _count)


def _length(fft_length: Any) -> int | None:
    known = None if fft_length is None else static(fft_length)
    return None if known is None else int(np.ravel(known)[-1])


@exported("signal.rfft", "spectral.rfft")
def rfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """Return the transform of real numbers along the last axis: the half that tells all."""
    x, count = as_tensor(input_tensor), _length(fft_length)
    sizes = None if x.sizes is None else list(x.sizes)
    if sizes:
        known = sizes[-1] if count is None else count
        sizes[-1] = None if known is None else known // 2 + 1
    dtype = complex128 if x.dtype is float64 else complex64
    made = host_operation(
        "RFFT", lambda a: np.fft.rfft(a, count), [x], [(dtype, sizes)], name, has_gradient=True
    )
    return made.outputs[0]


@exported("signal.irfft", "spectral.irfft")
def irfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """Return the real numbers of which :func:`rfft` is the transform."""
    x, count = as_tensor(input_tensor), _length(fft_length)
    sizes = None if x.sizes is None else list(x.sizes)
    if sizes:
        last = sizes[-1]
        sizes[-1] = count if count is not None else None if last is None else 2 * (last - 1)
    dtype = x.dtype.real_dtype
    made = host_operation(
        "IRFFT", lambda a: np.fft.irfft(a, count), [x], [(dtype, sizes)], name, has_gradient=True
    )
    return made.outputs[0]
