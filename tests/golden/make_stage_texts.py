"""The stages of three small programs as text, for a fixed processor.

A change of the compiler shows here what it changes. Made anew by
``python tests/golden/make_stage_texts.py``; the difference is then read before it is committed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import giulgi as gg
from giulgi.backends.cpu.code.emit import emit
from giulgi.backends.cpu.explain import explain
from giulgi.backends.cpu.machine.processor import Machine

FOLDER = Path(__file__).parent / "stages"
MACHINE = Machine(
    "x86_64-unknown-linux-gnu", "x86-64", "+avx,+avx2,+fma,+avx512f,+avx512vl,+avx512bw,+avx512dq"
)
STAGES = ("graph", "groups", "memory", "ir")


def descent() -> gg.Program:
    """A step of gradient descent on a line: tiny, alone, without loops."""
    x, y = gg.placeholder("float32", (4,), name="x"), gg.placeholder("float32", (4,), name="y")
    a, b = gg.Variable(0.0, name="a"), gg.Variable(0.0, name="b")
    loss = gg.mean((a * x + b - y) ** 2)
    slopes = gg.gradients(loss, [a, b])
    updates = [(v, v - 0.01 * g) for v, g in zip((a, b), slopes, strict=True)]
    return gg.Program([loss], [x, y], updates)


def softmax() -> gg.Program:
    """Rows that are reduced, and what is computed with the results; the last axis is no vector."""
    x = gg.placeholder("float32", (6, 10), name="x")
    shifted = gg.exp(x - gg.max(x, 1, keepdims=True))
    return gg.Program([shifted / gg.sum(shifted, 1, keepdims=True)], [x])


def dense() -> gg.Program:
    """A dense layer shared by workers: a product, and on its tiles bias and activation."""
    x = gg.placeholder("float32", (256, 300), name="x")
    kernel = gg.Variable(np.zeros((300, 200), np.float32), name="kernel")
    bias = gg.Variable(np.zeros(200, np.float32), name="bias")
    return gg.Program([gg.maximum(x @ kernel + bias, 0)], [x])


PROGRAMS = {"descent": descent, "softmax": softmax, "dense": dense}


def text_of(name: str) -> str:
    """Return all stages of a program."""
    program = PROGRAMS[name]()
    shapes = tuple(tuple(feed.shape) for feed in program.feeds)
    computation = program.specialised(shapes)
    stages = explain(computation, emit(computation, MACHINE), MACHINE, workers=2)
    parts = [f"== {stage} ==\n\n{_without_lines(stages[stage])}" for stage in STAGES]
    return "\n\n".join(parts).rstrip() + "\n"


def _without_lines(text: str) -> str:
    """Leave out where in this file a node was built."""
    return "\n".join(line.split("  # ")[0].rstrip() for line in text.split("\n"))


if __name__ == "__main__":
    for name in PROGRAMS:
        (FOLDER / f"{name}.txt").write_text(text_of(name), encoding="utf-8")
