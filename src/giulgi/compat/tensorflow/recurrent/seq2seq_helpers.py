"""``tf.contrib.seq2seq``: what gives a decoder its inputs, in training and afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import static
from giulgi.compat.tensorflow.nn.embeddings import embedding_lookup
from giulgi.compat.tensorflow.recurrent.recurrent_cells import batch_of
from giulgi.compat.tensorflow.recurrent.recurrent_loops import swapped
from giulgi.compat.tensors.tensor import as_expression, as_tensor
from giulgi.tree import tree_map


@exported("contrib.seq2seq.Helper")
class Helper:
    """The base of helpers: they choose symbols, and make inputs of them."""

    sequences: Any = None
    longest: int | None = None
    draws = False
    _now: Any = None

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        raise NotImplementedError

    def take(self, element: Any) -> None:
        """Be given the elements of the sequences for a step."""
        self._now = element

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Return what has ended, and the first inputs."""
        raise NotImplementedError

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Return the symbols that are chosen: the likeliest."""
        return likeliest(outputs)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """Return what has ended, the next inputs, and the state."""
        raise NotImplementedError


@operation(type="ArgMax")
def likeliest(outputs: Any) -> gg.Tensor:
    """Return the places of the greatest outputs."""
    return gg.cast(gg.argmax(as_expression(outputs), -1), "int32")


@operation(type="LessEqual")
def _has_ended(lengths: Any, time: Any) -> gg.Tensor:
    return gg.cast(as_expression(lengths), "int64") <= gg.cast(as_expression(time), "int64") + 1


@operation(type="Equal")
def _is_empty(lengths: Any) -> gg.Tensor:
    return as_expression(lengths) == 0


@operation(type="strided_slice")
def _first(x: Any) -> gg.Tensor:
    return as_expression(x)[0]


@operation(type="concat")
def _shifted(x: Any) -> gg.Tensor:
    """Return for each step the element of the next, and zeros for the last."""
    value = as_expression(x)
    return gg.concat([value[1:], gg.zeros_like(value[:1])], 0)


@exported("contrib.seq2seq.TrainingHelper")
class TrainingHelper(Helper):
    """Gives a decoder what it should have put out.

    Args:
        inputs: (batch, time, ...), or (time, batch, ...) if so told.
        sequence_length: (batch,)
        time_major: whether time comes first.
        name: has no meaning.
    """

    def __init__(
        self, inputs: Any, sequence_length: Any, time_major: bool = False, name: str | None = None
    ) -> None:
        x = tree_map(as_tensor, inputs)
        self._inputs = x if time_major else tree_map(swapped, x)
        self._lengths = as_tensor(sequence_length)
        self.sequences = tree_map(_shifted, self._inputs)
        known = static(self._lengths)
        self.longest = None if known is None else max(int(np.max(known)), 1)

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        return batch_of(self._lengths)

    @property
    def sequence_length(self) -> Any:
        """The lengths."""
        return self._lengths

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Return what has ended, and the first inputs."""
        return _is_empty(self._lengths), tree_map(_first, self._inputs)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """Return what has ended, the next inputs, and the state."""
        return _has_ended(self._lengths, time), self._now, state


@operation(type="Select")
def _mixed(mask: Any, x: Any, y: Any) -> gg.Tensor:
    a = as_expression(x)
    return gg.where(gg.expand_dims(as_expression(mask), -1), a, as_expression(y))


@operation(type="random_uniform")
def _is_drawn(like: Any, share: Any) -> gg.Tensor:
    batch = gg.shape(as_expression(like))[:1]
    p = gg.reshape(gg.cast(as_expression(share), "float32"), ())
    return gg.random.uniform(batch) < p


@operation(type="Categorical")
def _drawn(logits: Any, temperature: Any) -> gg.Tensor:
    x = as_expression(logits)
    if temperature is not None:
        x = x / gg.cast(as_expression(temperature), x.dtype)
    u = gg.clip(gg.random.uniform(gg.shape(x)), 1e-20, 1.0)
    return gg.cast(gg.argmax(x - gg.log(-gg.log(u)), -1), "int32")


@exported("contrib.seq2seq.ScheduledEmbeddingTrainingHelper")
class ScheduledEmbeddingTrainingHelper(TrainingHelper):
    """Gives a decoder what it should have put out, or now and then what it did.

    (Bengio et al., arXiv:1506.03099.)

    Args:
        inputs: (batch, time, width)
        sequence_length: (batch,)
        embedding: the table of symbols, or a function of their numbers.
        sampling_probability: how often a step is given what was put out.
        time_major: whether time comes first.
        seed: has no meaning, as the next.
        scheduling_seed: has no meaning.
    """

    def __init__(
        self, inputs: Any, sequence_length: Any, embedding: Any, sampling_probability: Any,
        time_major: bool = False, seed: Any = None, scheduling_seed: Any = None,
        name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(inputs, sequence_length, time_major)
        self._embedding, self._share = _as_function(embedding), sampling_probability

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Return symbols that are drawn by their probabilities."""
        return _drawn(outputs, None)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """Return what has ended, the next inputs, and the state."""
        finished, inputs, state = super().next_inputs(time, outputs, state, sample_ids)
        mask = _is_drawn(sample_ids, self._share)
        return finished, _mixed(mask, self._embedding(sample_ids), inputs), state


def _as_function(embedding: Any) -> Callable[[Any], Any]:
    """Return what makes embeddings: a function as it is, or rows of a table."""
    if callable(embedding):
        return embedding
    return lambda ids: embedding_lookup(embedding, ids)


@operation(type="Equal")
def _is_end(ids: Any, end: Any) -> gg.Tensor:
    x = as_expression(ids)
    return x == gg.cast(as_expression(end), x.dtype)


@operation(type="zeros")
def _none_yet(ids: Any) -> gg.Tensor:
    return gg.zeros_like(as_expression(ids)) != 0


@exported("contrib.seq2seq.GreedyEmbeddingHelper")
class GreedyEmbeddingHelper(Helper):
    """Gives a decoder the embedding of the likeliest symbol that it put out.

    Args:
        embedding: the table of symbols, or a function of their numbers.
        start_tokens: the first symbols, (batch,).
        end_token: the symbol that ends a sequence.
    """

    def __init__(self, embedding: Any, start_tokens: Any, end_token: Any) -> None:
        self._embedding = _as_function(embedding)
        self._start, self._end = as_tensor(start_tokens, np.int32), end_token

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        return batch_of(self._start)

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Return what has ended, and the first inputs."""
        return _none_yet(self._start), self._embedding(self._start)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """Return what has ended, the next inputs, and the state."""
        return _is_end(sample_ids, self._end), self._embedding(sample_ids), state


@exported("contrib.seq2seq.SampleEmbeddingHelper")
class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """Gives a decoder the embedding of a symbol drawn by the probabilities that it put out.

    Args:
        embedding: the table of symbols, or a function of their numbers.
        start_tokens: the first symbols, (batch,).
        end_token: the symbol that ends a sequence.
        softmax_temperature: by what logits are divided.
        seed: has no meaning.
    """

    draws = True

    def __init__(
        self, embedding: Any, start_tokens: Any, end_token: Any,
        softmax_temperature: Any = None, seed: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(embedding, start_tokens, end_token)
        self._temperature = softmax_temperature

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Return symbols that are drawn."""
        return _drawn(outputs, self._temperature)


@exported("contrib.seq2seq.CustomHelper")
class CustomHelper(Helper):
    """A helper made of three functions.

    Args:
        initialize_fn: returns what has ended, and the first inputs.
        sample_fn: chooses symbols, of time, outputs and state.
        next_inputs_fn: returns what has ended, the next inputs, and the state.
    """

    def __init__(self, initialize_fn: Any, sample_fn: Any, next_inputs_fn: Any, **_: Any) -> None:
        self._functions = initialize_fn, sample_fn, next_inputs_fn

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Return what has ended, and the first inputs."""
        found: tuple[Any, Any] = self._functions[0]()
        return found

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Return the symbols that are chosen."""
        return self._functions[1](time=time, outputs=outputs, state=state)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """Return what has ended, the next inputs, and the state."""
        found: tuple[Any, Any, Any] = self._functions[2](
            time=time, outputs=outputs, state=state, sample_ids=sample_ids
        )
        return found


@exported("contrib.seq2seq.InferenceHelper")
class InferenceHelper(Helper):
    """Gives a decoder what a function chose of its outputs.

    Args:
        sample_fn: a function of outputs that chooses.
        sample_shape: has no meaning.
        sample_dtype: has no meaning.
        start_inputs: the first inputs.
        end_fn: a function of what was chosen that says what has ended.
        next_inputs_fn: a function of what was chosen that makes inputs; None: itself.
    """

    def __init__(
        self, sample_fn: Any, sample_shape: Any, sample_dtype: Any, start_inputs: Any, end_fn: Any,
        next_inputs_fn: Any = None,
    ) -> None:  # fmt: skip
        self._sample, self._end, self._next = sample_fn, end_fn, next_inputs_fn
        self._start = as_tensor(start_inputs)

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        return batch_of(self._start)

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Return what has ended, and the first inputs."""
        return _none_yet(_column(self._start)), self._start

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Return what is chosen."""
        return self._sample(outputs)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """Return what has ended, the next inputs, and the state."""
        inputs = sample_ids if self._next is None else self._next(sample_ids)
        return self._end(sample_ids), inputs, state


@operation(type="Reshape")
def _column(x: Any) -> gg.Tensor:
    value = as_expression(x)
    return gg.cast(value if len(value.shape) == 1 else gg.sum(value, tuple(
        range(1, len(value.shape)))), "int32")  # fmt: skip
