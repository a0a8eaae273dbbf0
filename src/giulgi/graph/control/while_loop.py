"""A loop that goes on as long as a condition of its states holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, GiulgiError
from giulgi.graph.control.adjoint import Received, input_gradients
from giulgi.graph.control.body import Body, OfBody, computed, parameters_of, rebuilt
from giulgi.graph.control.draws import drawn_by_rounds
from giulgi.graph.control.loop import Loop, capture
from giulgi.graph.control.scan import values_of
from giulgi.graph.control.tracing import Apart, fitting
from giulgi.graph.dtypes import bool_, int64
from giulgi.graph.node import Node, build, topological
from giulgi.graph.op import Op, Spec
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.creation import arange
from giulgi.graph.ops.leaves import constant, known_value, placeholder
from giulgi.graph.tensor import Tensor
from giulgi.tree import flatten, unflatten

Array = np.ndarray[Any, Any]

# Rounds are counted beforehand if there are no more than so many, and the condition asks for states
# of no more numbers than so many.
_MOST_COUNTED, _SMALL = 4096, 64


@dataclass(frozen=True, eq=False)
class Repeated(Body):
    """What is computed again and again.

    Attributes:
        states: placeholders for what the round before left; the last counts the rounds.
        captured: placeholders for what is the same in every round.
        goes_on: whether there is another round.
        new_states: what is left to the next round, one for each state.
    """

    states: tuple[Node, ...]
    captured: tuple[Node, ...]
    goes_on: Node
    new_states: tuple[Node, ...]

    def as_loop(self) -> Loop:
        """Return it as a loop of numbered steps, always the same."""

        def make() -> Loop:
            number = placeholder(int64, (), "round")
            return Loop(
                self.states, (number.node,), self.captured, self.new_states, False,
                is_plain=self.is_plain,
            )  # fmt: skip

        found: Loop = self.forms.get("loop", make)
        return found

    def rounds(self, inputs: Sequence[Tensor]) -> int | None:
        """Return how many rounds there are, if that depends on constants alone, and they are few.

        Args:
            inputs: the first states, and what is captured.
        """
        needed, order = self.forms.get("asked", self._asked)
        given = {}
        for node, x in zip(self.parameters, inputs, strict=True):
            if node in needed:
                value = known_value(x)
                if value is None or value.size > _SMALL:
                    return None
                given[node] = value
        key = ("rounds", *(value.tobytes() for value in given.values()))
        (found,) = self.forms.get(key, lambda: (self._counted(given, order),))
        return found

    def pruned(self, place: int) -> Repeated:
        """Return it with those states alone, on which one depends, and the number of rounds."""

        def make() -> Repeated:
            needed, _ = self._asked(self.new_states[place], self.new_states[-1])
            needed |= {self.states[place], self.states[-1]}
            kept = [i for i, node in enumerate(self.states) if node in needed]
            return Repeated(
                tuple(self.states[i] for i in kept),
                tuple(node for node in self.captured if node in needed),
                self.goes_on,
                tuple(self.new_states[i] for i in kept),
                is_plain=self.is_plain,
            )

        found: Repeated = self.forms.get(("pruned", place), make)
        return found

    def _asked(self, *also: Node) -> tuple[set[Node], list[int]]:
        """Return on which parameters the number of rounds depends, and the places of states.

        Args:
            also: what else of a round is asked for.
        """
        own, needed = set(self.parameters), set[Node]()
        waiting = [self.goes_on, *also]
        while waiting:
            new = own.intersection(topological(waiting)) - needed
            needed |= new
            waiting = [self.new_states[self.states.index(n)] for n in new if n in self.states]
        return needed, [place for place, node in enumerate(self.states) if node in needed]

    def _counted(self, given: dict[Node, Array], places: Sequence[int]) -> int | None:
        """Go through the rounds of the condition alone; return their number, None if many."""
        ends = [self.goes_on, *(self.new_states[place] for place in places)]
        known = dict(given)
        try:
            with np.errstate(all="ignore"):
                for number in range(_MOST_COUNTED):
                    goes_on, *new = computed(ends, known)
                    if not goes_on:
                        return number
                    known.update(zip((self.states[place] for place in places), new, strict=True))
        except (GiulgiError, ValueError, IndexError):
            pass  # What is wrong is told when it is computed.
        return None

    def __reduce__(self) -> Any:
        own = (self.states, self.captured, self.goes_on, self.new_states)
        return Repeated, own, {"is_plain": self.is_plain}

    @property
    def parameters(self) -> tuple[Node, ...]:
        """All placeholders, in the order of the inputs."""
        return (*self.states, *self.captured)

    def remade(self, given: Mapping[Node, Tensor], *, plain: bool) -> Repeated:
        """Return it with other parameters."""
        goes_on, *new_states = rebuilt([self.goes_on, *self.new_states], given, plain=plain)
        states, captured = (parameters_of(nodes, given) for nodes in (self.states, self.captured))
        return Repeated(states, captured, goes_on, tuple(new_states), is_plain=plain)


@dataclass(frozen=True)
class While(OfBody):
    """A state after the last round. The inputs are the first states, and what is captured."""

    def infer(self, *inputs: Tensor) -> Spec:
        """A state keeps shape and dtype."""
        spec: Spec = self.body.states[self.place].spec
        return spec

    def resolve(self, *inputs: Tensor) -> Tensor | None:
        """With a known number of rounds it is a loop of so many steps."""
        body: Repeated = self.body
        rounds = body.rounds(inputs)
        if rounds is not None:
            return self.after(rounds, inputs)
        return self.with_constants(body.captured, inputs)

    @property
    def is_count(self) -> bool:
        """Whether it is the number of rounds."""
        return self.place == len(self.body.states) - 1

    def after(self, rounds: int, inputs: Sequence[Tensor]) -> Tensor:
        """Return the state after a number of rounds."""
        body: Repeated = self.body
        if self.is_count:
            return constant(rounds, int64)
        if rounds == 0:
            return inputs[self.place]
        count = len(body.states)
        given = [*inputs[:count], arange(rounds), *inputs[count:]]
        output, place = body.new_states[self.place], self.place
        return values_of(body.as_loop(), output, given, stacked=False, last_of=place)

    def pruned(self, inputs: Sequence[Node]) -> Node:
        """Return a loop of those states alone, on which this one depends."""
        body: Repeated = self.body.pruned(self.place)
        given = dict(zip(self.body.parameters, inputs, strict=True))
        place = body.states.index(self.body.states[self.place])
        return build(While(body, place), *(Tensor(given[x]) for x in body.parameters)).node

    def computed_together(self, ops: Sequence[Op], *inputs: Array) -> list[Array]:
        """Take rounds until the condition does not hold."""
        body, count = self.body, len(self.body.states)
        states, captured = list(inputs[:count]), inputs[count:]
        while True:
            given = dict(zip(body.parameters, (*states, *captured), strict=True))
            if not computed([body.goes_on], given)[0]:
                return [states[op.place] for op in ops if isinstance(op, While)]
            states = computed(body.new_states, given)

    def formula(self, *inputs: str) -> str:
        """Tell where it begins, and what is used in every round."""
        return f"while_loop({', '.join(inputs)})"

    def gradients_together(
        self, received: Sequence[tuple[Op, Tensor]], *inputs: Tensor
    ) -> tuple[Tensor | None, ...]:
        """Return the gradients by the inputs: those of a loop of as many rounds as there were."""
        body: Repeated = self.body
        rounds = build(replace(self, place=len(body.states) - 1), *inputs)
        count = len(body.states)
        given = [*inputs[:count], arange(rounds), *inputs[count:]]
        pairs = [(op, dy) for op, dy in received if isinstance(op, While)]
        own = [Received(body.new_states[op.place], False, dy, op.place) for op, dy in pairs]
        found = input_gradients(body.as_loop(), own, given, values_of)
        return (*found[:count], *found[count + 1 :])


def while_loop(
    condition: Callable[..., Any],
    body: Callable[..., Any],
    initial: Any,
) -> Any:
    """Compute new states as long as a condition of the states holds; return the last.

    Both functions are called once, to build their graph::

        n, total = gg.while_loop(lambda n, s: n > 0, lambda n, s: (n - 1, s + n), (10, 0))

    Where the number of rounds is known, :func:`giulgi.scan` is quicker: it is compiled.

    Args:
        condition: a function of the states that returns a single bool.
        body: a function of the states that returns the new ones.
        initial: the first states: a tuple or list, whose parts are given one by one, or one alone.

    Raises:
        ArgumentError: if the condition is no single bool, or the new states are nested otherwise.
        ShapeError, DTypeError: if a new state has another shape or dtype than before.
    """
    several = isinstance(initial, (tuple, list))
    leaves, structure = flatten(initial)
    begin = [constant(leaf) for leaf in leaves]
    olds = [
        placeholder(s.dtype, s.known_shape, s.given_name or f"state_{i}")
        for i, s in enumerate(begin, start=1)
    ]
    counter = placeholder(int64, (), "rounds")
    states = unflatten(structure, iter(olds))
    given = states if several else (states,)
    with Apart("while_loop"):
        goes_on, answer = constant(condition(*given)), body(*given)
    if goes_on.known_shape not in ((), None):
        raise ArgumentError(
            "the condition is not a single bool.",
            op="while_loop",
            arguments=[("condition", goes_on.description)],
            fix="gg.all(...) or gg.any(...) makes one of several",
        )
    new, own = flatten(tuple(answer) if several and isinstance(initial, tuple) else answer)
    if own != structure:
        raise ArgumentError(
            "the new states are nested otherwise than those before.",
            op="while_loop",
            fix="return the states in the containers in which they began",
        )
    ends = [fitting("while_loop", *pair) for pair in zip(begin, map(constant, new), strict=True)]
    parameters = [*(x.node for x in olds), counter.node]
    all_ends = drawn_by_rounds(olds, counter, [cast(goes_on, bool_), *ends, counter + 1])
    found = capture(all_ends, parameters)
    nodes = [end.node for end in found.ends]
    repeated = Repeated(tuple(parameters), tuple(found.parameters), nodes[0], tuple(nodes[1:]))
    inputs = [*begin, constant(0, int64), *found.values]
    results = [build(While(repeated, place), *inputs) for place in range(len(begin))]
    return unflatten(structure, iter(results))
