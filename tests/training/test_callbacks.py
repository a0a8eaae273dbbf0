"""Callbacks: when each hook is called and with what, and the callbacks that come with giulgi.

The order of the hooks and the decisions of EarlyStopping are those that Keras 3.15 showed for the
same calls.
"""

import math
import warnings

import numpy as np
import pytest

import giulgi as gg

X = np.arange(20, dtype=np.float32).reshape(10, 2) / 20
Y = X.sum(axis=1, keepdims=True)
HOOKS = [name for name in dir(gg.callbacks.Callback) if name.startswith("on_")]


def network(**options):
    model = gg.Sequential([gg.Input((2,)), gg.layers.Dense(1)])
    model.compile(gg.optimizers.SGD(0.1), "mse", **options)
    return model


def _recording(hook):
    def record(self, *arguments):
        *place, logs = arguments
        self.calls.append((hook, *place, sorted(logs)))
        if hook in ("on_train_batch_begin", "on_train_batch_end"):
            getattr(gg.callbacks.Callback, hook)(self, *arguments)

    return record


Recorder = type("Recorder", (gg.callbacks.Callback,), {hook: _recording(hook) for hook in HOOKS})


@pytest.fixture
def recorder():
    """A callback that notes down every hook, its place, and the names in the logs."""
    made = Recorder()
    made.calls = []
    return made


def test_there_are_all_hooks_of_keras():
    phases = {
        f"on_{phase}_{when}"
        for phase in ("train", "test", "predict", "epoch", "batch")
        for when in ("begin", "end")
    }
    batches = {
        f"on_{phase}_batch_{when}"
        for phase in ("train", "test", "predict")
        for when in ("begin", "end")
    }
    assert set(HOOKS) == phases | batches


def train_batch(number):
    return [
        ("on_train_batch_begin", number, []),
        ("on_batch_begin", number, []),
        ("on_train_batch_end", number, ["loss", "mae"]),
        ("on_batch_end", number, ["loss", "mae"]),
    ]


def evaluated(number=1, kind="test", logs=("loss", "mae")):
    return [
        step
        for i in range(number)
        for step in (
            (f"on_{kind}_batch_begin", i, []),
            (f"on_{kind}_batch_end", i, list(logs)),
        )
    ]


def test_order_of_fit_with_validation(recorder):
    model = network(metrics=["mae"])
    model.fit(X, Y, batch_size=4, epochs=2, validation_split=0.2, verbose=0, callbacks=[recorder])
    values = ["loss", "mae", "val_loss", "val_mae"]
    wanted = [("on_train_begin", [])]
    for epoch in range(2):
        wanted += [("on_epoch_begin", epoch, []), *train_batch(0), *train_batch(1)]
        wanted += [("on_test_begin", []), *evaluated(), ("on_test_end", ["loss", "mae"])]
        wanted += [("on_epoch_end", epoch, values)]
    assert recorder.calls == [*wanted, ("on_train_end", values)]
    assert recorder.params == {"epochs": 2, "steps": 2, "verbose": 0}
    assert recorder.model is model


def test_order_of_evaluate(recorder):
    model = network(metrics=["mae"])
    model.evaluate(X, Y, batch_size=5, verbose=0, callbacks=[recorder])
    wanted = [("on_test_begin", []), *evaluated(2), ("on_test_end", ["loss", "mae"])]
    assert recorder.calls == wanted
    assert recorder.params == {"epochs": 1, "steps": 2, "verbose": 0}


def test_order_of_predict(recorder):
    network().predict(X, batch_size=5, verbose=0, callbacks=[recorder])
    batches = evaluated(2, "predict", ["outputs"])
    assert recorder.calls == [("on_predict_begin", []), *batches, ("on_predict_end", [])]


def test_epochs_are_numbered_from_the_initial_one(recorder):
    network().fit(X, Y, epochs=5, initial_epoch=3, verbose=0, callbacks=recorder)
    assert [call[1] for call in recorder.calls if call[0] == "on_epoch_begin"] == [3, 4]


def test_steps_are_not_known_of_a_generator(recorder):
    network().fit(lambda: iter([(X, Y)]), verbose=0, callbacks=recorder)
    assert recorder.params["steps"] is None


def test_logs_of_a_batch_are_the_means_of_the_epoch_so_far():
    losses = []
    record = gg.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: losses.append(logs["loss"])
    )
    model = network()
    model.optimizer.learning_rate = 0.0
    each = [model.test_on_batch(X[i : i + 4], Y[i : i + 4]) for i in (0, 4, 8)]
    model.fit(X, Y, batch_size=4, shuffle=False, verbose=0, callbacks=[record])
    means = [each[0], np.mean(each[:2]), np.average(each, weights=[4, 4, 2])]
    np.testing.assert_allclose(losses, means, rtol=1e-6)


def test_outputs_of_a_predicted_batch():
    found = []
    record = gg.callbacks.LambdaCallback(
        on_predict_batch_end=lambda batch, logs: found.append(logs["outputs"][0])
    )
    answer = network().predict(X, batch_size=4, verbose=0, callbacks=[record])
    np.testing.assert_array_equal(np.concatenate(found), answer)


def test_callbacks_are_called_in_their_order():
    order = []
    first, second = (
        gg.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs, n=name: order.append(n))
        for name in "ab"
    )
    network().fit(X, Y, verbose=0, callbacks=[first, second])
    assert order == ["a", "b"]


def test_what_a_callback_adds_to_the_logs_is_in_the_history():
    class Extra(gg.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["square"] = epoch**2

    history = network().fit(X, Y, epochs=3, verbose=0, callbacks=[Extra()])
    assert history.history["square"] == [0, 1, 4]


# ------------------------------------------------------------------------------ stop_training


@pytest.mark.parametrize(
    ("hook", "batches"),
    [("on_epoch_begin", 1), ("on_train_batch_end", 1), ("on_epoch_end", 3)],
)
def test_stop_training(hook, batches, recorder):
    """It takes effect after the batch; the epoch is finished, with its validation and logs."""
    model = network()

    def stop(*arguments):
        model.stop_training = True

    stopping = gg.callbacks.LambdaCallback(**{hook: stop})
    history = model.fit(
        X,
        Y,
        batch_size=4,
        epochs=5,
        validation_data=(X, Y),
        verbose=0,
        callbacks=[stopping, recorder],
    )
    hooks = [call[0] for call in recorder.calls]
    assert hooks.count("on_train_batch_end") == batches
    assert hooks[-3:] == ["on_test_end", "on_epoch_end", "on_train_end"]
    assert history.epoch == [0]
    assert list(history.history) == ["loss", "val_loss"]


def test_fit_begins_again_after_it_was_stopped():
    model = network()
    model.stop_training = True
    assert model.fit(X, Y, epochs=2, verbose=0).epoch == [0, 1]


# ------------------------------------------------------------------------------ EarlyStopping


class Stub:
    """In place of a network: its weights are the number of the epoch."""

    stop_training = False
    restored = None
    epoch = 0

    def get_weights(self):
        return self.epoch

    def set_weights(self, weights):
        self.restored = weights


def follow(values, **options):
    """Return how many epochs were trained, the epoch it stopped in, the best, and the restored."""
    stopping, model = gg.callbacks.EarlyStopping("value", **options), Stub()
    stopping.set_model(model)
    stopping.on_train_begin({})
    for model.epoch, value in enumerate(values):
        stopping.on_epoch_end(model.epoch, {"value": value})
        if model.stop_training:
            break
    stopping.on_train_end({})
    best = (stopping.best_epoch, stopping.best)
    return model.epoch + 1, stopping.stopped_epoch, *best, model.restored


UP_AND_DOWN = [5, 4, 3, 3.5, 3.2, 3.1, 2]
RESTORE = {"restore_best_weights": True}


@pytest.mark.parametrize(
    ("values", "options", "wanted"),
    [
        (UP_AND_DOWN, {}, (4, 3, 2, 3, None)),
        (UP_AND_DOWN, {"patience": 2}, (5, 4, 2, 3, None)),
        (UP_AND_DOWN, {"patience": 3}, (6, 5, 2, 3, None)),
        ([5, 4, 3, 3.5, 3.2, 2, 2.5], {"patience": 3}, (7, 0, 5, 2, None)),
        ([1, 2, 3, 2.5, 2.9], {"mode": "max", "patience": 2}, (5, 4, 2, 3, None)),
        ([1, 2, 3, 2.5, 2.9], {"mode": "max", "patience": 1, **RESTORE}, (4, 3, 2, 3, 2)),
        ([5, 4.95, 4.9, 4.85, 4.8], {"patience": 2, "min_delta": 0.1}, (3, 2, 0, 5, None)),
        ([5, 4.95, 4.8, 4.75, 4.6], {"patience": 2, "min_delta": -0.1}, (5, 0, 4, 4.6, None)),
        ([5, 4, 3, 2, 1], {"patience": 2, "baseline": 1.5}, (5, 0, 4, 1, None)),
        ([1, 0.9, 0.95, 0.94, 0.93], {"patience": 2, "baseline": 1.5}, (4, 3, 1, 0.9, None)),
        ([1, 0.9, 0.95, 0.94], {"patience": 2, "baseline": 0.85, **RESTORE}, (3, 2, 1, 0.9, 1)),
        ([1, 2, 3, 2, 3, 4], {"start_from_epoch": 2}, (5, 4, 3, 2, None)),
        ([1, 2, 3, 2, 3, 4], {"start_from_epoch": 2, **RESTORE}, (5, 4, 3, 2, 3)),
        ([1, 2], {}, (2, 1, 0, 1, None)),
        ([3, 2, 1], RESTORE, (3, 0, 2, 1, 2)),
        ([1, 1, 1], {"patience": 1}, (2, 1, 0, 1, None)),
        ([1, 2, 0.5, 3, 4], {"patience": 2, **RESTORE}, (5, 4, 2, 0.5, 2)),
        ([1, 2, 3, 4], {"patience": 9, **RESTORE}, (4, 0, 0, 1, 0)),
        ([math.inf, 2, 3, 4], {"patience": 2, **RESTORE}, (4, 3, 1, 2, 1)),
    ],
)
def test_early_stopping(values, options, wanted):
    assert follow(values, **{"mode": "min", **options}) == wanted


@pytest.mark.parametrize(
    ("monitor", "larger"), [("val_accuracy", True), ("val_loss", False), ("mae", False)]
)
def test_early_stopping_knows_which_way_is_better(monitor, larger):
    assert gg.callbacks.EarlyStopping(monitor).larger_is_better is larger
    assert gg.callbacks.EarlyStopping(monitor, mode="min").larger_is_better is False
    assert gg.callbacks.EarlyStopping(monitor, mode="max").larger_is_better is True


def test_early_stopping_restores_the_weights_of_the_best_epoch():
    """With a learning rate that is too large every step makes it worse."""
    model = network()
    model.optimizer.learning_rate = 5.0
    weights = []
    watch = gg.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: weights.append(model.get_weights())
    )
    stopping = gg.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
    history = model.fit(
        X, Y, validation_data=(X, Y), epochs=50, verbose=0, callbacks=[watch, stopping]
    )
    best = int(np.argmin(history.history["val_loss"]))
    assert len(history.epoch) == best + 3
    assert stopping.stopped_epoch == best + 2
    for now, then in zip(model.get_weights(), weights[best], strict=True):
        np.testing.assert_array_equal(now, then)


def test_early_stopping_can_be_used_again():
    stopping = gg.callbacks.EarlyStopping("loss", min_delta=1e9)
    for _ in range(2):
        history = network().fit(X, Y, epochs=5, verbose=0, callbacks=[stopping])
        assert len(history.epoch) == 2


def test_early_stopping_says_why(capsys):
    stopping = gg.callbacks.EarlyStopping("loss", min_delta=1e9, verbose=1)
    network().fit(X, Y, epochs=5, verbose=0, callbacks=[stopping])
    assert "Stopped after epoch 2: loss was best in epoch 1" in capsys.readouterr().out


def test_early_stopping_warns_of_what_is_not_reported():
    stopping = gg.callbacks.EarlyStopping("val_los")
    with pytest.warns(UserWarning, match="'val_los'.*did you mean 'val_loss'") as caught:
        network().fit(X, Y, validation_data=(X, Y), verbose=0, callbacks=[stopping])
    assert caught[0].filename == __file__, "the warning points at the user's line"


def test_early_stopping_refuses_an_unknown_mode():
    with pytest.raises(gg.errors.UnknownArgumentError, match="there is no mode"):
        gg.callbacks.EarlyStopping(mode="least")


# ----------------------------------------------------------------------- the other callbacks


def test_lambda_callback():
    epochs = []
    callback = gg.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: epochs.append((epoch, sorted(logs))), on_train_end=None
    )
    network().fit(X, Y, epochs=2, verbose=0, callbacks=callback)
    assert epochs == [(0, ["loss"]), (1, ["loss"])]
    with pytest.raises(gg.errors.UnknownArgumentError, match="did you mean 'on_epoch_end'"):
        gg.callbacks.LambdaCallback(on_epoch_ends=print)


@pytest.mark.parametrize("schedule", [lambda epoch, rate: rate / 2, lambda epoch: 0.05 / 2**epoch])
def test_learning_rate_scheduler(schedule, capsys):
    model = network()
    scheduler = gg.callbacks.LearningRateScheduler(schedule, verbose=1)
    history = model.fit(X, Y, epochs=3, verbose=0, callbacks=[scheduler])
    rates = [0.05, 0.025, 0.0125]
    np.testing.assert_allclose(history.history["learning_rate"], rates, rtol=1e-6)
    assert float(model.optimizer.learning_rate) == pytest.approx(rates[-1])
    assert "Epoch 3: the learning rate is 0.0125." in capsys.readouterr().out


def test_a_scheduled_rate_is_the_rate_of_the_steps():
    model = network()
    scheduler = gg.callbacks.LearningRateScheduler(lambda epoch: 0.1 if epoch == 1 else 0.0)
    weights = []
    watch = gg.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: weights.append(model.get_weights()[0])
    )
    model.fit(X, Y, epochs=3, verbose=0, callbacks=[scheduler, watch])
    assert not np.array_equal(weights[0], weights[1])
    np.testing.assert_array_equal(weights[1], weights[2])


def test_history():
    model = network(metrics=["mae"])
    history = model.fit(X, Y, epochs=3, verbose=0)
    assert isinstance(history, gg.callbacks.History)
    assert model.history is history
    assert history.epoch == [0, 1, 2]
    assert list(history.history) == ["loss", "mae"]
    assert all(type(value) is float for values in history.history.values() for value in values)
    assert history.params["epochs"] == 3
    assert history.model is model
    assert repr(history) == "History(3 epochs: loss, mae)"


@pytest.mark.parametrize(
    ("callback", "fix"),
    [
        (gg.callbacks.EarlyStopping, "brackets make a callback of the class: EarlyStopping()"),
        (print, "gg.callbacks.LambdaCallback(on_epoch_end=function)"),
        ("early_stopping", "gg.callbacks.EarlyStopping()"),
        (3, "derive its class from gg.callbacks.Callback"),
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_what_is_no_callback_is_refused(callback, fix, alone):
    with pytest.raises(gg.errors.ArgumentError) as caught:
        network().fit(X, Y, verbose=0, callbacks=callback if alone else [callback])
    said = getattr(callback, "__name__", repr(callback))
    assert caught.value.problem == f"{said} is not a callback."
    assert fix in caught.value.fix


@pytest.mark.parametrize("make", [list, tuple, iter, lambda callbacks: callbacks[0]])
def test_callbacks_are_given_in_any_row_or_alone(make):
    seen = []
    watch = gg.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    network().fit(X, Y, epochs=2, verbose=0, callbacks=make([watch]))
    assert seen == [0, 1]


@pytest.mark.parametrize("patience", [0, 2.0, np.int64(3), math.inf])
def test_a_patience_of_any_kind_of_number(patience):
    assert gg.callbacks.EarlyStopping(patience=patience).patience == patience


@pytest.mark.parametrize("patience", ["3", -1, None])
def test_a_patience_that_is_no_number(patience):
    with pytest.raises(gg.errors.ArgumentError, match="it is a number of epochs") as caught:
        gg.callbacks.EarlyStopping(patience=patience)
    assert repr(patience) in caught.value.problem


def test_waiting_for_a_validation_that_there_is_not():
    with pytest.warns(UserWarning, match="give fit validation_data=") as caught:
        network().fit(X, Y, verbose=0, callbacks=gg.callbacks.EarlyStopping())
    assert "or monitor='loss'" in str(caught[0].message)
    stopping = gg.callbacks.EarlyStopping("val_los")
    with pytest.warns(UserWarning, match="did you mean 'val_loss'"):
        network().fit(X, Y, verbose=0, callbacks=stopping, validation_data=(X, Y))


def test_a_schedule_that_is_none():
    with pytest.raises(gg.errors.ArgumentError, match=r"schedule is 0\.1; it is a function"):
        gg.callbacks.LearningRateScheduler(0.1)
    schedule = gg.callbacks.LearningRateScheduler(lambda epoch: None)
    with pytest.raises(gg.errors.ArgumentError, match="gives None for epoch 0") as caught:
        network().fit(X, Y, verbose=0, callbacks=schedule)
    assert caught.value.fix == "end the function with: return rate"


def test_an_error_in_a_callback_is_the_users_own():
    class Broken(gg.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise ZeroDivisionError("mine")

    with warnings.catch_warnings(), pytest.raises(ZeroDivisionError, match="mine"):
        network().fit(X, Y, verbose=0, callbacks=[Broken()])


def test_early_stopping_of_what_is_never_a_number(capsys):
    """The weights go back to the first epoch, as in Keras, and no infinite best is told."""
    stopping = gg.callbacks.EarlyStopping(
        monitor="score", patience=2, restore_best_weights=True, verbose=1
    )
    scores = gg.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: logs.update(score=float("nan"))
    )
    model = gg.Sequential([gg.Input((1,)), gg.layers.Dense(1)])
    model.compile("sgd", "mse")
    weights = []
    watch = gg.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: weights.append(model.get_weights()[0].item())
    )
    x = np.ones((4, 1), np.float32)
    model.fit(x, 5 * x, epochs=9, callbacks=[scores, stopping, watch], verbose=0)
    assert stopping.stopped_epoch == 1
    assert model.get_weights()[0].item() == weights[0] != weights[-1]
    assert "score was never a number." in capsys.readouterr().out
