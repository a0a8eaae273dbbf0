"""Decoders that look at what an encoder made of each step: attention, of former times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.nn.embeddings import embedding_lookup
from giulgi.compat.tensorflow.nn.layers_core import product
from giulgi.compat.tensorflow.recurrent.legacy_seq2seq import (
    along,
    either,
    feeding_back,
    linear,
    names_of,
)
from giulgi.compat.tensorflow.recurrent.recurrent_loops import static_rnn
from giulgi.compat.tensorflow.recurrent.recurrent_wrappers import (
    EmbeddingWrapper,
    OutputProjectionWrapper,
    unused_copy,
)
from giulgi.compat.tensors.dtypes import float32
from giulgi.compat.tensors.tensor import alike, as_expression, as_tensor
from giulgi.compat.variables.scopes import get_variable, get_variable_scope, variable_scope
from giulgi.tree import flatten


@operation(type="concat")
def _memory(outputs: Sequence[Any]) -> gg.Tensor:
    return gg.stack(alike(*outputs), 1)


@operation(type="Sum")
def _scores(features: Any, query: Any, v: Any) -> gg.Tensor:
    h, y = alike(features, query)
    return gg.sum(as_expression(v) * gg.tanh(h + gg.expand_dims(y, 1)), 2)


@operation(type="Sum")
def _weighted(memory: Any, scores: Any) -> gg.Tensor:
    m, s = alike(memory, scores)
    return gg.sum(gg.expand_dims(gg.activations.softmax(s), 2) * m, 1)


@operation(type="zeros")
def _no_attention(like: Any, width: int) -> gg.Tensor:
    x = as_expression(like)
    return gg.zeros((gg.shape(x)[0], width), x.dtype)


@exported(*names_of("attention_decoder"))
def attention_decoder(
    decoder_inputs: Sequence[Any], initial_state: Any, attention_states: Any, cell: Any,
    output_size: Any = None, num_heads: int = 1, loop_function: Any = None, dtype: Any = None,
    scope: Any = None, initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:  # fmt: skip
    """Return the outputs of a decoder that looks at the states of an encoder, and the last state.

    (Vinyals et al., arXiv:1412.7449.) Of the state q, heads weigh memories m by softmax(v tanh(m
    W + q U)); input and what was seen are mixed before the cell, and its output and what is seen
    behind it.

    Args:
        decoder_inputs: a list of steps, (batch, width).
        initial_state: the first state.
        attention_states: what is looked at, (batch, length, width).
        cell: the cell.
        output_size: the width of outputs; None: that of the cell.
        num_heads: how often it looks.
        loop_function: see :func:`rnn_decoder`.
        dtype: has no meaning.
        scope: the scope; None: "attention_decoder".
        initial_state_attention: whether it looks before the first step.
    """
    if not decoder_inputs:
        raise ValueError("Must provide at least 1 input to attention decoder.")
    width = int(cell.output_size if output_size is None else output_size)
    with variable_scope(scope or "attention_decoder"):
        memory = as_tensor(attention_states)
        size = int(memory.shape[2])
        heads = []
        for head in range(num_heads):
            kernel = get_variable(f"AttnW_{head}", [1, 1, size, size])
            v = get_variable(f"AttnV_{head}", [size])
            heads.append((product(memory, _as_matrix(kernel)), v))

        def attention(query: Any) -> list[Any]:
            q = flatten(query)[0]
            return [
                _weighted(memory, _scores(features, linear(q, size, f"Attention_{head}"), v))
                for head, (features, v) in enumerate(heads)
            ]

        def step(x: Any, old: Any) -> tuple[Any, Any]:
            state, seen = old
            mixed = linear([x, *seen], int(as_tensor(x).shape[1]), "InputProjection")
            output, state = cell(mixed, state)
            reuse = True if initial_state_attention else None
            with variable_scope(get_variable_scope(), reuse=reuse):
                seen = attention(state)
            return linear([output, *seen], width, "AttnOutputProjection"), (state, seen)

        seen = [_no_attention(memory, size) for _ in heads]
        if initial_state_attention:
            seen = attention(initial_state)
        begin = (initial_state, seen)
        outputs, (state, _) = along(step, decoder_inputs, begin, width, loop_function)
        return outputs, state


@operation(type="Reshape")
def _as_matrix(kernel: Any) -> gg.Tensor:
    value = as_expression(kernel)
    return gg.reshape(value, value.shape[2:])


@exported(*names_of("embedding_attention_decoder"))
def embedding_attention_decoder(
    decoder_inputs: Sequence[Any], initial_state: Any, attention_states: Any, cell: Any,
    num_symbols: int, embedding_size: int, num_heads: int = 1, output_size: Any = None,
    output_projection: Any = None, feed_previous: bool = False,
    update_embedding_for_previous: bool = True, dtype: Any = None, scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:  # fmt: skip
    """Return the outputs of a decoder of symbols with attention, and the last state."""
    with variable_scope(scope or "embedding_attention_decoder"):
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        feed = None
        if feed_previous:
            feed = feeding_back(embedding, output_projection, update_embedding_for_previous)
        rows = [embedding_lookup(embedding, i) for i in decoder_inputs]
        return attention_decoder(
            rows, initial_state, attention_states, cell, output_size, num_heads, feed, dtype,
            initial_state_attention=initial_state_attention,
        )  # fmt: skip


@exported(*names_of("embedding_attention_seq2seq"))
def embedding_attention_seq2seq(
    encoder_inputs: Sequence[Any], decoder_inputs: Sequence[Any], cell: Any,
    num_encoder_symbols: int, num_decoder_symbols: int, embedding_size: int, num_heads: int = 1,
    output_projection: Any = None, feed_previous: Any = False, dtype: Any = None,
    scope: Any = None, initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:  # fmt: skip
    """Return the outputs of a decoder of symbols that looks at an encoder of symbols.

    Args:
        encoder_inputs: a list of steps of numbers of symbols, (batch,).
        decoder_inputs: another.
        cell: the cell of both, of which each has its own variables.
        num_encoder_symbols: how many symbols the encoder knows.
        num_decoder_symbols: how many the decoder knows.
        embedding_size: the width of embeddings.
        num_heads: how often the decoder looks in each step.
        output_projection: weights and biases that make symbols of outputs; None: outputs are such.
        feed_previous: whether the likeliest symbol of a step is the input of the next: a bool or a
            tensor.
        dtype: the dtype of states.
        scope: the scope; None: "embedding_attention_seq2seq".
        initial_state_attention: whether it looks before the first step.

    Returns:
        The outputs of all steps, a list, and the last state.
    """
    with variable_scope(scope or "embedding_attention_seq2seq"):
        encoder = EmbeddingWrapper(unused_copy(cell), num_encoder_symbols, embedding_size)
        seen, state = static_rnn(encoder, encoder_inputs, dtype=dtype or float32)
        memory = _memory(seen)
        width = None
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)
            width = num_decoder_symbols
        return either(
            feed_previous,
            lambda feeds: embedding_attention_decoder(
                decoder_inputs,
                state,
                memory,
                cell,
                num_decoder_symbols,
                embedding_size,
                num_heads,
                width,
                output_projection,
                feeds,
                initial_state_attention=initial_state_attention,
            ),
        )
