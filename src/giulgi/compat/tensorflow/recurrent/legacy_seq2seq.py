"""Sequences to sequences as lists of steps: ``tf.contrib.legacy_seq2seq``, ``tf.nn.seq2seq``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import export, exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.control.scanning import scanned
from giulgi.compat.tensorflow.math.initializers import Zeros
from giulgi.compat.tensorflow.nn.embeddings import embedding_lookup
from giulgi.compat.tensorflow.nn.layers_core import chosen, product
from giulgi.compat.tensorflow.nn.nn_convolutions import bias_add
from giulgi.compat.tensorflow.nn.nn_losses import sparse_softmax_cross_entropy_with_logits
from giulgi.compat.tensorflow.recurrent.recurrent_loops import as_sequences, as_steps, static_rnn
from giulgi.compat.tensorflow.recurrent.recurrent_wrappers import (
    EmbeddingWrapper,
    OutputProjectionWrapper,
    unused_copy,
)
from giulgi.compat.tensors.dtypes import float32
from giulgi.compat.tensors.tensor import alike, as_expression, as_tensor
from giulgi.compat.variables.scopes import get_variable, get_variable_scope, variable_scope
from giulgi.tree import flatten, unflatten


def names_of(name: str) -> tuple[str, ...]:
    """Return the paths under which a function was found in the course of time."""
    modules = ("contrib.legacy_seq2seq", "nn.seq2seq")
    return tuple(f"{module}.{name}" for module in modules)


# Decoders


def linear(args: Any, width: int, scope: str) -> Any:
    """Return [args] kernel + bias, in a scope of its own."""
    several = list(args) if isinstance(args, (list, tuple)) else [args]
    x = several[0] if len(several) == 1 else _joined(several)
    own = as_tensor(x).shape.as_list()[-1]
    with variable_scope(scope):
        kernel = get_variable("kernel", [own, width])
        bias = get_variable("bias", [width], initializer=Zeros)
        return bias_add(product(x, kernel), bias)


@operation(type="concat")
def _joined(parts: Sequence[Any]) -> gg.Tensor:
    return gg.concat(alike(*parts), 1)


@exported(*names_of("rnn_decoder"))
def rnn_decoder(
    decoder_inputs: Sequence[Any], initial_state: Any, cell: Any,
    loop_function: Callable[[Any, int], Any] | None = None, scope: Any = None,
) -> tuple[list[Any], Any]:  # fmt: skip
    """Return the outputs of all steps, a list, and the last state.

    Args:
        decoder_inputs: a list of steps.
        initial_state: the first state.
        cell: the cell.
        loop_function: a function of the last output and the number of the step that makes the next
            input; only the first of those given is used then. None: all are.
        scope: the scope; None: "rnn_decoder".
    """
    with variable_scope(scope or "rnn_decoder"):
        return along(cell, decoder_inputs, initial_state, cell.output_size, loop_function)


def along(
    step: Callable[[Any, Any], tuple[Any, Any]], inputs: Sequence[Any], initial: Any, width: int,
    loop_function: Callable[[Any, Any], Any] | None,
) -> tuple[list[Any], Any]:  # fmt: skip
    """Return the outputs of all steps, a list, and the last state, by one loop.

    Args:
        step: a function of an input and the state that returns an output and the new state.
        inputs: a list of steps.
        initial: the first state.
        width: the width of outputs.
        loop_function: makes inputs of outputs, but for the first; None: all are given.
    """
    if loop_function is None:
        x = as_sequences(list(inputs))
        state, outputs = scanned(lambda old, now: step(now, old)[::-1], initial, x)
        return as_steps(outputs), state

    def feeding(old: Any, now: Any) -> tuple[Any, Any]:
        state, previous = old
        given, place = now
        with variable_scope("loop_function", reuse=True):
            fed = loop_function(previous, place)
        output, state = step(_first_given(place, given, fed), state)
        return (state, output), output

    # The others need not even be fed.
    x = as_sequences([inputs[0]] * len(inputs))
    begin = (initial, zeros_beside(x, int(width)))
    (state, _), outputs = scanned(feeding, begin, (x, _places(x)))
    return as_steps(outputs), state


@operation(type="Select")
def _first_given(place: Any, given: Any, fed: Any) -> gg.Tensor:
    x, y = alike(given, fed)
    return gg.where(as_expression(place) == 0, x, y)


@operation(type="range")
def _places(x: Any) -> gg.Tensor:
    return gg.arange(int(as_expression(x).shape[0] or 0), dtype="int32")


@operation(type="zeros")
def zeros_beside(x: Any, width: int) -> gg.Tensor:
    """Return (batch, width) of zeros for inputs (time, batch, ...)."""
    value = as_expression(x)
    return gg.zeros((gg.shape(value)[1], width), "float32")


@exported(*names_of("basic_rnn_seq2seq"))
def basic_rnn_seq2seq(
    encoder_inputs: Sequence[Any], decoder_inputs: Sequence[Any], cell: Any,
    dtype: Any = float32, scope: Any = None,
) -> tuple[list[Any], Any]:  # fmt: skip
    """Return the outputs of a decoder, whose state begins as the encoder's ends."""
    with variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = static_rnn(unused_copy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


@exported(*names_of("tied_rnn_seq2seq"))
def tied_rnn_seq2seq(
    encoder_inputs: Sequence[Any], decoder_inputs: Sequence[Any], cell: Any,
    loop_function: Any = None, dtype: Any = float32, scope: Any = None,
) -> tuple[list[Any], Any]:  # fmt: skip
    """Return the outputs of a decoder that shares its variables with the encoder."""
    with variable_scope("combined_tied_rnn_seq2seq"):
        name = scope or "tied_rnn_seq2seq"
        _, state = static_rnn(cell, encoder_inputs, dtype=dtype, scope=name)
        get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function, name)


@operation(type="ArgMax")
def _likeliest(x: Any) -> gg.Tensor:
    return gg.argmax(as_expression(x), 1)


def feeding_back(
    embedding: Any, output_projection: Any = None, update_embedding: bool = True
) -> Any:
    """Return a function of an output that gives the embedding of the likeliest symbol."""

    def feed(previous: Any, place: int) -> Any:
        del place
        if output_projection is not None:
            previous = bias_add(product(previous, output_projection[0]), output_projection[1])
        row = embedding_lookup(embedding, _likeliest(previous))
        return row if update_embedding else _held(row)

    return feed


# Decoders of a program's own are made with it.
for _path in names_of("_extract_argmax_and_embed"):
    export(_path, feeding_back)


@operation(type="StopGradient")
def _held(x: Any) -> gg.Tensor:
    return gg.stop_gradient(as_expression(x))


@exported(*names_of("embedding_rnn_decoder"))
def embedding_rnn_decoder(
    decoder_inputs: Sequence[Any], initial_state: Any, cell: Any, num_symbols: int,
    embedding_size: int, output_projection: Any = None, feed_previous: bool = False,
    update_embedding_for_previous: bool = True, scope: Any = None,
) -> tuple[list[Any], Any]:  # fmt: skip
    """Return the outputs of a decoder of symbols, and the last state.

    Args:
        decoder_inputs: a list of steps of numbers of symbols, (batch,).
        initial_state: the first state.
        cell: the cell.
        num_symbols: how many symbols.
        embedding_size: the width of their embeddings.
        output_projection: weights and biases that make symbols of outputs; None: outputs are such.
        feed_previous: whether the likeliest symbol of a step is the input of the next.
        update_embedding_for_previous: whether embeddings that are fed so are trained.
        scope: the scope; None: "embedding_rnn_decoder".
    """
    with variable_scope(scope or "embedding_rnn_decoder"):
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        feed = None
        if feed_previous:
            feed = feeding_back(embedding, output_projection, update_embedding_for_previous)
        rows = [embedding_lookup(embedding, i) for i in decoder_inputs]
        return rnn_decoder(rows, initial_state, cell, feed)


def either(feed_previous: Any, build: Callable[[bool], Any]) -> Any:
    """Return what is built with or without feeding back; told by a tensor, what that chooses."""
    if isinstance(feed_previous, bool):
        return build(feed_previous)
    leaves, structure = flatten(build(True))
    with variable_scope(get_variable_scope(), reuse=True):
        others, _ = flatten(build(False))
    parts = [
        chosen(feed_previous, lambda leaf=leaf: leaf, other)
        for leaf, other in zip(leaves, others, strict=True)
    ]
    return unflatten(structure, iter(parts))


@exported(*names_of("embedding_rnn_seq2seq"))
def embedding_rnn_seq2seq(
    encoder_inputs: Sequence[Any], decoder_inputs: Sequence[Any], cell: Any,
    num_encoder_symbols: int, num_decoder_symbols: int, embedding_size: int,
    output_projection: Any = None, feed_previous: Any = False, dtype: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:  # fmt: skip
    """Return the outputs of a decoder of symbols, behind an encoder of symbols."""
    with variable_scope(scope or "embedding_rnn_seq2seq"):
        encoder = EmbeddingWrapper(unused_copy(cell), num_encoder_symbols, embedding_size)
        _, state = static_rnn(encoder, encoder_inputs, dtype=dtype or float32)
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)
        return either(
            feed_previous,
            lambda feeds: embedding_rnn_decoder(
                decoder_inputs,
                state,
                cell,
                num_decoder_symbols,
                embedding_size,
                output_projection,
                feeds,
            ),
        )


@exported(*names_of("embedding_tied_rnn_seq2seq"))
def embedding_tied_rnn_seq2seq(
    encoder_inputs: Sequence[Any], decoder_inputs: Sequence[Any], cell: Any, num_symbols: int,
    embedding_size: int, num_decoder_symbols: Any = None, output_projection: Any = None,
    feed_previous: Any = False, dtype: Any = None, scope: Any = None,
) -> tuple[list[Any], Any]:  # fmt: skip
    """Return the outputs of a decoder that shares embedding and variables with the encoder."""
    with variable_scope(scope or "embedding_tied_rnn_seq2seq"):
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        given = [embedding_lookup(embedding, x) for x in encoder_inputs]
        wanted = [embedding_lookup(embedding, x) for x in decoder_inputs]
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols or num_symbols)
        return either(
            feed_previous,
            lambda feeds: tied_rnn_seq2seq(
                given,
                wanted,
                cell,
                feeding_back(embedding, output_projection) if feeds else None,
                dtype or float32,
            ),
        )


# Losses


@operation(type="AddN")
def _total(losses: Sequence[Any], weights: Sequence[Any], is_mean: bool) -> gg.Tensor:
    each = [as_expression(x) for x in losses]
    counts = [gg.cast(as_expression(w), x.dtype) for w, x in zip(weights, each, strict=True)]
    total = sum((x * w for x, w in zip(each[1:], counts[1:], strict=True)), each[0] * counts[0])
    if not is_mean:
        return total
    count = sum(counts[1:], counts[0])
    return total / (count + 1e-12)


@operation(type="Reshape")
def _row(x: Any) -> gg.Tensor:
    return gg.reshape(as_expression(x), (-1,))


@exported(*names_of("sequence_loss_by_example"))
def sequence_loss_by_example(
    logits: Sequence[Any], targets: Sequence[Any], weights: Sequence[Any],
    average_across_timesteps: bool = True, softmax_loss_function: Any = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Return the loss of each example: the cross entropies of its steps, weighted.

    Args:
        logits: a list of steps, (batch, symbols).
        targets: a list of steps of numbers of symbols, (batch,).
        weights: a list of steps of weights, (batch,).
        average_across_timesteps: whether the sum is divided by the sum of weights.
        softmax_loss_function: a function of labels and logits that makes losses.
        name: the name of the operation.

    Raises:
        ValueError: if the lists differ in length.
    """
    if len(targets) != len(logits) or len(weights) != len(logits):
        raise ValueError(
            "Lengths of logits, weights, and targets must be the same "
            f"{len(logits)}, {len(weights)}, {len(targets)}."
        )
    with get_default_graph().name_scope(name or "sequence_loss_by_example"):
        losses = []
        for x, y in zip(logits, targets, strict=True):
            if softmax_loss_function is None:
                losses.append(sparse_softmax_cross_entropy_with_logits(labels=_row(y), logits=x))
            else:
                losses.append(_called(softmax_loss_function, _row(y), x))
        return _total(losses, list(weights), bool(average_across_timesteps))


def _called(function: Any, labels: Any, logits: Any) -> Any:
    """Return a loss: functions take labels and logits by name, or once inputs and labels."""
    names = list(inspect.signature(function).parameters)
    if "logits" in names or "labels" in names[:1]:
        own = "logits" if "logits" in names else names[1]
        return function(**{"labels": labels, own: logits})
    return function(logits, labels) if names[:1] == ["inputs"] else function(labels, logits)


@operation(type="truediv")
def _mean(each: Any, like: Any, is_mean: bool) -> gg.Tensor:
    total = gg.sum(as_expression(each))
    return total / gg.cast(gg.shape(as_expression(like))[0], total.dtype) if is_mean else total


@exported(*names_of("sequence_loss"))
def sequence_loss(
    logits: Sequence[Any], targets: Sequence[Any], weights: Sequence[Any],
    average_across_timesteps: bool = True, average_across_batch: bool = True,
    softmax_loss_function: Any = None, name: str | None = None,
) -> Any:  # fmt: skip
    """Return the loss of a batch: the mean of :func:`sequence_loss_by_example`."""
    with get_default_graph().name_scope(name or "sequence_loss"):
        each = sequence_loss_by_example(
            logits, targets, weights, average_across_timesteps, softmax_loss_function
        )
        return _mean(each, targets[0], average_across_batch)


@exported(*names_of("model_with_buckets"))
def model_with_buckets(
    encoder_inputs: Sequence[Any], decoder_inputs: Sequence[Any], targets: Sequence[Any],
    weights: Sequence[Any], buckets: Sequence[Any], seq2seq: Callable[[Any, Any], Any],
    softmax_loss_function: Any = None, per_example_loss: bool = False, name: str | None = None,
) -> tuple[list[Any], list[Any]]:  # fmt: skip
    """Return the outputs and the loss of a model for each of several pairs of lengths.

    Args:
        encoder_inputs: a list of steps, as many as the longest bucket has.
        decoder_inputs: another.
        targets: what the outputs are to be.
        weights: what each step of each example counts.
        buckets: pairs of lengths.
        seq2seq: a function of the inputs of encoder and decoder; all buckets share its variables.
        softmax_loss_function: see :func:`sequence_loss`.
        per_example_loss: whether losses are those of examples.
        name: the name of the scope of names.
    """
    longest = max(pair[0] for pair in buckets), max(pair[1] for pair in buckets)
    if len(encoder_inputs) < longest[0] or len(targets) < longest[1]:
        raise ValueError(
            f"Length of encoder_inputs ({len(encoder_inputs)}) or targets ({len(targets)}) must be "
            f"at least that of the last bucket {longest}."
        )
    loss_of = sequence_loss_by_example if per_example_loss else sequence_loss
    outputs, losses = [], []
    with get_default_graph().name_scope(name or "model_with_buckets"):
        for place, (given, wanted) in enumerate(buckets):
            with variable_scope(get_variable_scope(), reuse=True if place > 0 else None):
                found, _ = seq2seq(encoder_inputs[:given], decoder_inputs[:wanted])
            outputs.append(found)
            losses.append(
                loss_of(
                    found,
                    targets[:wanted],
                    weights[:wanted],
                    softmax_loss_function=softmax_loss_function,
                )
            )
    return outputs, losses
