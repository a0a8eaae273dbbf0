"""``tf.contrib.seq2seq``: decoders, the loop that runs them, and the loss of sequences.

A decoder takes its steps in one loop of giulgi, of as many steps as there may be. When all of its
sequences have ended nothing changes any more, and what came after is cut off.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import as_results, operation
from giulgi.compat.tensorflow.control.scanning import scanned, taken_in
from giulgi.compat.tensorflow.math.arguments import static
from giulgi.compat.tensorflow.recurrent.recurrent_loops import swapped
from giulgi.compat.tensorflow.recurrent.seq2seq_results import (
    alignments_of,
    cut,
    takes_two,
    with_histories,
)
from giulgi.compat.tensors.tensor import as_expression, as_tensor
from giulgi.compat.variables.scopes import variable_scope
from giulgi.tree import flatten, tree_map, unflatten


@exported("contrib.seq2seq.BasicDecoderOutput")
class BasicDecoderOutput(NamedTuple):
    """What a step puts out, and the symbol that was chosen."""

    rnn_output: Any
    sample_id: Any


@exported("contrib.seq2seq.Decoder")
class Decoder:
    """The base of decoders.

    A decoder of one's own has ``initialize()``, which returns what has ended, the first inputs and
    the first state; and ``step(time, inputs, state)``, which returns outputs, the next state, the
    next inputs, and what has ended.
    """

    #: Whether what ``step`` says to have ended is all of it.
    tracks_own_finished = False

    #: Tensors, along a first axis of time, of which each step is to be given its element.
    sequences: Any = None

    #: The length of the longest sequence, if it is known beforehand.
    longest: int | None = None

    #: Whether symbols are drawn, so that two runs differ.
    draws = False

    def initialize(self, name: str | None = None) -> tuple[Any, Any, Any]:
        """Return what has ended, the first inputs, and the first state."""
        raise NotImplementedError

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """Return outputs, the next state, the next inputs, and what has ended."""
        raise NotImplementedError

    def take(self, element: Any) -> None:
        """Be given the elements of the sequences for a step."""

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> Any:
        """Return what becomes of outputs and the last state in the end."""
        del sequence_lengths
        return outputs, final_state


@exported("contrib.seq2seq.BasicDecoder")
class BasicDecoder(Decoder):
    """A decoder that takes its inputs from a helper.

    Args:
        cell: the cell.
        helper: what makes inputs of outputs.
        initial_state: the first state.
        output_layer: a layer behind the cell; None: none.
    """

    def __init__(
        self, cell: Any, helper: Any, initial_state: Any, output_layer: Any = None
    ) -> None:
        self._cell, self._helper = cell, helper
        self._initial_state, self._output_layer = initial_state, output_layer
        self.sequences = getattr(helper, "sequences", None)
        self.draws = getattr(helper, "draws", False)
        self.longest = getattr(helper, "longest", None)

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        return self._helper.batch_size

    def take(self, element: Any) -> None:
        """Hand the elements of the sequences on to the helper."""
        self._helper.take(element)

    def initialize(self, name: str | None = None) -> tuple[Any, Any, Any]:
        """Return what has ended, the first inputs, and the first state."""
        return (*self._helper.initialize(), self._initial_state)

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """Return outputs, the next state, the next inputs, and what has ended."""
        output, state = self._cell(inputs, state)
        if self._output_layer is not None:
            output = self._output_layer(output)
        chosen = self._helper.sample(time=time, outputs=output, state=state)
        finished, inputs, state = self._helper.next_inputs(
            time=time, outputs=output, state=state, sample_ids=chosen
        )
        return BasicDecoderOutput(output, chosen), state, inputs, finished


# The loop


@operation(type="range")
def _times(limit: Any, like: Any) -> gg.Tensor:
    """Return the numbers of steps: as many as told, or as a sequence has, whichever is less."""
    known = static(limit) if limit is not None else None
    if like is not None:
        value = as_expression(like)
        count: Any = value.shape[0] or gg.shape(value)[0]
        if limit is not None:
            bound = int(known) if known is not None else gg.cast(as_expression(limit), "int64")
            both = isinstance(count, int) and isinstance(bound, int)
            count = min(count, bound) if both else gg.minimum(count, bound)
    else:
        count = int(known) if known is not None else gg.cast(as_expression(limit), "int64")
    return gg.arange(count, dtype="int32")


@operation(type="Select")
def _where(condition: Any, x: Any, y: Any) -> gg.Tensor:
    """Return x where the condition, one of each example or of all, holds, else y."""
    holds, a, b = as_expression(condition), as_expression(x), as_expression(y)
    rank = len(a.known_shape or ())
    missing = rank - len(holds.known_shape or ())
    if holds.known_shape and not rank:  # One number for all examples, such as a time, goes on.
        return b
    if holds.known_shape and missing > 0:
        holds = gg.expand_dims(holds, tuple(range(rank - missing, rank)))
    return gg.where(holds, a, gg.cast(b, a.dtype))


def _select(condition: Any, x: Any, y: Any) -> Any:
    """Return nested tensors of x where a condition holds, else of y."""
    leaves, structure = flatten(x)
    pairs = zip(leaves, flatten(y)[0], strict=True)
    return unflatten(structure, iter([_where(condition, a, b) for a, b in pairs]))


@operation(type="LogicalOr")
def _either(x: Any, y: Any) -> gg.Tensor:
    return gg.logical_or(as_expression(x), as_expression(y))


@operation(type="All")
def _all(x: Any) -> gg.Tensor:
    return gg.all(as_expression(x))


@operation(type="GreaterEqual")
def _is_last(time: Any, limit: Any) -> gg.Tensor:
    return gg.cast(as_expression(time), "int64") + 1 >= gg.cast(as_expression(limit), "int64")


@operation(type="Select")
def _lengths(finished: Any, time: Any, lengths: Any) -> gg.Tensor:
    old = as_expression(lengths)
    return gg.where(as_expression(finished), old, gg.cast(as_expression(time) + 1, old.dtype))


@operation(type="Select")
def _reached(stopped: Any, time: Any, lengths: Any) -> gg.Tensor:
    """Return the time, or the last one once all have ended: data may have no place beyond it."""
    now = as_expression(time)
    last = gg.maximum(gg.max(as_expression(lengths)) - 1, 0)
    return gg.where(as_expression(stopped), gg.cast(last, now.dtype), now)


@operation(type="zeros")
def _no_lengths(finished: Any) -> gg.Tensor:
    return gg.zeros_like(gg.cast(as_expression(finished), "int32"))


@operation(type="zeros_like")
def _zeros_like(x: Any) -> gg.Tensor:
    return gg.zeros_like(as_expression(x))


class _Loop:
    """The body of the loop around a decoder.

    Args:
        decoder: the decoder.
        impute: whether sequences that have ended put out 0 and keep their state.
        limit: the number of steps at most; None: there is none.
    """

    def __init__(self, decoder: Any, impute: bool, limit: Any) -> None:
        self.decoder, self.impute, self.limit = decoder, impute, limit

    def begin(self) -> tuple[Any, ...]:
        """Return the first state, inputs, what has ended, and lengths."""
        finished, inputs, state = self.decoder.initialize()
        finished = as_tensor(finished)
        state = tree_map(as_tensor, state)
        return state, tree_map(as_tensor, inputs), finished, _no_lengths(finished)

    def __call__(self, old: Any, now: Any) -> tuple[Any, Any]:
        state, inputs, finished, lengths = old
        time, *elements = now
        if elements:
            self.decoder.take(elements[0])
        stopped = _all(finished)
        reached = _reached(stopped, time, lengths)
        outputs, new, inputs_after, ended = self.decoder.step(reached, inputs, state)
        outputs, seen = tree_map(as_tensor, outputs), alignments_of(new)
        if not getattr(self.decoder, "tracks_own_finished", False):
            ended = _either(ended, finished)
        if self.limit is not None:
            ended = _either(ended, _is_last(time, self.limit))
        lengths_after = _lengths(finished, time, lengths)
        if self.impute:
            zeros = tree_map(_zeros_like, outputs)
            outputs = _select(finished, zeros, outputs)
            new = _select(finished, state, new)
        kept = _select(
            stopped,
            (state, inputs, finished, lengths),
            (new, tree_map(as_tensor, inputs_after), ended, lengths_after),
        )
        return kept, (outputs, stopped, seen)


@exported("contrib.seq2seq.dynamic_decode")
def dynamic_decode(
    decoder: Any, output_time_major: bool = False, impute_finished: bool = False,
    maximum_iterations: Any = None, parallel_iterations: int = 32, swap_memory: bool = False,
    scope: Any = None,
) -> Any:  # fmt: skip
    """Run a decoder until all of its sequences have ended.

    Args:
        decoder: the decoder.
        output_time_major: whether outputs are (time, batch, ...).
        impute_finished: whether sequences that have ended put out 0 and keep their state.
        maximum_iterations: the number of steps at most; None: there is no bound.
        parallel_iterations: has no meaning.
        swap_memory: has no meaning.
        scope: the scope; None: "decoder".

    Returns:
        The outputs, (batch, time, ...); the last state; and the lengths of the sequences, unless
        the program takes only two.
    """
    del parallel_iterations, swap_memory
    with variable_scope(scope, "decoder"):
        loop = _Loop(decoder, impute_finished, maximum_iterations)
        begin = loop.begin()
        sequences = getattr(decoder, "sequences", None)
        limit = maximum_iterations
        if limit is None and sequences is None:
            if getattr(decoder, "draws", False):
                raise NotImplementedError(
                    "dynamic_decode of symbols that are drawn needs a bound: give it "
                    "maximum_iterations"
                )
            limit = _counted(loop, begin)
        like = None if sequences is None else flatten(sequences)[0][0]
        longest = getattr(decoder, "longest", None)
        bound = None if limit is None or longest is None else static(limit)
        is_exact = longest is not None and (limit is None or bound is not None)
        if is_exact:  # The number of steps is known beforehand.
            limit = longest if bound is None else min(int(bound), int(longest or 0))
        times = _times(limit, like)
        elements: tuple[Any, ...] = (times,)
        if sequences is not None:
            elements = (times, tree_map(lambda x: _as_long(x, times), sequences))
        (state, _, _, lengths), (outputs, stopped, seen) = scanned(loop, begin, elements)
        if not is_exact:
            outputs, seen = tree_map(lambda x: cut(x, stopped), (outputs, seen))
        if not getattr(decoder, "tracks_own_finished", False):  # Beams change their places.
            state = with_histories(state, seen)
        finalize = getattr(decoder, "finalize", None)
        if finalize is not None:
            outputs, state = finalize(outputs, state, lengths)
            lengths = getattr(state, "lengths", lengths)
        if not output_time_major:
            outputs = tree_map(swapped, outputs)
        found = outputs, state, lengths
        return found[:2] if takes_two(sys._getframe(1)) else found


@operation(type="Slice")
def _as_long(x: Any, times: Any) -> gg.Tensor:
    value, steps = as_expression(x), as_expression(times)
    if value.shape[0] is not None and value.shape[0] == steps.shape[0]:
        return value
    return gg.gather(value, steps)


def _counted(loop: _Loop, begin: Any) -> Any:
    """Return the number of steps until all have ended: they are taken once to be counted."""
    leaves, structure = flatten(begin)
    tensors = [as_tensor(x) for x in leaves]
    graph = get_default_graph()

    def body(time: gg.Tensor, *old: gg.Tensor) -> tuple[Any, ...]:
        given = unflatten(structure, iter([as_tensor(x) for x in old]))
        new, _ = loop(given, (as_tensor(time),))
        return (time + 1, *(gg.cast(as_expression(x), y.dtype)
                            for x, y in zip(flatten(new)[0], old, strict=True)))  # fmt: skip

    def goes_on(time: gg.Tensor, *old: gg.Tensor) -> gg.Tensor:
        del time
        finished = unflatten(structure, iter(old))[2]
        return gg.logical_not(gg.all(finished))

    size = graph.size
    first = [gg.constant(0, "int32"), *(x.expression for x in tensors)]
    found = gg.while_loop(goes_on, body, tuple(first))
    inputs = [*tensors, *taken_in(graph.made_since(size))]
    return as_results("while", None, inputs, found[0])


# Losses


@operation(type="sequence_loss")
def _reduced(crossent: Any, weights: Any, across_time: bool, across_batch: bool) -> gg.Tensor:
    each = as_expression(crossent)
    w = gg.cast(as_expression(weights), each.dtype)
    losses = gg.reshape(each, gg.shape(w)) * w
    if across_time and across_batch:
        return gg.sum(losses) / (gg.sum(w) + 1e-12)
    if across_time:
        return gg.sum(losses, 1) / (gg.sum(w, 1) + 1e-12)
    if across_batch:
        return gg.sum(losses, 0) / (gg.sum(w, 0) + 1e-12)
    return losses


@operation(type="SparseSoftmaxCrossEntropyWithLogits")
def _crossent(logits: Any, targets: Any) -> gg.Tensor:
    x, y = as_expression(logits), gg.cast(as_expression(targets), "int64")
    logs = gg.activations.log_softmax(x)
    return -gg.squeeze(gg.take_along_axis(logs, gg.expand_dims(y, -1), -1), -1)


@operation(type="Reshape")
def _rows(x: Any, width: bool) -> gg.Tensor:
    value = as_expression(x)
    return gg.reshape(value, (-1, gg.shape(value)[2]) if width else (-1,))


@exported("contrib.seq2seq.sequence_loss")
def sequence_loss(
    logits: Any, targets: Any, weights: Any, average_across_timesteps: bool = True,
    average_across_batch: bool = True, softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Return the cross entropy of sequences, in which each step counts by its weight.

    Args:
        logits: (batch, time, symbols)
        targets: the numbers of symbols, (batch, time).
        weights: what each step counts, (batch, time).
        average_across_timesteps: whether the sum over time is divided by that of the weights.
        average_across_batch: whether the sum over the batch is.
        softmax_loss_function: a function of labels and logits, of rows; None: the cross entropy.
        name: the name of the operation.

    Raises:
        ValueError: if the axes are not those.
    """
    x, y, w = as_tensor(logits), as_tensor(targets), as_tensor(weights)
    for value, rank, what in ((x, 3, "Logits"), (y, 2, "Targets"), (w, 2, "Weights")):
        if value.shape.ndims not in (rank, None):
            raise ValueError(f"{what} must be a {rank}-dimensional tensor, got {value.shape}")
    with get_default_graph().name_scope(name or "sequence_loss"):
        if softmax_loss_function is None:
            each = _crossent(x, y)
        else:
            each = softmax_loss_function(labels=_rows(y, False), logits=_rows(x, True))
        return _reduced(each, w, average_across_timesteps, average_across_batch)
