"""Recurrent layers: what they are made with, states that last, masks, and training."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import giulgi as gg

L = gg.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 6, 3)).astype(np.float32)


def by_hand(layer, x):
    """Return the outputs of all steps of an LSTM, written out in NumPy."""
    kernel, recurrent, bias = layer.get_weights()
    h = c = np.zeros((len(x), layer.units))
    every = []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
        every.append(h)
    return np.stack(every, axis=1)


def test_an_lstm_written_out():
    layer = L.LSTM(5, return_sequences=True)
    np.testing.assert_allclose(layer(X), by_hand(layer, X), rtol=1e-5, atol=1e-6)


def test_first_values_are_those_of_keras():
    layer = L.LSTM(5)
    layer(X)
    kernel, recurrent, bias = layer.get_weights()
    assert kernel.shape == (3, 20)
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(5), atol=1e-5)
    np.testing.assert_array_equal(bias, np.repeat([0, 1, 0, 0], 5))
    assert L.GRU(5)(X).shape == (4, 5)
    layer = L.GRU(5, reset_after=False)
    layer(X)
    assert layer.get_weights()[2].shape == (15,)


@pytest.mark.parametrize("kind", [L.SimpleRNN, L.LSTM, L.GRU])
def test_a_cell_in_a_loop_of_ones_own_is_the_layer(kind):
    layer = kind(5)
    wanted = layer(X)
    states = layer.cell.first_states(gg.constant(X), 4)
    for t in range(6):
        output, states = layer.cell(X[:, t], states)
    np.testing.assert_allclose(output, wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(L.RNN(layer.cell)(X), wanted, rtol=1e-5, atol=1e-6)


def test_cells_upon_each_other():
    cells = [L.LSTMCell(5), L.GRUCell(4)]
    y, *states = L.RNN(cells, return_state=True)(X)
    assert [s.shape for s in (y, *states)] == [(4, 4), (4, 5), (4, 5), (4, 4)]
    first, second = L.RNN(cells[0], return_sequences=True), L.RNN(cells[1])
    np.testing.assert_allclose(second(first(X)), y, rtol=1e-5, atol=1e-6)


class Counting(L.Layer):
    """A cell of one's own: it adds up its inputs."""

    state_size = 3

    def call(self, x, states, training=False):
        total = states[0] + x
        return total * 2, [total]


def test_a_cell_of_ones_own():
    y = L.RNN(Counting(), return_sequences=True)(X)
    np.testing.assert_allclose(y, 2 * np.cumsum(X, axis=1), rtol=1e-5, atol=1e-5)


def test_masked_steps_of_a_cell_of_ones_own_repeat_its_output():
    mask = np.array([[1, 1, 0, 1, 0, 0]] * 4, bool)
    layer = L.RNN(Counting(), return_sequences=True)
    found = layer(X, mask=gg.constant(mask)).numpy()
    counted = 2 * np.cumsum(X * mask[..., None], axis=1)
    np.testing.assert_allclose(found, counted, rtol=1e-5, atol=1e-5)


def test_padding_makes_no_difference_behind_a_mask():
    layer = L.LSTM(5)
    filled = np.concatenate([X, np.zeros((4, 3, 3), np.float32)], axis=1)
    np.testing.assert_allclose(layer(L.Masking()(filled)), layer(X), rtol=1e-5, atol=1e-6)


def test_a_mask_goes_through_layers_that_leave_steps_where_they_are():
    ids = gg.Input((None,), dtype="int64")
    x = L.Embedding(10, 4, mask_zero=True)(ids)
    x = L.Dense(5)(L.Dropout(0.5)(x))
    every = L.Bidirectional(L.GRU(3, return_sequences=True))(x)
    last = L.GRU(3)(L.TimeDistributed(L.Dense(2))(every))
    model = gg.Model(ids, last)
    a = model.predict(np.array([[1, 2, 3]]), verbose=0)
    b = model.predict(np.array([[1, 2, 3, 0, 0]]), verbose=0)
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("copied", [lambda m: m, copy.deepcopy, "pickle"])
def test_masked_steps_count_neither_in_the_loss_nor_in_metrics(copied):
    ids = np.array([[1, 2, 3, 0, 0], [4, 0, 0, 0, 0]])
    model = gg.Sequential(
        [gg.Input((5,), dtype="int64"), L.Embedding(6, 4, mask_zero=True), L.Dense(1)]
    )
    model.compile("sgd", "mse", metrics=["mae"])
    model = pickle.loads(pickle.dumps(model)) if copied == "pickle" else copied(model)
    y = RNG.normal(size=(2, 5, 1)).astype(np.float32)
    loss, mae = model.evaluate(ids, y, verbose=0)
    wrong = (model.predict(ids, verbose=0) - y)[ids > 0]
    np.testing.assert_allclose(loss, np.mean(wrong**2), rtol=1e-5)
    np.testing.assert_allclose(mae, np.mean(np.abs(wrong)), rtol=1e-5)


@pytest.mark.parametrize("kind", [L.SimpleRNN, L.LSTM, L.GRU])
def test_stateful_layers_go_on_where_the_batch_before_ended(kind):
    layer = kind(5)
    wanted = layer(X).numpy()
    keeps = kind(5, stateful=True)
    model = gg.Sequential([gg.Input(batch_shape=(4, None, 3)), keeps])
    keeps.cell.set_weights(layer.get_weights())
    model.predict(X[:, :2], batch_size=4, verbose=0)
    found = model.predict(X[:, 2:], batch_size=4, verbose=0)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    keeps.reset_states()
    found = model.predict(X, batch_size=4, verbose=0)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_states_are_no_weights_and_both_directions_forget_them():
    layer = L.Bidirectional(L.GRU(3, stateful=True))
    before = layer(X).numpy()
    assert len(layer.get_weights()) == 6
    assert layer.count_params() == 2 * (3 * 9 + 3 * 9 + 18)
    assert [s.shape for s in layer.states] == [(4, 3)] * 2
    assert np.abs(layer(X).numpy() - before).max() > 0
    layer.reset_states()
    np.testing.assert_array_equal(layer(X), before)


def test_a_stateful_layer_has_to_know_the_size_of_the_batch():
    with pytest.raises(gg.errors.ShapeError, match="how many examples a batch has"):
        L.LSTM(5, stateful=True)(gg.Input((6, 3)))


@pytest.mark.parametrize("rates", [{"dropout": 0.5}, {"recurrent_dropout": 0.5}])
def test_dropout_is_the_same_in_all_steps_and_only_while_training(rates):
    layer = L.SimpleRNN(40, activation="linear", return_sequences=True, **rates)
    x = np.ones((2, 3, 40), np.float32)
    layer(x)
    layer.cell.set_weights([np.eye(40), np.eye(40), np.zeros(40)])
    np.testing.assert_array_equal(layer(x)[:, 0], x[:, 0])
    found = layer(x, training=True).numpy()
    steps = np.diff(found, axis=1, prepend=0)
    if "dropout" in rates:
        assert set(np.unique(found[:, 0])) == {0, 2}
        np.testing.assert_array_equal(steps[:, 1], steps[:, 0])
    else:
        np.testing.assert_array_equal(found[:, 0], x[:, 0])
        assert set(np.unique(found[:, 1])) == {1, 3}
        np.testing.assert_array_equal(found[:, 1] == 3, found[:, 2] > 3)


def test_what_is_left_out_of_states_is_not_left_out_of_what_stays_of_them():
    """A gated unit whose gate says "keep all" keeps its state, whatever dropout leaves out."""
    layer = L.GRU(40, recurrent_dropout=0.5)
    x, h = np.zeros((2, 5, 3), np.float32), RNG.normal(size=(2, 40)).astype(np.float32)
    layer(x)
    bias = np.zeros((2, 120))
    bias[0, :40] = 100  # The gate that keeps.
    layer.set_weights([np.zeros((3, 120)), RNG.normal(size=(40, 120)), bias])
    found = layer(x, initial_state=[h], training=True)
    np.testing.assert_allclose(found, h, rtol=1e-5)


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_dropout_in_cells_upon_each_other_is_the_same_in_all_steps(backend, monkeypatch):
    monkeypatch.setattr(gg.config, "backend", backend)
    cells = [L.SimpleRNNCell(40, activation="linear", dropout=0.5) for _ in range(2)]
    layer = L.RNN(cells, return_sequences=True)
    x = np.ones((2, 4, 40), np.float32)
    layer(x)
    for cell in cells:
        cell.set_weights([np.eye(40), np.zeros((40, 40)), np.zeros(40)])
    found = gg.function(lambda x: layer(x, training=True))(x).numpy()
    assert set(np.unique(found)) == {0, 4}
    np.testing.assert_array_equal(found, np.repeat(found[:, :1], 4, axis=1))


def test_a_cell_of_ones_own_behind_another():
    layer = L.RNN([L.SimpleRNNCell(3), Counting()], return_sequences=True)
    inner = L.RNN(layer.cell.cells[0], return_sequences=True)
    y = layer(X)
    np.testing.assert_allclose(y, 2 * np.cumsum(inner(X), axis=1), rtol=1e-5, atol=1e-5)


def test_a_seed_tells_what_dropout_leaves_out():
    x = np.ones((2, 3, 40), np.float32)

    def found(seed):
        layer = L.SimpleRNN(40, activation="linear", dropout=0.5, seed=seed)
        layer(x)
        layer.set_weights([np.eye(40), np.eye(40), np.zeros(40)])
        return layer(x, training=True).numpy().tolist()

    assert found(7) == found(7)
    assert found(7) != found(8)


def test_a_recurrent_layer_takes_no_names_from_other_layers():
    before, _, after = L.Dropout(0.5), L.LSTM(3, dropout=0.5), L.Dropout(0.5)
    number = int(before.name.partition("_")[2] or 0)
    assert after.name == f"dropout_{number + 1}"


def test_a_layer_in_each_step_is_given_the_mask_of_what_is_in_it():
    mask = gg.constant(RNG.random((4, 6, 5)) < 0.5)
    x = RNG.normal(size=(4, 6, 5, 3)).astype(np.float32)
    memory = L.LSTM(2)
    y = L.TimeDistributed(memory)(x, mask=mask)
    np.testing.assert_allclose(y[:, 1], memory(x[:, 1], mask=mask[:, 1]), rtol=1e-5, atol=1e-6)
    one = L.TimeDistributed(memory)(x, mask=mask[:, :, 0])  # Of steps, not of what is in them.
    np.testing.assert_allclose(one[:, 1], memory(x[:, 1]), rtol=1e-5, atol=1e-6)


def test_a_network_learns_to_remember_the_first_element():
    gg.set_seed(0)
    x = RNG.integers(0, 2, (256, 8, 1)).astype(np.float32)
    model = gg.Sequential([gg.Input((8, 1)), L.LSTM(16), L.Dense(1, activation="sigmoid")])
    model.compile(gg.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, x[:, 0], epochs=30, verbose=0)
    assert model.evaluate(x, x[:, 0], verbose=0)[1] > 0.98


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_give_the_same_and_learn_by_themselves(copied):
    model = gg.Sequential([gg.Input((6, 3)), L.Bidirectional(L.LSTM(4)), L.Dense(1)])
    model.compile("adam", "mse")
    other = copied(model)
    before = model.predict(X, verbose=0)
    np.testing.assert_array_equal(other.predict(X, verbose=0), before)
    other.fit(X, np.ones((4, 1)), epochs=2, verbose=0)
    np.testing.assert_array_equal(model.predict(X, verbose=0), before)
    assert np.abs(other.predict(X, verbose=0) - before).max() > 0


def test_names_and_weights_of_both_directions():
    layer = L.Bidirectional(L.LSTM(4, name="memory"))
    layer(X)
    assert [w.shape for w in layer.weights] == [(3, 16), (4, 16), (16,)] * 2
    assert layer.forward_layer.name == "forward_memory"
    assert layer.backward_layer.name == "backward_memory"
    assert layer.backward_layer.go_backwards


MISTAKES = {
    "no steps": (lambda: L.LSTM(4)(X[:, 0]), gg.errors.ShapeError, "takes sequences"),
    "units": (lambda: L.GRU(0), gg.errors.ArgumentError, "units is 0"),
    "one state": (
        lambda: L.LSTM(3)(X, initial_state=[X[:, 0]]),
        gg.errors.ArgumentError,
        "the cell has 2 states, and 1 is given",
    ),
    "size of a state": (
        lambda: L.GRU(5)(X, initial_state=[X[:, 0]]),
        gg.errors.ShapeError,
        "a state has 3 numbers for each example, not 5",
    ),
    "axes of a state": (
        lambda: L.GRU(5)(X, initial_state=[X[0, 0]]),
        gg.errors.ShapeError,
        "a state has 1 axis, not 2",
    ),
    "examples of a state": (
        lambda: L.LSTM(3)(X, initial_state=[X[:2, 0], X[:2, 0]]),
        gg.errors.ShapeError,
        "a state is of 2 examples, and the inputs are 4",
    ),
    "places of a state": (
        lambda: L.ConvLSTM1D(2, 1)(X[:, :, :, None], initial_state=[np.zeros((4, 5, 2))] * 2),
        gg.errors.ShapeError,
        "a state has the size 5 along axis 1, not 3",
    ),
    "a mask of examples": (
        lambda: L.LSTM(3)(X, mask=np.ones(4, bool)),
        gg.errors.ShapeError,
        "the mask has 1 axis; it says of each step of each example if it counts",
    ),
    "no mask": (lambda: L.LSTM(3)(X, mask=[]), gg.errors.ShapeError, "the mask has 1 axis"),
    "a mask of features": (
        lambda: L.LSTM(3)(X, mask=np.ones(X.shape, bool)),
        gg.errors.ShapeError,
        "the mask has 3 axes; it says of each step",
    ),
    "examples of a mask": (
        lambda: L.LSTM(3)(X, mask=np.ones((3, 6), bool)),
        gg.errors.ShapeError,
        "the mask is of 3 examples, and the inputs are 4",
    ),
    "steps of a mask": (
        lambda: L.GRU(5)(X, mask=[[True] * 5] * 4),
        gg.errors.ShapeError,
        "the mask has 5 steps, and the inputs have 6",
    ),
    "units of pictures": (
        lambda: L.ConvLSTM2D(3, 3, units=5), gg.errors.UnknownArgumentError, "no argument 'units'",
    ),
    "dropout": (lambda: L.LSTM(4, dropout=1.5), gg.errors.ArgumentError, "dropout is 1.5"),
    "convolution": (
        lambda: L.ConvLSTM1D(4, 3, padding="causal"),
        gg.errors.UnknownArgumentError,
        "no padding named 'causal'",
    ),
    "no cell": (lambda: L.RNN(3), gg.errors.ArgumentError, "tells its state_size"),
    "not recurrent": (
        lambda: L.Bidirectional(L.Dense(3)), gg.errors.ArgumentError, "takes a recurrent layer",
    ),
    "no layer": (lambda: L.TimeDistributed(3), gg.errors.ArgumentError, "applies a layer"),
    "misspelt": (
        lambda: L.LSTM(4, return_sequence=True), gg.errors.UnknownArgumentError, "return_sequence",
    ),
    "merge": (
        lambda: L.Bidirectional(L.GRU(3), merge_mode="cat"),
        gg.errors.UnknownArgumentError,
        "merge mode named 'cat'",
    ),
    "too large": (
        lambda: L.Embedding(3, 2)(np.array([3])).numpy(), gg.errors.PlaceError, "no element 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    call, error, said = MISTAKES[name]
    with pytest.raises(error, match=said):
        call()
