"""Sums of gradients that come to one value from several sides."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from giulgi.graph.ops.joining import concat
from giulgi.graph.ops.slicing import Embed
from giulgi.graph.tensor import Tensor


def summed(terms: Sequence[Tensor]) -> Tensor:
    """Return the sum of gradients of one value.

    Gradients of parts that a value was cut into are parts among zeros. They are put together, and
    not added: that is less work, and it shows in the graph what was done.
    """
    parts = [term for term in terms if isinstance(term.op, Embed)]
    whole = _put_together(parts)
    if whole is not None:
        terms = [*(term for term in terms if not isinstance(term.op, Embed)), whole]
    return reduce(lambda a, b: a + b, terms)


def _put_together(parts: Sequence[Tensor]) -> Tensor | None:
    """Return parts that are all there is along one axis as one; None if they are not that."""
    cuts = [part.op.cuts for part in parts if isinstance(part.op, Embed)]
    if len(cuts) < 2 or any(part.known_shape is None for part in parts):
        return None
    differing = [axis for axis, own in enumerate(zip(*cuts, strict=True)) if len(set(own)) > 1]
    if len(differing) != 1:
        return None
    (axis,) = differing
    whole = all(
        cut in ((None, None, 1), (0, size, 1))
        for other, (cut, size) in enumerate(zip(cuts[0], parts[0].shape, strict=True))
        if other != axis
    )
    if not whole or any(None in own[axis] or own[axis][2] != 1 for own in cuts):
        return None
    in_order = sorted(zip(cuts, parts, strict=True), key=lambda pair: pair[0][axis][0] or 0)
    ends = [0, *(own[axis][1] for own, _ in in_order)]
    follows = all(own[axis][0] == end for (own, _), end in zip(in_order, ends, strict=False))
    if not follows or ends[-1] != parts[0].shape[axis]:
        return None
    return concat([part.inputs[0] for _, part in in_order], axis=axis)
