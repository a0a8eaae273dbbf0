"""Ctrl-C in the middle of a training: whole steps only, and everything can go on."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import giulgi as gg
from giulgi.graph.node import build
from giulgi.graph.op import Op

X = np.random.default_rng(0).normal(size=(24, 3)).astype(np.float32)
Y = X.sum(axis=1, keepdims=True)
OPTIONS = {"batch_size": 8, "shuffle": False, "verbose": 0}


class Fuse:
    """Burns down with each use and then raises, once."""

    def __init__(self):
        self.left = -1

    def burn(self):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


FUSE = Fuse()


@dataclass(frozen=True)
class Interruptible(Op):
    """x; in the middle of a run Ctrl-C may come."""

    pure: ClassVar[bool] = False
    backward: bool = False

    def infer_shape(self, x):
        return x

    def numpy(self, x):
        FUSE.burn()
        return x

    def gradient(self, dy, y, x):
        return build(Interruptible(backward=True), dy)


@pytest.fixture(autouse=True)
def fuse():
    """The fuse burns twice in each step, forwards and backwards; ``left = 2n`` stops step n."""
    FUSE.left = -1
    yield FUSE
    FUSE.left = -1


def network():
    """Momentum and metrics, so that a step changes much more than the weights."""
    x = gg.Input((3,))
    hidden = gg.layers.Dense(4, "tanh", kernel_initializer=gg.initializers.GlorotNormal(seed=1))(x)
    y = gg.layers.Dense(1, kernel_initializer=gg.initializers.GlorotNormal(seed=2))(
        build(Interruptible(), hidden)
    )
    model = gg.Model(x, y)
    model.compile(gg.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


def state(model):
    """Everything that a step changes and a later step needs."""
    return [*model.get_weights(), *(v.numpy() for v in model.optimizer.variables)]


def states_after_each_step(epochs):
    model = network()
    found = []
    watch = gg.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: found.append(state(model))
    )
    model.fit(X, Y, epochs=epochs, callbacks=watch, **OPTIONS)
    return found


def assert_equal(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("place", [3, 4, 5, 6, 7, 8, 9, 10])
def test_ctrl_c_inside_a_step_leaves_a_whole_step(place, fuse):
    """Forwards or backwards, the step that was interrupted has not happened at all."""
    wanted = states_after_each_step(epochs=2)
    model = network()
    fuse.left = place
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=2, **OPTIONS)
    finished = (place - 1) // 2
    assert_equal(state(model), wanted[finished - 1])
    assert len(model.history.epoch) == finished // 3


@pytest.mark.parametrize("hook", ["on_train_batch_begin", "on_train_batch_end"])
def test_ctrl_c_in_a_callback_of_a_batch(hook):
    wanted = states_after_each_step(epochs=2)
    model = network()
    seen = []

    def stop(batch, logs):
        seen.append(batch)
        if len(seen) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=2, callbacks=gg.callbacks.LambdaCallback(**{hook: stop}), **OPTIONS)
    finished = 5 if hook == "on_train_batch_end" else 4
    assert_equal(state(model), wanted[finished - 1])
    assert model.history.epoch == [0]
    assert {name: len(values) for name, values in model.history.history.items()} == {
        "loss": 1,
        "mae": 1,
    }


def test_ctrl_c_in_the_validation_leaves_the_whole_epoch(fuse):
    wanted = states_after_each_step(epochs=1)
    model = network()
    fuse.left = 3 * 2 + 1
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, validation_data=(X, Y), **OPTIONS)
    assert_equal(state(model), wanted[-1])


def test_the_next_fit_goes_on(fuse):
    """Interrupted after one epoch and begun again, the training ends where the whole one ends."""
    whole = network()
    whole_history = whole.fit(X, Y, epochs=3, **OPTIONS).history
    model = network()
    fuse.left = 3 * 2 + 1
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=3, **OPTIONS)
    first = model.history.history
    rest = model.fit(X, Y, epochs=3, initial_epoch=1, **OPTIONS).history
    assert {name: first[name] + rest[name] for name in rest} == whole_history
    assert_equal(state(model), state(whole))
    assert model.evaluate(X, Y, verbose=0) == whole.evaluate(X, Y, verbose=0)


def test_evaluate_and_predict_after_ctrl_c(fuse):
    model, other = network(), network()
    for call in (lambda m: m.evaluate(X, Y, verbose=0), lambda m: m.predict(X, verbose=0)):
        fuse.left = 1
        with pytest.raises(KeyboardInterrupt):
            call(model)
        np.testing.assert_array_equal(call(model), call(other))
    assert_equal(model.get_weights(), other.get_weights())


# What a user sees, in a process of its own. The program says when it is in the middle of an epoch.
PROGRAM = """
import signal, time

import numpy as np
import giulgi as gg

# A program that is started in the background, as by nohup, ignores Ctrl-C, and so would this one.
signal.signal(signal.SIGINT, signal.default_int_handler)

model = gg.Sequential([gg.Input((3,)), gg.layers.Dense(2)])
model.compile("sgd", "mse")
x = np.zeros((100_000, 3), np.float32)
ready = "READY" + chr(10)  # In one piece, so that nothing comes between.


def say(batch, logs):
    if batch == 299:
        time.sleep(0.5)  # The bar is drawn anew after the next batch, however fast they are.
    if batch == 300:
        print(ready, end="")


say = gg.callbacks.LambdaCallback(on_train_batch_end=say)
model.fit(x, x[:, :2], batch_size=1, epochs=9, callbacks=say)
print("never")
"""


def told(file, ours, theirs):
    """Return what a program shows that is interrupted in the middle, and how it ends.

    Args:
        file: where the program is written.
        ours: the end of a pipe or terminal that is read here.
        theirs: the program's own end of it.
    """
    file.write_text(PROGRAM, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-u", file], stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)  # So that reading ends when the program has ended.
    shown = b""
    while part := read(ours):
        shown += part
        if b"READY" in part:
            process.send_signal(signal.SIGINT)
    os.close(ours)
    return shown.decode().replace("\r\n", "\n"), process.wait(timeout=60)


def read(end):
    try:
        return os.read(end, 1 << 20)
    except OSError:
        return b""  # A terminal whose other end is closed.


def check_traceback(text, file):
    """One traceback without another behind it, from the user's line on, at the edge of the page."""
    lines = [line.split("\r")[-1].rstrip() for line in text.rstrip().split("\n")]
    begin = lines.index("Traceback (most recent call last):")
    assert lines[-1] == "KeyboardInterrupt"
    assert "never" not in text
    assert "During handling" not in text
    assert text.count("Traceback") == 1
    assert lines[begin + 1] == f'  File "{file}", line 24, in <module>'
    assert len(lines) - begin < 40
    # What is known of the epoch is the last before it, and before that the program's own word.
    *_, ready, stopped, weights = lines[:begin]
    assert ready.endswith("READY")
    assert re.search(
        r"Epoch 1/9 - stopped after step \d+ - loss: 0.0000( \(after step \d+\))?$", stopped
    )
    assert weights == "The weights are those of the last whole step."


@pytest.mark.skipif(os.name != "posix", reason="windows sends Ctrl-C in another way")
def test_what_is_seen_in_a_pipe(tmp_path):
    ours, theirs = os.pipe()
    text, code = told(tmp_path / "program.py", ours, theirs)
    check_traceback(text, tmp_path / "program.py")
    assert code == -signal.SIGINT


@pytest.mark.skipif(os.name != "posix", reason="windows has no pseudo-terminals")
def test_what_is_seen_in_a_terminal(tmp_path):
    """The bar has been drawn, and is wiped out before the traceback."""
    import termios

    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (25, 80))
    text, code = told(tmp_path / "program.py", ours, theirs)
    assert "\rEpoch 1/9 |" in text
    check_traceback(text, tmp_path / "program.py")
    assert code == -signal.SIGINT
