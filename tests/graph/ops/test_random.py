"""Philox against its published answers; distributions; seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, DTypeError
from giulgi.graph.ops.random import RandomBits, philox, random_words

SIZE = 200_000


@pytest.fixture(autouse=True)
def _seeded():
    gg.set_seed(0)


def drawn(x: gg.Tensor) -> np.ndarray:
    return gg.Program([x])()[0]


# The known answers of Random123 (kat_vectors, "philox4x32 10"), by the authors of the paper.
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000",
     "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff",
     "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0",
     "d16cfe09 94fdcceb 5001e420 24126ea1"),
]  # fmt: skip


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_philox_gives_the_known_answers(counter, key, answer):
    found = philox(words(counter), tuple(words(key)))
    assert [int(word) for word in found] == words(answer)


def test_words_are_the_blocks_of_a_counter_one_after_another():
    counter, key = [1, 0, 7, 0], (5, 3)
    found = random_words(9, seed=5, stream=3, run=7)
    assert found[4:8].tolist() == [int(word) for word in philox(counter, key)]
    assert random_words(3, seed=5, stream=3, run=7).tolist() == found[:3].tolist()
    assert random_words(4, 5, 3, 7 + 2**32).tolist() == [
        int(word) for word in philox([0, 0, 7, 1], key)
    ]


def test_numbers_are_spread_evenly():
    x = drawn(gg.random.uniform((SIZE,)))
    counts, _ = np.histogram(x, 20, (0, 1))
    # Chi squared with 19 degrees of freedom: above 43.8 once in a thousand.
    assert ((counts - SIZE / 20) ** 2 / (SIZE / 20)).sum() < 43.8


def moments(x: np.ndarray) -> tuple[float, float]:
    return float(x.mean()), float(x.std())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("make", "mean", "deviation"),
    [
        (gg.random.uniform, 0.5, math.sqrt(1 / 12)),
        (lambda shape, dtype: gg.random.uniform(shape, -3, 5, dtype), 1, 8 * math.sqrt(1 / 12)),
        (gg.random.normal, 0, 1),
        (lambda shape, dtype: gg.random.normal(shape, 2, 0.5, dtype), 2, 0.5),
        (gg.random.truncated_normal, 0, 0.8796),
        (lambda shape, dtype: gg.random.truncated_normal(shape, 1, 2, dtype), 1, 2 * 0.8796),
    ],
    ids=["uniform", "uniform-3-5", "normal", "normal-2-.5", "truncated", "truncated-1-2"],
)
def test_mean_and_deviation(make, mean, deviation, dtype):
    x = drawn(make((SIZE,), dtype=dtype))
    assert x.dtype == dtype
    assert x.shape == (SIZE,)
    found_mean, found_deviation = moments(x)
    assert abs(found_mean - mean) < 4 * deviation / math.sqrt(SIZE)
    assert found_deviation == pytest.approx(deviation, rel=0.01)


def test_tails_of_the_normal_distribution():
    x = drawn(gg.random.normal((SIZE,)))
    for edge in (1, 2, 3):
        share = math.erfc(edge / math.sqrt(2))
        assert (abs(x) > edge).mean() == pytest.approx(share, rel=0.1)
    assert (x > 0).mean() == pytest.approx(0.5, abs=0.005)


def test_the_truncated_normal_is_the_normal_within_two_deviations():
    x = drawn(gg.random.truncated_normal((SIZE,)))
    assert abs(x).max() <= 2
    inside = math.erf(2 / math.sqrt(2))
    for edge in (0.5, 1, 1.5, 1.9):
        share = math.erf(edge / math.sqrt(2)) / inside
        assert (abs(x) < edge).mean() == pytest.approx(share, abs=0.005)


def largest_bits(monkeypatch: pytest.MonkeyPatch, word: int) -> None:
    """Let every random word be the same, such as the largest."""
    monkeypatch.setattr(gg.config, "backend", "reference")  # whose bits are replaced here
    monkeypatch.setattr(
        "giulgi.graph.ops.random.random_words",
        lambda count, *_: np.full(count, word, np.uint32),
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("word", [0, 1, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF])
def test_the_ends_of_the_range_are_never_reached(monkeypatch, word, dtype):
    largest_bits(monkeypatch, word)
    uniform = drawn(gg.random.uniform((4,), dtype=dtype))
    assert (uniform >= 0).all()
    assert (uniform < 1).all()
    assert (uniform == uniform[0]).all()
    expected = (word >> 8) * 2.0**-24 if dtype == "float32" else word / 2**32
    assert uniform[0] == pytest.approx(expected, abs=2.0**-27)
    assert np.isfinite(drawn(gg.random.normal((4,), dtype=dtype))).all()
    truncated = drawn(gg.random.truncated_normal((4,), dtype=dtype))
    assert (abs(truncated) <= 2.000001).all()


def test_bernoulli():
    p = np.array([0.0, 0.25, 1.0])
    x = drawn(gg.random.bernoulli(p, (SIZE, 3)))
    assert x.dtype == np.bool_
    np.testing.assert_allclose(x.mean(0), p, atol=0.004)
    assert drawn(gg.random.bernoulli(p, dtype="int32")).dtype == np.int32
    assert drawn(gg.random.bernoulli(p)).shape == (3,)


@pytest.mark.parametrize(("low", "high"), [(0, 6), (-3, 4), (5, 6)])
def test_whole_numbers(low, high):
    x = drawn(gg.random.randint(low, high, (SIZE,)))
    assert x.dtype == np.int64
    found, counts = np.unique(x, return_counts=True)
    assert found.tolist() == list(range(low, high))
    np.testing.assert_allclose(counts / SIZE, 1 / (high - low), rtol=0.05)


def test_whole_numbers_of_the_widest_range():
    x = drawn(gg.random.randint(-(2**63), 2**63 - 1, (1000,)))
    assert abs(x / 2.0**63).mean() == pytest.approx(0.5, abs=0.05)
    assert (x < 0).mean() == pytest.approx(0.5, abs=0.06)


def test_arguments_that_make_no_sense():
    with pytest.raises(ArgumentError, match="no whole number is >= 3 and < 3"):
        gg.random.randint(3, 3)
    with pytest.raises(ArgumentError, match="random floats cannot be int32"):
        gg.random.uniform((2,), dtype="int32")


def test_ends_may_be_tensors_and_are_broadcast():
    low = gg.placeholder("float32", (3,))
    (x,) = gg.Program([gg.random.uniform((1000, 3), low, 10.0)], [low])([0, 5, 9.5])
    assert (x.min(0) >= [0, 5, 9.5]).all()
    assert (x.max(0) <= 10).all()
    np.testing.assert_allclose(x.mean(0), [5, 7.5, 9.75], rtol=0.05)


def test_a_shape_known_only_when_fed():
    x = gg.placeholder("float32", (None, 2))
    for make in (gg.random.uniform, gg.random.normal, gg.random.truncated_normal):
        for dtype in ("float32", "float64"):
            y = make(gg.shape(x), dtype=dtype)
            assert y.shape == (None, 2)
            assert gg.Program([y], [x])(np.zeros((3, 2)))[0].shape == (3, 2)
    z = gg.random.randint(0, 9, gg.shape(x))
    assert gg.Program([z], [x])(np.zeros((3, 2)))[0].shape == (3, 2)


# Seeds


def three_looks():
    x = gg.random.uniform((3,))
    program = gg.Program([x + gg.random.normal((3,))])
    return [x.tolist(), program()[0].tolist(), program()[0].tolist()]


def test_set_seed_makes_everything_repeat():
    gg.set_seed(7)
    first = three_looks()
    gg.set_seed(7)
    assert three_looks() == first
    gg.set_seed(8)
    assert three_looks() != first


def test_every_run_and_every_node_draws_anew():
    a, b = gg.random.uniform((3,)), gg.random.uniform((3,))
    program = gg.Program([a, b])
    drawn = [values.tolist() for _ in range(3) for values in program()]
    assert len({tuple(values) for values in drawn}) == 6


def test_within_a_run_a_node_has_one_value():
    a = gg.random.uniform((3,))
    first, second = gg.Program([a * 2, a * 3])()
    np.testing.assert_allclose(first * 1.5, second, rtol=1e-6)


def test_looking_at_a_tensor_shows_the_same_numbers_again():
    a = gg.random.uniform((3,))
    assert a.tolist() == a.tolist()
    assert (a * 1).tolist() == a.tolist()


def test_looking_does_not_freeze_what_programs_draw():
    a = gg.random.uniform((3,))
    looked = a.tolist()
    program = gg.Program([a, a * 1])
    first, same = program()
    second, _ = program()
    assert len({tuple(looked), tuple(first), tuple(second)}) == 3
    assert first.tolist() == same.tolist()
    assert a.tolist() == looked


def test_nodes_built_before_a_seed_was_set_are_others():
    gg.set_seed(1)
    before = gg.random.uniform((3,))
    looked = before.tolist()
    gg.set_seed(2)
    after = gg.random.uniform((3,))
    assert after.node is not before.node
    assert after.tolist() != looked
    assert before.tolist() == looked


def test_a_seed_of_ones_own_fixes_the_numbers_whatever_else_is_drawn():
    first = gg.random.uniform((3,), seed=5)
    gg.random.uniform((3,))
    gg.set_seed(99)
    second = gg.random.uniform((3,), seed=5)
    assert second.tolist() == first.tolist()
    assert gg.random.uniform((3,), seed=6).tolist() != first.tolist()
    session_values = [gg.Session(seed=s).run(first).tolist() for s in (1, 2)]
    assert session_values[0] == session_values[1]


def test_runs_draw_anew_with_a_seed_of_ones_own_too():
    program = gg.Program([gg.random.uniform((3,), seed=5)])
    assert program()[0].tolist() != program()[0].tolist()


def test_sessions_repeat_by_their_seed():
    x = gg.random.normal((3,))

    def three_runs(seed):
        session = gg.Session(seed=seed)
        return [session.run(x).tolist() for _ in range(3)]

    assert three_runs(1) == three_runs(1)
    assert three_runs(1) != three_runs(2)


def test_random_nodes_print_and_have_no_gradient():
    x = gg.placeholder("float32", (2,), name="x")
    noise = gg.random.normal((2,))
    assert "random_bits((2, 2), stream=" in gg.graph_text(noise)
    assert gg.gradients(gg.sum(x * noise), x).shape == (2,)
    bits = gg.graph.node.build(RandomBits((2,), 1, None, 0))
    with pytest.raises(DTypeError, match="gradients flow through floats"):
        gg.gradients(gg.sum(x), bits)


def test_all_64_bits_of_a_seed_count():
    seeds = [5, 5 + 2**32, 5 + 2**63, 5 - 2**32]
    found = [gg.random.uniform((4,), seed=seed).tolist() for seed in seeds]
    assert len({tuple(numbers) for numbers in found}) == 4
    assert gg.random.uniform((4,), seed=5 + 2**64).tolist() == found[0]


def test_the_halves_of_seed_and_run_have_words_of_their_own():
    seed, run = 7 + (11 << 32), 3 + (4 << 32)
    words = philox([np.arange(2), np.array([11, 11]), 3, 4], (7, 9))
    assert random_words(8, seed, stream=9, run=run).tolist() == np.stack(words, -1).ravel().tolist()


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: gg.random.uniform((2,), seed=1.5), "seed is a whole number, not 1.5"),
        (lambda: gg.random.uniform((2,), 3.0, 1.0), "the lower end is above the upper end"),
        (lambda: gg.random.bernoulli(1.5), "a probability lies between 0 and 1; p is 1.5"),
        (lambda: gg.random.bernoulli([0.5, math.nan]), "a probability lies between 0 and 1"),
        (lambda: gg.random.randint(0, 300, dtype="uint8"), "uint8 does not hold all numbers"),
        (lambda: gg.random.randint(-1, 3, dtype="uint64"), "from -1 to 2"),
        (lambda: gg.random.randint(0, 2.5), "high is a whole number, not 2.5"),
    ],
)
def test_what_cannot_be_drawn(draw, said):
    with pytest.raises(ArgumentError, match=said):
        draw()


def test_a_dtype_may_hold_just_the_numbers_that_are_drawn():
    x = gg.random.randint(0, 256, (1000,), dtype="uint8").numpy()
    assert (x.min(), x.max(), x.dtype) == (0, 255, np.uint8)
