"""Attention: values summed up with weights that say how well their keys fit a query."""

from __future__ import annotations

from typing import Any

from giulgi.errors import ArgumentError
from giulgi.graph import ops
from giulgi.graph.tensor import Tensor
from giulgi.nn import activations
from giulgi.nn.layers.activations import NEVER
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.dropout import Dropout
from giulgi.signatures import called_as


def masked_scores(scores: Tensor, allowed: Tensor | None) -> Tensor:
    """Return the scores, and very small ones where a mask is False."""
    if allowed is None:
        return scores
    return ops.where(allowed, scores, scores + NEVER)


def both(a: Tensor | None, b: Tensor | None) -> Tensor | None:
    """Return where two masks are True, of which there may be none."""
    if a is None or b is None:
        return b if a is None else a
    return ops.logical_and(a, b)


def causal(queries: Tensor, keys: Tensor) -> Tensor:
    """Return the mask in which query i sees the keys up to i: (queries, keys)."""
    return ops.arange(ops.size(queries, -2))[:, None] >= ops.arange(ops.size(keys, -2))


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
