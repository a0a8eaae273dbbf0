"""``tf.contrib.seq2seq``: a decoder that keeps several beginnings of each sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import giulgi as gg
from giulgi.compat.names import advise, exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.nn.embeddings import embedding_lookup
from giulgi.compat.tensorflow.recurrent.seq2seq import Decoder
from giulgi.compat.tensors.tensor import as_expression, as_tensor
from giulgi.tree import tree_map

_NEVER = -1e30  # The logarithm of what does not happen.


@exported("contrib.seq2seq.BeamSearchDecoderState")
class BeamSearchDecoderState(NamedTuple):
    """The state of the cell, and of each beginning its probability, end and length."""

    cell_state: Any
    log_probs: Any
    finished: Any
    lengths: Any


@exported("contrib.seq2seq.BeamSearchDecoderOutput")
class BeamSearchDecoderOutput(NamedTuple):
    """Of each beginning its score, its last symbol, and the beginning that it goes on with."""

    scores: Any
    predicted_ids: Any
    parent_ids: Any


@exported("contrib.seq2seq.FinalBeamSearchDecoderOutput")
class FinalBeamSearchDecoderOutput(NamedTuple):
    """The symbols of the sequences, the likeliest first, and what each step put out."""

    predicted_ids: Any
    beam_search_decoder_output: Any


@operation(type="Reshape")
def _split(x: Any, width: int) -> gg.Tensor:
    """Return (batch * width, ...) as (batch, width, ...)."""
    value = as_expression(x)
    if not value.shape:
        return value
    sizes = [gg.shape(value)[axis] if n is None else n for axis, n in enumerate(value.shape)]
    return gg.reshape(value, (-1, width, *sizes[1:]))


@operation(type="Reshape")
def _merged(x: Any) -> gg.Tensor:
    """Return (batch, width, ...) as (batch * width, ...)."""
    value = as_expression(x)
    if not value.shape:
        return value
    sizes = [gg.shape(value)[axis] if n is None else n for axis, n in enumerate(value.shape)]
    return gg.reshape(value, (-1, *sizes[2:]))


@operation(type="GatherV2")
def _of_parents(x: Any, parents: Any) -> gg.Tensor:
    """Return what belongs to the beginnings that go on."""
    value, places = as_expression(x), gg.cast(as_expression(parents), "int64")
    if not value.shape:
        return value
    missing = len(value.shape) - 2
    if missing:
        ones = gg.ones_like(gg.cast(value[:, :1], "int64"))
        places = gg.expand_dims(places, tuple(range(2, 2 + missing))) * ones
    return gg.take_along_axis(value, places, 1)


@operation(type="tile")
def _first_ids(start: Any, width: int) -> gg.Tensor:
    return gg.repeat(gg.expand_dims(as_expression(start), 1), width, 1)


@operation(type="one_hot")
def _first_state(ids: Any) -> tuple[gg.Tensor, gg.Tensor, gg.Tensor]:
    """Return first probabilities, of the first beginning alone, ends and lengths."""
    x = gg.cast(as_expression(ids), "int64")
    place = gg.cumsum(gg.ones_like(x), 1)
    return gg.where(place == 1, 0.0, np.float32(_NEVER)), x != x, gg.zeros_like(x)


class _Step(NamedTuple):
    scores: Any
    ids: Any
    parents: Any
    log_probs: Any
    finished: Any
    lengths: Any


@operation(type="BeamSearchStep")
def _best(
    logits: Any, log_probs: Any, finished: Any, lengths: Any, end: Any, penalty: float
) -> _Step:
    """Return the likeliest of all ways to go on."""
    logs = gg.activations.log_softmax(as_expression(logits))
    ended = gg.expand_dims(as_expression(finished), 2)
    width, count = int(logs.shape[1] or 0), int(logs.shape[2] or 0)
    last = gg.arange(count, dtype="int64") == gg.cast(as_expression(end), "int64")
    # What has ended goes on with its end alone, which costs nothing.
    logs = gg.where(ended, gg.where(last, 0.0, np.float32(_NEVER)), logs)
    total = gg.expand_dims(as_expression(log_probs), 2) + logs
    sizes = gg.expand_dims(as_expression(lengths), 2)
    longer = sizes + gg.cast(gg.logical_not(gg.logical_or(ended, last)), "int64")
    scores = total
    if penalty:
        scores = total / gg.power((gg.cast(longer, "float32") + 5.0) / 6.0, penalty)
    best, places = gg.top_k(gg.reshape(scores, (-1, width * count)), width)
    parents, ids = gg.floor_divide(places, count), gg.remainder(places, count)
    kept = gg.take_along_axis(gg.reshape(total, (-1, width * count)), places, 1)
    before = gg.take_along_axis(as_expression(finished), parents, 1)
    long = gg.take_along_axis(as_expression(lengths), parents, 1)
    now = gg.logical_or(before, gg.gather(last, ids))
    return _Step(
        best, gg.cast(ids, "int32"), gg.cast(parents, "int32"), kept, now,
        long + gg.cast(gg.logical_not(before), "int64"),
    )  # fmt: skip


@operation("contrib.seq2seq.gather_tree", type="GatherTree")
def gather_tree(
    step_ids: Any, parent_ids: Any, max_sequence_lengths: Any = None, end_token: Any = None
) -> gg.Tensor:
    """Return the symbols of whole sequences, (time, batch, width).

    Args:
        step_ids: the symbols of each step.
        parent_ids: which beginning each step goes on with.
        max_sequence_lengths: has no meaning: what has ended goes on with its end.
        end_token: has no meaning.
    """
    ids, parents = as_expression(step_ids), gg.cast(as_expression(parent_ids), "int64")
    begin = gg.cumsum(gg.ones_like(parents[0]), 1) - 1

    def step(place: gg.Tensor, now: Any) -> tuple[gg.Tensor, gg.Tensor]:
        own, before = now
        return gg.take_along_axis(before, place, 1), gg.take_along_axis(own, place, 1)

    _, symbols = gg.scan(step, begin, (ids, parents), reverse=True)
    return symbols


@exported("contrib.seq2seq.BeamSearchDecoder")
class BeamSearchDecoder(Decoder):
    """A decoder that keeps the likeliest beginnings of each sequence.

    Args:
        cell: the cell.
        embedding: the table of symbols, or a function of their numbers.
        start_tokens: the first symbols, (batch,).
        end_token: the symbol that ends a sequence.
        initial_state: the first state, of each example ``beam_width`` times; see ``tile_batch``.
        beam_width: how many beginnings are kept.
        output_layer: a layer behind the cell; None: none.
        length_penalty_weight: how much long sequences are preferred.
        options: have no meaning.
    """

    tracks_own_finished = True

    def __init__(
        self, cell: Any, embedding: Any, start_tokens: Any, end_token: Any, initial_state: Any,
        beam_width: int, output_layer: Any = None, length_penalty_weight: float = 0.0,
        **options: Any,
    ) -> None:  # fmt: skip
        del options
        self._cell, self._output_layer = cell, output_layer
        self._embedding: Callable[[Any], Any] = (
            embedding if callable(embedding) else lambda ids: embedding_lookup(embedding, ids)
        )
        self._start, self._end = as_tensor(start_tokens, np.int32), end_token
        self._width, self._penalty = int(beam_width), float(length_penalty_weight)
        self._initial = tree_map(lambda x: _split(as_tensor(x), self._width), initial_state)

    def initialize(self, name: str | None = None) -> tuple[Any, Any, Any]:
        """Return what has ended, the first inputs, and the first state."""
        ids = _first_ids(self._start, self._width)
        log_probs, finished, lengths = _first_state(ids)
        state = BeamSearchDecoderState(self._initial, log_probs, finished, lengths)
        return finished, self._embedding(ids), state

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """Return outputs, the next state, the next inputs, and what has ended."""
        merged = tree_map(_merged, state.cell_state)
        output, cell_state = self._cell(tree_map(_merged, inputs), merged)
        if self._output_layer is not None:
            output = self._output_layer(output)
        found = _best(
            _split(output, self._width), state.log_probs, state.finished, state.lengths, self._end,
            self._penalty,
        )  # fmt: skip
        beams = tree_map(lambda x: _split(as_tensor(x), self._width), cell_state)
        beams = tree_map(lambda x: _of_parents(x, found.parents), beams)
        new = BeamSearchDecoderState(beams, found.log_probs, found.finished, found.lengths)
        outputs = BeamSearchDecoderOutput(found.scores, found.ids, found.parents)
        return outputs, new, self._embedding(found.ids), found.finished

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> Any:
        """Return whole sequences, and the last state."""
        del sequence_lengths
        symbols = gather_tree(outputs.predicted_ids, outputs.parent_ids)
        return FinalBeamSearchDecoderOutput(symbols, outputs), final_state


for _name in (
    "dynamic_rnn_decoder", "simple_decoder_fn_train", "simple_decoder_fn_inference",
    "attention_decoder_fn_train", "attention_decoder_fn_inference", "prepare_attention",
):  # fmt: skip
    advise(f"contrib.seq2seq.{_name}", "Use BasicDecoder with a helper, and dynamic_decode.")
