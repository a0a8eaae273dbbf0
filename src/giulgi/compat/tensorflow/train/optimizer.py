"""What the optimizers of ``tf.train`` share: gradients, slots, one operation for a whole step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import Collections, Operation, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.control.differentiation import slopes, source
from giulgi.compat.tensors.dtypes import float32
from giulgi.compat.tensors.tensor import Converted, Tensor, as_expression, as_tensor, record
from giulgi.compat.variables.scopes import scopes_of
from giulgi.compat.variables.variable import Variable, take_effect
from giulgi.tree import flatten

#: The new value of a variable of the graph.
Update = tuple[Any, gg.Tensor]

# What an optimizer of a program's own calls its rule.
_OWN_RULES = ("_apply_dense", "_resource_apply_dense")


@exported("train.Optimizer")
class Optimizer:
    """Base of optimizers: they make operations that take a step.

    An optimizer of one's own overrides ``_create_slots``, ``_prepare``, and ``_apply_dense``, which
    returns an operation for a gradient and a variable.

    Args:
        use_locking: has no meaning: a run assigns all new values together.
        name: the name of the operations, and of what is remembered of variables.
    """

    GATE_NONE, GATE_OP, GATE_GRAPH = 0, 1, 2

    def __init__(self, use_locking: bool = False, name: str | None = None) -> None:
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._name = name
        self._use_locking = use_locking
        self._slots: dict[str, dict[Any, Variable]] = {}
        self._own: dict[tuple[Any, str], Variable] = {}

    def get_name(self) -> str:
        """Return its name."""
        return self._name

    # The two halves of a step

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> Operation:
        """Return the operation of a step that makes a loss smaller.

        Args:
            loss: the loss; of several numbers, their sum.
            global_step: a variable that counts the steps.
            var_list: the variables that are changed; None: all that are trainable.
            gate_gradients: has no meaning: all gradients are of values from before the step.
            aggregation_method: has no meaning.
            colocate_gradients_with_ops: has no meaning: there is one device.
            name: the name of the operation; None: that of the optimizer.
            grad_loss: what the gradients are multiplied by.

        Raises:
            ValueError: if the loss depends on none of the variables.
        """
        pairs = self.compute_gradients(
            _taped(loss), var_list, gate_gradients, aggregation_method, colocate_gradients_with_ops,
            grad_loss,
        )  # fmt: skip
        if all(gradient is None for gradient, _ in pairs):
            names = [str(variable) for _, variable in pairs]
            raise ValueError(
                "No gradients provided for any variable, check your graph for ops that do not "
                f"support gradients, between variables {names} and loss {loss}."
            )
        return self.apply_gradients(pairs, global_step, name)

    def compute_gradients(
        self,
        loss: Any,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """Return pairs of gradients and variables; None for a variable of no influence.

        See :meth:`minimize`.
        """
        del gate_gradients, aggregation_method, colocate_gradients_with_ops
        ys = as_tensor(_taped(loss))
        if not ys.dtype.is_floating:
            raise ValueError(f"Invalid type {ys.dtype!r} for {ys.name}, expected: [tf.float32].")
        graph = get_default_graph()
        if var_list is None and graph.recorder is not None:
            from giulgi.compat.eager.contrib import trainable_below

            found = trainable_below(ys)
        elif var_list is None:
            found = graph.get_collection(Collections.TRAINABLE_VARIABLES)
        else:
            found = list(flatten(var_list)[0])
        if not found:
            raise ValueError("No variables to optimize.")
        weights = None if grad_loss is None else [as_expression(grad_loss, ys.dtype)]
        results = slopes([ys.expression], [source(x) for x in found], weights)
        with graph.name_scope("gradients"):
            tensors = [
                None if value is None else _named_gradient(ys, x, value)
                for x, value in zip(found, results, strict=True)
            ]
        return list(zip(tensors, found, strict=True))

    def apply_gradients(
        self, grads_and_vars: Iterable[tuple[Any, Any]], global_step: Any = None,
        name: str | None = None,
    ) -> Operation:  # fmt: skip
        """Return the operation of a step along given gradients.

        Args:
            grads_and_vars: pairs as of :meth:`compute_gradients`; those of None are left out.
            global_step: a variable that counts the steps.
            name: the name of the operation; None: that of the optimizer.

        Raises:
            ValueError: if there is no gradient.
        """
        given = [(gradient, variable) for gradient, variable in grads_and_vars]
        pairs = [(as_tensor(g), _variable_of(v)) for g, v in given if g is not None]
        if not given:
            raise ValueError("No variables provided.")
        if not pairs:
            names = [str(variable) for _, variable in given]
            raise ValueError(f"No gradients provided for any variable: {names}.")
        graph = get_default_graph()
        with graph.control_dependencies(None):
            self._create_slots([variable for _, variable in pairs])
        self._prepare()
        made = (self._grouped if self._is_of_operations() else self._step)(pairs, global_step, name)
        graph.add_to_collection(Collections.TRAIN_OP, made)
        return take_effect(made)

    def _step(
        self, pairs: Sequence[tuple[Tensor, Any]], global_step: Any, name: str | None
    ) -> Operation:
        """Return the one operation that assigns all new values."""
        graph = get_default_graph()
        inputs: list[Tensor] = [gradient for gradient, _ in pairs]
        step = Step(self, inputs)
        assigns: list[Update] = []
        for gradient, variable in pairs:
            updates = self._updates(step, variable, gradient.expression)
            assigns += [(x, _constrained(x, new) if x is variable else new) for x, new in updates]
        assigns += self._final_updates(step, pairs)
        if global_step is not None:
            counter = _variable_of(global_step)
            assigns.append((counter, step.value(counter) + 1))
        own = graph.unique_name(name or self._name)
        return Operation(graph, "NoOp", own, step.inputs, assigns)

    # What an optimizer of the stand-in says

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        """Return the new values of a variable and of what is remembered of it."""
        raise NotImplementedError(
            f"{type(self).__name__} has neither _apply_dense nor another rule for a step"
        )

    def _final_updates(self, step: Step, pairs: Sequence[tuple[Tensor, Any]]) -> list[Update]:
        """Return the new values of what is remembered of all variables together."""
        del step, pairs
        return []

    # What an optimizer of a program's own says

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        """Make what is remembered of variables."""

    def _prepare(self) -> None:
        """Make the tensors that all variables share."""

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Any:
        """Return one operation for those of all variables."""
        graph = get_default_graph()
        controls = [operation.op for operation in update_ops]
        return Operation(graph, "NoOp", graph.unique_name(name_scope), [], controls=controls)

    def _is_of_operations(self) -> bool:
        return any(hasattr(self, rule) for rule in _OWN_RULES)

    def _grouped(
        self, pairs: Sequence[tuple[Tensor, Any]], global_step: Any, name: str | None
    ) -> Operation:
        """Return the operation of a step that is made of operations for each variable."""
        rule: Any = next(filter(None, (getattr(self, name, None) for name in _OWN_RULES)))
        graph = get_default_graph()
        own = name or self._name
        updates = []
        for gradient, variable in pairs:
            with graph.name_scope(f"update_{variable.op.name}"):
                updates.append(rule(gradient, variable))
        if global_step is None:
            finished: Operation = self._finish(updates, own).op
        else:
            with graph.control_dependencies([self._finish(updates, "update")]):
                finished = global_step.assign_add(1, name=own).op
        return finished

    def _call_if_callable(self, param: Any) -> Any:
        return param() if callable(param) else param

    # What is remembered

    def get_slot(self, var: Any, name: str) -> Any:
        """Return what is remembered of a variable under a name; None if nothing is."""
        return self._slots.get(name, {}).get(var)

    def get_slot_names(self) -> list[str]:
        """Return the names under which something is remembered of variables."""
        return sorted(self._slots)

    def variables(self) -> list[Any]:
        """Return everything that is remembered."""
        slots = [slot for named in self._slots.values() for slot in named.values()]
        return sorted([*self._own.values(), *slots], key=lambda variable: variable.name)

    def _slot_dict(self, slot_name: str) -> dict[Any, Variable]:
        return self._slots.setdefault(slot_name, {})

    def _get_or_make_slot(self, var: Any, val: Any, slot_name: str, op_name: str) -> Variable:
        named = self._slot_dict(slot_name)
        if var not in named:
            graph = get_default_graph()
            outer = scopes_of(graph).open.name
            own = f"{var.op.name}/{op_name}"
            with graph.name_scope(None):
                named[var] = Variable(val, False, name=f"{outer}/{own}" if outer else own)
        return named[var]

    def _get_or_make_slot_with_initializer(
        self, var: Any, initializer: Any, shape: Any, dtype: Any, slot_name: str, op_name: str
    ) -> Variable:
        value = initializer(shape, dtype=dtype)
        return self._get_or_make_slot(var, value, slot_name, op_name)

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Variable:
        return self._filled_slot(var, slot_name, op_name, 0.0)

    def _filled_slot(self, var: Any, slot_name: str, op_name: str, value: float) -> Variable:
        filled = gg.full(var.variable.shape, value, var.variable.dtype)
        return self._get_or_make_slot(var, filled, slot_name, op_name)

    def _create_non_slot_variable(
        self, initial_value: Any, name: str, colocate_with: Any = None
    ) -> Variable:
        """Return what is remembered of all variables together, made where it is not there."""
        del colocate_with
        key = (get_default_graph(), name)
        if key not in self._own:
            self._own[key] = Variable(initial_value, False, name=name, dtype=float32)
        return self._own[key]

    def _get_non_slot_variable(self, name: str, graph: Any = None) -> Variable | None:
        return self._own.get((get_default_graph() if graph is None else graph, name))


class Step:
    """A step that is built: what its operation takes, and values as expressions.

    Attributes:
        inputs: the tensors that the operation depends on.
    """

    def __init__(self, optimizer: Optimizer, inputs: list[Tensor]) -> None:
        self.optimizer = optimizer
        self.inputs = inputs

    def number(self, value: Any, like: Any) -> gg.Tensor:
        """Return a setting, such as the learning rate, in the dtype of a variable.

        Args:
            value: a number, tensor or variable, or a function that returns one.
            like: the variable.
        """
        given = value() if callable(value) and not isinstance(value, Tensor) else value
        if isinstance(given, (Tensor, Converted)):
            tensor = as_tensor(given)
            if all(tensor is not x for x in self.inputs):
                self.inputs.append(tensor)
            return gg.cast(tensor.expression, like.variable.dtype)
        return gg.cast(as_expression(given, like.dtype), like.variable.dtype)

    def value(self, variable: Any) -> gg.Tensor:
        """Return the value of a variable at this place of the graph."""
        tensor: Tensor = variable.as_tensor()
        if tensor.op is not variable.op:
            self.inputs.append(tensor)
        return tensor.expression

    def slot(self, variable: Any, name: str) -> tuple[Any, gg.Tensor]:
        """Return what is remembered of a variable, and its value."""
        slot = self.optimizer.get_slot(variable, name)
        return slot, self.value(slot)


def _taped(loss: Any) -> Any:
    """Return a loss, which may be given as a function."""
    if not callable(loss) or isinstance(loss, Tensor):
        return loss
    return loss()


def _named_gradient(loss: Tensor, x: Any, value: gg.Tensor) -> Tensor:
    return record("Gradient", f"{x.op.name}_grad", [loss], [value]).outputs[0]


def _variable_of(thing: Any) -> Any:
    """Return a variable, which may be given as its own tensor, or as the weight of a layer."""
    if isinstance(thing, Tensor):
        for variable in thing.graph.get_collection(Collections.GLOBAL_VARIABLES):
            if variable.op is thing.op:
                return variable
        raise NotImplementedError(f"Trying to update a Tensor {thing}")
    return getattr(thing, "named", thing)


def _constrained(variable: Any, new: gg.Tensor) -> gg.Tensor:
    """Return a new value as the variable's constraint makes it."""
    constraint = getattr(variable, "constraint", None)
    return new if constraint is None else as_expression(constraint(as_tensor(new)))
