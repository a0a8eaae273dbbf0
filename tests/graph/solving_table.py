"""Cases, as in ``case_table``, of linear equations and of what symmetric matrices are made of."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import Any

import numpy as np
from hypothesis import strategies as st

import giulgi as gg
from giulgi.graph.ops import solving
from graph.cases import Case, of_inputs, real
from graph.checks import CONSTANT, SIZES, STATIC

KNOWN = (CONSTANT, STATIC, SIZES)


def regular(draw: Any, rng: np.random.Generator) -> tuple[tuple[int, ...], np.ndarray]:
    """Return the sizes of a batch, and matrices far from singular ones."""
    batch = tuple(draw(st.lists(st.integers(1, 2), max_size=1)))
    n = draw(st.integers(1, 3))
    return batch, real(rng, (*batch, n, n)) * 0.3 + np.eye(n) * 2


def adjugate_inverse(a: np.ndarray) -> np.ndarray:
    """Gauss and Jordan, without choosing pivots: the diagonals here are large."""
    flat = a.reshape(-1, *a.shape[-2:])
    found = []
    for matrix in flat:
        n = len(matrix)
        rows = np.concatenate([matrix, np.eye(n)], 1)
        for i in range(n):
            rows[i] /= rows[i, i]
            for j in range(n):
                if i != j:
                    rows[j] -= rows[j, i] * rows[i]
        found.append(rows[:, n:])
    return np.stack(found).reshape(a.shape)


def solve(draw: Any, rng: Any) -> Any:
    batch, a = regular(draw, rng)
    b = real(rng, (*(batch if draw(st.booleans()) else ()), a.shape[-1], draw(st.integers(1, 2))))
    return solving.solve, lambda a, b: adjugate_inverse(a) @ b, a, b


def determinant(draw: Any, rng: Any) -> Any:
    _, a = regular(draw, rng)

    def meaning(a: Any) -> Any:
        """By the first row."""
        n = a.shape[-1]
        if n == 1:
            return a[..., 0, 0]
        rest = [np.delete(a[..., 1:, :], i, -1) for i in range(n)]
        return sum((-1) ** i * a[..., 0, i] * meaning(rest[i]) for i in range(n))

    return solving.determinant, meaning, a


def by_leibniz(a: Any) -> Any:
    """Return determinants: sums over all ways to take one number of each row and column."""
    found = np.zeros(a.shape[:-2])
    for order in permutations(range(a.shape[-1])):
        swaps = sum(x > y for x, y in combinations(order, 2))
        found += (-1) ** swaps * np.prod([a[..., i, j] for i, j in enumerate(order)], 0)
    return found


def log_abs_determinant(draw: Any, rng: Any) -> Any:
    _, a = regular(draw, rng)
    return (
        solving.log_abs_determinant,
        lambda a: np.log(np.abs(by_leibniz(a))),
        a * rng.choice([-1.0, 1.0]),
    )


def determinant_sign(draw: Any, rng: Any) -> Any:
    _, a = regular(draw, rng)
    return solving.determinant_sign, lambda a: np.sign(by_leibniz(a)), a * rng.choice([-1.0, 1.0])


def cholesky(draw: Any, rng: Any) -> Any:
    _, a = regular(draw, rng)

    def meaning(a: Any) -> Any:
        whole = a @ np.swapaxes(a, -1, -2)
        low = np.zeros_like(whole)
        n = a.shape[-1]
        for i in range(n):
            for j in range(i + 1):
                rest = whole[..., i, j] - (low[..., i, :j] * low[..., j, :j]).sum(-1)
                low[..., i, j] = np.sqrt(rest) if i == j else rest / low[..., j, j]
        return low

    return lambda a: solving.cholesky(gg.matmul(a, a, transpose_b=True)), meaning, a


def symmetric(a: Any) -> Any:
    """Return symmetric matrices whose eigenvalues are apart."""
    n = a.shape[-1]
    return a * 0.3 + (a * 0.3).swapaxes(-1, -2) + np.diag(np.arange(n) * 3.0)


def eigenvalues(draw: Any, rng: Any) -> Any:
    n = draw(st.integers(1, 3))
    return (
        lambda a: solving.eigenvalues(a * 0.3 + gg.matrix_transpose(a * 0.3) + spread(n)),
        lambda a: np.sort(np.linalg.eigvals(symmetric(a)).real),
        real(rng, (n, n)),
    )


def eigenvectors(draw: Any, rng: Any) -> Any:
    n = draw(st.integers(1, 3))

    def meaning(a: Any) -> Any:
        values, vectors = np.linalg.eig(symmetric(a))
        return vectors.real[:, np.argsort(values.real)] ** 2

    return (
        lambda a: gg.square(
            solving.eigenvectors(a * 0.3 + gg.matrix_transpose(a * 0.3) + spread(n))
        ),
        meaning,
        real(rng, (n, n)),
    )


def spread(n: int) -> Any:
    return np.diag(np.arange(n) * 3.0)


SOLVING = [
    Case("Solve", solving.Solve, of_inputs(solve), KNOWN),
    Case("Determinant", solving.Determinant, of_inputs(determinant), KNOWN),
    Case("LogAbsDeterminant", solving.LogAbsDeterminant, of_inputs(log_abs_determinant), KNOWN),
    Case("Cholesky", solving.Cholesky, of_inputs(cholesky), KNOWN),
    Case("Eigenvalues", solving.Eigenvalues, of_inputs(eigenvalues), KNOWN),
    Case("Eigenvectors", solving.Eigenvectors, of_inputs(eigenvectors), KNOWN),
]

# Through which no gradient flows.
ORIENTATION = Case(
    "DeterminantSign", solving.DeterminantSign, of_inputs(determinant_sign), KNOWN, slope_levels=()
)
