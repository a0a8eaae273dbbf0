"""How long computations are expected to take where NumPy does them."""

from __future__ import annotations

import giulgi as gg
from giulgi.backends.work import seconds_interpreted
from giulgi.graph.node import topological


def seconds(*ends):
    return seconds_interpreted(topological(end.node for end in ends))


def test_a_convolution_takes_at_least_an_addition_of_its_result_for_each_tap():
    x = gg.placeholder("float32", (64, 28, 28, 1))
    kernel = gg.placeholder("float32", (5, 5, 1, 8))
    y = gg.convolution(x, kernel, padding="same")
    added = seconds(sum((gg.placeholder("float32", y.shape) for _ in range(25)), gg.zeros(y.shape)))
    assert seconds(y) > added
    # Both gradients go through the taps, too.
    assert seconds(*gg.gradients([gg.sum(y)], [x, kernel])) > 2 * seconds(y)


def test_of_many_channels_the_multiplications_count():
    def made(channels):
        x = gg.placeholder("float32", (8, 8, 8, channels))
        return gg.convolution(x, gg.placeholder("float32", (3, 3, channels, 8)), padding="same")

    assert seconds(made(1024)) > 10 * seconds(made(8))


def test_pooling_goes_through_its_windows_by_masks():
    x = gg.placeholder("float32", (8, 16, 16, 8))
    small, large = gg.max_pool(x, 2, 1, "same"), gg.max_pool(x, 4, 1, "same")
    assert seconds(large) > 3 * seconds(small) > 3 * seconds(x + x)


def test_adding_at_places_goes_through_the_updates_one_by_one():
    updates, places = gg.placeholder("float32", (100, 500)), gg.placeholder("int32", (100,))
    rows = gg.placeholder("float32", (8, 500))
    (added,) = gg.gradients([gg.sum(gg.take(rows, places, axis=0) * updates)], [rows])
    assert seconds(added) > 5 * seconds(updates * updates + updates)


def test_what_makes_new_values_of_old_ones_trains():
    w = gg.Variable([1.0, 2.0])
    x = gg.placeholder("float32", (2,))
    step, first = gg.Program([], [x], [(w, w - 0.1 * x)]), gg.Program([], [x], [(w, 2 * x)])
    assert step.specialised(((2,),)).trains
    assert not first.specialised(((2,),)).trains
    assert not gg.Program([w * x], [x]).specialised(((2,),)).trains
