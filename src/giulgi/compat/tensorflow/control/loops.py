"""Loops that go on as long as a condition holds: ``tf.while_loop``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.graph import Operation, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import as_results
from giulgi.compat.operations.passages import mark_gradient
from giulgi.compat.tensorflow.control.growing import lengths
from giulgi.compat.tensorflow.control.tensor_arrays import TensorArray
from giulgi.compat.tensorflow.control.traced import ByPython, Repeatable, Traced, model
from giulgi.compat.tensorflow.math.arguments import is_text
from giulgi.compat.tensors.dtypes import int32
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Tensor, as_tensor
from giulgi.errors import GiulgiError
from giulgi.graph.rewrite import substitute
from giulgi.tree import flatten, unflatten


@exported("while_loop", "python.ops.control_flow_ops.while_loop")
def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:
    """Return what variables of a loop become while a condition of them holds.

    The loop is giulgi's, through which gradients flow. Where a variable changes its shape, or is
    made by Python in the loop, Python goes through the rounds one by one; a gradient is refused.

    Args:
        cond: a function of the variables that returns a single bool.
        body: a function of the variables that returns the new ones.
        loop_vars: the first values: a list or tuple, perhaps nested, also of ``TensorArray``.
        shape_invariants: what of their shapes stays.
        parallel_iterations: has no meaning.
        back_prop: whether it is to have gradients; if not, that there are none is no error.
        swap_memory: has no meaning.
        name: a name.
        maximum_iterations: the most rounds.
        return_same_structure: whether one variable stays in its list.
    """
    del parallel_iterations, swap_memory
    if not callable(cond) or not callable(body):
        raise TypeError("cond and body must be callable.")
    if not isinstance(loop_vars, (list, tuple)):
        loop_vars = [loop_vars]
    if not loop_vars:
        raise ValueError("No loop variables provided")
    if maximum_iterations is not None:
        return _bounded(
            cond, body, loop_vars, shape_invariants, name, maximum_iterations,
            return_same_structure, back_prop,
        )  # fmt: skip
    with get_default_graph().name_scope(name or "while"):
        found = _Rounds(cond, body, loop_vars, shape_invariants, back_prop).result()
    return found if return_same_structure else _unwrapped(found)


def _unwrapped(found: Any) -> Any:
    """Return a single variable itself; one that is nested stays as it is."""
    is_single = len(flatten(list(found))[0]) == 1
    return found[0] if is_single else found


def _bounded(
    cond: Any,
    body: Any,
    loop_vars: Any,
    invariants: Any,
    name: Any,
    most: Any,
    same: bool,
    back_prop: bool,
) -> Any:
    """Return the result of a loop that also counts its rounds."""
    limit = as_tensor(most, int32)

    def goes_on(count: Any, inner: Any) -> Any:
        from giulgi.compat.tensorflow.math.arithmetic import less, logical_and

        return logical_and(less(count, limit), cond(*inner))

    def step(count: Any, inner: Any) -> Any:
        new = body(*inner)
        return count + 1, type(loop_vars)(new) if isinstance(new, (list, tuple)) else [new]

    own = None if invariants is None else [TensorShape([]), invariants]
    _, found = while_loop(
        goes_on, step, [as_tensor(0, limit.dtype), loop_vars], own, name=name,
        return_same_structure=True, back_prop=back_prop,
    )  # fmt: skip
    return found if same else _unwrapped(found)


class _Rounds:
    """The variables of a loop, and what is built of them."""

    def __init__(
        self, cond: Any, body: Any, loop_vars: Any, invariants: Any, back_prop: bool
    ) -> None:
        self.back_prop = back_prop
        leaves, self.structure = flatten(loop_vars)
        self.begin: list[Any] = [
            leaf if isinstance(leaf, TensorArray) else as_tensor(leaf) for leaf in leaves
        ]
        declared = [None] * len(leaves) if invariants is None else _shapes(invariants)
        self.models: list[Any] = []
        # What is written first into an array of which nothing was known.
        self._written: dict[TensorArray, Tensor] = {}
        for leaf, shape in zip(self.begin, declared, strict=True):
            self.models.append(self._model(leaf, shape))
        self.traced = Traced(lambda: self._build(cond, body), apart=True)
        self.goes_on, self.ends = self.traced.result
        self.firsts = [self._first(*pair) for pair in zip(self.begin, self.models, strict=True)]

    def _model(self, leaf: Any, shape: Any) -> Any:
        """Return what stands for a variable in the body."""
        if not isinstance(leaf, TensorArray):
            return model(leaf.dtype, leaf.sizes if shape is None else TensorShape(shape).sizes)
        made = leaf.like(None)
        made.growths = []
        known = leaf.whole
        if known is None and leaf.element_shape.is_fully_defined():
            known = leaf.zeros(leaf.element_shape)
        if known is not None:
            sizes = known.sizes
            if leaf.is_dynamic and sizes is not None:
                sizes = (None, *sizes[1:])
            made.whole = model(leaf.dtype, sizes)
            return made
        count = None if leaf.is_dynamic or isinstance(leaf.count, Tensor) else leaf.count

        def begun(written: Tensor | None, element: TensorShape) -> Tensor:
            if made.whole is None:
                if written is not None:
                    self._written[made] = written
                made.whole = model(leaf.dtype, TensorShape([count]).concatenate(element).sizes)
            return made.whole

        made.begun = begun
        return made

    def _build(self, cond: Any, body: Any) -> tuple[Tensor, list[Any]]:
        given = unflatten(self.structure, iter(self.models))
        goes_on = as_tensor(cond(*given))
        new = body(*given)
        if not isinstance(new, (list, tuple)) or (hasattr(new, "_fields") and len(given) == 1):
            new = [new]
        leaves, _ = flatten(list(new))
        if len(leaves) != len(self.begin):
            raise ValueError(
                "The number of inputs and outputs of `body` must match number of loop variables: "
                f"Got {len(self.begin)} inputs, {len(leaves)} outputs."
            )
        ends = [
            end if isinstance(end, TensorArray) else as_tensor(end, first.dtype)
            for end, first in zip(leaves, self.begin, strict=True)
        ]
        return goes_on, ends

    def _first(self, leaf: Any, own: Any) -> Tensor:
        """Return the first value of a variable as a tensor."""
        if not isinstance(leaf, TensorArray):
            found: Tensor = leaf
            return found
        if leaf.whole is not None:
            return leaf.whole
        if own.whole is None:
            return leaf.zeros(TensorShape([]))
        shape = TensorShape(own.whole.sizes[1:])
        written = self._written.get(own)
        if written is None or shape.is_fully_defined():
            return leaf.zeros(shape)
        # Its sizes are those of the first round.
        given = {
            x.expression.node: first.expression
            for x, first in zip(self.models, self.begin, strict=True)
            if isinstance(x, Tensor)
        }
        (sizes,) = substitute([gg.shape(written.expression)], given)
        return leaf.zeros(shape, sizes)

    def result(self) -> Any:
        """Return the last values of all variables."""
        models = [self._tensor(x, first) for x, first in zip(self.models, self.firsts, strict=True)]
        ends = [self._tensor(x, old) for x, old in zip(self.ends, models, strict=True)]
        for first, end in zip(self.firsts, ends, strict=True):
            if first.dtype != end.dtype:
                raise TypeError(
                    f"a variable of the loop enters as {first.dtype.name} and becomes "
                    f"{end.dtype.name} after one round: cast it"
                )
        self.asked = Repeatable(self.traced, models, [self.goes_on])
        self.body = Repeatable(self.traced, models, ends)
        self.asked.be_given(self.body.variables)  # The condition sees what the body assigned.
        self.variables = list(dict.fromkeys([*self.asked.variables, *self.body.variables]))
        self.before = [v.as_tensor() for v in self.variables]
        last = self._by_giulgi(ends)
        if last is None:
            last = self._by_python(models, ends)
        leaves = [
            leaf.like(x) if isinstance(leaf, TensorArray) else x
            for leaf, x in zip(self.begin, last, strict=True)
        ]
        for leaf in leaves:
            if isinstance(leaf, TensorArray):
                leaf.begun = None
        return unflatten(self.structure, iter(leaves))

    @staticmethod
    def _tensor(leaf: Any, default: Tensor) -> Tensor:
        if not isinstance(leaf, TensorArray):
            found: Tensor = leaf
            return found
        return default if leaf.whole is None else leaf.whole

    def _by_giulgi(self, ends: list[Tensor]) -> list[Tensor] | None:
        """Return the last values as expressions, if giulgi's own loop can go through it."""
        asked, body = self.asked, self.body
        if asked.variables or asked.is_made_by_python or body.is_made_by_python:
            return None
        if any(map(is_text, ends)):
            return None
        count = len(self.firsts)
        try:
            firsts = self._full_grown(ends)
            found = gg.while_loop(
                lambda *states: gg.reshape(asked.applied(states, redrawn=True)[0], ()),
                lambda *states: tuple(body.applied(states, redrawn=True)),
                (*firsts, *(x.expression for x in self.before)),
            )
        except GiulgiError:
            return None  # A shape changes: Python goes through the rounds.
        pairs = zip(self.firsts, ends, firsts, strict=True)
        if any(_may_change(a, b) for a, b, begun in pairs if begun is a.expression):
            return None
        controls = [*asked.controls, *body.controls]
        if asked.hosts or body.hosts:  # What only looks at values is done by Python, once more.
            controls.append(self._rounds_of_python([]))
        inputs = [*self.firsts, *self.before, *asked.inputs, *body.inputs]
        assigns = list(zip(body.variables, found[count:], strict=True))
        made: list[Tensor] = as_results(
            "while", "Exit", inputs, list(found[:count]), controls=controls, assigns=assigns
        )
        return made

    def _full_grown(self, ends: list[Tensor]) -> list[gg.Tensor]:
        """Return the first states, with arrays that grow as long as they become."""
        firsts = [x.expression for x in self.firsts]
        growing = {
            place: model.growths
            for place, model in enumerate(self.models)
            if isinstance(model, TensorArray) and model.growths
        }
        looks_at_size = any(op.type in _OF_WHOLE for op in self.body.operations)
        if not growing or looks_at_size or self.body.variables:
            return firsts
        nodes = [
            self._tensor(x, y).expression.node
            for x, y in zip(self.models, self.firsts, strict=True)
        ]
        new = [x.expression for x in ends]
        drawn = {node.op for node in self.traced.draws([self.goes_on.expression, *new])}
        found = lengths(self.goes_on.expression, nodes, firsts, new, growing, drawn)
        if found is None:
            return firsts
        for place, length in zip(growing, found, strict=True):
            firsts[place] = self.begin[place].grown(firsts[place], length)
        self.asked.growths = self.body.growths = [x for own in growing.values() for x in own]
        return firsts

    def _by_python(self, models: list[Tensor], ends: list[Tensor]) -> list[Tensor]:
        """Return the last values, found by Python."""
        declared: list[Any] = []
        for x, first, end in zip(models, self.firsts, ends, strict=True):
            sizes = x.sizes
            if sizes is not None and end.sizes is not None and len(sizes) == len(end.sizes):
                pairs = zip(sizes, end.sizes, strict=True)
                sizes = tuple(a if a == b else None for a, b in pairs)
            declared.append((first.dtype, sizes))
        declared += [(v.dtype, v.shape) for v in self.variables]
        made = self._rounds_of_python(declared)
        if self.back_prop:
            mark_gradient(made, ends, list(zip(models, self.firsts, strict=True)))
        last = made.outputs[len(ends) :]
        made.assign([(v, x.expression) for v, x in zip(self.variables, last, strict=True)])
        return made.outputs[: len(ends)]

    def _rounds_of_python(self, declared: list[Any]) -> Operation:
        """Return the operation that goes through the rounds in Python; its results are declared."""
        ask, step = ByPython(self.asked, self.variables), ByPython(self.body, self.variables)
        count, every = len(self.firsts), len(self.firsts) + len(self.variables)
        split = every + len(ask.captured)
        in_cond, in_body = (
            [count + self.variables.index(v) for v in part.variables]
            for part in (self.asked, self.body)
        )

        def rounds(*arrays: Any) -> Any:
            states, asked, taken = list(arrays[:every]), arrays[every:split], arrays[split:]
            while True:
                goes_on, *assigned = ask(states, asked)
                _put(states, in_cond, assigned)
                if not np.all(goes_on):
                    break
                found = step(states, taken)
                states[:count] = found[:count]
                _put(states, in_body, found[count:])
            return states if every > 1 else states[0]

        inputs = [*self.firsts, *self.before, *ask.captured, *step.captured]
        controls = [*self.asked.controls, *self.body.controls]
        return host_operation("while", rounds, inputs, declared, "Exit", controls)


# What asks of an array how long it is by now.
_OF_WHOLE = ("TensorArraySizeV3", "TensorArrayGatherV3", "TensorArrayConcatV3")


def _put(states: list[Any], places: list[int], values: list[Any]) -> None:
    for place, value in zip(places, values, strict=True):
        states[place] = value


def _may_change(first: Tensor, end: Tensor) -> bool:
    """Whether a variable may have another shape after a round than before."""
    a, b = first.expression.known_shape, end.expression.known_shape
    if a is None or b is None:
        return a is not b
    return any(x is not None and y is None for x, y in zip(a, b, strict=True))


def _shapes(invariants: Any) -> list[Any]:
    """Return the shapes of all variables from nested containers of them."""
    if isinstance(invariants, TensorShape) or invariants is None:
        return [invariants]
    if isinstance(invariants, (list, tuple)):
        if all(isinstance(n, int) or n is None for n in invariants) and invariants:
            return [TensorShape(invariants)]
        return [shape for part in invariants for shape in _shapes(part)]
    return [invariants]
