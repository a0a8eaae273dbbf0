"""A choice between two computations, of which only one is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, DTypeError, ShapeError
from giulgi.graph.control.loop import capture, computed
from giulgi.graph.control.tracing import Apart
from giulgi.graph.dtypes import bool_, is_float
from giulgi.graph.gradients import gradients
from giulgi.graph.node import Node, build
from giulgi.graph.op import Op, Spec
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.leaves import TensorLike, constant, known_value, placeholder
from giulgi.graph.ops.random import RandomBits
from giulgi.graph.rewrite import specialise, substitute
from giulgi.graph.shapes import Shape, could_agree
from giulgi.graph.tensor import Tensor
from giulgi.tree import flatten, unflatten

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Branches:
    """Two computations of the same parameters, with as many results.

    Attributes:
        parameters: placeholders for what they take from outside.
        then: the results of the one.
        otherwise: those of the other.
    """

    parameters: tuple[Node, ...]
    then: tuple[Node, ...]
    otherwise: tuple[Node, ...]
    _forms: dict[Any, Branches] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> Any:
        return Branches, (self.parameters, self.then, self.otherwise)

    def for_specs(self, specs: Sequence[Spec], *, plain: bool) -> Branches:
        """Return them for parameters of which more is known; always the same for the same."""
        key = (*specs, plain)
        if key not in self._forms:
            new = {
                node: Tensor(node)
                if spec == node.spec
                else placeholder(spec.dtype, spec.shape, node.name)
                for node, spec in zip(self.parameters, specs, strict=True)
            }
            self._forms.setdefault(key, self._with(new, plain=plain))
        return self._forms[key]

    def _with(self, new: dict[Node, Tensor], *, plain: bool) -> Branches:
        rebuild = specialise if plain else substitute
        both = rebuild([Tensor(node) for node in (*self.then, *self.otherwise)], new)
        nodes = [end.node for end in both]
        parameters = tuple(new[node].node for node in self.parameters)
        count = len(self.then)
        return Branches(parameters, tuple(nodes[:count]), tuple(nodes[count:]))


@dataclass(frozen=True)
class Cond(Op):
    """A result of one computation where a condition holds, else of another.

    The inputs are the condition, a single bool, and what the two take from outside.

    Attributes:
        branches: the two.
        place: which of their results.
        is_plain: whether what changes nothing is left out of them.
    """

    branches: Branches
    place: int
    is_plain: bool = False

    def infer(self, *inputs: Tensor) -> Spec:
        """Sizes that differ between the two are not known."""
        a, b = self.branches.then[self.place].spec, self.branches.otherwise[self.place].spec
        return Spec(_common(a.shape, b.shape), a.dtype)

    def normalised(self, *inputs: Tensor) -> Op:
        """What is known of the inputs is known in the branches."""
        specs = [Spec(x.known_shape, x.dtype) for x in inputs[1:]]
        if specs == [node.spec for node in self.branches.parameters]:
            return self
        return replace(self, branches=self.branches.for_specs(specs, plain=self.is_plain))

    def resolve(self, *inputs: Tensor) -> Tensor | None:
        """If the condition is known, there is no choice."""
        condition = known_value(inputs[0])
        if condition is None:
            return None
        return self.chosen(bool(condition), inputs[1:])

    def chosen(self, condition: bool, inputs: Sequence[Tensor]) -> Tensor:
        """Return the result of one of the two."""
        nodes = self.branches.then if condition else self.branches.otherwise
        given = dict(zip(self.branches.parameters, inputs, strict=True))
        return substitute([Tensor(nodes[self.place])], given)[0]

    def simplified(self, *inputs: Tensor) -> Tensor | None:
        """What changes nothing is left out of the branches, too."""
        if self.is_plain:
            return None
        specs = [node.spec for node in self.branches.parameters]
        branches = self.branches.for_specs(specs, plain=True)
        return build(replace(self, branches=branches, is_plain=True), *inputs)

    def numpy(self, condition: Array, *inputs: Array) -> Array:
        """Compute one of the two."""
        nodes = self.branches.then if condition else self.branches.otherwise
        given = dict(zip(self.branches.parameters, inputs, strict=True))
        return computed([nodes[self.place]], given)[0]

    def formula(self, *inputs: str) -> str:
        """Tell the condition, and what the two take from outside."""
        return f"cond({', '.join(inputs)})"

    @property
    def companions(self) -> Branches:
        """What nodes have in common that are differentiated together."""
        return self.branches

    def gradients_together(
        self, received: Sequence[tuple[Op, Tensor]], *inputs: Tensor
    ) -> tuple[Tensor | None, ...]:
        """Return the gradients by the inputs: a choice between those of the two."""
        pairs = [(op.place, dy) for op, dy in received if isinstance(op, Cond)]
        own = self.branches
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
    if known and len(a.shape) != len(b.shape) and not could_agree(a.known_shape, b.known_shape):
        raise ShapeError(
            "the results of the two differ in their number of axes.", op="cond", arguments=arguments
        )
