"""What eager tensors are computed by: all that was built since someone last looked, in one go.

A program that computes at once looks at few of its values: a loss now and then, the weights after a
step. So an eager tensor is an expression until someone looks at it, and an assignment waits in
:data:`state` until then. What is computed has the same structure in each step of a loop, but for
numbers in its leaves; a plan is made for the structure, so that a loop without ``tf.function`` runs
what was compiled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary, ref

import numpy as np

from giulgi.backends import Draw
from giulgi.backends.reference.interpreter import compute_in_order
from giulgi.compat.eager.marks import Earlier
from giulgi.compat.sessions.programs import AdaptiveProgram
from giulgi.compat.sessions.running import as_run_error
from giulgi.errors import GiulgiError
from giulgi.graph.node import Node
from giulgi.graph.ops.identities import Default, Tag
from giulgi.graph.ops.leaves import Constant, placeholder
from giulgi.graph.ops.random import RandomBits
from giulgi.graph.ops.state import ReadVariable, Recorder, variable_of
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor as Expression
from giulgi.ready import LOOK
from giulgi.recent import Recent
from giulgi.storage import Storage, current_storage

if TYPE_CHECKING:
    from giulgi.compat.eager.tape import GradientTape
    from giulgi.compat.eager.tensors import EagerTensor

Array = np.ndarray[Any, Any]

# Whole numbers of more elements are data, which differ from step to step.
_MOST_OF_STRUCTURE = 8
# So often a plan is interpreted, before it becomes a program that may be compiled.
_FIRST_RUNS = 2
# If the same structure was met with so many different numbers, these are given from outside.
_MOST_VARIANTS = 3
_REMEMBERED_PLANS = 512
# Of more tensors that read variables it is not asked which of these: all are computed.
_MOST_LIVE = 64
# When more assignments wait, it is looked whether their variables are still there.
_MOST_PENDING = 64


class _State:
    """What waits: assignments, and the tensors that know of variables.

    Attributes:
        recorder: the new values of variables that are assigned when someone looks.
        live: by their ids the tensors whose expressions read variables: they are settled before
            these change.
        known: values of nodes that were computed, as long as no variable changes.
        tapes: those that may still be asked for gradients.
    """

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.live: WeakValueDictionary[int, EagerTensor] = WeakValueDictionary()
        self.known: WeakKeyDictionary[Node, Array] = WeakKeyDictionary()
        self.tapes: WeakSet[GradientTape] = WeakSet()
        self._assigned: WeakKeyDictionary[ReadVariable, ref[Any]] = WeakKeyDictionary()
        self._most_pending = _MOST_PENDING

    def forget_gone(self, variable: Any) -> None:
        """Note which variable is assigned; let no assignments to those wait that are gone."""
        pending = self.pending
        self._assigned[variable.variable.cell] = ref(variable)
        if len(pending) <= self._most_pending:
            return
        from giulgi.compat.keras.weights import weights_by_cell

        for cell in list(pending):
            known = self._assigned.get(cell)
            if known is not None and known() is None and cell not in weights_by_cell:
                del pending[cell]
                self.recorder.versions.pop(cell, None)
        self._most_pending = max(_MOST_PENDING, 2 * len(pending))

    @property
    def pending(self) -> dict[ReadVariable, Expression]:
        """The new values that are not assigned yet."""
        return self.recorder.pending


state = _State()


def values(nodes: Sequence[Node]) -> list[Array]:
    """Return the values of nodes as they are now, computed with what waits to be assigned."""
    found = [known_value(node) for node in nodes]
    if all(value is not None for value in found):
        return found  # type: ignore[return-value]
    if state.pending and any(node.stateful for node in nodes):
        return assign_pending(nodes)
    arrays = _run(nodes, {})
    for node, array in zip(nodes, arrays, strict=True):
        _remember(node, array)
    return arrays


def known_value(node: Node) -> Array | None:
    """Return the value of a node that was computed before, else None."""
    return node.value if node.value is not None else state.known.get(node)


def _remember(node: Node, array: Array) -> None:
    array.flags.writeable = False
    if isinstance(node.op, ReadVariable):
        return  # It is read again, so that each step of a loop has the same structure.
    if node.concrete and not node.random:
        node.value, node.depth = array, 0
    else:
        state.known[node] = array


def assign_pending(wanted: Sequence[Node] = ()) -> list[Array]:
    """Carry out the assignments that wait; return the values that nodes had before."""
    pending = dict(state.pending)
    if not pending:
        return values(wanted) if wanted else []
    affected = _affected(pending)
    nodes = list(dict.fromkeys([*wanted, *(t.expression.node for t in affected)]))
    unknown = [node for node in nodes if known_value(node) is None]
    for tape in list(state.tapes):
        tape.keep(pending)
    arrays = _run(unknown, pending)
    state.recorder.pending.clear()
    state.recorder.versions.clear()
    for array in arrays:
        array.flags.writeable = False
    found = dict(zip(unknown, arrays, strict=True))

    def value(node: Node) -> Array:
        known = known_value(node)
        return found[node] if known is None else known

    for tensor in affected:
        tensor.settle(value(tensor.expression.node))
    results = [value(node) for node in wanted]
    state.known.clear()
    return results


def before_assigning(cells: Iterable[ReadVariable]) -> None:
    """Settle all tensors that depend on variables which something else is about to change."""
    assign_pending()
    changed = dict.fromkeys(cells)
    affected = _affected(changed)
    nodes = list(dict.fromkeys(t.expression.node for t in affected))
    for tape in list(state.tapes):
        tape.keep(changed)
    found = dict(zip(nodes, values(nodes), strict=True))
    for tensor in affected:
        tensor.settle(found[tensor.expression.node])
    state.known.clear()


def _affected(cells: Iterable[ReadVariable]) -> list[EagerTensor]:
    """Return the tensors, still in use, whose expressions read some variables."""
    changed = set(cells)
    depends: dict[Node, bool] = {}
    live = list(state.live.values())
    if not state.tapes:
        for tensor in live:
            if tensor.is_known:
                tensor.settle(tensor.value)
        live = [tensor for tensor in live if not tensor.is_known]
        if len(live) > _MOST_LIVE:
            return live
    return [tensor for tensor in live if _reads(tensor.expression.node, changed, depends)]


def _reads(node: Node, cells: set[ReadVariable], known: dict[Node, bool]) -> bool:
    stack = [node]
    while stack:
        top = stack[-1]
        if top in known:
            stack.pop()
            continue
        if isinstance(top.op, ReadVariable):
            known[top] = top.op in cells
            continue
        waiting = [x for x in top.inputs if x.stateful and x not in known]
        if waiting:
            stack += waiting
        else:
            known[top] = any(known.get(x, False) for x in top.inputs)
    return known[node]


# Plans


class _Plan:
    """What is computed for a structure, by the first expressions that had it."""

    def __init__(self) -> None:
        self.runs = 0
        self.program: AdaptiveProgram | None = None


class _Cell:
    """One of giulgi's variables, as a program takes what it updates."""

    def __init__(self, cell: ReadVariable) -> None:
        self.variable = variable_of(cell)


_plans: Recent[Any, _Plan] = Recent(_REMEMBERED_PLANS)
_variants: Recent[Any, set[Any]] = Recent(_REMEMBERED_PLANS)


class _Structure:
    """Nodes to be computed, in order; their leaves, and a key that equal structures share."""

    def __init__(self, ends: Sequence[Node]) -> None:
        self.order: list[Node] = []
        self.leaves: list[Node] = []
        self.arrays: list[Array] = []
        self.cells: dict[ReadVariable, Node] = {}
        self._scalars: list[tuple[Node, Array]] = []
        self._entries: list[Any] = []
        self._places: dict[Node, int] = {}
        self._collect(ends)
        shape = (tuple(self._entries), tuple(self._places[node] for node in ends))
        numbers = tuple(array.tobytes() for _, array in self._scalars)
        variants = _variants.get(shape, set)
        if len(variants) <= _MOST_VARIANTS:
            variants.add(numbers)
        self.key: Any = (shape, numbers)
        if len(variants) > _MOST_VARIANTS:
            self.key = shape
            self.leaves += [node for node, _ in self._scalars]
            self.arrays += [array for _, array in self._scalars]

    def _collect(self, ends: Sequence[Node]) -> None:
        places, entries = self._places, self._entries
        stack = list(reversed(ends))
        while stack:
            node = stack[-1]
            if node in places:
                stack.pop()
                continue
            value = node.op.value if isinstance(node.op, Constant) else known_value(node)
            if value is not None:
                self._leaf(node, value)
                continue
            waiting = [x for x in node.inputs if x not in places]
            if waiting:
                stack += reversed(waiting)
                continue
            if isinstance(node.op, (Tag, Default, Earlier)):
                places[node] = places[node.inputs[0]]
            else:
                entries.append(self._entry(node))
                places[node] = len(entries) - 1
            if not isinstance(node.op, ReadVariable):
                self.order.append(node)

    def _leaf(self, node: Node, value: Array) -> None:
        about: Any = (value.dtype, value.shape)
        most = 1 if value.dtype.kind == "f" else _MOST_OF_STRUCTURE
        if isinstance(node.op, Constant) and value.size <= most:
            self._scalars.append((node, value))
        else:
            self.leaves.append(node)
            self.arrays.append(value)
        self._entries.append(about)
        self._places[node] = len(self._entries) - 1

    def _entry(self, node: Node) -> Any:
        op = node.op
        inputs = tuple([self._places[x] for x in node.inputs])
        if isinstance(op, ReadVariable):
            self.cells[op] = node
        if isinstance(op, RandomBits):
            return ("random", op.seed, node.spec.shape, inputs)
        return (type(op), op, inputs)


def _run(nodes: Sequence[Node], pending: dict[ReadVariable, Expression]) -> list[Array]:
    """Compute nodes, and give variables their new values."""
    new = [x.node for x in pending.values()]
    structure = _Structure([*nodes, *new])
    plan = _plans.get((structure.key, tuple(pending)), _Plan)
    storage = current_storage()
    plan.runs += 1
    try:
        if plan.program is None and plan.runs <= _FIRST_RUNS:
            return _interpreted(structure, nodes, pending, storage)
        if plan.program is None:
            plan.program = _program(structure.leaves, nodes, pending)
        return [np.asarray(x) for x in plan.program(structure.arrays, storage)]
    except GiulgiError as error:
        raise as_run_error(error) from None


def _program(
    leaves: Sequence[Node], nodes: Sequence[Node], pending: dict[ReadVariable, Expression]
) -> AdaptiveProgram:
    """Return a program of the values of the leaves."""
    feeds = [placeholder(node.spec.dtype, node.spec.shape) for node in leaves]
    ends = [*(Expression(node) for node in nodes), *pending.values()]
    ends = substitute(ends, dict(zip(leaves, feeds, strict=True)))
    updates: Any = {_Cell(c): x for c, x in zip(pending, ends[len(nodes) :], strict=True)}
    return AdaptiveProgram(ends[: len(nodes)], feeds, updates)


def _interpreted(
    structure: _Structure,
    nodes: Sequence[Node],
    pending: dict[ReadVariable, Expression],
    storage: Storage,
) -> list[Array]:
    cells = list(structure.cells)
    with storage.lent(cells) as held:
        known = dict(zip(structure.cells.values(), held, strict=True))
        for node in structure.leaves:
            known[node] = known_value(node)  # type: ignore[assignment]
        compute_in_order(structure.order, known, Draw(storage.seed, LOOK))

        def value(node: Node) -> Array:
            found = known[node] if node in known else known_value(node)
            return np.array(found)

        fetched = [value(node) for node in nodes]
        updated = {cell: value(x.node) for cell, x in pending.items()}
        if updated:
            storage.commit(updated)
    return fetched
