"""What a session does for what is fetched and fed.

Most runs are one compiled program: expressions that are fetched, and new values of variables. Where
Python has something to do, it is done before, if the program waits for it, or else after:

========  ======================================================================
before    what the program waits for: a batch of a data set, a string that is decoded
program   expressions, and what is still needed of them
after     what only takes results: summaries, files that are written, a print
========  ======================================================================

Each of the three keeps the order in which the operations were built.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from giulgi.compat.errors import FailedPreconditionError, InvalidArgumentError
from giulgi.compat.graphs.graph import Graph, Operation, get_default_graph
from giulgi.compat.operations.host import session_storage
from giulgi.compat.sessions.programs import AdaptiveProgram, program_of, programs_of
from giulgi.compat.tensors.tensor import Tensor
from giulgi.compat.variables.assigned import Assigned
from giulgi.compat.variables.variable import Variable, declared
from giulgi.compat.wording import for_program
from giulgi.errors import FeedError, GiulgiError
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.state import ReadVariable
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor as Expression
from giulgi.recent import Recent
from giulgi.storage import Run, Storage

Array = np.ndarray[Any, Any]


class Prepared:
    """All that is known of a run before it: what is done by Python, and what is a program.

    Args:
        fetches: tensors and operations.
        feeds: the tensors that are fed.
        only: what Python carries out of it; no variable is assigned. None: all that it depends on.
    """

    def __init__(
        self,
        fetches: Sequence[Tensor | Operation],
        feeds: Sequence[Tensor],
        only: Sequence[Operation] | None = None,
    ) -> None:
        self.fetches = list(fetches)
        self.feeds = list(feeds)
        graph = next((x.graph for x in [*fetches, *feeds]), get_default_graph())
        fed = set(feeds)
        tensors = [x for x in fetches if isinstance(x, Tensor)]
        effects = with_effect(fetches, fed)
        hosts = [op for op in effects if op.host is not None and (only is None or op in only)]
        self.updates = new_values(effects) if only is None else {}
        results = [x for x in tensors if x.op.host is None or x in fed]
        ends: list[Any] = [*results, *self.updates.values()]
        waited = _waited_for(hosts, ends, fed)
        # The inputs of what comes after are results of the program, too.
        others = [x for op in hosts if op not in waited for x in op.inputs]
        ends += [x for x in others if _is_expression(x, fed)]
        self.before = _waited_for(hosts, ends, fed)
        self.after = [op for op in hosts if op not in self.before]
        needed = [x for op in self.after for x in op.inputs if _is_expression(x, fed)]
        self.results = list(dict.fromkeys([*results, *needed]))
        self.made = [output for op in self.before for output in op.outputs if output not in fed]
        self.programs = programs_of(graph)
        # What is fetched of a variable itself is what the run leaves in it.
        left = {getattr(v, "op", v): new for v, new in self.updates.items()}
        fetched = {x: left[x.op] for x in results if x.op in left and x not in fed}
        self.inputs = {
            op: _Inputs(op, self.before, self.feeds, self.programs) for op in self.before
        }
        # What was computed before is handed over, and not computed again.
        computed = [x for inputs in self.inputs.values() for x in inputs.computed]
        self.handed = [x for x in dict.fromkeys(computed) if _may_be_fed(x)]
        # What checks something before an assignment may fail: then nothing is assigned.
        guards = with_effect([op for op in effects if op.assigns], fed)
        self.is_guarded = any(op in guards for op in self.after)
        self.program = program_of(
            self.programs,
            [fetched.get(x, x.expression) for x in self.results if not _is_text(x)]
            + ([*self.updates.values()] if self.is_guarded else []),
            [x.expression for x in self._given if not _is_text(x)],
            {} if self.is_guarded else self.updates,
        )
        self.is_plain = not (
            self.before or self.after or any(map(_is_text, [*self.results, *self.feeds]))
        )
        # Of what is fetched, which result of the program it is; None for an operation.
        places: dict[Any, int] = {x: place for place, x in enumerate(self.results)}
        self._places = [places.get(x) for x in fetches]

    def __call__(self, arrays: Sequence[Any], storage: Storage) -> list[Any]:
        """Run on the values of what is fed; return those of what is fetched, None of operations."""
        if self.is_plain:
            found = self.program(arrays, storage)
            return [None if place is None else found[place] for place in self._places]
        values: dict[Tensor, Any] = dict(zip(self.feeds, arrays, strict=True))
        token = session_storage.set(storage)
        try:
            self._fill(values, storage)
        finally:
            session_storage.reset(token)
        return [_without_axes(values[x]) if isinstance(x, Tensor) else None for x in self.fetches]

    @property
    def _given(self) -> list[Tensor]:
        """What the program is given: what is fed, and what was made before."""
        return [*self.feeds, *self.made, *self.handed]

    def _fill(self, values: dict[Tensor, Any], storage: Storage) -> None:
        """Add the values of all operations and results to those of what is fed."""
        run = Run(storage)
        for operation in self.before:
            with run.part():
                given = self.inputs[operation].values(values, storage)
            self._carry_out(operation, given, values)
        with run.part():
            found = self.program([values[x] for x in self._given if not _is_text(x)], storage)
        numbers = [x for x in self.results if not _is_text(x)]
        values.update(zip(numbers, found, strict=False))
        for operation in self.after:
            self._carry_out(operation, [values[x] for x in operation.inputs], values)
        if self.is_guarded:
            new = zip(self.updates, found[len(numbers) :], strict=True)
            for variable, value in new:
                storage.assign(variable.variable.cell, value)

    def _carry_out(
        self, operation: Operation, given: Sequence[Any], values: dict[Tensor, Any]
    ) -> None:
        assert operation.host is not None
        made = operation.host(operation, given)
        for output, value in zip(operation.outputs, made, strict=True):
            values.setdefault(output, value)

    @property
    def reads(self) -> list[ReadVariable]:
        """The variables whose values from before the run are read, and not fed instead."""
        fed = {x.expression.node for x in self.feeds}
        ends = [*self.program.fetches, *self.updates.values()]
        ends += [x.expression for op in self.before for x in op.inputs if not _is_text(x)]
        return [n.op for n in _read_below(ends, fed) if isinstance(n.op, ReadVariable)]


def _read_below(ends: Iterable[Expression], fed: set[Node]) -> set[Node]:
    """Return all nodes whose values some expressions need, those that are fed left out.

    Of a variable after an assignment only what it was assigned is needed.
    """
    found: set[Node] = set()
    waiting = [end.node for end in ends]
    while waiting:
        node = waiting.pop()
        if node in found or node in fed:
            continue
        found.add(node)
        waiting += node.inputs[:1] if isinstance(node.op, Assigned) else node.inputs
    return found


class _Inputs:
    """How the inputs of an operation come about that Python carries out before the program."""

    def __init__(
        self,
        operation: Operation,
        before: Sequence[Operation],
        feeds: Sequence[Tensor],
        programs: Recent[Any, AdaptiveProgram],
    ) -> None:
        self.operation = operation
        fed = set(feeds)
        computed = [x for x in operation.inputs if _is_expression(x, fed)]
        self.computed = list(dict.fromkeys(computed))
        earlier = before[: before.index(operation)]
        made = [output for op in earlier for output in op.outputs if output not in fed]
        self.given = [x for x in [*feeds, *made] if not _is_text(x)]
        expressions = [x.expression for x in self.computed]
        self.program = program_of(programs, expressions, [x.expression for x in self.given], {})

    def values(self, values: dict[Tensor, Any], storage: Storage) -> list[Any]:
        """Return the arrays of all inputs, given what was fed and made before."""
        if self.computed:
            found = self.program([values[x] for x in self.given], storage)
            values.update(zip(self.computed, found, strict=True))
        return [values[x] for x in self.operation.inputs]


def _may_be_fed(tensor: Tensor) -> bool:
    """Whether a value may be handed over: it is computed, and not a constant or variable."""
    return bool(tensor.expression.node.inputs)


def _without_axes(value: Any) -> Any:
    """Return what has no axes as the number, or text, that it is."""
    return value[()] if isinstance(value, np.ndarray) and not value.ndim else value


def _is_text(tensor: Tensor) -> bool:
    return tensor.dtype.is_foreign


def _is_expression(tensor: Tensor, fed: set[Tensor]) -> bool:
    """Whether a tensor is computed by a program: neither fed, nor made by Python."""
    return tensor.op.host is None and tensor not in fed


def with_effect(fetches: Sequence[Tensor | Operation], fed: set[Tensor]) -> list[Operation]:
    """Return the operations with an effect of their own that fetches depend on, in their order."""
    seen: set[Operation] = set()
    found = []
    waiting = [x.op for x in fetches if not (isinstance(x, Tensor) and x in fed)]
    while waiting:
        operation = waiting.pop()
        if operation in seen or not operation.has_effect:
            continue
        seen.add(operation)
        if operation.assigns or operation.host is not None:
            found.append(operation)
        waiting += [x.op for x in operation.inputs if x not in fed]
        waiting += operation.control_inputs
    return sorted(found, key=lambda operation: operation.number)


def new_values(operations: Sequence[Operation]) -> dict[Variable, Expression]:
    """Return what each variable is assigned in the end.

    Assignments to one variable that know nothing of each other follow each other as they were
    built: the later reads what the earlier assigned.
    """
    found: dict[Variable, Expression] = {}
    for operation in operations:
        for variable, new in operation.assigns:
            knows = any(variable in op.after for op in operation.needed)
            if variable in found and not knows:
                (new,) = substitute([new], {variable.variable.node: found[variable]})
            found[variable] = new
    return found


def values_after(graph: Graph) -> dict[Variable, Expression]:
    """Return what variables are assigned by the operations that new ones are to wait for."""
    if not any(operation.after for operation in graph.controls):
        return {}
    controls, found = graph.notes.get("after", ((), {}))
    if controls != graph.controls:
        found = new_values(with_effect(graph.controls, set()))
        graph.notes["after"] = graph.controls, found
    known: dict[Variable, Expression] = found
    return known


def _waited_for(
    hosts: Sequence[Operation], ends: Iterable[Tensor | Expression], fed: set[Tensor]
) -> list[Operation]:
    """Return the operations of Python whose results some expressions are made of."""
    makers = {out.expression.node: op for op in hosts for out in op.outputs if out not in fed}
    found: set[Operation] = set()
    waiting: list[Any] = list(ends)
    while waiting:
        expressions = [x.expression if isinstance(x, Tensor) else x for x in waiting]
        nodes = topological(expression.node for expression in expressions)
        new = {makers[node] for node in nodes if node in makers} - found
        found |= new
        waiting = []
        for operation in new:
            waiting += [x for x in operation.inputs if x not in fed]
    return [op for op in hosts if op in found]


def require_initialized(prepared: Prepared, initialized: set[ReadVariable]) -> None:
    """Raise an error if a variable is read that has no value yet."""
    for cell in prepared.reads:
        variable = declared(cell)
        if variable is not None and cell not in initialized:
            raise FailedPreconditionError(
                None,
                variable.op,
                f"Attempting to use uninitialized value {variable.op.name}\nRun "
                "tf.global_variables_initializer() in the session first.",
            )


def as_run_error(error: GiulgiError) -> InvalidArgumentError:
    """Return TensorFlow's error for a placeholder that is not fed, or values that do not fit."""
    error.fix = for_program(error.fix)
    if isinstance(error, FeedError):
        said = f"You must feed a value for placeholder tensor: {error}"
        return InvalidArgumentError(None, None, said)
    return InvalidArgumentError(None, None, str(error))
