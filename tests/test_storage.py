"""Storages: values of variables as long as the variables live, and random numbers by a seed."""

from __future__ import annotations

import gc
import threading

import numpy as np

import giulgi as gg
from giulgi.storage import Storage, current_storage


def test_values_are_there_when_they_are_first_asked_for():
    v = gg.Variable([1.0, 2.0])
    storage = Storage()
    assert not storage.holds(v.cell)
    assert storage.value(v.cell).tolist() == [1, 2]
    assert storage.holds(v.cell)


def test_assigned_values_are_copies_in_the_dtype_of_the_variable():
    v = gg.Variable([1.0, 2.0])
    storage = Storage()
    array = np.array([3, 4])
    storage.assign(v.cell, array)
    array[0] = 9
    assert storage.value(v.cell).dtype == np.float32
    assert storage.value(v.cell).tolist() == [3, 4]
    assert v.tolist() == [1, 2]


def test_values_die_with_their_variables():
    storage = Storage()
    with storage.in_use():
        v = gg.Variable(np.zeros(1000))
        y = v * 2
        y.numpy()
        v.assign_add(1)
        gg.Program([], updates=[(v, v + 1)])()
        w = gg.Variable(1.0)
        w.numpy()
    assert len(storage._values) == 2
    del v
    gc.collect()
    assert len(storage._values) == 2  # y still needs it.
    del y
    gc.collect()
    assert list(storage._values) == [w.cell.number]


def test_storages_die_before_their_variables():
    v = gg.Variable(1.0)
    storage = Storage()
    storage.value(v.cell)
    del storage
    gc.collect()
    del v
    gc.collect()


def test_a_storage_in_use():
    default = current_storage()
    storage = Storage()
    with storage.in_use() as used:
        assert used is storage is current_storage()
    assert current_storage() is default


def test_draws_and_shuffles_repeat_by_the_seed():
    storage = Storage(seed=5)
    first = storage.next_draw()
    assert (first.seed, storage.next_draw() == first) == (5, False)
    orders = [storage.shuffler().permutation(10).tolist() for _ in range(2)]
    assert orders[0] != orders[1]
    storage.set_seed(5)
    assert storage.next_draw() == first
    assert [storage.shuffler().permutation(10).tolist() for _ in range(2)] == orders


def test_a_seed_of_the_system_is_another_each_time():
    assert len({Storage().seed for _ in range(5)}) > 1


def test_initial_values_depend_on_the_seed_of_the_storage_alone():
    v = gg.Variable(gg.random.uniform((4,)) + 1)
    looked = v.cell.initial.tolist()
    values = {seed: Storage(seed).value(v.cell).tolist() for seed in (1, 2)}
    assert values[1] != values[2] != looked
    assert Storage(1).value(v.cell).tolist() == values[1]


def test_what_one_sees_of_an_initial_value_is_what_the_variable_begins_with():
    gg.set_seed(11)
    start = gg.random.uniform((4,))
    looked = start.tolist()
    assert gg.Variable(start).tolist() == looked


def test_threads_do_not_lose_each_others_updates():
    count = gg.Variable(0)
    add = gg.Program([], [], [(count, count + 1)])

    def run():
        for _ in range(300):
            add(storage=storage)

    storage = gg.Storage()
    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert storage.value(count.cell) == 1200
