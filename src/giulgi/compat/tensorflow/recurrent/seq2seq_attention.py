"""``tf.contrib.seq2seq``: cells that look at what an encoder made of each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.initializers import Constant
from giulgi.compat.tensorflow.nn.layers_core import Dense
from giulgi.compat.tensorflow.recurrent.recurrent_cells import RNNCell, batch_of, zeros_of
from giulgi.compat.tensorflow.recurrent.seq2seq_results import HistoryToCome
from giulgi.compat.tensors.dtypes import float32
from giulgi.compat.tensors.tensor import alike, as_expression, as_tensor
from giulgi.compat.variables.scopes import get_variable, variable_scope
from giulgi.tree import tree_map


@operation(type="repeat")
def _tiled(x: Any, multiplier: Any) -> gg.Tensor:
    value = as_expression(x)
    count = int(multiplier)
    spread = gg.repeat(gg.expand_dims(value, 1), count, 1)
    sizes = [gg.shape(value)[axis] if n is None else n for axis, n in enumerate(value.shape)]
    return gg.reshape(spread, (-1, *sizes[1:]))


@exported("contrib.seq2seq.tile_batch")
def tile_batch(t: Any, multiplier: int, name: str | None = None) -> Any:
    """Return nested tensors with each example as often as told, one behind the other."""
    del name
    return tree_map(lambda x: _tiled(as_tensor(x), multiplier), t)


@operation(type="mul")
def _masked(memory: Any, lengths: Any) -> gg.Tensor:
    value = as_expression(memory)
    return value * gg.expand_dims(gg.cast(_is_inside(value, lengths), value.dtype), 2)


def _is_inside(value: gg.Tensor, lengths: Any) -> gg.Tensor:
    count = value.shape[1] or gg.shape(value)[1]
    ends = gg.cast(as_expression(lengths), "int64")
    return gg.expand_dims(gg.arange(count, dtype="int64"), 0) < gg.expand_dims(ends, 1)


@operation(type="Softmax")
def _alignments(score: Any, memory: Any, lengths: Any) -> gg.Tensor:
    s = as_expression(score)
    if lengths is not None:
        s = gg.where(_is_inside(as_expression(memory), lengths), s, -1e30)
    return gg.activations.softmax(s)


@operation(type="MatMul")
def _context(alignments: Any, values: Any) -> gg.Tensor:
    a, v = alike(alignments, values)
    return gg.sum(gg.expand_dims(a, 2) * v, 1)


@exported("contrib.seq2seq.AttentionMechanism")
class AttentionMechanism:
    """The base of what weighs memories by a query.

    Args:
        num_units: the width of keys.
        memory: (batch, length, width)
        lengths: (batch,), how much of each is there; None: all.
        probability_fn: makes weights of scores; None: the softmax.
        name: the scope of its variables.
    """

    def __init__(
        self, num_units: int, memory: Any, lengths: Any, probability_fn: Any, name: str,
    ) -> None:  # fmt: skip
        self._name, self._lengths = name, lengths
        self._probability_fn: Callable[[Any], Any] | None = probability_fn
        value = as_tensor(memory)
        self._values = value if lengths is None else _masked(value, lengths)
        self.memory_layer = Dense(num_units, use_bias=False, name="memory_layer")
        self._keys = self.memory_layer(self._values)
        self._num_units = num_units

    @property
    def keys(self) -> Any:
        """What queries are compared with."""
        return self._keys

    @property
    def values(self) -> Any:
        """What is looked at."""
        return self._values

    @property
    def batch_size(self) -> Any:
        """The number of examples."""
        return batch_of(self._values)

    @property
    def alignments_size(self) -> Any:
        """The number of memories."""
        return as_tensor(self._keys).shape[1].value

    state_size = alignments_size

    def initial_alignments(self, batch_size: Any = None, dtype: Any = None) -> Any:
        """Return the weights before the first step: zeros."""
        del batch_size, dtype
        return _no_weights(self._keys)

    initial_state = initial_alignments

    def score(self, query: Any) -> Any:
        """Return how well each memory fits the query."""
        raise NotImplementedError

    def __call__(self, query: Any, state: Any = None, **_: Any) -> Any:
        """Return the weights of the memories."""
        del state
        with variable_scope(None, self._name, [query]):
            score = self.score(query)
        if self._probability_fn is not None:
            return self._probability_fn(score)
        return _alignments(score, self._keys, self._lengths)


@operation(type="zeros")
def _no_weights(keys: Any) -> gg.Tensor:
    return gg.zeros_like(as_expression(keys)[:, :, 0])


@operation(type="Sum")
def _additive(keys: Any, query: Any, v: Any, g: Any, b: Any) -> gg.Tensor:
    k, q, w = alike(keys, query, v)
    inner = k + gg.expand_dims(q, 1)
    if g is not None:
        w = as_expression(g) * w * gg.rsqrt(gg.sum(gg.square(w)))
        inner = inner + as_expression(b)
    return gg.sum(w * gg.tanh(inner), 2)


@exported("contrib.seq2seq.BahdanauAttention")
class BahdanauAttention(AttentionMechanism):
    """Scores v tanh(memory W + query U) (Bahdanau, Cho, Bengio, arXiv:1409.0473).

    Args:
        num_units: the width of v.
        memory: (batch, length, width)
        memory_sequence_length: (batch,), how much of each is there; None: all.
        normalize: whether v is g v / |v|, and there is a bias (Salimans, Kingma, arXiv:1602.07868).
        probability_fn: makes weights of scores; None: the softmax.
        score_mask_value: has no meaning.
        dtype: has no meaning.
        name: the scope of its variables.
    """

    def __init__(
        self, num_units: int, memory: Any, memory_sequence_length: Any = None,
        normalize: bool = False, probability_fn: Any = None, score_mask_value: Any = None,
        dtype: Any = None, name: str = "BahdanauAttention",
    ) -> None:  # fmt: skip
        super().__init__(
            num_units, memory, memory_sequence_length, probability_fn, "bahdanau_attention"
        )
        self._normalize = normalize
        self.query_layer = Dense(num_units, use_bias=False, name="query_layer")

    def score(self, query: Any) -> Any:
        """Return v tanh(keys + query)."""
        processed = self.query_layer(query)
        v = get_variable("attention_v", [self._num_units])
        g = b = None
        if self._normalize:
            first = (1.0 / self._num_units) ** 0.5
            g = get_variable("attention_g", [], initializer=Constant(first))
            b = get_variable("attention_b", [self._num_units], initializer=Constant(0.0))
        return _additive(self._keys, processed, v, g, b)


@operation(type="Sum")
def _products(keys: Any, query: Any, g: Any) -> gg.Tensor:
    k, q = alike(keys, query)
    score = gg.sum(k * gg.expand_dims(q, 1), 2)
    return score if g is None else as_expression(g) * score


@exported("contrib.seq2seq.LuongAttention")
class LuongAttention(AttentionMechanism):
    """Scores (memory W) query (Luong, Pham, Manning, arXiv:1508.04025).

    Args:
        num_units: the width of queries.
        memory: (batch, length, width)
        memory_sequence_length: (batch,), how much of each is there; None: all.
        scale: whether scores are multiplied by a number that is trained.
        probability_fn: makes weights of scores; None: the softmax.
        score_mask_value: has no meaning.
        dtype: has no meaning.
        name: the scope of its variables.
    """

    def __init__(
        self, num_units: int, memory: Any, memory_sequence_length: Any = None,
        scale: bool = False, probability_fn: Any = None, score_mask_value: Any = None,
        dtype: Any = None, name: str = "LuongAttention",
    ) -> None:  # fmt: skip
        super().__init__(
            num_units, memory, memory_sequence_length, probability_fn, "luong_attention"
        )
        self._scale = scale

    def score(self, query: Any) -> Any:
        """Return the products of keys and query."""
        width = as_tensor(query).shape[-1].value
        if width is not None and width != self._num_units:
            raise ValueError(
                "Incompatible or unknown inner dimensions between query and keys. Query has "
                f"units: {width}, keys have units: {self._num_units}"
            )
        g = get_variable("attention_g", [], initializer=Constant(1.0)) if self._scale else None
        return _products(self._keys, query, g)


@exported("contrib.seq2seq.AttentionWrapperState")
class AttentionWrapperState(NamedTuple):
    """The state of a cell with attention."""

    cell_state: Any
    attention: Any
    time: Any
    alignments: Any
    alignment_history: Any
    attention_state: Any

    def clone(self, **kwargs: Any) -> AttentionWrapperState:
        """Return the state with other parts."""
        return self._replace(**kwargs)


@operation(type="concat")
def _beside(x: Any, y: Any) -> gg.Tensor:
    return gg.concat(alike(x, y), -1)


@operation(type="add")
def _later(time: Any) -> gg.Tensor:
    return as_expression(time) + 1


@exported("contrib.seq2seq.AttentionWrapper", "contrib.seq2seq.DynamicAttentionWrapper")
class AttentionWrapper(RNNCell):
    """A cell that is given its input and what it saw, and looks at memories with its output.

    Args:
        cell: the cell.
        attention_mechanism: what weighs memories, or a list of several.
        attention_layer_size: the width of what is seen, mixed with the output by a layer without
            bias; None: it is the memories as they are weighed.
        alignment_history: whether ``dynamic_decode`` keeps the alignments of all steps.
        cell_input_fn: a function of input and what was seen; None: both side by side.
        output_attention: whether what is seen is the output; else it is that of the cell.
        initial_cell_state: the first state of the cell.
        name: its name.
        attention_layer: a layer of one's own in the place of that of ``attention_layer_size``.
        attention_size: an old name of ``attention_layer_size``.
    """

    def __init__(
        self, cell: Any, attention_mechanism: Any, attention_layer_size: Any = None,
        alignment_history: bool = False, cell_input_fn: Any = None, output_attention: bool = True,
        initial_cell_state: Any = None, name: str | None = None, attention_layer: Any = None,
        attention_size: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(name=name)
        self._history: Any = HistoryToCome() if alignment_history else ()
        several = isinstance(attention_mechanism, (list, tuple))
        self._mechanisms = list(attention_mechanism) if several else [attention_mechanism]
        self._is_several = several
        self._cell, self._initial_cell_state = cell, initial_cell_state
        self._cell_input_fn = cell_input_fn or _beside
        self._output_attention = output_attention
        width = attention_size if attention_layer_size is None else attention_layer_size
        widths = (
            list(width) if isinstance(width, (list, tuple)) else [width] * (len(self._mechanisms))
        )
        if attention_layer is not None:
            own = list(attention_layer) if several else [attention_layer]
            self._layers = own
        else:
            self._layers = [
                None if w is None else Dense(int(w), use_bias=False, name="attention_layer")
                for w in widths
            ]

    def _seen_width(self) -> int:
        total = 0
        for mechanism, layer in zip(self._mechanisms, self._layers, strict=True):
            width = as_tensor(mechanism.values).shape[-1].value
            total += int(layer.units if layer is not None else width)
        return total

    @property
    def output_size(self) -> Any:
        """The width of outputs."""
        return self._seen_width() if self._output_attention else self._cell.output_size

    @property
    def state_size(self) -> Any:
        """The sizes of all parts of the state."""
        sizes = tuple(mechanism.alignments_size for mechanism in self._mechanisms)
        each = sizes if self._is_several else sizes[0]
        return AttentionWrapperState(
            self._cell.state_size, self._seen_width(), (), each, self._history, each
        )

    def zero_state(self, batch_size: Any, dtype: Any = float32) -> Any:
        """Return the state before the first step."""
        own = self._initial_cell_state
        if own is None:
            own = self._cell.zero_state(batch_size, dtype)
        parts = tuple(m.initial_alignments(batch_size, dtype) for m in self._mechanisms)
        each = parts if self._is_several else parts[0]
        return AttentionWrapperState(
            own,
            zeros_of(self._seen_width(), batch_size, dtype),
            as_tensor(0),
            each,
            self._history,
            each,
        )

    def call(self, inputs: Any, state: Any) -> Any:
        """Return the output and the new state."""
        given = self._cell_input_fn(inputs, state.attention)
        output, cell_state = self._cell(given, state.cell_state)
        seen, weights = [], []
        for mechanism, layer in zip(self._mechanisms, self._layers, strict=True):
            alignments = mechanism(output)
            context = _context(alignments, mechanism.values)
            seen.append(context if layer is None else layer(_beside(output, context)))
            weights.append(alignments)
        attention = seen[0]
        for other in seen[1:]:
            attention = _beside(attention, other)
        each = tuple(weights) if self._is_several else weights[0]
        time = _later(state.time)
        new = AttentionWrapperState(cell_state, attention, time, each, self._history, each)
        return (attention if self._output_attention else output), new
