"""All operations, by family: one file each, and what a user calls of each.

==============  ==============================================================
leaves          constants, placeholders
elementwise     arithmetic
casting         other dtypes
functions       exp, log, sqrt, sin, tanh, sigmoid, rounding
compositions    functions made of others: sinh, log10, hypot, isnan, isclose, diff
logic           comparing, choosing, bits
shape           sizes as values
movement        reshape, transpose, broadcast, expand, flip
joining         concat, stack, split, tile, repeat, roll
slicing         parts of a tensor, padding
getitem         ``x[...]``
indexing        gather, scatter-add, one-hot
reductions      sums, products, extremes
statistics      means, variances, logsumexp
contraction     matrix products
convolutions    convolutions over axes of space, and their transpose
pooling         the greatest element, or the mean, of what a window sees
resizing        pictures with other numbers of points
creation        zeros, ranges, the identity
diagonals       diagonals of matrices
factoring       matrices as products of simpler ones
solving         linear equations, determinants, symmetric matrices
sorting         elements in their order
random          random numbers
identities      what returns what it is given: stop-gradient, defaults of placeholders
state           variables, and their assignment
==============  ==============================================================

``getitem`` and ``choose`` are for the package alone, and not in ``__all__``: a user writes
``x[...]`` and ``gg.where``. Nor is ``random``, which users find as ``gg.random``.
"""

from giulgi.graph.ops import random as random
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.compositions import (
    acosh,
    allclose,
    asinh,
    atanh,
    cosh,
    diff,
    hypot,
    isclose,
    isfinite,
    isinf,
    isnan,
    log2,
    log10,
    logaddexp,
    nan_to_num,
    reciprocal,
    rsqrt,
    sinh,
    square,
)
from giulgi.graph.ops.contraction import dot, einsum, matmul, outer, tensordot, vecdot
from giulgi.graph.ops.convolutions import convolution, convolution_transpose
from giulgi.graph.ops.creation import (
    arange,
    eye,
    full,
    full_like,
    linspace,
    meshgrid,
    ones,
    ones_like,
    tril,
    triu,
    zeros,
    zeros_like,
)
from giulgi.graph.ops.diagonals import diag, diagonal, trace
from giulgi.graph.ops.elementwise import (
    abs,
    add,
    clip,
    divide,
    floor_divide,
    maximum,
    minimum,
    multiply,
    negative,
    positive,
    power,
    remainder,
    sign,
    subtract,
)
from giulgi.graph.ops.functions import (
    acos,
    asin,
    atan,
    atan2,
    ceil,
    cos,
    erf,
    exp,
    expm1,
    floor,
    log,
    log1p,
    round,
    sigmoid,
    sin,
    sqrt,
    tan,
    tanh,
    trunc,
)
from giulgi.graph.ops.getitem import boolean_mask, gather_nd, nonzero
from giulgi.graph.ops.getitem import getitem as getitem
from giulgi.graph.ops.identities import placeholder_with_default, stop_gradient
from giulgi.graph.ops.indexing import gather, one_hot, scatter_add, take, take_along_axis
from giulgi.graph.ops.joining import concat, hstack, repeat, roll, split, stack, tile, vstack
from giulgi.graph.ops.leaves import constant, placeholder
from giulgi.graph.ops.logic import (
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
    where,
)
from giulgi.graph.ops.logic import choose as choose
from giulgi.graph.ops.movement import (
    broadcast_to,
    expand_dims,
    flip,
    matrix_transpose,
    moveaxis,
    reshape,
    squeeze,
    swapaxes,
    transpose,
)
from giulgi.graph.ops.pooling import average_pool, max_pool
from giulgi.graph.ops.reductions import all, any, argmax, argmin, max, min, prod, sum
from giulgi.graph.ops.resizing import resize
from giulgi.graph.ops.shape import rank, shape, size
from giulgi.graph.ops.slicing import embed, pad
from giulgi.graph.ops.sorting import argsort, sort, top_k
from giulgi.graph.ops.state import Variable, assign
from giulgi.graph.ops.statistics import count_nonzero, logsumexp, mean, norm, std, var

__all__ = [
    "Variable",
    "abs",
    "acos",
    "acosh",
    "add",
    "all",
    "allclose",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "asin",
    "asinh",
    "assign",
    "atan",
    "atan2",
    "atanh",
    "average_pool",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "boolean_mask",
    "broadcast_to",
    "cast",
    "ceil",
    "clip",
    "concat",
    "constant",
    "convolution",
    "convolution_transpose",
    "cos",
    "cosh",
    "count_nonzero",
    "diag",
    "diagonal",
    "diff",
    "divide",
    "dot",
    "einsum",
    "embed",
    "equal",
    "erf",
    "exp",
    "expand_dims",
    "expm1",
    "eye",
    "flip",
    "floor",
    "floor_divide",
    "full",
    "full_like",
    "gather",
    "gather_nd",
    "greater",
    "greater_equal",
    "hstack",
    "hypot",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "linspace",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "matmul",
    "matrix_transpose",
    "max",
    "max_pool",
    "maximum",
    "mean",
    "meshgrid",
    "min",
    "minimum",
    "moveaxis",
    "multiply",
    "nan_to_num",
    "negative",
    "nonzero",
    "norm",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "outer",
    "pad",
    "placeholder",
    "placeholder_with_default",
    "positive",
    "power",
    "prod",
    "rank",
    "reciprocal",
    "remainder",
    "repeat",
    "reshape",
    "resize",
    "roll",
    "round",
    "rsqrt",
    "scatter_add",
    "shape",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "size",
    "sort",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "subtract",
    "sum",
    "swapaxes",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tensordot",
    "tile",
    "top_k",
    "trace",
    "transpose",
    "tril",
    "triu",
    "trunc",
    "var",
    "vecdot",
    "vstack",
    "where",
    "zeros",
    "zeros_like",
]
