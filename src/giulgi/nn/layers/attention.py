"""Attention: values summed up with weights that say how well their keys fit a query."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from giulgi.errors import ArgumentError
from giulgi.graph import ops
from giulgi.graph.tensor import Tensor
from giulgi.nn import activations
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.dropout import Dropout
from giulgi.nn.masks import mask_of
from giulgi.signatures import called_as

# What is added to the score of what is masked: next to it the exponential function is 0.
_NEVER = -1e9


def masked_scores(scores: Tensor, allowed: Tensor | None) -> Tensor:
    """Return the scores, and very small ones where a mask is False."""
    if allowed is None:
        return scores
    return ops.where(allowed, scores, scores + _NEVER)


def both(a: Tensor | None, b: Tensor | None) -> Tensor | None:
    """Return where two masks are True, of which there may be none."""
    if a is None or b is None:
        return b if a is None else a
    return ops.logical_and(a, b)


def causal(queries: Tensor, keys: Tensor) -> Tensor:
    """Return the mask in which query i sees the keys up to i: (queries, keys)."""
    return ops.arange(ops.size(queries, 1))[:, None] >= ops.arange(ops.size(keys, 1))


class _Attention(Layer):
    """Base of layers called on [query, value], or [query, value, key].

    Args:
        use_scale: whether scores are multiplied with a weight.
        dropout: the share of the weights that is left out while training.
        seed: a whole number for numbers of its own; None draws from ``gg.set_seed``.
        options: of every :class:`Layer`.
    """

    def __init__(
        self,
        use_scale: bool = False,
        dropout: float = 0.0,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.use_scale = use_scale
        self.dropout = Dropout(dropout, seed=seed)

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Return how well each key fits each query: (batch, queries, keys)."""
        raise NotImplementedError

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """Return softmax(scores) @ value; and the weights, if they are asked for."""
        query, value, key = self._parts(inputs)
        masks = list(mask) if mask is not None else [None, None]
        query_mask, value_mask = masks[:2]
        allowed = None if value_mask is None else value_mask[:, None, :]
        if use_causal_mask:
            allowed = both(allowed, causal(query, key)[None])
        weights = activations.softmax(masked_scores(self.scores(query, key), allowed))
        result = self.dropout(weights, training=training) @ value
        if query_mask is not None:
            result = ops.where(query_mask[..., None], result, 0)
        return [result, weights] if return_attention_scores else result

    def _parts(self, inputs: Any) -> tuple[Tensor, Tensor, Tensor]:
        own = type(self).__name__
        if not isinstance(inputs, (list, tuple)) or len(inputs) not in (2, 3):
            raise ArgumentError(
                f"{own} is called on a list of query and value, perhaps with a key.",
                op=own,
                fix=f"{own}()([query, value])",
            )
        query, value, *rest = inputs
        return query, value, rest[0] if rest else value

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of the queries."""
        return mask[0] if mask else None


class Attention(_Attention):
    """y = softmax(query @ key' * scale) @ value, with the value as key if none is given.

    Shapes: query (batch, queries, size), value (batch, keys, size of y), key (batch, keys, size)
    -> y (batch, queries, size of y). Luong, Pham, Manning, arXiv:1508.04025.

    Args:
        use_scale: whether there is a scale, a weight that begins with 1.
        score_mode: "dot", or "concat": sum of tanh(query + key), times a weight.
        dropout: the share of the weights that is left out while training.
        seed: a whole number for numbers of its own; None draws from ``gg.set_seed``.
        options: of every :class:`Layer`.
    """

    @layer_arguments
    @called_as("Attention()")
    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(use_scale, dropout, seed, **options)
        if score_mode not in ("dot", "concat"):
            raise ArgumentError(
                f"score_mode is {score_mode!r}; it is 'dot' or 'concat'.",
                op="Attention",
                fix="Attention(score_mode='dot')",
            )
        self.score_mode = score_mode

    def build(self, input_shape: Any) -> None:
        """Make the weights of the scores."""
        self.scale = self.add_weight((), "ones", name="scale") if self.use_scale else None
        self.concat_score_weight = None
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight")

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Return query @ key', or the sums of tanh(query + key)."""
        if self.concat_score_weight is None:
            product = query @ key.mT
            return product if self.scale is None else product * self.scale
        pairs = query[:, :, None] + key[:, None]
        pairs = pairs if self.scale is None else pairs * self.scale
        return self.concat_score_weight * ops.sum(ops.tanh(pairs), axis=-1)


class AdditiveAttention(_Attention):
    """y = softmax(sum(scale * tanh(query + key))) @ value, with the value as key if none is given.

    Shapes: as of :class:`Attention`; scale (size,). Bahdanau, Cho, Bengio, arXiv:1409.0473.

    Args:
        use_scale: whether there is a scale, a weight for each feature.
        dropout: the share of the weights that is left out while training.
        options: of every :class:`Layer`.
    """

    @layer_arguments
    @called_as("AdditiveAttention()")
    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **options: Any) -> None:
        super().__init__(use_scale, dropout, **options)

    def build(self, input_shape: Any) -> None:
        """Make the scale."""
        self.scale = None
        if self.use_scale:
            size = input_shape[0][-1]
            self.scale = self.add_weight((size,), "glorot_uniform", name="scale")

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Return the weighted sums of tanh(query + key)."""
        pairs = ops.tanh(query[:, :, None] + key[:, None])
        return ops.sum(pairs if self.scale is None else pairs * self.scale, axis=-1)


class MultiHeadAttention(Layer):
    """Several attentions side by side, each on projections of its own, joined by a matrix.

    With q, k, v = query @ kernel_q + bias_q, ..., for each head:

        y = concat over heads of softmax(q k' / sqrt(key_dim)) v,   then y @ kernel + bias

    Shapes: query (batch, queries, size), value and key (batch, keys, ...) -> (batch, queries,
    size), or the last axis of ``output_shape``; kernels of the projections (size, heads, key_dim),
    (size, heads, value_dim), that of the output (heads, value_dim, size). Vaswani et al.,
    arXiv:1706.03762.

    Args:
        num_heads: how many heads there are.
        key_dim: the size of each query and key.
        value_dim: the size of each value; None: that of the keys.
        dropout: the share of the weights that is left out while training.
        use_bias: whether projections and output have biases.
        output_shape: the size of y; None: that of the query.
        kernel_initializer: the first values of the kernels.
        bias_initializer: the first values of the biases.
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
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.value_dim = value_dim or key_dim
        self.dropout = Dropout(dropout, seed=seed)
        self.use_bias = use_bias
        self.output_size = output_shape[-1] if isinstance(output_shape, Sequence) else output_shape
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer

    def _prepare(self, query: Tensor, key: Tensor, value: Tensor) -> None:
        """Make the weights at the first call, when all three sizes are known."""
        if hasattr(self, "query"):
            return
        heads, size = self.num_heads, self.output_size or query.shape[-1]
        self.query = self._projection("query", (query.shape[-1], heads, self.key_dim))
        self.key = self._projection("key", (key.shape[-1], heads, self.key_dim))
        self.value = self._projection("value", (value.shape[-1], heads, self.value_dim))
        self.output_projection = self._projection(
            "attention_output", (heads, self.value_dim, size), outputs=1
        )

    def _projection(self, name: str, shape: Sequence[Any], outputs: int = 2) -> list[Any]:
        kernel = self.add_weight(shape, self.kernel_initializer, name=f"{name}/kernel")
        if not self.use_bias:
            return [kernel]
        own = shape[-outputs:]
        return [kernel, self.add_weight(own, self.bias_initializer, name=f"{name}/bias")]

    def call(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        attention_mask: Tensor | None = None,
        mask: Tensor | None = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """Return what the heads give, joined; and the weights, if they are asked for.

        Args:
            query: what is asked.
            value: what is summed up.
            key: what is compared with the queries; None: the value.
            attention_mask: (batch, queries, keys), False where a query must not see a key.
            mask: that of the queries, (batch, queries).
            training: whether it is training.
            return_attention_scores: whether the weights are returned, too.
            use_causal_mask: whether each query sees only keys up to its own place.
        """
        value = ops.constant(value)
        key = value if key is None else ops.constant(key)
        self._prepare(query, key, value)
        allowed = None if attention_mask is None else ops.constant(attention_mask)[:, None]
        value_mask = mask_of(value)
        if value_mask is not None:
            allowed = both(allowed, value_mask[:, None, None, :])
        if mask is not None:
            allowed = both(allowed, mask[:, None, :, None])
        if use_causal_mask:
            allowed = both(allowed, causal(query, key)[None, None])
        q, k, v = (
            _into_heads(x, *weights)
            for x, weights in ((query, self.query), (key, self.key), (value, self.value))
        )
        scores = q @ k.mT * (1 / math.sqrt(self.key_dim))
        weights = activations.softmax(masked_scores(scores, allowed))
        heads = self.dropout(weights, training=training) @ v
        result = _joined(heads, *self.output_projection)
        return [result, weights] if return_attention_scores else result

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of the queries."""
        return mask


def _into_heads(x: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return the projections of x: (batch, heads, steps, size)."""
    size, heads, own = kernel.shape
    y = x @ ops.reshape(kernel, (size, -1))
    if bias is not None:
        y = y + ops.reshape(bias, (-1,))
    y = ops.reshape(y, (ops.size(x, 0), ops.size(x, 1), heads, own))
    return ops.transpose(y, (0, 2, 1, 3))


def _joined(heads: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return the product of the heads, side by side, with a kernel."""
    y = ops.transpose(heads, (0, 2, 1, 3))
    columns = kernel.shape[0] * kernel.shape[1]  # type: ignore[operator]
    y = ops.reshape(y, (ops.size(y, 0), ops.size(y, 1), columns))
    y = y @ ops.reshape(kernel, (columns, -1))
    return y if bias is None else y + bias
