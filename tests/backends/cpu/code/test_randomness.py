"""Random numbers: the reference's bits, whoever draws which part of them."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg

from ..checks import Trial, check_bits, require_native, threads


def drawn(ends, seed, backend, runs=2, skipped=0):
    program = gg.Program(ends, backend=backend)
    if backend == "cpu":
        require_native(program, [])
    storage = gg.Storage(seed=seed)
    storage.next_draw(skipped)
    return [value for _ in range(runs) for value in program(storage=storage)]


def check(ends, seed=7, **options):
    wanted = drawn(ends, seed, "reference", **options)
    for count in (1, 2, 3):
        with threads(count):
            check_bits(drawn(ends, seed, "cpu", **options), wanted)


@pytest.mark.parametrize("seed", [0, 1, -1, 2**31, 2**32 + 7, 2**63 + 11, 2**64 + 3, 2**70 - 5])
def test_seeds_of_any_size(seed):
    """The seed of the storage, and one that a tensor has of its own."""
    check([gg.random.uniform((9,)), gg.random.uniform((9,), seed=seed)], seed)


def test_seeds_whose_low_halves_are_equal_draw_different_numbers():
    ends = [gg.random.uniform((50,))]
    found = [drawn(ends, seed, "cpu", runs=1)[0] for seed in (3, 2**32 + 3, 2**33 + 3)]
    assert len({value.tobytes() for value in found}) == 3


@pytest.mark.parametrize("size", [0, 1, 3, 63, 64, 65, 1000, 100_001])
def test_tensors_of_any_size(size):
    check([gg.random.uniform((size,)), gg.random.randint(-5, 7, (size,))])


def test_runs_whose_number_has_more_than_32_bits():
    check([gg.random.uniform((5,))], skipped=2**32 - 2, runs=4)


def test_all_distributions():
    ends = [
        gg.random.uniform((7, 3), -1, 1, "float64"),
        gg.random.bernoulli(0.3, (200,)),
        gg.random.randint(0, 2**40, (50,)),
        gg.random.randint(-128, 128, (50,), "int8"),
    ]
    check(ends)
    smooth = [gg.random.normal((300,)), gg.random.truncated_normal((300,), dtype="float64")]
    Trial(smooth).check(times=2)


def test_every_draw_of_a_graph_is_its_own():
    a, b = gg.random.uniform((20,)), gg.random.uniform((20,))
    found = drawn([a, b, a], 1, "cpu", runs=2)
    np.testing.assert_array_equal(found[0], found[2])
    assert not np.intersect1d(found[0], found[1]).size
    assert not np.intersect1d(found[0], found[3]).size
