"""Variables that follow others as running means: ``tf.train.ExponentialMovingAverage``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import Collections, Operation, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.tensors.tensor import Converted, Tensor, as_expression, as_tensor, record
from giulgi.compat.variables.scopes import scopes_of
from giulgi.compat.variables.variable import Variable, take_effect


@exported("train.ExponentialMovingAverage")
class ExponentialMovingAverage:
    """Keeps running means of variables: ``a <- a - (1 - decay) (a - v)``.

    Args:
        decay: how much of the mean is kept.
        num_updates: a number of updates n, with which the decay is at most (1 + n) / (10 + n), so
            that the mean moves faster in the beginning.
        zero_debias: whether means of tensors, which begin at 0, are corrected for it.
        name: the end of the names of the means.
    """

    def __init__(
        self,
        decay: Any,
        num_updates: Any = None,
        zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ) -> None:
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name
        self._averages: dict[Any, Variable] = {}

    @property
    def name(self) -> str:
        """The end of the names of the means."""
        return self._name

    def apply(self, var_list: Sequence[Any] | None = None) -> Operation:
        """Return an operation that moves the means of variables, or of tensors.

        Means of variables begin with the first values of these, those of tensors with 0.

        Args:
            var_list: what means are kept of; None: all variables that are trainable.
        """
        graph = get_default_graph()
        chosen = var_list
        if chosen is None:
            chosen = graph.get_collection(Collections.TRAINABLE_VARIABLES)
        followed: list[Any] = [
            x if isinstance(x, (Tensor, Converted)) else as_tensor(x) for x in chosen
        ]
        for x in followed:
            if not x.dtype.is_floating:
                raise TypeError(f"The variables must be floats: {x.name}")
            if x not in self._averages:
                self._averages[x] = self._made(x)
        with graph.name_scope(self._name):
            inputs: list[Tensor] = []
            decay = self._decay_now(inputs)
            assigns = [self._moved(x, decay, inputs) for x in followed]
            name = graph.unique_name("AssignMovingAvg")
            pairs = [pair for several in assigns for pair in several]
            return take_effect(Operation(graph, "NoOp", name, inputs, pairs))

    def _made(self, x: Any) -> Variable:
        """Return the variable of a mean, which is made."""
        graph = get_default_graph()
        is_variable = isinstance(x, Converted)
        with graph.control_dependencies(None), graph.name_scope(None):
            first: Any = x.initial_value if is_variable else None
            if first is None:
                first = gg.zeros(tuple(x.get_shape().as_list()), x.dtype.numpy_dtype)
            outer = scopes_of(graph).open.name
            own = f"{x.op.name}/{self._name}"
            made = Variable(first, False, name=f"{outer}/{own}" if outer else own)
            if self._zero_debias and not is_variable:
                graph.notes.setdefault("debiased", {})[made] = Variable(
                    gg.zeros((), x.dtype.numpy_dtype), False, name=f"{made.op.name}/local_step"
                )
        if is_variable:
            graph.add_to_collection(Collections.MOVING_AVERAGE_VARIABLES, x)
        return made

    def _decay_now(self, inputs: list[Tensor]) -> gg.Tensor:
        decay = as_expression(self._decay, "float32")
        if self._num_updates is None:
            return decay
        given = as_tensor(self._num_updates)
        inputs.append(given)
        count = gg.cast(given.expression, "float32")
        return gg.minimum(decay, (1.0 + count) / (10.0 + count))

    def _moved(self, x: Any, decay: gg.Tensor, inputs: list[Tensor]) -> list[tuple[Any, Any]]:
        """Return the new value of a mean, and what else changes with it."""
        mean = self._averages[x]
        old, value = mean.as_tensor(), as_tensor(x)
        inputs += [old, value]
        share = 1.0 - gg.cast(decay, value.dtype.numpy_dtype)
        steps = get_default_graph().notes.get("debiased", {}).get(mean)
        if steps is None:
            moved = old.expression - share * (old.expression - value.expression)
            return [(mean, moved)]
        # The sum that began at 0 is the corrected mean times what its weights add up to.
        count = steps.as_tensor()
        inputs.append(count)
        before = 1.0 - gg.power(1.0 - share, count.expression)
        after = 1.0 - gg.power(1.0 - share, count.expression + 1)
        total = old.expression * before
        total = total - share * (total - value.expression)
        return [(mean, total / after), (steps, count.expression + 1)]

    def average(self, var: Any) -> Variable | None:
        """Return the variable that holds a mean; None if none is kept of this."""
        return self._averages.get(var)

    def average_name(self, var: Any) -> str:
        """Return the name under which a mean is saved."""
        if var in self._averages:
            return self._averages[var].op.name
        return f"{var.op.name}/{self._name}"

    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Any]:
        """Return names and variables, for a ``Saver`` that gives variables their saved means."""
        graph = get_default_graph()
        followed = moving_avg_variables
        if followed is None:
            keys = (Collections.TRAINABLE_VARIABLES, Collections.MOVING_AVERAGE_VARIABLES)
            followed = [variable for key in keys for variable in graph.get_collection(key)]
        names = {self.average_name(variable): variable for variable in followed}
        taken = {variable.op.name for variable in names.values()}
        for variable in graph.get_collection(Collections.GLOBAL_VARIABLES):
            if variable.op.name not in taken:
                names.setdefault(variable.op.name, variable)
        return names


@exported("python.training.moving_averages.assign_moving_average")
def assign_moving_average(
    variable: Any, value: Any, decay: Any, zero_debias: bool = True, name: str | None = None
) -> Tensor:
    """Return the new running mean that a variable holds, which is assigned when it is run.

    Args:
        variable: holds the mean, ``a <- a - (1 - decay) (a - v)``.
        value: v.
        decay: how much of the mean is kept.
        zero_debias: whether the mean begins at 0 and is corrected for it, whatever the first value
            of the variable is.
        name: the name of the operation.
    """
    old, new = variable.as_tensor(), as_tensor(value)
    kind = variable.variable.dtype
    v = gg.cast(new.expression, kind)
    share = 1.0 - gg.cast(as_expression(decay, variable.dtype), kind)
    inputs = [old, new]
    if not zero_debias:
        moved = old.expression - share * (old.expression - v)
        own = name or "AssignMovingAvg"
        return record("AssignSub", own, inputs, [moved], assigns=[(variable, moved)]).outputs[0]
    graph = get_default_graph()
    with graph.control_dependencies(None), graph.name_scope(None):
        start = gg.zeros(variable.variable.shape, kind)
        biased = Variable(start, False, name=f"{variable.op.name}/biased")
        steps = Variable(gg.zeros((), kind), False, name=f"{variable.op.name}/local_step")
    inputs += [biased.as_tensor(), steps.as_tensor()]
    total, count = inputs[2].expression, inputs[3].expression + 1
    total = total - share * (total - v)
    moved = total / (1.0 - gg.power(1.0 - share, count))
    assigns = [(variable, moved), (biased, total), (steps, count)]
    own = name or "AssignMovingAvg"
    return record("AssignSub", own, inputs, [moved], assigns=assigns).outputs[0]
