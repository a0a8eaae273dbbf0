"""Several attentions side by side, each on projections of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import Any

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph import ops
from giulgi.graph.ops.shape import dims_of
from giulgi.graph.ops.state import Variable
from giulgi.graph.shapes import as_sequence, shape_text
from giulgi.graph.tensor import Tensor
from giulgi.nn import activations, initializers, regularizers
from giulgi.nn.layers.activations import NEVER, masked_softmax
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.attention import both, causal
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.checks import is_whole_number, last_dimension
from giulgi.nn.layers.dropout import Dropout
from giulgi.nn.layers.weighted import whole_number
from giulgi.nn.masks import for_elements, mask_of
from giulgi.signatures import called_as


class MultiHeadAttention(Layer):
    """Several attentions side by side, each on projections of its own, joined by a matrix.

    With q, k, v = query @ kernel_q + bias_q, ..., for each head:

        y = concat over heads of softmax(q k' / sqrt(key_dim)) v,   then y @ kernel + bias

    Shapes: query (batch, queries, size), value and key (batch, keys, ...) -> (batch, queries,
    size), or ``output_shape`` in the place of the last axis; kernels of the projections (size,
    heads, key_dim), (size, heads, value_dim), that of the output (heads, value_dim, size).
    Queries, and keys, may lie along several axes. Vaswani et al., arXiv:1706.03762.

    Args:
        num_heads: how many heads there are.
        key_dim: the size of each query and key.
        value_dim: the size of each value; None: that of the keys.
        dropout: the share of the weights that is left out while training.
        use_bias: whether projections and output have biases.
        output_shape: the size of y, or several; None: that of the query.
        attention_axes: the axes along which queries and keys lie; None: all but the first and the
            last. Along others there are attentions of their own.
        kernel_initializer: the first values of the kernels.
        bias_initializer: the first values of the biases.
        kernel_regularizer: a penalty of each kernel.
        bias_regularizer: a penalty of each bias.
        activity_regularizer: a penalty of all projections and of y, divided by the size of the
            batch.
        seed: a whole number for numbers of its own; None draws from ``gg.set_seed``.
        options: of every :class:`Layer`.
    """

    one_input = True

    @layer_arguments
    @called_as("MultiHeadAttention(4, 16)")
    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: int | Sequence[int] | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        example = "MultiHeadAttention(4, 16) has 4 heads with keys of 16 numbers"
        self.num_heads = whole_number(self, "num_heads", num_heads, example)
        self.key_dim = whole_number(self, "key_dim", key_dim, example)
        value_dim = key_dim if value_dim is None else value_dim
        self.value_dim = whole_number(self, "value_dim", value_dim, example)
        self.dropout = Dropout(dropout, seed=seed, name="dropout")
        self.use_bias = use_bias
        sizes = [] if output_shape is None else as_sequence(output_shape)
        fix = "output_shape=64, or several sizes; without it that of the query"
        self.output_sizes = [whole_number(self, "output_shape", size, fix) for size in sizes]
        self.attention_axes = _axes(attention_axes)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)

    def _prepare(self, query: Tensor, key: Tensor, value: Tensor) -> None:
        """Make the weights at the first call, when all three sizes are known."""
        if hasattr(self, "query"):
            return
        of_query, of_key, of_value = (
            last_dimension(self, x.shape, what)
            for what, x in (("query", query), ("key", key), ("value", value))
        )
        heads, sizes = self.num_heads, self.output_sizes or [of_query]
        self.query = self._projection("query", (of_query,), (heads, self.key_dim))
        self.key = self._projection("key", (of_key,), (heads, self.key_dim))
        self.value = self._projection("value", (of_value,), (heads, self.value_dim))
        self.output_projection = self._projection(
            "attention_output", (heads, self.value_dim), sizes
        )

    def _projection(self, name: str, taken: Sequence[Any], given: Sequence[Any]) -> list[Variable]:
        """Return a kernel of the axes that it takes and gives, and perhaps a bias."""
        kernel = self.add_weight(
            (*taken, *given), self.kernel_initializer,
            name=f"{name}/kernel", regularizer=self.kernel_regularizer,
        )  # fmt: skip
        if not self.use_bias:
            return [kernel]
        bias = self.add_weight(
            given, self.bias_initializer, name=f"{name}/bias", regularizer=self.bias_regularizer
        )
        return [kernel, bias]

    def _projected(self, x: Tensor, taken: int, weights: Sequence[Variable]) -> Tensor:
        """Return the product of the last axes of x with a kernel that takes so many."""
        kernel, *bias = weights
        rank = x.ndim - taken
        columns = math.prod(kernel.shape[:taken])
        lead = dims_of(x)[:rank]
        y = ops.reshape(x, (*lead, columns)) @ ops.reshape(kernel, (columns, -1))
        y = ops.reshape(y, (*lead, *kernel.shape[taken:]))
        y = y + bias[0] if bias else y
        if self.activity_regularizer is not None:
            self.add_loss(self.activity_regularizer(y) / ops.cast(ops.size(y, 0), y.dtype))
        return y

    def call(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """Return what the heads give, joined; and the weights, if they are asked for.

        Args:
            query: what is asked.
            value: what is summed up.
            key: what is compared with the queries; None: the value.
            query_mask: which queries count, (batch, queries); None: the mask that goes along.
            value_mask: which values count, (batch, keys); likewise.
            key_mask: which keys count, (batch, keys); likewise.
            attention_mask: (batch, queries, keys), or with heads behind the batch; False where a
                query must not see a key.
            return_attention_scores: whether the weights are returned, too. A query that must see no
                key has weights of 0 then, else all alike; see :meth:`shares`.
            training: whether it is training.
            use_causal_mask: whether each query sees only keys up to its own place.
        """
        value = ops.constant(value)
        key = value if key is None else ops.constant(key)
        _require_fit(query, key, value)
        places = _Places(query.ndim, self.attention_axes)
        self._prepare(query, key, value)
        q, k, v = (
            places.flat(self._projected(x, 1, weights))
            for x, weights in ((query, self.query), (key, self.key), (value, self.value))
        )
        scores = q @ k.mT * (1 / math.sqrt(self.key_dim))
        masks = [
            None if m is None else places.flat_mask(m, x)[..., None, :]
            for m, x in (
                (mask_of(value) if value_mask is None else value_mask, value),
                (mask_of(key) if key_mask is None else key_mask, key),
            )
        ]
        query_mask = mask_of(query) if query_mask is None else query_mask
        if query_mask is not None:
            masks.append(places.flat_mask(query_mask, query)[..., None])
        if use_causal_mask:
            masks.append(causal(q, k))
        if attention_mask is not None:
            masks.append(places.flat_pairs(ops.constant(attention_mask), scores))
        is_told = return_attention_scores or query.ndim != 3
        weights = self.shares(scores, reduce(both, masks), is_told)
        heads = places.spread(self.dropout(weights, training=training) @ v, query)
        result = self._projected(heads, 2, self.output_projection)
        if not return_attention_scores:
            return result
        return [result, places.spread_pairs(weights, query, key)]

    def shares(self, scores: Tensor, allowed: Tensor | None, is_told: bool) -> Tensor:
        """Return the weights of the keys for each query.

        Of a query that must see no key they are those of Keras, which has two ways to compute them:
        all alike where nobody looks at them, and else 0, so that only the bias is left.

        Args:
            scores: how well the keys fit.
            allowed: which of them a query sees; None: all.
            is_told: whether the weights are returned, or there are several axes of queries;
                dropout looks at them in any case.
        """
        if allowed is None or is_told or self.dropout.rate:
            return masked_softmax(scores, allowed)
        return activations.softmax(ops.where(allowed, scores, NEVER))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of the queries."""
        return mask


class _Places:
    """Along which axes queries and keys lie, brought to one in front of the features.

    Args:
        rank: the number of axes of queries, keys and values.
        axes: along which they lie; None: all but the first and the last.

    Raises:
        ArgumentError: if there are no such axes.
    """

    def __init__(self, rank: int, axes: Sequence[int] | None) -> None:
        between = range(1, rank - 1)
        chosen = between if axes is None else [axis + rank if axis < 0 else axis for axis in axes]
        if not set(chosen) <= set(between):
            there = f"have axes from 1 to {rank - 2}" if between else "have none"
            raise _no_axes(
                axes, f"the inputs {there} between that of the examples and that of the features"
            )
        if len(set(chosen)) < len(chosen):
            raise _no_axes(axes, "it names each axis once")
        self.chosen = list(chosen)
        self.others = [axis for axis in range(rank - 1) if axis not in self.chosen]
        self.rank = rank

    def flat(self, x: Tensor) -> Tensor:
        """Return (..., heads, size) as (other axes, heads, places, size)."""
        sizes = dims_of(x)
        y = ops.transpose(x, (*self.others, self.rank - 1, *self.chosen, self.rank))
        lead = [sizes[axis] for axis in (*self.others, self.rank - 1)]
        return ops.reshape(y, (*lead, self._count(sizes), sizes[-1]))

    def spread(self, x: Tensor, like: Tensor) -> Tensor:
        """Return (other axes, heads, places, size) as (..., heads, size), as another lies."""
        sizes = dims_of(like)
        lead = dims_of(x)[: len(self.others) + 1]
        y = ops.reshape(x, (*lead, *(sizes[axis] for axis in self.chosen), x.shape[-1]))
        now = [*self.others, self.rank - 1, *self.chosen, self.rank]
        return ops.transpose(y, [now.index(axis) for axis in range(self.rank + 1)])

    def flat_mask(self, mask: Tensor, x: Tensor) -> Tensor:
        """Return a mask of the first axes of x as (other axes, 1, places)."""
        sizes = dims_of(x)[:-1]
        whole = ops.broadcast_to(for_elements(mask, x[..., 0]), sizes)
        y = ops.transpose(whole, (*self.others, *self.chosen))
        lead = [sizes[axis] for axis in self.others]
        return ops.reshape(y, (*lead, 1, self._count(sizes)))

    def flat_pairs(self, mask: Tensor, scores: Tensor) -> Tensor:
        """Return a mask (other axes, perhaps heads, queries, keys), each along one axis."""
        mask = ops.cast(mask, "bool")
        count = len(self.chosen)
        lead = dims_of(mask)[: mask.ndim - 2 * count]
        whole = [*lead, *dims_of(scores)[-2:]] if count > 1 else dims_of(mask)
        mask = ops.reshape(mask, whole)
        missing = scores.ndim - mask.ndim
        return ops.expand_dims(mask, tuple(range(-2 - missing, -2)))

    def spread_pairs(self, weights: Tensor, query: Tensor, key: Tensor) -> Tensor:
        """Return (other axes, heads, queries, keys) with all axes of queries and of keys."""
        lead = dims_of(weights)[:-2]
        ends = [dims_of(x)[axis] for x in (query, key) for axis in self.chosen]
        return ops.reshape(weights, (*lead, *ends))

    def _count(self, sizes: Sequence[Any]) -> Any:
        return math.prod(sizes[axis] for axis in self.chosen)


def _axes(given: int | Sequence[int] | None) -> tuple[int, ...] | None:
    """Return an axis, or several, as a tuple; None as it is."""
    if given is None:
        return None
    axes = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    if not axes or not all(map(is_whole_number, axes)):
        raise _no_axes(given, "it is the axis along which queries and keys lie, or several")
    if len(set(axes)) < len(axes):
        raise _no_axes(given, "it names each axis once")
    return tuple(int(axis) for axis in axes)


def _no_axes(given: Any, wanted: str) -> ArgumentError:
    return ArgumentError(
        f"attention_axes is {given!r}; {wanted}.",
        op="MultiHeadAttention",
        fix="attention_axes=1 for (batch, steps, features)",
    )


def _require_fit(query: Tensor, key: Tensor, value: Tensor) -> None:
    """Raise a ShapeError if ranks differ, or there is not one key for each value."""
    pairs = zip(key.shape[:-1], value.shape[:-1], strict=False)
    if not query.ndim == key.ndim == value.ndim:
        problem = "query, key and value have the same number of axes."
        axes = f"{query.ndim}, {key.ndim} and {value.ndim} axes"
    elif any(a != b and None not in (a, b) for a, b in pairs):
        problem = "there is one key for each value: they differ in the size of the last axis only."
        axes = f"{shape_text(key.shape)} and {shape_text(value.shape)}"
    else:
        return
    raise ShapeError(
        problem,
        op="MultiHeadAttention",
        arguments=[
            (name, x.description) for name, x in (("query", query), ("key", key), ("value", value))
        ],
        axes=axes,
        fix="query (batch, queries, size); key and value (batch, keys, size)",
    )
