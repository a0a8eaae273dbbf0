"""Every operation of the graph's tables of cases, native against the reference.

Many examples are put into one program, so that it is compiled once for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

import giulgi as gg
from giulgi.backends.cpu.compiler import is_native
from giulgi.errors import GiulgiError
from giulgi.graph.control.while_loop import While
from giulgi.graph.ops.creation import Arange
from giulgi.graph.ops.factoring import Orthonormal
from giulgi.graph.ops.indexing import NonZero
from giulgi.graph.ops.solving import (
    Cholesky,
    Determinant,
    DeterminantSign,
    Eigenvalues,
    Eigenvectors,
    LogAbsDeterminant,
    Solve,
)  # fmt: skip
from giulgi.graph.shapes import is_static
from graph.case_table import CASES
from graph.cases import Case, Example
from graph.composed_table import COMPOSED
from graph.flat_table import FLAT

from .checks import Trial, counting, drawn

EXAMPLES = 6

# Not to be compiled by their nature: their shapes or rounds depend on data, or they are for first
# values, and a library does them. No example of these is native.
REFERENCE_ONLY = {
    "NonZero", "Arange", "boolean_mask", "Orthonormal", "While", "Solve", "Determinant",
    "DeterminantSign", "LogAbsDeterminant", "Cholesky", "Eigenvalues", "Eigenvectors",
}  # fmt: skip


SOLVING = (
    Solve,
    Determinant,
    DeterminantSign,
    LogAbsDeterminant,
    Cholesky,
    Eigenvalues,
    Eigenvectors,
)


def cast_down(array: np.ndarray, dtype: Any) -> np.ndarray:
    return array.astype(dtype) if array.dtype == np.float64 else array


def trial_of(example: Example, dtype: Any) -> Trial:
    """Return a function's results, and their gradients by all inputs of floats."""
    arrays = [cast_down(array, dtype) for array in example.arrays]
    feeds = [gg.placeholder(array.dtype, array.shape) for array in arrays]
    found = example.function(*feeds)
    ends = list(found) if isinstance(found, tuple) else [found]
    smooth = [y for y in ends if y.dtype.kind == "f" and y.node.inputs]
    floats = [x for x in feeds if x.dtype.kind == "f"]
    if smooth and floats:
        # Of an operation through which nothing flows there is no gradient. Of the sine, so that
        # what flows back differs from element to element.
        with suppress(GiulgiError):
            ends += gg.gradients([gg.sum(gg.sin(y)) for y in smooth], floats)
    return Trial(ends, feeds, arrays)


def nodes_of(trial: Trial) -> list[Any]:
    program = trial.program("cpu")
    return program.specialised(tuple(array.shape for array in trial.arrays)).nodes


def is_reference_only(node: Any) -> bool:
    """Whether a node is left to the reference for a reason that is known."""
    shapes = [x.spec.shape for x in (node, *node.inputs)]
    return isinstance(node.op, (NonZero, Arange, Orthonormal, While, *SOLVING)) or not all(
        map(is_static, shapes)
    )


def check_together(trials: Sequence[Trial]) -> None:
    """Check several trials as one program."""
    Trial(
        [end for trial in trials for end in trial.fetches],
        [feed for trial in trials for feed in trial.feeds],
        [array for trial in trials for array in trial.arrays],
    ).check()


@pytest.mark.parametrize("case", [*CASES, *FLAT, *COMPOSED], ids=lambda case: case.name)
def test_an_operation_and_its_gradient(case: Case):
    examples = drawn(case.examples, EXAMPLES)
    native = []
    for example in examples:
        for dtype in (np.float32, np.float64):
            trial = trial_of(example, dtype)
            left = [node for node in nodes_of(trial) if not is_native(node)]
            assert all(map(is_reference_only, left)), left
            if left:
                trial_of(example, dtype).run(trial.program("cpu"))
            else:
                native.append(trial)
    assert bool(native) != (case.name in REFERENCE_ONLY)
    if case.name == "Assign":  # Always to one variable, which takes one value in a run.
        for trial in native:
            trial.check()
    elif native:
        check_together(native)


def test_values_without_elements_are_left_to_nothing_else():
    """What sums none is 0, and where there is nothing to be computed nothing is."""
    for x, kernel in (((0, 5, 5, 2), (3, 3, 2, 4)), ((2, 5, 5, 0), (3, 3, 0, 4))):
        images, kernels = gg.placeholder("float32", x), gg.placeholder("float32", kernel)
        ys = [gg.convolution(images, kernels), gg.max_pool(images, 2)]
        ys += [gg.average_pool(images, 2), gg.average_pool(images, 2, padding="same")]
        ys.append(gg.matmul(images, kernels[0, 0]))
        feeds = [images, kernels]
        ends = [*ys, *gg.gradients([gg.sum(gg.sin(y)) for y in ys], feeds), gg.sort(images)]
        trial = Trial(ends, feeds, [np.zeros(x, "float32"), np.ones(kernel, "float32")])
        assert all(map(is_native, nodes_of(trial)))
        trial.check_exactly()


# Operands that are one number


def test_products_with_constants_of_one_element():
    x, y = gg.placeholder("float32", (3, 1)), gg.placeholder("float32", (5, 4))
    one, many = gg.constant([[2.5]]), gg.broadcast_to(gg.constant(np.float32(0.5)), (4, 6))
    ends = [gg.matmul(x, one), gg.matmul(y, many), gg.matmul(gg.transpose(many), gg.transpose(y))]
    Trial(ends, [x, y], [counting(3, 1), counting(5, 4)]).check()


def test_the_gradient_of_a_sum_of_a_product():
    """What flows back is one number, laid over a matrix."""
    x, w = gg.placeholder("float32", (7, 4)), gg.placeholder("float32", (4, 2))
    ends = gg.gradients(gg.sum(gg.matmul(x, w)), [x, w])
    Trial(ends, [x, w], [counting(7, 4), counting(4, 2)]).check_exactly()


def test_places_that_are_constants_of_one_element():
    x, updates = gg.placeholder("float32", (5, 3)), gg.placeholder("float32", (1, 3))
    i = gg.placeholder("int64", (4,))
    ends = [
        gg.gather(x, gg.constant([2])),
        gg.gather(gg.constant([2.5]), i * 0),
        gg.scatter_add(updates, gg.constant([-1]), (5, 3), 0),
        gg.take_along_axis(x, gg.broadcast_to(gg.constant(1), (5, 1)), 1),
        gg.scatter_add(gg.ones((4, 3)), i, (5, 3), 0),
    ]
    arrays = [counting(5, 3), counting(1, 3), np.array([0, 4, 4, -1])]
    Trial(ends, [x, updates, i], arrays).check_exactly()


def test_places_of_the_largest_of_equal_elements():
    x = gg.placeholder("float32", (3,))
    laid = gg.broadcast_to(x[:, None], (3, 4))
    equal = gg.broadcast_to(gg.constant(1.0), (3, 4)) + 0 * laid
    Trial([gg.argmax(laid, 1), gg.argmin(laid, 0), gg.argmax(equal)], [x], [counting(3)]).check()


def test_constants_as_results():
    a = gg.constant(2.0)
    ends = [
        a,
        gg.broadcast_to(a, (3, 2)),
        gg.constant([True, False]),
        gg.concat([a[None], [3.0]], 0),
    ]
    Trial(ends).check_exactly()
