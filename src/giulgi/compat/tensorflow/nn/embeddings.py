"""Rows of tables: embeddings of words and other classes."""

from __future__ import annotations

from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensors.tensor import as_expression


def one_table(params: Any, partition_strategy: str = "mod") -> gg.Tensor:
    """Return a table that may be told in parts as one, its rows in their order.

    Args:
        params: the table, or a list of its parts.
        partition_strategy: "mod" if row i is in part i % n, "div" if the parts follow each other.
    """
    if not isinstance(params, (list, tuple)):
        return as_expression(params)
    parts = [as_expression(part) for part in params]
    if len(parts) == 1 or partition_strategy == "div":
        return parts[0] if len(parts) == 1 else gg.concat(parts, 0)
    lengths = [int(part.shape[0] or 0) for part in parts]
    starts = [sum(lengths[:place]) for place in range(len(parts))]
    order = [starts[i % len(parts)] + i // len(parts) for i in range(sum(lengths))]
    return gg.gather(gg.concat(parts, 0), gg.constant(order))


def looked_up(table: gg.Tensor, places: gg.Tensor) -> gg.Tensor:
    """Return rows of a table."""
    return gg.gather(table, places)


@operation("nn.embedding_lookup", type="embedding_lookup")
def embedding_lookup(
    params: Any, ids: Any, partition_strategy: str = "mod", name: str | None = None,
    validate_indices: bool = True, max_norm: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return the rows of a table at places.

    Args:
        params: the table, or a list of its parts.
        ids: whole numbers, of any shape.
        partition_strategy: how the parts were cut: "mod" or "div".
        name: the name of the operation.
        validate_indices: has no meaning.
        max_norm: rows that are longer are made so long; None: as they are.
    """
    table, places = one_table(params, partition_strategy), as_expression(ids)
    if places.dtype.kind not in "iu":
        raise TypeError(
            f"Value passed to parameter 'indices' has DataType {places.dtype.name} not in list of "
            "allowed values: int32, int64"
        )
    rows = looked_up(table, places)
    if max_norm is None:
        return rows
    axes = tuple(range(len(places.shape), len(rows.shape)))
    length = gg.sqrt(gg.sum(gg.square(rows), axes, keepdims=True))
    return rows * gg.minimum(1.0, max_norm / gg.maximum(length, 1e-12))


@exported("nn.embedding_lookup_sparse")
def embedding_lookup_sparse(
    params: Any, sp_ids: Any, sp_weights: Any, partition_strategy: str = "mod",
    name: str | None = None, combiner: str | None = None, max_norm: Any = None,
) -> Any:  # fmt: skip
    """Return for each row of sparse ids the sum, mean, or sum / sqrt(n) of rows of a table.

    Args:
        params: the table, or a list of its parts.
        sp_ids: a SparseTensor of ids, one row for each result.
        sp_weights: a SparseTensor of weights at the same places; None: all are 1.
        partition_strategy: how the parts were cut.
        name: the name of the operation.
        combiner: "sum", "mean" or "sqrtn"; None: "mean".
        max_norm: see :func:`embedding_lookup`.
    """
    kind = combiner or "mean"
    if kind not in ("sum", "mean", "sqrtn"):
        raise ValueError("combiner must be one of 'mean', 'sqrtn' or 'sum'")
    with get_default_graph().name_scope(name or "embedding_lookup_sparse"):
        rows = embedding_lookup(params, sp_ids.values, partition_strategy, max_norm=max_norm)
        weights = None if sp_weights is None else sp_weights.values
        return _combined(rows, weights, sp_ids.indices, sp_ids.dense_shape, kind)


@operation(type="SparseSegment")
def _combined(rows: Any, weights: Any, indices: Any, shape: Any, kind: str) -> gg.Tensor:
    """Return the rows of each example together."""
    places = gg.cast(as_expression(indices)[:, 0], "int64")
    count = as_expression(shape)[0]
    x = as_expression(rows)
    w = gg.ones_like(x[:, :1]) if weights is None else gg.expand_dims(as_expression(weights), 1)
    w = gg.cast(w, x.dtype)
    total = gg.scatter_add(x * w, places, (count, x.shape[1]))
    if kind == "sum":
        return total
    part = gg.scatter_add(w if kind == "mean" else gg.square(w), places, (count, 1))
    # An example without ids is zero, as its sum is.
    part = gg.where(gg.equal(part, 0), gg.ones_like(part), part)
    return total / (part if kind == "mean" else gg.sqrt(part))
