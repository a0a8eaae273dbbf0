"""Products summed over an axis: the matrix product and its relatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, DTypeError, ShapeError
from giulgi.graph.composed import composed
from giulgi.graph.dtypes import DType, is_bool
from giulgi.graph.node import build
from giulgi.graph.op import Op
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.elementwise import multiply
from giulgi.graph.ops.leaves import TensorLike, constant, promote
from giulgi.graph.ops.movement import expand_dims, reshape, squeeze, transpose
from giulgi.graph.ops.reductions import sum, sum_to
from giulgi.graph.ops.shape import dims_of, sizes_of
from giulgi.graph.shapes import (
    Dim,
    Shape,
    as_axes,
    broadcast_shapes,
    is_static,
    normalise_axis,
    shape_text,
)
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class MatMul(Op):
    """The matrix product: y[..., i, j] = sum over k of a[..., i, k] b[..., k, j].

    The axes before the last two are broadcast. With ``transpose_a`` or ``transpose_b`` the last
    two axes of that input are swapped first.
    """

    name = "matmul"
    transpose_a: bool = False
    transpose_b: bool = False

    def infer_dtype(self, a: DType, b: DType) -> DType:
        dtype = super().infer_dtype(a, b)
        if is_bool(dtype):
            raise DTypeError("matmul is for numbers, not for bool.", fix="x.astype('float32')")
        return dtype

    def infer_shape(self, a: Shape, b: Shape) -> Shape:
        if len(a) < 2 or len(b) < 2:
            raise ShapeError(
                "both must be matrices (or stacks of them).",
                fix="make a vector a matrix of one row or column with reshape",
            )
        rows, inner_a = (a[-1], a[-2]) if self.transpose_a else (a[-2], a[-1])
        inner_b, columns = (b[-1], b[-2]) if self.transpose_b else (b[-2], b[-1])
        if inner_a is not None and inner_b is not None and inner_a != inner_b:
            raise self._mismatch(a, b)
        return (*broadcast_shapes(a[:-2], b[:-2]), rows, columns)

    def _mismatch(self, a: Shape, b: Shape) -> ShapeError:
        axis_a, axis_b = (-2 if self.transpose_a else -1), (-1 if self.transpose_b else -2)
        return ShapeError(
            f"the inner sizes differ: a has {a[axis_a]} along axis {axis_a}, "
            f"b has {b[axis_b]} along axis {axis_b}.",
            axes=f"axis {axis_a} of a ({a[axis_a]}) and axis {axis_b} of b ({b[axis_b]})",
            fix=_matmul_fix(a, b, axis_a, axis_b),
        )

    def numpy(self, a: Array, b: Array) -> Array:
        a = a.swapaxes(-1, -2) if self.transpose_a else a
        b = b.swapaxes(-1, -2) if self.transpose_b else b
        return np.matmul(a, b)

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        # y = A B  gives  dA = dy B^T  and  dB = A^T dy; where A is a^T, da is the transpose of dA.
        if self.transpose_a:
            da = build(MatMul(self.transpose_b, True), b, dy)
        else:
            da = build(MatMul(False, not self.transpose_b), dy, b)
        return _without_new_batch(da, a), _without_new_batch(self._gradient_by_b(dy, a, b), b)

    def _gradient_by_b(self, dy: Tensor, a: Tensor, b: Tensor) -> Tensor:
        if self == MatMul() and _is_one_for_all(a, b):
            # Many matrices times one: for all of them together it is one product.
            rows, columns = b.shape
            return build(MatMul(True), reshape(a, (-1, rows)), reshape(dy, (-1, columns)))
        if self.transpose_b:
            return build(MatMul(True, self.transpose_a), dy, a)
        return build(MatMul(not self.transpose_a, False), a, dy)

    def formula(self, *inputs: str) -> str:
        a = f"{inputs[0]}.mT" if self.transpose_a else inputs[0]
        b = f"{inputs[1]}.mT" if self.transpose_b else inputs[1]
        return f"{a} @ {b}"


def _is_one_for_all(a: Tensor, b: Tensor) -> bool:
    """Whether a stack of matrices is multiplied with a single one of known shape."""
    is_stack = a.known_shape is not None and a.ndim > 2
    return is_stack and is_static(b.known_shape) and b.ndim == 2 and 0 not in b.known_shape


def _without_new_batch(gradient: Tensor, x: Tensor) -> Tensor:
    """Sum the gradient over batch axes along which x was broadcast."""
    if gradient.known_shape is not None and x.known_shape is not None and gradient.ndim == 2:
        return gradient
    return sum_to(gradient, sizes_of(x))


def _require_fitting_vector(a: Tensor, b: Tensor, transpose_a: bool, transpose_b: bool) -> None:
    """Raise a ShapeError if one is a vector, and has not the inner size of the other."""
    if a.known_shape is None or b.known_shape is None or (a.ndim == 1) == (b.ndim == 1):
        return
    axis_a = 0 if a.ndim == 1 else -2 if transpose_a else -1
    axis_b = 0 if b.ndim == 1 else -1 if transpose_b else -2
    size_a, size_b = a.shape[axis_a], b.shape[axis_b]
    if size_a is None or size_b is None or size_a == size_b:
        return
    if a.ndim == 1:
        needed, fits = f"make a of length {size_b}", b.shape[-3 - axis_b] == size_a
        fix = "transpose b: a @ b.mT" if not transpose_b else "leave out transpose_b"
    else:
        needed, fits = f"make b of length {size_a}", a.shape[-3 - axis_a] == size_b
        fix = "transpose a: a.mT @ b" if not transpose_a else "leave out transpose_a"
    raise ShapeError(
        f"the inner sizes differ: a has {size_a} along axis {axis_a}, b has {size_b} along axis "
        f"{axis_b}.",
        arguments=[("a", a.description), ("b", b.description)],
        axes=f"axis {axis_a} of a ({size_a}) and axis {axis_b} of b ({size_b})",
        fix=fix if fits else needed,
    )


def _matmul_fix(a: Shape, b: Shape, axis_a: int, axis_b: int) -> str:
    other_a, other_b = -3 - axis_a, -3 - axis_b
    if a[axis_a] == b[other_b]:
        return "transpose b: a @ b.mT"
    if a[other_a] == b[axis_b]:
        return "transpose a: a.mT @ b"
    return (
        f"the rows of a hold {a[axis_a]} numbers, so b needs {a[axis_a]} rows; it has {b[axis_b]}"
    )


# What a user calls


@composed
def matmul(
    a: TensorLike,
    b: TensorLike,
    transpose_a: bool = False,
    transpose_b: bool = False,
    name: str | None = None,
) -> Tensor:
    """The matrix product a @ b.

    Args:
        a: (..., rows, inner), or a vector (inner,).
        b: (..., inner, columns), or a vector (inner,). The first axes of both are broadcast.
        transpose_a: whether the last two axes of a are swapped first.
        transpose_b: whether the last two axes of b are swapped first.
        name: a name for printing.

    Returns:
        (..., rows, columns); the axis of a vector is left out.

    Raises:
        ShapeError: if the inner sizes differ.
    """
    a, b = promote(a, b)
    vector_a = a.known_shape is not None and a.ndim == 1
    vector_b = b.known_shape is not None and b.ndim == 1
    if () in (a.known_shape, b.known_shape):
        raise ShapeError(
            "one of the two is a single number.",
            fix="multiply with *",
        )
    if vector_a and vector_b and None not in (*a.shape, *b.shape) and a.shape != b.shape:
        raise ShapeError(
            f"the vectors have {a.shape[0]} and {b.shape[0]} elements.",
            axes=f"axis 0 of a ({a.shape[0]}) and axis 0 of b ({b.shape[0]})",
            fix="they must have the same length; for all products use gg.outer(a, b)",
        )
    if (vector_a and transpose_a) or (vector_b and transpose_b):
        raise ShapeError(
            "a vector has one axis, and none to be exchanged with.",
            arguments=[("a", a.description), ("b", b.description)],
            fix=f"leave out transpose_{'a' if vector_a and transpose_a else 'b'}",
        )
    _require_fitting_vector(a, b, transpose_a, transpose_b)
    a = expand_dims(a, 0) if vector_a else a
    b = expand_dims(b, 1) if vector_b else b
    y = build(MatMul(transpose_a, transpose_b), a, b, name=name)
    dropped = ([-2] if vector_a else []) + ([-1] if vector_b else [])
    return squeeze(y, dropped) if dropped else y


@composed
def dot(a: TensorLike, b: TensorLike) -> Tensor:
    """NumPy's dot: the product summed over the last axis of a and the second last of b."""
    a, b = promote(a, b)
    if 0 in (a.ndim, b.ndim):
        return multiply(a, b)
    return tensordot(a, b, ((-1,), (-1 if b.ndim == 1 else -2,)))


@composed
def vecdot(a: TensorLike, b: TensorLike, axis: int = -1) -> Tensor:
    """The products of a and b summed along an axis: y = sum over i of a[..., i] b[..., i].

    Args:
        a: the first tensor, (..., n).
        b: the second, broadcast with a.
        axis: the axis of n.

    Returns:
        The broadcast shape without the axis, in the dtype in which a and b meet.
    """
    products = multiply(a, b)
    return cast(sum(products, axis), products.dtype)


@composed
def outer(a: TensorLike, b: TensorLike) -> Tensor:
    """All products of an element of a with one of b, as a matrix."""
    a, b = constant(a), constant(b)
    return multiply(reshape(a, (-1, 1)), reshape(b, (1, -1)))


@composed
def tensordot(
    a: TensorLike,
    b: TensorLike,
    axes: int | tuple[int | Sequence[int], int | Sequence[int]] = 2,
) -> Tensor:
    """The product of a and b summed over pairs of axes.

    Args:
        a: the first tensor.
        b: the second tensor.
        axes: how many of the last axes of a are paired with the first of b; or the paired axes
            of a and of b.

    Returns:
        A tensor with the other axes of a, then those of b, in the dtype in which the two meet.

    Raises:
        ArgumentError: if the axes do not come in pairs.
        ShapeError: if paired axes differ in size.
    """
    a, b = promote(a, b)
    axes_a, axes_b = _paired_axes(a, b, axes)
    for i, j in zip(axes_a, axes_b, strict=True):
        if None not in (a.shape[i], b.shape[j]) and a.shape[i] != b.shape[j]:
            raise ShapeError(
                f"axis {i} of a and axis {j} of b are paired and differ.",
                op="tensordot",
                axes=f"axis {i} of a ({a.shape[i]}) and axis {j} of b ({b.shape[j]})",
                arguments=[("a", a.description), ("b", b.description)],
                fix="pair axes of equal size",
            )
    free_a = [axis for axis in range(a.ndim) if axis not in axes_a]
    free_b = [axis for axis in range(b.ndim) if axis not in axes_b]
    inner = _sizes(a, axes_a)
    rows = reshape(transpose(a, free_a + axes_a), [_count(_sizes(a, free_a)), _count(inner)])
    columns = reshape(transpose(b, axes_b + free_b), [_count(inner), _count(_sizes(b, free_b))])
    return reshape(matmul(rows, columns), _sizes(a, free_a) + _sizes(b, free_b))


def _paired_axes(a: Tensor, b: Tensor, axes: Any) -> tuple[list[int], list[int]]:
    """Return the axes of a and of b that are summed over together."""
    if isinstance(axes, int) and 0 <= axes <= min(a.ndim, b.ndim):
        return list(range(a.ndim - axes, a.ndim)), list(range(axes))
    if not isinstance(axes, int) and len(axes) == 2:
        axes_a = [normalise_axis(axis, a.ndim) for axis in as_axes(axes[0])]
        axes_b = [normalise_axis(axis, b.ndim) for axis in as_axes(axes[1])]
        if len(axes_a) == len(axes_b):
            return axes_a, axes_b
    raise ArgumentError(
        f"axes={axes!r} does not pair axes of a with as many axes of b.",
        op="tensordot",
        arguments=[("a", a.description), ("b", b.description)],
        fix="how many axes, as axes=1; or which, as axes=([1, 2], [0, 1])",
    )


def _sizes(x: Tensor, axes: Sequence[int]) -> list[Any]:
    sizes = dims_of(x)
    return [sizes[axis] for axis in axes]


def _count(sizes: Sequence[Any]) -> Any:
    count: Any = 1
    for dim in sizes:
        count = count * dim
    return count


@composed
def einsum(formula: str, *operands: TensorLike) -> Tensor:
    """Einstein's sum: each axis has a letter; letters absent after ``->`` are summed over.

    Args:
        formula: such as ``"ij,jk->ik"``, the matrix product. Without ``->`` the result has the
            letters that occur once, in the order of the alphabet. Each operand's letters differ.
        operands: the tensors.

    Raises:
        ArgumentError: if the formula does not fit the operands.
    """
    tensors = promote(*operands)
    terms, result = _parse_einsum(formula, tensors)
    y, letters = tensors[0], terms[0]
    for i in range(1, len(tensors)):
        needed = set(result).union(*terms[i + 1 :])
        y, letters = _contract(y, letters, tensors[i], terms[i], needed)
    summed = [axis for axis, letter in enumerate(letters) if letter not in result]
    letters = [letter for letter in letters if letter in result]
    y = cast(sum(y, summed), y.dtype) if summed else y
    return transpose(y, [letters.index(letter) for letter in result]) if len(result) > 1 else y


def _parse_einsum(formula: str, tensors: Sequence[Tensor]) -> tuple[list[list[str]], list[str]]:
    left, arrow, right = formula.replace(" ", "").partition("->")
    terms = [list(term) for term in left.split(",")]
    if len(terms) != len(tensors):
        raise ArgumentError(
            f"{formula!r} is for {len(terms)} tensors, and {len(tensors)} are given.", op="einsum"
        )
    sizes: dict[str, Dim] = {}
    for term, x in zip(terms, tensors, strict=True):
        if len(term) != x.ndim or len(set(term)) != len(term) or not all(map(str.isalpha, term)):
            raise ArgumentError(
                f"{''.join(term)!r} does not name each axis of a tensor of shape "
                f"{shape_text(x.shape)} with a letter of its own.",
                op="einsum",
                fix="one letter for each axis; '...' and repeated letters are not understood",
            )
        for letter, dim in zip(term, x.shape, strict=True):
            if sizes.get(letter) is not None and dim is not None and sizes[letter] != dim:
                raise ShapeError(
                    f"the axes named {letter!r} differ.",
                    op="einsum",
                    axes=f"{sizes[letter]} and {dim}",
                )
            sizes[letter] = sizes.get(letter) or dim
    once = sorted(letter for letter in sizes if left.count(letter) == 1)
    result = list(right) if arrow else once
    if len(set(result)) != len(result) or not set(result) <= set(sizes):
        raise ArgumentError(f"the result {right!r} of {formula!r} does not fit.", op="einsum")
    return terms, result


def _contract(
    a: Tensor, letters_a: list[str], b: Tensor, letters_b: list[str], needed: set[str]
) -> tuple[Tensor, list[str]]:
    """Return the product of two tensors summed over the letters that are not needed any more."""
    batch = [x for x in letters_a if x in letters_b and x in needed]
    inner = [x for x in letters_a if x in letters_b and x not in needed]
    free_a = [x for x in letters_a if x not in letters_b]
    free_b = [x for x in letters_b if x not in letters_a]

    def laid_out(x: Tensor, letters: list[str], *groups: list[str]) -> Tensor:
        order = [letters.index(letter) for group in groups for letter in group]
        moved = transpose(x, order) if len(order) > 1 else x
        sizes = [_sizes(x, [letters.index(letter) for letter in group]) for group in groups]
        return reshape(moved, [*sizes[0], *(_count(group) for group in sizes[1:])])

    product = matmul(
        laid_out(a, letters_a, batch, free_a, inner), laid_out(b, letters_b, batch, inner, free_b)
    )
    named = [(a, letters_a, x) for x in batch + free_a] + [(b, letters_b, x) for x in free_b]
    shape = [_sizes(x, [letters.index(letter)])[0] for x, letters, letter in named]
    return reshape(product, shape), batch + free_a + free_b
