"""A graph inside of a node, and what operations that have one share.

What goes on inside is computed of *parameters*: placeholders that stand for the inputs of the node.
An operation has one result, here as everywhere; results of one body are nodes of their own, its
*companions*, which are computed and differentiated together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Self

import numpy as np

from giulgi.graph.control.patience import note_computed
from giulgi.graph.node import Node, build, topological
from giulgi.graph.op import Op, Spec
from giulgi.graph.ops.leaves import Constant, constant, placeholder
from giulgi.graph.rewrite import specialise, substitute
from giulgi.graph.shapes import is_static, size_of
from giulgi.graph.tensor import Tensor
from giulgi.recent import Recent

Array = np.ndarray[Any, Any]

#: What is known of an input: its spec, or the constant that it is.
Form = Spec | Constant

# For so many sets of shapes a body is remembered.
_REMEMBERED_FORMS = 64

# Of so many bodies the order of the nodes is remembered.
_REMEMBERED_ORDERS = 64

# Constants up to this many elements stand in the body itself.
_INLINE_ELEMENTS = 64

# To compute so many elements takes about as long as to come to a node.
_ELEMENTS_LIKE_A_NODE = 4000


def is_inlined(x: Tensor) -> bool:
    """Whether a value that a body captures stands in it: a small constant."""
    return isinstance(x.op, Constant) and x.op.value.size <= _INLINE_ELEMENTS


def parameters_of(nodes: Sequence[Node], given: Mapping[Node, Tensor]) -> tuple[Node, ...]:
    """Return what stands for parameters, those left out that are constants now."""
    found = [given[node].node for node in nodes]
    return tuple(node for node in found if not isinstance(node.op, Constant))


def stand_ins(parameters: Sequence[Node], forms: Sequence[Form]) -> dict[Node, Tensor]:
    """Return what stands for parameters of which more is known."""
    return {
        node: constant(form.value)
        if isinstance(form, Constant)
        else Tensor(node)
        if form == node.spec
        else placeholder(form.dtype, form.shape, node.name)
        for node, form in zip(parameters, forms, strict=True)
    }


def rebuilt(ends: Sequence[Node], given: Mapping[Node, Tensor], *, plain: bool) -> list[Node]:
    """Return nodes of a body for other parameters.

    Args:
        ends: the nodes.
        given: what stands for each parameter.
        plain: whether they are to be computed, every shape being known.
    """
    rebuild = specialise if plain else substitute
    return [end.node for end in rebuild([Tensor(node) for node in ends], given)]


@lru_cache(maxsize=_REMEMBERED_ORDERS)
def _order(ends: tuple[Node, ...], given: frozenset[Node]) -> tuple[list[Node], int]:
    """Return the nodes of a body in their order, and what they cost; a loop asks in every round.

    The cost is their number, and one for every so many elements that are computed.
    """
    order = topological(ends, stop=given)
    sizes = [size_of(n.spec.shape) for n in order if n not in given and is_static(n.spec.shape)]
    return order, len(order) - len(given) + sum(sizes) // _ELEMENTS_LIKE_A_NODE


def computed(ends: Sequence[Node], given: Mapping[Node, Array]) -> list[Array]:
    """Return the values of nodes of a body, given those of its parameters: its meaning."""
    known = dict(given)
    order, cost = _order(tuple(ends), frozenset(given))
    note_computed(cost)
    for node in order:
        if node not in known:
            value = node.op.numpy(*(known[source] for source in node.inputs))
            known[node] = np.asarray(value, node.spec.dtype)
    return [known[node] for node in ends]


@dataclass(frozen=True, eq=False)
class Body:
    """Base of bodies: two are the same only if they are one.

    Attributes:
        is_plain: whether every shape is known, and what changes nothing is left out.
    """

    is_plain: bool = field(default=False, kw_only=True)
    forms: Recent[Any, Any] = field(
        default_factory=lambda: Recent(_REMEMBERED_FORMS), init=False, repr=False
    )

    @property
    def parameters(self) -> tuple[Node, ...]:
        """All placeholders, in the order of the inputs that they stand for."""
        raise NotImplementedError

    def remade(self, given: Mapping[Node, Tensor], *, plain: bool) -> Self:
        """Return it with other parameters."""
        raise NotImplementedError

    def for_specs(self, specs: Sequence[Spec], *, plain: bool) -> Self:
        """Return it for inputs of which more is known; always the same for the same.

        Args:
            specs: what is known of each input.
            plain: whether it is to be computed, every shape being known.
        """
        found: Self = self.forms.get(
            (*specs, plain),
            lambda: self.remade(stand_ins(self.parameters, specs), plain=plain),
        )
        return found


@dataclass(frozen=True)
class OfBody(Op):
    """Base of operations that are a result of a body.

    Attributes:
        body: the body.
        place: which result.
    """

    body: Any
    place: int

    def standing_for(self, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
        """Return the inputs that the parameters of the body stand for."""
        return inputs

    def with_constants(self, captured: Sequence[Node], inputs: Sequence[Tensor]) -> Tensor | None:
        """Return it with small constants in the body itself; None if it captures none."""
        body: Body = self.body
        standing = self.standing_for(inputs)
        forms: list[Form] = [node.spec for node in body.parameters]
        for place, (node, x) in enumerate(zip(body.parameters, standing, strict=True)):
            if node in captured and is_inlined(x):
                assert isinstance(x.op, Constant)
                forms[place] = x.op
        kept = [x for x, form in zip(standing, forms, strict=True) if isinstance(form, Spec)]
        if len(kept) == len(standing):
            return None
        plain = body.is_plain
        made = body.forms.get(
            (*forms, plain), lambda: body.remade(stand_ins(body.parameters, forms), plain=plain)
        )
        before = inputs[: len(inputs) - len(standing)]
        return build(replace(self, body=made), *before, *kept)

    def normalised(self, *inputs: Tensor) -> Op:
        """What is known of the inputs is known in the body."""
        body: Body = self.body
        specs = [Spec(x.known_shape, x.dtype) for x in self.standing_for(inputs)]
        if specs == [node.spec for node in body.parameters]:
            return self
        return replace(self, body=body.for_specs(specs, plain=body.is_plain))

    def simplified(self, *inputs: Tensor) -> Tensor | None:
        """What changes nothing is left out of the body, too."""
        body: Body = self.body
        if body.is_plain:
            return None
        specs = [node.spec for node in body.parameters]
        return build(replace(self, body=body.for_specs(specs, plain=True)), *inputs)

    def numpy(self, *inputs: Array) -> Array:
        """Compute this result alone."""
        value: Array = self.computed_together([self], *inputs)[0]
        return value

    @property
    def companions(self) -> Body:
        """The body: its results are computed and differentiated together."""
        body: Body = self.body
        return body
