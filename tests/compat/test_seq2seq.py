"""Decoders, attention and losses of sequences against formulas in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

BATCH, STEPS, SYMBOLS, UNITS = 3, 4, 6, 5


def _numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.RandomState(seed).randn(*shape).astype(np.float32)


def _log_softmax(x: Any) -> Any:
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def _losses(logits: Any, targets: Any) -> Any:
    return -np.take_along_axis(_log_softmax(logits), targets[..., None], -1)[..., 0]


@pytest.mark.parametrize("time", [True, False])
@pytest.mark.parametrize("batch", [True, False])
def test_sequence_loss(tf: Any, time: bool, batch: bool) -> None:
    logits = _numbers(BATCH, STEPS, SYMBOLS)
    targets = np.random.RandomState(1).randint(0, SYMBOLS, (BATCH, STEPS))
    weights = np.random.RandomState(2).rand(BATCH, STEPS).astype(np.float32)
    loss = tf.contrib.seq2seq.sequence_loss(
        tf.constant(logits), tf.constant(targets), tf.constant(weights),
        average_across_timesteps=time, average_across_batch=batch,
    )  # fmt: skip
    each = _losses(logits, targets) * weights
    axes = tuple(axis for axis, wanted in ((0, batch), (1, time)) if wanted)
    expected = each if not axes else each.sum(axes) / weights.sum(axes)
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(loss), expected, rtol=1e-5)


def test_legacy_losses(tf: Any) -> None:
    logits = [tf.constant(_numbers(BATCH, SYMBOLS, seed=s)) for s in range(2)]
    targets = [tf.constant([s, 1, 2]) for s in range(2)]
    weights = [tf.constant([1.0, 0.0, 2.0]), tf.ones([BATCH])]
    legacy = tf.contrib.legacy_seq2seq
    by_example = legacy.sequence_loss_by_example(logits, targets, weights)
    whole = tf.nn.seq2seq.sequence_loss(logits, targets, weights)
    w = np.array([[1, 0, 2], [1, 1, 1]], np.float32)
    each = np.stack([
        _losses(_numbers(BATCH, SYMBOLS, seed=s), np.array([s, 1, 2])) for s in range(2)
    ])  # fmt: skip
    expected = (each * w).sum(0) / w.sum(0)
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(by_example), expected, rtol=1e-5)
        np.testing.assert_allclose(session.run(whole), expected.mean(), rtol=1e-5)


def _decoder(tf: Any, helper: Any) -> Any:
    cell = tf.contrib.rnn.BasicRNNCell(UNITS)
    layer = tf.layers.Dense(SYMBOLS, name="out")
    state = cell.zero_state(BATCH, tf.float32)
    return tf.contrib.seq2seq.BasicDecoder(cell, helper, state, output_layer=layer)


def _values(tf: Any, session: Any) -> list[Any]:
    session.run(tf.global_variables_initializer())
    draw = np.random.RandomState(1)
    values = []
    for variable in tf.trainable_variables():
        values.append(draw.randn(*variable.shape.as_list()).astype(np.float32))
        variable.load(values[-1], session)
    return values


def test_decoding_what_is_given(tf: Any) -> None:
    inputs, lengths = _numbers(BATCH, 6, 2), [4, 1, 3]
    helper = tf.contrib.seq2seq.TrainingHelper(tf.constant(inputs), lengths)
    outputs, state, found = tf.contrib.seq2seq.dynamic_decode(
        _decoder(tf, helper), impute_finished=True
    )
    names = [v.op.name for v in tf.trainable_variables()]
    assert names == [
        "decoder/basic_rnn_cell/kernel", "decoder/basic_rnn_cell/bias", "decoder/out/kernel",
        "decoder/out/bias",
    ]  # fmt: skip
    with tf.Session() as session:
        kernel, bias, out, offset = _values(tf, session)
        y, last, ends = session.run([outputs, state, found])
    h, expected = np.zeros((BATCH, UNITS)), np.zeros((BATCH, 4, SYMBOLS))
    for t in range(4):
        goes_on = (t < np.array(lengths))[:, None]
        new = np.tanh(np.concatenate([inputs[:, t], h], 1) @ kernel + bias)
        h = np.where(goes_on, new, h)
        expected[:, t] = np.where(goes_on, h @ out + offset, 0)
    np.testing.assert_allclose(y.rnn_output, expected, atol=1e-4)
    np.testing.assert_allclose(last, h, atol=1e-5)
    assert ends.tolist() == lengths
    assert y.sample_id[0].tolist() == expected[0].argmax(-1).tolist()


@pytest.mark.parametrize("limit", [5, None])
def test_decoding_what_is_likeliest(tf: Any, limit: int | None) -> None:
    table = _numbers(SYMBOLS, 2, seed=3)
    end = tf.placeholder(tf.int32, [])
    helper = tf.contrib.seq2seq.GreedyEmbeddingHelper(tf.constant(table), tf.fill([BATCH], 1), end)
    outputs, _, found = tf.contrib.seq2seq.dynamic_decode(
        _decoder(tf, helper), maximum_iterations=limit
    )
    with tf.Session() as session:
        kernel, bias, out, offset = _values(tf, session)
        h, symbol, symbols = np.zeros(UNITS), 1, []
        for _ in range(5):
            h = np.tanh(np.concatenate([table[symbol], h]) @ kernel + bias)
            symbol = int((h @ out + offset).argmax())
            symbols.append(symbol)
        last = symbols[2] if limit is None else SYMBOLS
        steps = symbols.index(last) + 1 if limit is None else 5
        y, ends = session.run([outputs, found], {end: last})
    assert y.sample_id.tolist() == [symbols[:steps]] * BATCH
    assert ends.tolist() == [steps] * BATCH


@pytest.mark.parametrize("kind", ["BahdanauAttention", "LuongAttention"])
def test_attention(tf: Any, kind: str) -> None:
    memory, lengths = _numbers(BATCH, STEPS, 3), [4, 2, 3]
    mechanism = getattr(tf.contrib.seq2seq, kind)(UNITS, tf.constant(memory), lengths)
    cell = tf.contrib.seq2seq.AttentionWrapper(
        tf.contrib.rnn.BasicRNNCell(UNITS), mechanism, attention_layer_size=2
    )
    x = _numbers(BATCH, 2, seed=4)
    output, state = cell(tf.constant(x), cell.zero_state(BATCH, tf.float32))
    with tf.Session() as session:
        values = dict(zip([v.op.name.split("/")[-2] + "/" + v.op.name.split("/")[-1]
                           for v in tf.trainable_variables()], _values(tf, session),
                          strict=True))  # fmt: skip
        y, alignments = session.run([output, state.alignments])
    inside = (np.arange(STEPS) < np.array(lengths)[:, None])[..., None]
    values_of = memory * inside
    keys = values_of @ values["memory_layer/kernel"]
    given = np.concatenate([x, np.zeros((BATCH, 2 + UNITS))], 1)
    h = np.tanh(given @ values["basic_rnn_cell/kernel"] + values["basic_rnn_cell/bias"])
    if kind == "BahdanauAttention":
        query = h @ values["query_layer/kernel"]
        v = values["bahdanau_attention/attention_v"]
        scores = (v * np.tanh(keys + query[:, None])).sum(-1)
    else:
        scores = (keys * h[:, None]).sum(-1)
    scores = np.where(inside[..., 0], scores, -np.inf)
    weights = np.exp(scores - scores.max(1, keepdims=True))
    weights /= weights.sum(1, keepdims=True)
    context = (weights[..., None] * values_of).sum(1)
    expected = np.concatenate([h, context], 1) @ values["attention_layer/kernel"]
    np.testing.assert_allclose(alignments, weights, atol=1e-5)
    np.testing.assert_allclose(y, expected, atol=1e-4)


def test_rnn_decoder_feeds_back(tf: Any) -> None:
    cell = tf.contrib.rnn.BasicRNNCell(UNITS)
    inputs = [tf.constant(_numbers(BATCH, UNITS, seed=s)) for s in range(3)]
    state = cell.zero_state(BATCH, tf.float32)
    legacy = tf.contrib.legacy_seq2seq
    given, _ = legacy.rnn_decoder(inputs, state, cell)
    with tf.variable_scope(tf.get_variable_scope(), reuse=True):
        fed, _ = legacy.rnn_decoder(inputs, state, cell, loop_function=lambda y, _: 2 * y)
    with tf.Session() as session:
        kernel, bias = _values(tf, session)
        a, b = session.run([given, fed])
    h = g = np.zeros((BATCH, UNITS))
    x = _numbers(BATCH, UNITS)
    for t in range(3):
        now = _numbers(BATCH, UNITS, seed=t)
        h = np.tanh(np.concatenate([now, h], 1) @ kernel + bias)
        g = np.tanh(np.concatenate([x, g], 1) @ kernel + bias)
        x = 2 * g
        np.testing.assert_allclose(a[t], h, atol=1e-5)
        np.testing.assert_allclose(b[t], g, atol=1e-5)


def test_a_model_with_attention_learns_to_copy(tf: Any) -> None:
    legacy = tf.contrib.legacy_seq2seq
    given = [tf.placeholder(tf.int32, [None]) for _ in range(3)]
    start = [tf.zeros_like(given[0]), *given[:2]]
    outputs, _ = legacy.embedding_attention_seq2seq(
        given, start, tf.contrib.rnn.GRUCell(16), SYMBOLS, SYMBOLS, 8, feed_previous=False
    )
    loss = legacy.sequence_loss(outputs, given, [tf.ones_like(x, tf.float32) for x in given])
    step = tf.train.AdamOptimizer(0.02).minimize(loss)
    symbols = np.random.RandomState(0).randint(0, SYMBOLS, (3, 30))
    feeds = dict(zip(given, symbols, strict=True))
    tf.set_random_seed(1)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first = session.run(loss, feeds)
        for _ in range(60):
            session.run(step, feeds)
        assert session.run(loss, feeds) < 0.3 * first


def test_classes_are_drawn_by_their_probabilities(tf: Any) -> None:
    true = tf.constant([[0], [3]])
    drawn, of_true, of_drawn = tf.nn.log_uniform_candidate_sampler(true, 1, 4, True, 9)
    with tf.Session() as session:
        runs = [session.run([drawn, of_true, of_drawn]) for _ in range(400)]
    assert all(len(set(classes)) == 4 and classes.max() < 9 for classes, _, _ in runs)
    share = np.mean([0 in classes for classes, _, _ in runs])
    np.testing.assert_allclose(np.mean([t[0, 0] for _, t, _ in runs]), share, atol=0.07)
    share = np.mean([3 in classes for classes, _, _ in runs])
    np.testing.assert_allclose(np.mean([t[1, 0] for _, t, _ in runs]), share, atol=0.07)


def test_labels_and_inputs_of_nce_in_either_order(tf: Any) -> None:
    weights, biases = tf.ones([9, 2]), tf.zeros([9])
    labels, inputs = tf.constant([[1], [2]]), tf.ones([2, 2])
    drawn = (tf.constant([0, 4], tf.int64), tf.ones([2, 1]), tf.ones([2]))
    a = tf.nn.nce_loss(weights, biases, labels, inputs, 2, 9, sampled_values=drawn)
    b = tf.nn.nce_loss(weights, biases, inputs, labels, 2, 9, sampled_values=drawn)
    with tf.Session() as session:
        x, y = session.run([a, b])
    np.testing.assert_allclose(x, np.log1p(np.exp(-2)) + 2 * np.log1p(np.exp(2)), rtol=1e-5)
    np.testing.assert_array_equal(x, y)


def test_embedding_lookup_sparse(tf: Any) -> None:
    table = _numbers(5, 2)
    ids = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], tf.constant([1, 3, 2], tf.int64), [3, 2])
    of = {c: tf.nn.embedding_lookup_sparse(tf.constant(table), ids, None, combiner=c)
          for c in ("sum", "mean", "sqrtn")}  # fmt: skip
    with tf.Session() as session:
        found = session.run(of)
    # The third has no ids: zeros.
    both, table = table[1] + table[3], np.concatenate([table, [[0, 0]]])
    np.testing.assert_allclose(found["sum"], [both, table[2], table[-1]], rtol=1e-5)
    np.testing.assert_allclose(found["mean"], [both / 2, table[2], table[-1]], rtol=1e-5)
    np.testing.assert_allclose(found["sqrtn"], [both / np.sqrt(2), table[2], table[-1]], rtol=1e-5)


def test_beams_find_the_likeliest_sequence(tf: Any) -> None:
    from itertools import product

    table, steps = _numbers(SYMBOLS, 2, seed=3), 3
    cell = tf.contrib.rnn.BasicRNNCell(UNITS)
    width = SYMBOLS**2
    state = tf.contrib.seq2seq.tile_batch(cell.zero_state(2, tf.float32), width)
    decoder = tf.contrib.seq2seq.BeamSearchDecoder(
        cell, tf.constant(table), tf.fill([2], 1), SYMBOLS - 1, state, width,
        output_layer=tf.layers.Dense(SYMBOLS, name="out"),
    )  # fmt: skip
    outputs, last, _ = tf.contrib.seq2seq.dynamic_decode(decoder, maximum_iterations=steps)
    with tf.Session() as session:
        kernel, bias, out, offset = _values(tf, session)
        found, scores = session.run([outputs.predicted_ids, last.log_probs])

    def score(symbols: Any) -> float:
        h, before, total = np.zeros(UNITS), 1, 0.0
        for symbol in symbols:
            h = np.tanh(np.concatenate([table[before], h]) @ kernel + bias)
            total += _log_softmax(h @ out + offset)[symbol]
            before = symbol
            if symbol == SYMBOLS - 1:
                break
        return total

    every = {}
    for symbols in product(range(SYMBOLS), repeat=steps):
        end = symbols.index(SYMBOLS - 1) if SYMBOLS - 1 in symbols else steps
        every[symbols[:end] + (SYMBOLS - 1,) * (steps - end)] = score(symbols)
    best = max(every, key=lambda symbols: every[symbols])
    assert found.shape == (2, steps, width)
    assert tuple(found[0, :, 0]) == tuple(found[1, :, 0]) == best
    np.testing.assert_allclose(scores[0, 0], every[best], rtol=1e-5)


def test_programs_that_take_two_results_of_decoding_get_two(tf: Any) -> None:
    helper = tf.contrib.seq2seq.TrainingHelper(tf.ones([BATCH, 2, 2]), [2] * BATCH)
    outputs, state = tf.contrib.seq2seq.dynamic_decode(_decoder(tf, helper))
    assert outputs.rnn_output.shape.as_list() == [BATCH, 2, SYMBOLS]
    assert state.shape.as_list() == [BATCH, UNITS]


@pytest.mark.parametrize("several", [False, True])
def test_alignments_of_all_steps_are_kept(tf, several):
    seq2seq = tf.contrib.seq2seq
    memory = np.random.RandomState(0).rand(2, 5, 4).astype("float32")
    look = seq2seq.LuongAttention(4, memory, memory_sequence_length=[3, 5])
    looks = [look, seq2seq.BahdanauAttention(4, memory)] if several else look
    cell = seq2seq.AttentionWrapper(tf.nn.rnn_cell.GRUCell(4), looks, alignment_history=True)
    helper = seq2seq.TrainingHelper(tf.ones([2, 3, 4]), [3, 2])
    decoder = seq2seq.BasicDecoder(cell, helper, cell.zero_state(2, tf.float32))
    outputs, state, _ = seq2seq.dynamic_decode(decoder)
    arrays = state.alignment_history if several else (state.alignment_history,)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        seen, found = session.run([outputs.rnn_output, [array.stack() for array in arrays]])
    assert [x.shape for x in found] == [(3, 2, 5)] * len(arrays)
    assert np.all(found[0][:, 0, 3:] == 0)
    # What is seen are the memories as the alignments weigh them.
    weighed = np.concatenate([np.einsum("tbm,bmw->btw", x, memory) for x in found], -1)
    np.testing.assert_allclose(seen[0], weighed[0], rtol=1e-5)
    np.testing.assert_allclose(seen[1, :2], weighed[1, :2], rtol=1e-5)


def test_a_history_of_alignments_is_kept_by_dynamic_decode_only(tf):
    seq2seq = tf.contrib.seq2seq
    look = seq2seq.LuongAttention(4, tf.ones([2, 5, 4]))
    cell = seq2seq.AttentionWrapper(tf.nn.rnn_cell.GRUCell(4), look, alignment_history=True)
    _, state = tf.nn.dynamic_rnn(cell, tf.ones([2, 3, 4]), dtype=tf.float32)
    with pytest.raises(NotImplementedError, match=r"take state\.alignments of each step"):
        state.alignment_history.stack()


def test_a_decoder_with_attention_is_given_what_it_looks_at_before_its_cell(tf):
    steps = [tf.ones([2, 4])] * 3
    cell = tf.nn.rnn_cell.GRUCell(4)
    outputs, _ = tf.contrib.legacy_seq2seq.attention_decoder(
        steps, tf.zeros([2, 4]), tf.ones([2, 6, 4]), cell, output_size=5
    )
    assert [x.shape.as_list() for x in outputs] == [[2, 5]] * 3


def test_a_helper_of_ones_own_is_asked_for_no_step_after_the_last(tf):
    class Fed(tf.contrib.seq2seq.Helper):
        batch_size = BATCH
        sample_ids_shape, sample_ids_dtype = tf.TensorShape([]), np.int32

        def __init__(self, data):
            self._data = data

        def initialize(self, name=None):
            return tf.fill([BATCH], False), tf.zeros([BATCH, 2])

        def sample(self, time, outputs, state, name=None):
            return tf.fill([BATCH], 0)

        def next_inputs(self, time, outputs, state, sample_ids, name=None):
            ends = tf.fill([BATCH], tf.shape(self._data)[1])
            return time + 1 >= ends, self._data[:, time, :], state

    data = tf.placeholder(tf.float32, [BATCH, None, 2])
    outputs, _, lengths = tf.contrib.seq2seq.dynamic_decode(
        _decoder(tf, Fed(data)), maximum_iterations=10
    )
    with tf.Session() as session:
        _values(tf, session)
        for steps in (4, 6):
            found = session.run([outputs.rnn_output, lengths], {data: _numbers(BATCH, steps, 2)})
            assert found[0].shape == (BATCH, steps, SYMBOLS)
            assert found[1].tolist() == [steps] * BATCH


def test_a_legacy_decoder_that_feeds_itself_needs_its_first_input_only(tf: Any) -> None:
    given = [tf.constant([1, 2]), tf.placeholder(tf.int32, [2])]
    outputs, _ = tf.contrib.legacy_seq2seq.embedding_attention_seq2seq(
        given[:1], given, tf.contrib.rnn.GRUCell(4), SYMBOLS, SYMBOLS, 3, feed_previous=True
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert np.shape(session.run(outputs)) == (2, 2, SYMBOLS)
