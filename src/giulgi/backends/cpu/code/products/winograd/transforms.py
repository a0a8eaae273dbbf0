"""Winograd's minimal filtering: its matrices, and how products with them are written as code.

A filter g of three taps makes two neighbouring results of four elements d with four multiplications
instead of six (Winograd 1980)::

    y = Aᵀ ((G g) * (Bᵀ d))

In two dimensions it makes 2x2 results of a patch of 4x4 elements with 16 instead of 36 (Lavin &
Gray, "Fast Algorithms for Convolutional Neural Networks", 2016)::

    Y = Aᵀ ((G g Gᵀ) * (Bᵀ d B)) A

This is linear in d and in g. So what goes back to g is made with the same matrices::

    dg = Gᵀ ((A dY Aᵀ) * (Bᵀ d B)) G

Sums over channels, or over patches, are made between the innermost and the outer multiplications:
they are matrix products, one for each of the 16 places of a patch.

**What it changes.** Errors are of the size that they have by the definition; but as the elements of
a patch are added up before they are multiplied, it is the largest of a patch that counts, also for
results that do not see it. Where an element is infinite, or no number, results of its patch are no
numbers, and so is what goes back to all taps of its channel. Whole numbers stay exact.
"""

from __future__ import annotations

from collections.abc import Sequence

from giulgi.backends.cpu.code.ir import Function, Value

Matrix = tuple[tuple[float, ...], ...]

#: How many elements a patch has along an axis, how many results are made of it, by how many taps.
PATCH, RESULTS, TAPS = 4, 2, 3

#: The number of products of matrices.
PRODUCTS = PATCH * PATCH

#: Bᵀ: from the elements of a patch.
FROM_PATCH: Matrix = ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, -1, 0, 1))

#: G: from the taps of a kernel; and Gᵀ.
FROM_TAPS: Matrix = ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1))
TO_TAPS: Matrix = tuple(zip(*FROM_TAPS, strict=True))

#: Aᵀ: to the results of a patch; and A.
TO_RESULTS: Matrix = ((1, 1, 1, 0), (0, 1, -1, 1))
FROM_RESULTS: Matrix = tuple(zip(*TO_RESULTS, strict=True))


def applied(f: Function, matrix: Matrix, values: Sequence[Value]) -> list[Value]:
    """Write matrix @ values, of vectors."""
    return [_combined(f, row, values) for row in matrix]


def applied_twice(
    f: Function, matrix: Matrix, square: Sequence[Sequence[Value]]
) -> list[list[Value]]:
    """Write matrix @ square @ matrix.T, of vectors."""
    columns = [applied(f, matrix, column) for column in zip(*square, strict=True)]
    return [applied(f, matrix, row) for row in zip(*columns, strict=True)]


def _combined(f: Function, factors: Sequence[float], values: Sequence[Value]) -> Value:
    """Write the sum of values, each times its factor; those with a minus come last."""
    pairs = [pair for pair in zip(factors, values, strict=True) if pair[0]]
    pairs.sort(key=lambda pair: pair[0] < 0)
    assert pairs[0][0] > 0, "a sum begins with a value that is added"
    terms = [value if abs(factor) == 1 else f.fmul(value, abs(factor)) for factor, value in pairs]
    total = terms[0]
    for (factor, _), term in zip(pairs[1:], terms[1:], strict=True):
        total = f.fsub(total, term) if factor < 0 else f.fadd(total, term)
    return total
