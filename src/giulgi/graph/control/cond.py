"""A choice between two computations, of which only one is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, DTypeError, ShapeError
from giulgi.graph.control.body import Body, OfBody, computed, parameters_of, rebuilt
from giulgi.graph.control.loop import capture
from giulgi.graph.control.tracing import Apart
from giulgi.graph.dtypes import bool_, is_float
from giulgi.graph.gradients import gradients
from giulgi.graph.node import Node, build
from giulgi.graph.op import Op, Spec
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.leaves import TensorLike, constant, known_value, placeholder
from giulgi.graph.ops.random import RandomBits
from giulgi.graph.rewrite import substitute
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor
from giulgi.tree import flatten, unflatten

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Branches(Body):
    """Two computations of the same parameters, with as many results.

    Attributes:
        own: placeholders for what they take from outside.
        then: the results of the one.
        otherwise: those of the other.
    """

    own: tuple[Node, ...]
    then: tuple[Node, ...]
    otherwise: tuple[Node, ...]

    def __reduce__(self) -> Any:
        return Branches, (self.own, self.then, self.otherwise), {"is_plain": self.is_plain}

    @property
    def parameters(self) -> tuple[Node, ...]:
        """The placeholders."""
        return self.own

    def remade(self, given: Mapping[Node, Tensor], *, plain: bool) -> Branches:
        """Return them with other parameters."""
        nodes = rebuilt([*self.then, *self.otherwise], given, plain=plain)
        count, own = len(self.then), parameters_of(self.own, given)
        return Branches(own, tuple(nodes[:count]), tuple(nodes[count:]), is_plain=plain)

    def chosen(self, condition: bool) -> tuple[Node, ...]:
        """Return the results of one of the two."""
        return self.then if condition else self.otherwise


@dataclass(frozen=True)
class Cond(OfBody):
    """A result of one computation where a condition holds, else of another.

    The inputs are the condition, a single bool, and what the two take from outside.
    """

    def standing_for(self, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
        """Return the inputs but for the condition."""
        return inputs[1:]

    def infer(self, *inputs: Tensor) -> Spec:
        """Sizes that differ between the two are not known."""
        a, b = (nodes[self.place].spec for nodes in (self.body.then, self.body.otherwise))
        return Spec(_common(a.shape, b.shape), a.dtype)

    def resolve(self, *inputs: Tensor) -> Tensor | None:
        """If the condition is known, there is no choice."""
        condition = known_value(inputs[0])
        if condition is None:
            return self.with_constants(self.body.own, inputs)
        return self.chosen(bool(condition), inputs[1:])

    def chosen(self, condition: bool, inputs: Sequence[Tensor]) -> Tensor:
        """Return the result of one of the two."""
        given = dict(zip(self.body.parameters, inputs, strict=True))
        return substitute([Tensor(self.body.chosen(condition)[self.place])], given)[0]

    def computed_together(self, ops: Sequence[Op], condition: Array, *inputs: Array) -> list[Array]:
        """Compute one of the two."""
        nodes = self.body.chosen(bool(condition))
        given = dict(zip(self.body.parameters, inputs, strict=True))
        return computed([nodes[op.place] for op in ops if isinstance(op, Cond)], given)

    def formula(self, *inputs: str) -> str:
        """Tell the condition, and what the two take from outside."""
        return f"cond({', '.join(inputs)})"

    def gradients_together(
        self, received: Sequence[tuple[Op, Tensor]], *inputs: Tensor
    ) -> tuple[Tensor | None, ...]:
        """Return the gradients by the inputs: a choice between those of the two."""
        pairs = [(op.place, dy) for op, dy in received if isinstance(op, Cond)]
        own: Branches = self.body
        wanted = [node for node in own.parameters if is_float(node.spec.dtype)]
        slopes = [placeholder(dy.dtype, dy.known_shape) for _, dy in pairs]

        def of(results: Sequence[Node]) -> tuple[Node, ...]:
            ys = [Tensor(results[place]) for place, _ in pairs]
            found = gradients(ys, [Tensor(node) for node in wanted], slopes)
            return tuple(x.node for x in found)

        backward = Branches(
            (*own.parameters, *(x.node for x in slopes)), of(own.then), of(own.otherwise)
        )
        given = [*inputs, *(dy for _, dy in pairs)]
        found = {node: build(Cond(backward, i), *given) for i, node in enumerate(wanted)}
        return None, *(found.get(node) for node in own.parameters)


def _common(a: Shape | None, b: Shape | None) -> Shape | None:
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple(x if x == y else None for x, y in zip(a, b, strict=True))


def cond(condition: TensorLike, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    """Return what one function gives if a condition holds, and else what another gives.

    Both are called once, to build their graph; when it runs, only one of the two is computed::

        x = gg.placeholder("float32", (), name="x")
        y = gg.cond(x > 0, lambda: gg.log(x), lambda: x - 1)

    Element by element, :func:`giulgi.where` chooses.

    Args:
        condition: a single bool.
        then: a function without arguments that returns tensors, perhaps nested.
        otherwise: another, whose results have the same dtypes and are nested likewise.

    Raises:
        ArgumentError: if the condition is no single number, or the results are nested otherwise.
        DTypeError, ShapeError: if results of the two differ in dtype or number of axes.
    """
    chosen = constant(condition)
    if chosen.known_shape not in ((), None):
        raise ArgumentError(
            "the condition is not a single bool.",
            op="cond",
            arguments=[("condition", chosen.description)],
            fix="gg.where(condition, a, b) chooses element by element",
        )
    began = placeholder(bool_, (), "condition").node.serial
    with Apart("cond"):
        first, second = then(), otherwise()
    (a, structure), (b, other) = flatten(first), flatten(second)
    if structure != other:
        raise ArgumentError("the results of the two are nested otherwise.", op="cond", fix="")
    ends = [constant(x) for x in (*a, *b)]
    for x, y in zip(ends[: len(a)], ends[len(a) :], strict=True):
        _require_alike(x, y)
    found = capture(ends, [], lambda node: _is_of_branch(node, began))
    nodes = [end.node for end in found.ends]
    branches = Branches(tuple(found.parameters), tuple(nodes[: len(a)]), tuple(nodes[len(a) :]))
    inputs = [cast(chosen, bool_), *found.values]
    results = [build(Cond(branches, place), *inputs) for place in range(len(a))]
    return unflatten(structure, iter(results))


def _is_of_branch(node: Node, began: int) -> bool:
    """Whether a node was made in a branch; what has no input, or is random, is from outside."""
    return node.serial > began and bool(node.inputs) and not isinstance(node.op, RandomBits)


def _require_alike(a: Tensor, b: Tensor) -> None:
    arguments = [("then", a.description), ("otherwise", b.description)]
    if a.dtype != b.dtype:
        raise DTypeError(
            f"one gives {a.dtype.name}, and the other {b.dtype.name}.",
            op="cond",
            arguments=arguments,
            fix="cast one of them: x.astype('float32')",
        )
    known = a.known_shape is not None and b.known_shape is not None
    if known and a.ndim != b.ndim:
        raise ShapeError(
            "the results of the two differ in their number of axes.", op="cond", arguments=arguments
        )
