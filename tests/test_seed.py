"""Seeds: the same run again, and what is no seed."""

import numpy as np
import pytest

import giulgi as gg


@pytest.mark.parametrize("seed", [0, 7, np.int64(7), 2**40])
def test_the_same_seed_gives_the_same_numbers(seed):
    drawn = []
    for _ in range(2):
        gg.set_seed(seed)
        drawn.append(gg.random.uniform((4,)).numpy())
    np.testing.assert_array_equal(*drawn)


@pytest.mark.parametrize("seed", ["a", -1, 0.5, None])
def test_what_is_no_seed(seed):
    with pytest.raises(gg.errors.ArgumentError, match="a whole number, from 0 on") as caught:
        gg.set_seed(seed)  # here
    assert repr(seed) in caught.value.problem
    assert caught.value.where.text.endswith("# here")
