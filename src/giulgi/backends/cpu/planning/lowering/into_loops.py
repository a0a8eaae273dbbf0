"""Products of all steps of a loop at once, moved into its steps.

A graph is written so that as much as possible is done outside of a loop: a recurrent layer
projects its inputs for all steps in one product, and sums the gradient of a weight over all steps
in another.
Between them and the loop lie values of all steps, which are larger than the caches. Where a step
has rows enough for a product of its own, it is done there, while what it is made of is near::

    loop over x W + b                becomes   loop over x, with x_t W + b in each step
    (values of all steps) W          becomes   the values of all steps of v_t W
    sum over steps of x_t^T v_t      becomes   a state, to which each step adds x_t^T v_t

Such a state is two sums where there are rows enough, one of the first half of the rows and one of
the second. So the rows that a worker has just computed need not go to the cache of another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from giulgi.backends.cpu.code.scalars import is_pointwise
from giulgi.backends.cpu.planning.bodies import loop_of
from giulgi.backends.cpu.planning.lowering.sliding import sizes
from giulgi.backends.cpu.planning.sources import bytes_of, shape_of
from giulgi.graph.control.loop import Loop
from giulgi.graph.control.scan import Scan
from giulgi.graph.node import Node, build, companions_of, topological
from giulgi.graph.ops.contraction import MatMul
from giulgi.graph.ops.creation import zeros
from giulgi.graph.ops.leaves import placeholder
from giulgi.graph.ops.movement import Reshape, reshape
from giulgi.graph.ops.reductions import Sum, sum
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor

# A product of a step has at least so many rows, else much of the time goes into beginning it; and
# what all steps make together takes more memory than this, else it is near anyway.
_FEWEST_ROWS = 32
_HALVES = 2
_NEAR_BYTES = 1024 * 1024


def with_products_inside(ends: Sequence[Node]) -> list[Node]:
    """Return the same ends of a graph, with products moved into loops where that is sooner done."""
    done: set[tuple[Loop, tuple[Node, ...]]] = set()
    ends = list(ends)
    while True:
        nodes = topological(ends)
        values = next(_unseen(nodes, done), None)
        if values is None:
            return ends
        moving = _Moving(values, nodes, ends)
        replaced = moving.replaced()
        done |= {_use(value.node) for value in replaced.values() if isinstance(value.op, Scan)}
        done.add(_use(values[0]))
        if replaced:
            ends = [end.node for end in substitute([Tensor(end) for end in ends], replaced)]


def _unseen(
    nodes: Sequence[Node], done: set[tuple[Loop, tuple[Node, ...]]]
) -> Iterator[list[Node]]:
    """Yield the values of each loop, for each set of inputs that it is given."""
    companions = companions_of(nodes)
    for node in nodes:
        if isinstance(node.op, Scan) and _use(node) not in done:
            yield companions[node]


def _use(value: Node) -> tuple[Loop, tuple[Node, ...]]:
    """Return the loop of a value, and what it is given there: one loop may be used twice."""
    return loop_of(value), value.inputs


class _Moving:
    """A loop, and what is moved into it.

    Args:
        values: its values.
        nodes: all nodes of the graph, inputs before their users.
        ends: those that are asked for.

    Attributes:
        loop: the loop, at last with all that was moved into it.
    """

    def __init__(self, values: list[Node], nodes: Sequence[Node], ends: Sequence[Node]) -> None:
        self.loop = loop = loop_of(values[0])
        self.values = values
        # Who is asked for counts as a user of itself.
        self.users: dict[Node, list[Node]] = {end: [end] for end in ends}
        for node in nodes:
            for source in dict.fromkeys(node.inputs):
                self.users.setdefault(source, []).append(node)
        self._products: dict[Node, bool] = {}
        self._elements: dict[Node, Tensor] = {}
        self.behind = set(self.values)
        for node in nodes:
            if any(source in self.behind for source in node.inputs):
                self.behind.add(node)
        inputs = self.values[0].inputs
        count, slices = len(loop.states), len(loop.slices)
        self.length = shape_of(inputs[count])[0]
        self.states = dict(zip(loop.states, inputs[:count], strict=True))
        self.slices = dict(zip(loop.slices, inputs[count : count + slices], strict=True))
        self.captured = dict(zip(loop.captured, inputs[count + slices :], strict=True))
        self.new_states = [Tensor(node) for node in loop.new_states]
        # What of the body, and whether of all steps, stands for which node of the graph.
        self.outputs: dict[Node, tuple[Tensor, bool]] = {}
        # Which of them are sums of parts, of which the sum is wanted.
        self.parted: set[Node] = set()

    def replaced(self) -> dict[Node, Tensor]:
        """Return what stands for nodes of the graph, if anything is moved."""
        elements = self._move_before()
        self._move_behind()
        if not (elements or self.outputs):
            return {}
        for node in self.values:
            assert isinstance(node.op, Scan)
            self.outputs[node] = (Tensor(node.op.output), node.op.stacked)
        ends = [*self.new_states, *(tensor for tensor, _ in self.outputs.values())]
        ends = substitute(ends, elements)
        count = len(self.new_states)
        self.loop = replace(
            self.loop,
            states=tuple(self.states),
            slices=tuple(self.slices),
            captured=tuple(self.captured),
            new_states=tuple(end.node for end in ends[:count]),
        )
        inputs = [*self.states.values(), *self.slices.values(), *self.captured.values()]
        sources = [Tensor(node) for node in inputs]
        found = {
            node: build(Scan(self.loop, end.node, stacked), *sources)
            for (node, (_, stacked)), end in zip(self.outputs.items(), ends[count:], strict=True)
        }
        return found | {node: sum(found[node], 0) for node in self.parted}

    # What the loop goes along

    def _move_before(self) -> dict[Node, Tensor]:
        """Move products into the loop whose results it goes along; return what elements become."""
        found: dict[Node, Tensor] = {}
        for part, sequence in list(self.slices.items()):
            if self._is_for(sequence, set(self.values)) and self._ends_with_product(sequence):
                del self.slices[part]
                found[part] = self._element(sequence)
        return found

    def _is_for(self, node: Node, users: set[Node]) -> bool:
        """Whether nobody else uses it."""
        return users.issuperset(self.users[node])

    def _ends_with_product(self, node: Node) -> bool:
        """Whether a sequence is made elementwise of a product, for nobody else."""
        if node not in self._products:
            self._products[node] = self._is_made_of_product(node)
        return self._products[node]

    def _is_made_of_product(self, node: Node) -> bool:
        if not self._is_large(node):
            return False
        if _is_product_with_matrix(node):
            return shape_of(node)[-2] >= _FEWEST_ROWS
        rank = len(shape_of(node))
        inputs = dict.fromkeys(node.inputs)
        same = [source for source in inputs if shape_of(source) == shape_of(node)]
        others = [source for source in inputs if shape_of(source) != shape_of(node)]
        return (
            is_pointwise(node.op)
            and all(len(shape_of(source)) < rank for source in others)
            and any(self._is_for(x, {node}) and self._ends_with_product(x) for x in same)
        )

    def _element(self, node: Node) -> Tensor:
        """Return what a step computes of an element of a sequence."""
        if node not in self._elements:
            self._elements[node] = self._made_element(node)
        return self._elements[node]

    def _made_element(self, node: Node) -> Tensor:
        if not self._ends_with_product(node):
            return self._slice(node)
        if _is_product_with_matrix(node):
            return build(node.op, self._slice(node.inputs[0]), self._shared(node.inputs[1]))
        return build(node.op, *(self._part_of_element(node, x) for x in node.inputs))

    def _part_of_element(self, node: Node, x: Node) -> Tensor:
        if shape_of(x) != shape_of(node):
            return self._shared(x)
        return self._element(x) if self._is_for(x, {node}) else self._slice(x)

    # What is made of the values of all steps

    def _move_behind(self) -> None:
        for value in self.values:
            assert isinstance(value.op, Scan)
            if not value.op.stacked or not self._is_large(value):
                continue
            own = Tensor(value.op.output)
            for user in self.users.get(value, ()):
                if _is_product_with_matrix(user) and user.inputs[0] is value:
                    self._move_product(user, own)
                elif isinstance(user.op, Reshape):
                    self._move_sums_of_products(user, own)
                elif isinstance(user.op, Sum) and _is_over_steps(user.op):
                    assert user.op.axes is not None
                    axes = tuple(axis - 1 for axis in user.op.axes if axis > 0)
                    parts = _in_halves(own) if own.ndim == 2 and axes == (0,) else own
                    self._total(user, sum(parts, axes if parts is own else 1))

    def _move_product(self, product: Node, own: Tensor) -> None:
        matrix = product.inputs[1]
        if matrix not in self.behind and shape_of(product)[-2] >= _FEWEST_ROWS:
            self.outputs[product] = (build(product.op, own, self._shared(matrix)), True)

    def _move_sums_of_products(self, rows: Node, own: Tensor) -> None:
        """Move the sums over all rows of x^T v, where v are the values, as rows."""
        for product in self.users.get(rows, ()):
            x = product.inputs[0]
            if (
                product.op == MatMul(transpose_a=True)
                and product.inputs[1] is rows
                and x not in self.behind
                and isinstance(x.op, Reshape)
                and self._are_rows(x)
                and self._are_rows(rows)
                and sizes(own)[0] >= _FEWEST_ROWS
            ):
                parts = [_in_halves(y) for y in (self._slice(x.inputs[0]), own)]
                self._total(product, build(product.op, *parts))

    def _are_rows(self, node: Node) -> bool:
        """Whether a reshape makes rows of the matrices of all steps."""
        shape = shape_of(node.inputs[0])
        return len(shape) == 3 and shape[0] == self.length and shape_of(node)[1:] == shape[2:]

    def _total(self, node: Node, term: Tensor) -> None:
        """Add a state that sums up a term; it is what a node was."""
        state = placeholder(term.dtype, term.shape, "sum").node
        self.states[state] = zeros(term.shape, term.dtype).node
        self.new_states.append(Tensor(state) + term)
        self.outputs[node] = (self.new_states[-1], False)
        if term.shape != shape_of(node):
            self.parted.add(node)

    # Parameters of the loop

    def _slice(self, sequence: Node) -> Tensor:
        for part, known in self.slices.items():
            if known is sequence:
                return Tensor(part)
        part = placeholder(sequence.spec.dtype, shape_of(sequence)[1:], sequence.name or None).node
        self.slices[part] = sequence
        return Tensor(part)

    def _shared(self, value: Node) -> Tensor:
        for parameter, known in self.captured.items():
            if known is value:
                return Tensor(parameter)
        parameter = placeholder(value.spec.dtype, shape_of(value), value.name or None).node
        self.captured[parameter] = value
        return Tensor(parameter)

    def _is_large(self, node: Node) -> bool:
        return shape_of(node)[0] == self.length and bytes_of(node) > _NEAR_BYTES


def _is_product_with_matrix(node: Node) -> bool:
    """Whether it is the product of a stack of matrices, one of each step, and one for all."""
    if not isinstance(node.op, MatMul) or node.op.transpose_a:
        return False
    a, b = (len(shape_of(source)) for source in node.inputs)
    return a == 3 and b == 2


def _is_over_steps(op: Sum) -> bool:
    return not op.keepdims and op.axes is not None and 0 in op.axes and len(op.axes) > 1


def _in_halves(x: Tensor) -> Tensor:
    """Return a matrix as two, one of the first rows and one of the last, if it has rows enough."""
    rows, columns = sizes(x)
    if rows % _HALVES or rows < _HALVES * _FEWEST_ROWS:
        return x
    return reshape(x, (_HALVES, rows // _HALVES, columns))
