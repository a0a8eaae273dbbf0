"""What every peer's program does: it is told a workload, gets ready, and measures when asked to.

A program describes itself by a :class:`Peer`: for each kind of work the forms in which the
framework can do it, by name. A form is a function that builds everything and returns another
function, which does the work:

* ``xor``: ``form(weights, x, y)`` returns ``run(steps) -> loss``: so many steps of full-batch
  gradient descent on the mean squared error of a sigmoid network, with :data:`XOR_RATE`;
* ``mlp``: ``form(weights)`` returns ``run(x, y) -> mean loss``: one epoch of 784-512-10 with ReLU,
  softmax, cross-entropy and Adam, on shuffled batches of :data:`BATCH`;
* ``conv``: ``form()`` returns ``run(x, y) -> mean loss``: one epoch of the convolutional network
  of :data:`CONV`, on shuffled batches, the pictures being (examples, 28, 28, 1);
* ``lstm``: ``form()`` returns ``run(x, y) -> mean loss``: one epoch of the network of :data:`LSTM`
  on shuffled batches of ``LSTM["batch"]``, x being (examples, steps) of numbers of words;
* ``product``: ``form(a, b, transposed)`` returns ``run(times) -> array``: ``a @ b``, or
  ``a.T @ b``, that often.

Whatever ``run`` returns is there when it returns: nothing is left to be computed in the background.

This file is run by every peer's Python. It needs NumPy, and nothing of giulgi.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

BATCH = 128
#: Two convolutions of 3 x 3 with so many filters and ReLU, a max-pooling of 2 x 2, dropout, a dense
#: layer with ReLU, dropout, 10 classes with softmax and cross-entropy; Adam.
CONV = {"filters": (32, 64), "dropout": (0.25, 0.5), "dense": 128}
#: Vectors for so many words, a long short-term memory whose last output is used, and some classes
#: with softmax and cross-entropy; Adam.
LSTM = {"words": 1000, "size": 100, "units": 100, "steps": 100, "classes": 46, "batch": 100}
ADAM = {"rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
XOR_RATE = 1.0
_XOR_CHECKED_STEPS = 5000

Form = Callable[..., Callable[..., Any]]
Request = dict[str, Any]


@dataclass(frozen=True)
class Peer:
    """What a framework can do, each by the names of its forms.

    Attributes:
        versions: of the framework and what it computes with.
        xor: forms of the XOR network.
        mlp: forms of the MNIST network.
        conv: forms of the convolutional network.
        lstm: forms of the recurrent network.
        product: forms of the matrix product.
        other: further figures, each a function that measures it: name -> () -> number.
    """

    versions: dict[str, str]
    xor: dict[str, Form] = field(default_factory=dict)
    mlp: dict[str, Form] = field(default_factory=dict)
    conv: dict[str, Form] = field(default_factory=dict)
    lstm: dict[str, Form] = field(default_factory=dict)
    product: dict[str, Form] = field(default_factory=dict)
    other: dict[str, Callable[[], float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Ready:
    """Something that is built and warm.

    Attributes:
        measure: takes one measurement.
        check: a number that must be the same for all peers, such as a loss; None: checked already.
    """

    measure: Callable[[], float]
    check: float | None


def request() -> Request:
    """Return what this process is asked for."""
    return json.loads(sys.argv[1])


def serve(peer: Peer) -> None:
    """Do what is asked for: get everything ready, and then measure one thing for each line read."""
    asked = request()
    with _answers() as answer:
        if asked["workload"] in _ONCE:
            answer(_ONCE[asked["workload"]](peer.mlp[asked["form"]], asked))
            return
        ready: dict[str, Ready] = {}
        notes: dict[str, str] = {}
        for name, prepare in _preparations(peer, asked):
            try:
                ready[name] = prepare()
            except Exception as error:  # A form that does not work here is told, and left out.
                notes[name] = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        checks = {name: form.check for name, form in ready.items()}
        answer({"checks": checks, "notes": notes, "versions": peer.versions})
        for line in sys.stdin:
            answer(ready[line.rstrip("\n")].measure())


@contextmanager
def _answers() -> Iterator[Callable[[Any], None]]:
    """Keep the standard output for answers; what frameworks print goes to the errors."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        os.dup2(2, 1)
        yield lambda value: print(json.dumps(value), file=output, flush=True)


def _preparations(peer: Peer, asked: Request) -> Iterator[tuple[str, Callable[[], Ready]]]:
    """Return what is to be made ready, by its name: the form, and the case behind a bar."""
    match asked["workload"]:
        case "xor":
            for name, form in peer.xor.items():
                yield name, lambda form=form: _ready_xor(form, asked["seconds"])
        case "mlp":
            x, y = load(asked["data"])
            for name, form in peer.mlp.items():
                yield name, lambda form=form: _ready_mlp(form, x, y)
        case "conv":
            x, y = load(asked["data"])
            x, y = x[: asked["pictures"]].reshape(-1, 28, 28, 1), y[: asked["pictures"]]
            for name, form in peer.conv.items():
                yield name, lambda form=form: _ready_conv(form, x, y)
        case "lstm":
            x, y = sequences(asked["sequences"])
            for name, form in peer.lstm.items():
                yield name, lambda form=form: _ready_lstm(form, x, y)
        case "products":
            for m, k, n, transposed in asked["cases"]:
                case = product_name(m, k, n, transposed)
                for name, form in peer.product.items():
                    yield (
                        f"{name}|{case}",
                        lambda form=form, sizes=(m, k, n, transposed): _ready_product(
                            form, *sizes, asked["seconds"]
                        ),
                    )
            for name, measure in peer.other.items():
                yield name, lambda measure=measure: Ready(measure, None)


# Work that is done again and again


def _ready_xor(form: Form, seconds: float) -> Ready:
    run = form(xor_weights(), *xor_data())
    loss = float(run(_XOR_CHECKED_STEPS))
    steps = _enough(run, seconds)
    return Ready(lambda: _warm_seconds(run, steps), loss)


def _ready_mlp(form: Form, x: np.ndarray, y: np.ndarray) -> Ready:
    run = form(mlp_weights())
    loss = float(run(x, y))
    steps = len(x) // BATCH
    return Ready(lambda: _seconds(run, x, y) / steps, loss)


def _ready_conv(form: Form, x: np.ndarray, y: np.ndarray) -> Ready:
    run = form()
    # What is left out at random differs, and so do the losses: they are not compared.
    assert np.isfinite(run(x, y)), "the loss is no number"
    steps = len(x) // BATCH
    return Ready(lambda: _seconds(run, x, y) / steps, None)


def _ready_lstm(form: Form, x: np.ndarray, y: np.ndarray) -> Ready:
    run = form()
    # First weights differ, and so do the losses: they are not compared.
    assert np.isfinite(run(x, y)), "the loss is no number"
    steps = len(x) // LSTM["batch"]
    return Ready(lambda: _seconds(run, x, y) / steps, None)


def sequences(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return so many sequences of numbers of words, and a class for each, all at random."""
    random = np.random.default_rng(0)
    x = random.integers(0, LSTM["words"], (count, LSTM["steps"]))
    return x.astype("int32"), random.integers(0, LSTM["classes"], count).astype("int32")


def _ready_product(form: Form, m: int, k: int, n: int, transposed: bool, seconds: float) -> Ready:
    random = np.random.default_rng(0)
    a = random.standard_normal((k, m) if transposed else (m, k), np.float32)
    b = random.standard_normal((k, n), np.float32)
    run = form(a, b, transposed)
    expected = (a.T if transposed else a).astype("float64") @ b.astype("float64")
    np.testing.assert_allclose(np.asarray(run(1)), expected, atol=1e-5 * k, rtol=1e-3)
    times = _enough(run, seconds)
    return Ready(lambda: _warm_seconds(run, times), None)


def _seconds(run: Callable[..., Any], *arguments: Any) -> float:
    begin = perf_counter()
    run(*arguments)
    return perf_counter() - begin


def _warm_seconds(run: Callable[[int], Any], times: int) -> float:
    """Return how long it takes each time, after some that wake up threads and fill caches."""
    run(times // 10 + 1)
    return _seconds(run, times) / times


def _enough(run: Callable[[int], Any], seconds: float) -> int:
    """Return how often to run, so that it takes about so long and the clock does not matter."""
    times = 1
    while (taken := _seconds(run, times)) < seconds / 2:
        times *= 2 if taken > seconds / 100 else 10
    return times


# Work that is done once in a fresh process


def first_step(form: Form, asked: Request) -> float:
    """Return how long it takes to build the MNIST network and make its first step."""
    x, y = load(asked["data"])
    x, y = x[:BATCH], y[:BATCH]
    weights = mlp_weights()
    begin = perf_counter()
    form(weights)(x, y)
    return perf_counter() - begin


def memory(form: Form, asked: Request) -> float:
    """Return how many bytes one epoch takes at its peak, beside imports and data."""
    x, y = load(asked["data"])
    weights = mlp_weights()
    before = _begin_peak()
    form(weights)(x, y)
    return _peak() - before


_ONCE = {"first": first_step, "memory": memory}
_STATUS = Path("/proc/self/status")


def _begin_peak() -> float:
    """Return the memory in use, in bytes; from here on its peak counts, where the system can."""
    if _STATUS.exists():
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # Forgets the peak so far.
    return _peak()


def _peak() -> float:
    """Return the most memory that was in use, in bytes."""
    if _STATUS.exists():
        # On Linux, what getrusage tells begins with the memory of the process that started this.
        (line,) = [x for x in _STATUS.read_text().splitlines() if x.startswith("VmHWM")]
        return 1024.0 * int(line.split()[1])
    import resource

    told = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(told if sys.platform == "darwin" else told * 1024)


# What all work on


def load(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Return digits as float32 (examples, 784) from 0 to 1, and their names as int32."""
    with np.load(path) as file:
        return file["x"], file["y"]


def xor_data() -> tuple[np.ndarray, np.ndarray]:
    """Return the four examples of XOR."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return x, np.array([[0], [1], [1], [0]], np.float32)


def xor_weights() -> list[np.ndarray]:
    """Return the first weights of 2-5-1: w1, b1, w2, b2."""
    return _weights(2, 5, 1)


def mlp_weights() -> list[np.ndarray]:
    """Return the first weights of 784-512-10: w1, b1, w2, b2."""
    return _weights(784, 512, 10)


def _weights(*sizes: int) -> list[np.ndarray]:
    """Return Glorot's uniform weights, and biases of 0."""
    random = np.random.default_rng(1)
    weights: list[np.ndarray] = []
    for n, m in pairwise(sizes):
        limit = (6 / (n + m)) ** 0.5
        weights.append(random.uniform(-limit, limit, (n, m)).astype("float32"))
        weights.append(np.zeros(m, "float32"))
    return weights


def product_name(m: int, k: int, n: int, transposed: bool) -> str:
    """Return what a product is called: (128x784)T @ 128x512."""
    return f"({k}x{m})T @ {k}x{n}" if transposed else f"{m}x{k} @ {k}x{n}"
