"""The digest that code on disk is found by: the same for the same code, and for nothing else."""

import sys

import numpy as np
import pytest

import giulgi as gg
from giulgi.backends.base import Batched
from giulgi.backends.cpu.code.emit import emit
from giulgi.backends.cpu.compiler import is_native
from giulgi.backends.cpu.fingerprint import fingerprint
from giulgi.backends.cpu.machine.processor import host
from giulgi.backends.cpu.planning.lowering import lowered
from giulgi.graph.node import build
from giulgi.graph.ops import functions

from .checks import drawn
from .graphs import programs

module = sys.modules[fingerprint.__module__]


def digest(fetches, feeds, updates=(), batched=None):
    program = gg.Program(fetches, feeds, list(updates))
    computation = program.specialised(tuple(feed.shape for feed in feeds))
    return fingerprint(computation, batched)


def network(name="x", units=4, steps=3, activation="tanh", reverse=False):
    x = gg.placeholder("float32", (2, steps, 5), name=name)
    layer = gg.layers.SimpleRNN(units, activation=activation, go_backwards=reverse)
    y = layer(x)
    slopes = gg.gradients(gg.sum(y * y), [x, *layer.weights])
    return [y, *slopes], [x]


def test_names_lines_and_numbers_do_not_matter():
    assert digest(*network()) == digest(*network("another name"))


@pytest.mark.parametrize(
    "other", [{"units": 5}, {"steps": 4}, {"activation": "relu"}, {"reverse": True}]
)
def test_what_is_computed_matters(other):
    assert digest(*network()) != digest(*network(**other))


def test_each_part_matters():
    x, y = (gg.placeholder("float32", (3,), name=name) for name in "xy")
    v, w = gg.Variable(np.zeros(3, "float32")), gg.Variable(np.zeros(3, "float32"))
    wide = gg.Variable(np.zeros(3, "float64"))
    choice = gg.placeholder("bool", ())
    found = [
        digest([x - y], [x, y]),
        digest([x - y], [y, x]),
        digest([y - x, x], [x, y]),
        digest([x, y - x], [x, y]),
        digest([x + 1], [x]),
        digest([x + 2], [x]),
        digest([x + np.float32([1, 2, 3])], [x]),
        digest([x + np.float32([1, 2, 4])], [x]),
        digest([x + v], [x]),
        digest([x + v], [x], [(v, x)]),
        digest([x + v], [x], [(w, x)]),
        digest([x + v], [x], [(wide, gg.cast(x, "float64"))]),
        digest([x], [x], batched=Batched(2, (np.dtype("float32"),))),
        digest([x], [x], batched=Batched(3, (np.dtype("float32"),))),
        digest([x], [x], batched=Batched(3, (np.dtype("uint8"),))),
        digest([gg.random.normal((3,)) + x], [x]),
        digest([gg.cond(choice, lambda: x, lambda: -x)], [x, choice]),
        digest([gg.cond(choice, lambda: -x, lambda: x)], [x, choice]),
        digest([gg.cumsum(x)], [x]),
        digest([gg.cumprod(x)], [x]),
        digest([gg.while_loop(lambda a: gg.sum(a) < 9, lambda a: a + 1, x)], [x]),
        digest([gg.while_loop(lambda a: gg.sum(a) < 8, lambda a: a + 1, x)], [x]),
    ]
    assert None not in found
    assert len(set(found)) == len(found)


def test_loops_in_loops_are_told():
    def outer(factor):
        def step(state, row):
            total, _ = gg.scan(lambda s, x: (s + x * factor, None), state, row)
            return total, total

        x = gg.placeholder("float32", (2, 3))
        return digest(list(gg.scan(step, 0.0, x)), [x])

    assert outer(2.0) == outer(2.0) != outer(3.0)


def test_equal_digests_stand_for_equal_code():
    code = {}
    for trial, _ in drawn(programs(), 150):
        program = trial.program("cpu")
        computation = program.specialised(tuple(array.shape for array in trial.arrays))
        if not all(map(is_native, computation.nodes)):
            continue
        made = emit(lowered(computation), host())
        key = fingerprint(computation, None)
        assert key is not None
        said = made.text, [value.tobytes() for value in made.frame.constants], made.frame.table
        assert code.setdefault(key, said) == said
    assert len(code) > 50


def test_operations_of_others_are_not_taken_for_ours():
    class Exp(functions.Exp):
        """Another operation of the same name."""

    x = gg.placeholder("float32", (3,))
    assert digest([build(Exp(), x)], [x]) != digest([gg.exp(x)], [x])


def test_files_that_were_changed_after_they_were_read_stand_for_nothing(monkeypatch):
    x = gg.placeholder("float32", (3,))
    for imported, is_told in ((0, False), (2**63, True)):
        monkeypatch.setattr(module, "IMPORTED", imported)
        module._compiler.cache_clear()
        assert (digest([x + 1], [x]) is not None) is is_told
    monkeypatch.undo()
    module._compiler.cache_clear()
