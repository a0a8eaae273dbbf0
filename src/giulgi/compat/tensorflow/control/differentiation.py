"""Gradients of tensors by variables and other tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import as_results
from giulgi.compat.tensorflow.control.lost_gradients import require_all
from giulgi.compat.tensors.tensor import Tensor, as_tensor
from giulgi.compat.variables.variable import Variable
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor as Expression


def source(x: Any) -> Expression:
    """Return the expression by which something is differentiated: of a variable itself."""
    return x.variable if isinstance(x, Variable) else as_tensor(x).expression


def slopes(
    ys: Sequence[Expression],
    xs: Sequence[Expression],
    grad_ys: Sequence[Expression | None] | None = None,
    stopped: Sequence[Expression] = (),
) -> list[Expression | None]:
    """Return the gradients of the sum of ys by each x; None by what they do not depend on.

    Args:
        ys: floats.
        xs: by what is differentiated; None by what is no float.
        grad_ys: what the gradients of ys are multiplied by.
        stopped: what is taken for a constant.

    Raises:
        NotImplementedError: if a term is missing that TensorFlow has; see `lost_gradients`.
    """
    found: list[Expression | None] = [None] * len(xs)
    floats = [i for i, x in enumerate(xs) if x.dtype.kind == "f"]
    kept = [i for i, y in enumerate(ys) if y.dtype.kind == "f"]
    wanted = [ys[i] for i in kept]
    if not (floats and wanted):
        return found
    constants = {x.node: gg.stop_gradient(x) for x in stopped}
    if constants:
        wanted = substitute(wanted, constants)
    seeds = None if grad_ys is None else [grad_ys[i] for i in kept]
    # By what is taken for a constant itself there is a gradient still.
    by = [constants.get(xs[i].node, xs[i]) for i in floats]
    require_all(wanted, by, stopped)
    for i, gradient in zip(
        floats, gg.gradients(wanted, by, seeds, unconnected="none"), strict=True
    ):
        found[i] = gradient
    return found


@exported("gradients", "python.ops.gradients.gradients", "python.ops.gradients_impl.gradients")
def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str | None = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: Any = False,
    aggregation_method: Any = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = "none",
) -> list[Tensor | None]:
    """Return the gradients of the sum of all ys by each x.

    Args:
        ys: a tensor, or several.
        xs: a tensor or variable, or several.
        grad_ys: what the gradients of ys are multiplied by; None: ones.
        name: under which the gradients are named.
        colocate_gradients_with_ops: has no meaning.
        gate_gradients: has no meaning.
        aggregation_method: has no meaning.
        stop_gradients: tensors that are taken for constants.
        unconnected_gradients: "zero": zeros, and not None, by what ys do not depend on.

    Returns:
        A tensor for each x; None by what ys do not depend on.
    """
    del colocate_gradients_with_ops, gate_gradients, aggregation_method
    results = [as_tensor(y) for y in _listed(ys)]
    sources = _listed(xs)
    seeds = None
    given: list[Tensor] = []
    if grad_ys is not None:
        seeds = [
            None if g is None else as_tensor(g, y.dtype)
            for g, y in zip(_listed(grad_ys), results, strict=True)
        ]
        given = [seed for seed in seeds if seed is not None]
    found = slopes(
        [y.expression for y in results],
        [source(x) for x in sources],
        None if seeds is None else [None if g is None else g.expression for g in seeds],
        [source(x) for x in _listed(stop_gradients)],
    )
    if getattr(unconnected_gradients, "value", unconnected_gradients) == "zero":
        found = [
            gg.zeros_like(source(x)) if y is None else y
            for x, y in zip(sources, found, strict=True)
        ]
    with get_default_graph().name_scope(name or "gradients"):
        return [
            None if y is None else as_results("Gradient", "grad", [*results, *given], y)
            for y in found
        ]


def _listed(values: Any) -> list[Any]:
    if values is None:
        return []
    return list(values) if isinstance(values, (list, tuple)) else [values]


@exported("hessians")
def hessians(ys: Any, xs: Any, name: str = "hessians", **_: Any) -> list[Any]:
    """Return for each x the second derivatives of the sum of ys: the shape of x, twice."""
    made = []
    for x, first in zip(_listed(xs), gradients(ys, xs), strict=True):
        if first is None:
            raise ValueError(f"ys do not depend on {x!r}")
        by = source(x)
        flat = gg.reshape(first.expression, (-1,))
        count = flat.shape[0]
        if count is None:
            raise NotImplementedError("tf.hessians needs xs of shapes that are known")
        rows = [
            gg.zeros_like(by) if row is None else row
            for row in (slopes([flat[i]], [by])[0] for i in range(count))
        ]
        whole = gg.reshape(gg.stack(rows), [*by.shape, *by.shape])
        made.append(as_results("Hessian", name, [first], whole))
    return made


@exported("UnconnectedGradients")
class UnconnectedGradients:
    """What a gradient is by what nothing depends on."""

    NONE = "none"
    ZERO = "zero"


@exported("AggregationMethod")
class AggregationMethod:
    """How gradients are summed: here in one way."""

    ADD_N = DEFAULT = 0
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2
