"""What is shown while training: in a terminal, in a notebook, and in a file or pipe."""

import io
import re
import sys
from contextlib import redirect_stdout

import numpy as np
import pytest

import giulgi as gg
from giulgi import pace
from giulgi.training import progress
from giulgi.training.progress import Progress, Ticker, style_for, values_text

X = np.zeros((64, 3), np.float32)
Y = np.ones((64, 1), np.float32)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture(params=[Terminal, io.StringIO], ids=["terminal", "pipe"])
def stream(request):
    """A stream that is a terminal, or is not."""
    return request.param()


def shown(stream, *actions):
    """Return what is written to standard output while the actions are done."""
    with redirect_stdout(stream):
        for action in actions:
            action()
    return stream.getvalue() if stream is not None else ""


def network():
    model = gg.Sequential([gg.Input((3,)), gg.layers.Dense(1)])
    model.compile(gg.optimizers.SGD(0.0), "mse", metrics=["mae"])
    return model


def screen(text):
    """Return the lines as they stand in the end: what follows a \\r is written over the line."""
    return [line.split("\r")[-1].rstrip() for line in text.split("\n")[:-1]]


VALUES = "loss: 1.0000 - mae: 1.0000"
VALIDATED = f"{VALUES} - val_loss: 1.0000 - val_mae: 1.0000"


def fit(verbose):
    network().fit(X, Y, batch_size=8, epochs=2, validation_data=(X, Y), verbose=verbose)


@pytest.mark.parametrize("verbose", ["auto", 1, True])
def test_a_bar_in_a_terminal_alone_and_a_line_for_each_epoch_everywhere(stream, verbose):
    text = shown(stream, lambda: fit(verbose))
    lines = screen(text)
    assert len(lines) == 2
    for number, line in enumerate(lines, start=1):
        assert re.fullmatch(rf"Epoch {number}/2 - [0-9.]+ s - {VALIDATED}", line), line
    if stream.isatty():
        assert re.search(rf"\rEpoch 2/2 \|#+\| 100%, {VALIDATED} - [0-9:]+ to go", text)
    else:
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text), "control characters"


def test_one_line_for_each_epoch_on_demand(stream):
    lines = shown(stream, lambda: fit(2)).splitlines()
    assert len(lines) == 2
    assert re.fullmatch(rf"Epoch 1/2 - [0-9.]+ s - {VALIDATED}", lines[0])


@pytest.mark.parametrize("verbose", [0, False])
def test_silence(stream, verbose):
    model = network()
    text = shown(
        stream,
        lambda: fit(verbose),
        lambda: model.evaluate(X, Y, verbose=verbose),
        lambda: model.predict(X, verbose=verbose),
    )
    assert text == ""


def test_evaluate_and_predict(stream):
    model = network()
    text = shown(stream, lambda: model.evaluate(X, Y), lambda: model.predict(X))
    evaluated, predicted = screen(text)
    assert re.fullmatch(rf"Evaluating - [0-9.]+ s - {VALUES}", evaluated)
    assert re.fullmatch(r"Predicting - [0-9.]+ s", predicted)
    assert ("100%" in text) is stream.isatty()


def test_a_generator_of_unknown_length(stream):
    text = shown(stream, lambda: network().fit(lambda: iter([(X, Y), (X, Y)])))
    (line,) = screen(text)
    assert re.fullmatch(rf"Epoch 1/1 - [0-9.]+ s - {VALUES}", line)
    assert (f"2 steps, {VALUES}" in text) is stream.isatty()


def test_epochs_count_from_the_initial_one(stream):
    text = shown(stream, lambda: network().fit(X, Y, epochs=4, initial_epoch=2, verbose=2))
    assert [line[:9] for line in text.splitlines()] == ["Epoch 3/4", "Epoch 4/4"]


def test_an_interrupted_epoch_leaves_what_was_last_known(stream, monkeypatch):
    monkeypatch.setattr(pace, "INTERVAL", 0.0)
    model = network()

    class Stop(gg.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_end(self, batch, logs=None):
            if (self.epoch, batch) == (1, 1):
                raise KeyboardInterrupt

    def interrupted():
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y, batch_size=16, epochs=3, callbacks=Stop())

    _, *lines, after = screen(shown(stream, interrupted, lambda: print("after")))
    assert lines == [
        "Epoch 2/3 - stopped after step 2 - loss: 1.0000 - mae: 1.0000",
        "The weights are those of the last whole step.",
    ]
    assert after == "after"
    assert model.history.epoch == [0]
    assert list(model.history.history) == ["loss", "mae"]


def test_an_interrupted_epoch_that_is_not_to_be_shown(stream):
    def stop(batch, logs):
        raise KeyboardInterrupt

    def interrupted():
        hook = gg.callbacks.LambdaCallback(on_train_batch_end=stop)
        with pytest.raises(KeyboardInterrupt):
            network().fit(X, Y, callbacks=hook, verbose=0)

    assert screen(shown(stream, interrupted, lambda: print("after"))) == ["after"]


def test_the_bar_moves_while_it_trains(monkeypatch):
    """It is drawn as often as the interval says, here after every batch, with the values so far."""
    monkeypatch.setattr(pace, "INTERVAL", 0.0)
    text = shown(Terminal(), lambda: network().fit(X, Y, batch_size=16))
    drawn = re.findall(r"\| +(\d+)%(, loss: 1.0000 - mae: 1.0000)? ", text)
    assert [share for share, _ in drawn][:4] == ["0", "25", "50", "75"]
    assert all(values for _, values in drawn[1:])


def test_the_ticker_is_due_a_few_times_a_second(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    ticker = Ticker()
    due = []
    for moment in (100.05, 100.11, 100.15, 100.25, 103.0, 103.05):
        now[0] = moment
        due.append(ticker.is_due())
    assert due == [False, True, False, True, True, False]


def test_seconds_of_an_epoch(monkeypatch, capsys):
    now = [5.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    shown = Progress("Epoch 1/1", 3, 2)
    now[0] = 17.34
    shown.finish(3, {"loss": 0.5})
    assert capsys.readouterr().out == "Epoch 1/1 - 12.3 s - loss: 0.5000\n"


@pytest.mark.parametrize("verbose", ["auto", 1, True])
def test_a_notebook_has_a_bar(monkeypatch, verbose):
    """Its stream is no terminal, but draws a line over itself."""
    with redirect_stdout(io.StringIO()):
        assert style_for(verbose) == 2
        monkeypatch.setitem(sys.modules, "ipykernel", object())
        assert style_for(verbose) == 1
        assert style_for(2) == 2
        assert style_for(0) == 0


def test_no_standard_output():
    """Some programs have none, such as windows without a console."""
    assert shown(None, lambda: fit("auto"), lambda: fit(2)) == ""


@pytest.mark.parametrize("verbose", ["yes", 3, -1, None])
def test_an_unknown_verbose_is_refused(verbose):
    with pytest.raises(gg.errors.ArgumentError, match="verbose is") as caught:
        fit(verbose)
    assert "2 prints a line for each epoch" in caught.value.fix
    assert caught.value.op == "fit"


@pytest.mark.parametrize("method", ["evaluate", "predict"])
def test_the_method_is_told_whose_verbose_is_unknown(method):
    model = gg.Sequential([gg.Input((2,)), gg.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(gg.errors.ArgumentError, match=rf"^{method}: verbose is 'loud'"):
        getattr(model, method)(np.zeros((2, 2)), verbose="loud")


@pytest.mark.parametrize(
    ("logs", "text"),
    [
        ({}, ""),
        ({"loss": 0.12345}, "loss: 0.1235"),
        ({"loss": 12.5, "accuracy": 1.0}, "loss: 12.5000 - accuracy: 1.0000"),
        ({"loss": 0.0}, "loss: 0.0000"),
        ({"loss": 0.000123456}, "loss: 1.235e-04"),
        ({"loss": -123456.0}, "loss: -1.235e+05"),
    ],
)
def test_values(logs, text):
    assert values_text(logs) == text
