"""What every peer's program does: it is told a workload, gets ready, and measures when asked to.

A program describes itself by a :class:`Peer`: for each kind of work the forms in which the
framework can do it, by name. A form is a function that builds everything and returns another
function, which does the work:

* ``xor``: ``form(weights, x, y)`` returns ``run(steps) -> loss``: so many steps of full-batch
  gradient descent on the mean squared error of a sigmoid network, with :data:`XOR_RATE`;
* ``training``: ``form(weights)`` returns ``run(x, y) -> mean loss``: one epoch on shuffled batches,
  all of them whole. ``networks`` tells the networks, and :data:`TRAINING` what they learn from.
  Where the network leaves out units at random, the form is given the shares: ``dropout=``;
* ``inference``: ``form(weights)`` returns ``run(x) -> array``: what the network gives, from an
  array to an array;
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
from typing import Any

import numpy as np

from benchmarks.peers import clock, data, networks
from benchmarks.peers.forward import FORWARD

XOR_RATE = 1.0
_XOR_CHECKED_STEPS = 5000
# Losses of the first and the last of so many steps on one batch are compared: no order of examples
# matters there.
_CHECKED_STEPS = 10
#: How many examples predictions are made for.
PREDICTED = (1, 128)

Form = Callable[..., Callable[..., Any]]
Forms = dict[str, Form]
Request = dict[str, Any]


@dataclass(frozen=True)
class Peer:
    """What a framework can do, each by the names of its forms.

    Attributes:
        versions: of the framework and what it computes with.
        xor: forms of the XOR network.
        training: forms of training, by the name of the network.
        inference: forms of prediction, by the name of the network.
        product: forms of the matrix product.
        other: further figures, each a function that measures it: name -> () -> number.
    """

    versions: dict[str, str]
    xor: Forms = field(default_factory=dict)
    training: dict[str, Forms] = field(default_factory=dict)
    inference: dict[str, Forms] = field(default_factory=dict)
    product: Forms = field(default_factory=dict)
    other: dict[str, Callable[[], float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Training:
    """What a network learns from.

    Attributes:
        weights: makes its first weights.
        data: makes so many examples, ``(path of the digits, count) -> (x, y)``.
        batch: how many of them make a step.
        settings: further arguments of a form.
        checked: the same when losses are compared: nothing is left to chance.
    """

    weights: Callable[[], networks.Weights]
    data: Callable[[str, int], data.Examples]
    batch: int
    settings: dict[str, Any] = field(default_factory=dict)
    checked: dict[str, Any] = field(default_factory=dict)


TRAINING = {
    "mlp": Training(networks.mlp_weights, data.digits, networks.MLP["batch"]),
    "conv": Training(
        networks.conv_weights,
        data.digit_pictures,
        networks.CONV["batch"],
        {"dropout": networks.CONV["dropout"]},
        {"dropout": (0.0, 0.0)},
    ),
    "lstm": Training(networks.lstm_weights, data.word_sequences, networks.RECURRENT["batch"]),
    "gru": Training(networks.gru_weights, data.word_sequences, networks.RECURRENT["batch"]),
    "resnet": Training(networks.resnet_weights, data.coloured_pictures, networks.RESNET["batch"]),
    "transformer": Training(
        networks.transformer_weights, data.short_sequences, networks.TRANSFORMER["batch"]
    ),
}


@dataclass(frozen=True)
class Ready:
    """A form that is ready to be measured.

    Attributes:
        measure: measures it once: () -> seconds, each.
        check: losses that all peers must agree on.
    """

    measure: Callable[[], float]
    check: list[float] = field(default_factory=list)


def request() -> Request:
    """Return what this process is asked for."""
    return json.loads(sys.argv[1])


def serve(peer: Peer) -> None:
    """Do what is asked for: get everything ready, and then measure one thing for each line read."""
    asked = request()
    with _answers() as answer:
        if asked["workload"] in _ONCE:
            form = peer.training[asked["network"]][asked["form"]]
            answer(_ONCE[asked["workload"]](form, asked))
            return
        ready: dict[str, Ready] = {}
        notes: dict[str, str] = {}
        for name, prepare in _preparations(peer, asked):
            try:
                ready[name] = prepare()
            except Exception as error:  # A form that does not work here is told, and left out.
                notes[name] = f"{type(error).__name__}: {_first_line(error)}"
        checks = {name: form.check for name, form in ready.items()}
        answer({"checks": checks, "notes": notes, "versions": peer.versions})
        for line in sys.stdin:
            answer(ready[line.rstrip("\n")].measure())


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "")[:200]


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
        case "train":
            task = TRAINING[asked["network"]]
            examples = _examples(task, asked)
            for name, form in peer.training[asked["network"]].items():
                yield name, lambda form=form: _ready_training(task, form, *examples)
        case "inference":
            for network, forms in peer.inference.items():
                weights, x, expected = _predicted(network, asked)
                for name, form in forms.items():
                    for batch in PREDICTED:
                        yield (
                            f"{name}|{prediction_name(network, batch)}",
                            lambda form=form, weights=weights, pair=(x[:batch], expected[:batch]): (
                                _ready_inference(form, weights, *pair, asked["seconds"])
                            ),
                        )
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
                yield name, lambda measure=measure: Ready(measure)


def _examples(task: Training, asked: Request) -> data.Examples:
    """Return the examples of an epoch."""
    return task.data(asked["data"], asked["steps"] * task.batch)


# Work that is done again and again


def _ready_xor(form: Form, seconds: float) -> Ready:
    run = form(networks.xor_weights(), *data.xor_data())
    loss = float(run(_XOR_CHECKED_STEPS))
    steps = clock.enough(run, seconds)
    return Ready(lambda: clock.warm_seconds(run, steps), [loss])


def _ready_training(task: Training, form: Form, x: np.ndarray, y: np.ndarray) -> Ready:
    weights = task.weights()
    run = form(weights, **task.settings)
    checked = run if task.checked == task.settings else form(weights, **task.checked)
    batch = x[: task.batch], y[: task.batch]
    losses = [float(checked(*batch)) for _ in range(_CHECKED_STEPS)]
    assert np.isfinite(run(x, y)), "the loss is no number"
    steps = len(x) // task.batch
    return Ready(lambda: clock.seconds(run, x, y) / steps, [losses[0], losses[-1]])


def _predicted(network: str, asked: Request) -> tuple[networks.Weights, np.ndarray, np.ndarray]:
    """Return weights, examples and what a network is to give for them."""
    task = TRAINING[network]
    weights = task.weights()
    x, _ = task.data(asked["data"], max(PREDICTED))
    return weights, x, FORWARD[network](weights, x)


def _ready_inference(
    form: Form, weights: networks.Weights, x: np.ndarray, expected: np.ndarray, seconds: float
) -> Ready:
    predict = form(weights)

    def run(times: int) -> np.ndarray:
        for _ in range(times):
            result = predict(x)
        return result

    found = run(1)
    assert isinstance(found, np.ndarray), "no array is returned"
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)
    times = clock.enough(run, seconds)
    return Ready(lambda: clock.warm_seconds(run, times))


def _ready_product(form: Form, m: int, k: int, n: int, transposed: bool, seconds: float) -> Ready:
    random = np.random.default_rng(0)
    a = random.standard_normal((k, m) if transposed else (m, k), np.float32)
    b = random.standard_normal((k, n), np.float32)
    run = form(a, b, transposed)
    expected = (a.T if transposed else a).astype("float64") @ b.astype("float64")
    np.testing.assert_allclose(np.asarray(run(1)), expected, atol=1e-5 * k, rtol=1e-3)
    times = clock.enough(run, seconds)
    return Ready(lambda: clock.warm_seconds(run, times))


def prediction_name(network: str, batch: int) -> str:
    """Return what a prediction is called: conv, batch of 1."""
    return f"{network}, batch of {batch}"


def product_name(m: int, k: int, n: int, transposed: bool) -> str:
    """Return what a product is called: (128x784)T @ 128x512."""
    return f"({k}x{m})T @ {k}x{n}" if transposed else f"{m}x{k} @ {k}x{n}"


# Work that is done once in a fresh process


def first_step(form: Form, asked: Request) -> float:
    """Return how long it takes to build a network and make its first step."""
    task = TRAINING[asked["network"]]
    x, y = task.data(asked["data"], task.batch)
    weights = task.weights()
    return clock.seconds(lambda: form(weights, **task.settings)(x, y))


def memory(form: Form, asked: Request) -> float:
    """Return how many bytes one epoch takes at its peak, beside imports and data."""
    task = TRAINING[asked["network"]]
    x, y = _examples(task, asked)
    weights = task.weights()
    before = clock.begin_peak()
    form(weights, **task.settings)(x, y)
    return clock.peak() - before


_ONCE = {"first": first_step, "memory": memory}
