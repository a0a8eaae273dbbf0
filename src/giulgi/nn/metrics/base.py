"""What all metrics share: a state, which each batch updates, and a result of the state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from giulgi.errors import GraphError
from giulgi.graph import ops
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.ops.state import Recorder, Variable
from giulgi.graph.tensor import Tensor
from giulgi.names import snake_case
from giulgi.nn import initializers
from giulgi.nn.lookup import function_name, require_answer
from giulgi.nn.losses.shapes import as_examples
from giulgi.nn.metrics.functions import MetricFunction
from giulgi.nn.weighting import fit_weights
from giulgi.source import scope
from giulgi.tree import flatten

Update = tuple[Variable, Tensor]


class Metric:
    """Base of metrics. One of one's own keeps its state in weights, and says what a batch changes::

        class Positives(gg.metrics.Metric):
            def __init__(self, name="positives"):
                super().__init__(name)
                self.count = self.add_weight(name="count")

            def update_state(self, y_true, y_pred, sample_weight=None):
                self.count.assign_add(gg.sum(gg.cast(y_pred > 0.5, "float32")))

            def result(self):
                return self.count

    A plain function ``(y_true, y_pred)`` is a metric as well: its mean over all examples.

    The same code serves twice. Called by a user, ``update_state`` assigns now; while a network is
    trained, what it assigns becomes a part of the step's program (:meth:`updates`).

    Args:
        name: its name; None makes one of the name of its class.
        dtype: of its weights.
    """

    def __init__(self, name: str | None = None, dtype: Any = "float32") -> None:
        self.name = name or snake_case(type(self).__name__)
        self.dtype = dtype

    def add_weight(
        self,
        shape: Sequence[int] = (),
        initializer: Any = "zeros",
        dtype: Any = None,
        name: str = "weight",
    ) -> Variable:
        """Return a new variable of the state, to be kept as an attribute.

        Args:
            shape: its shape; a single number by default.
            initializer: its first value: a function of shape and dtype, or a name.
            dtype: its dtype, if not the metric's.
            name: its name within the metric.
        """
        kind = dtype or self.dtype
        with scope(self.name):
            start = initializers.get(initializer)(tuple(shape), kind)
            return Variable(start, name, kind, trainable=False)

    add_variable = add_weight

    @property
    def variables(self) -> list[Variable]:
        """The state, that of metrics among the attributes included."""
        return list(dict.fromkeys(self._variables()))

    def _variables(self) -> Iterator[Variable]:
        for value in flatten(list(vars(self).values()))[0]:
            if isinstance(value, Variable):
                yield value
            elif isinstance(value, Metric):
                yield from value._variables()

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take a batch into account: ``(y_true, y_pred, sample_weight=None)``."""
        own = type(self).__name__
        raise GraphError(
            f"{own} does not say what a batch changes.",
            op=own,
            fix="write a method update_state(self, y_true, y_pred, sample_weight=None) that "
            "assigns to its weights",
        )

    def result(self) -> Any:
        """Return the result of all batches so far, a tensor."""
        own = type(self).__name__
        raise GraphError(
            f"{own} does not say what its result is.",
            op=own,
            fix="write a method result(self) that returns a number of its weights",
        )

    def reset_state(self) -> None:
        """Forget all batches: all weights become 0."""
        for variable in self.variables:
            variable.assign(np.zeros(variable.shape, variable.dtype))

    @property
    def resets_to_zero(self) -> bool:
        """Whether :meth:`reset_state` is the one above, and not a metric's own."""
        return type(self).reset_state is Metric.reset_state

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take a batch into account, and return the result with it."""
        self.update_state(*args, **kwargs)
        return self.result()

    def updates(self, *args: Any, **kwargs: Any) -> list[Update]:
        """Return what :meth:`update_state` assigns, as graph: variables with their new values."""
        with Recorder() as recorder:
            self.update_state(*args, **kwargs)
        own = {variable.cell: variable for variable in self.variables}
        for cell in recorder.pending:
            if cell not in own:
                raise GraphError(
                    f"the metric {self.name!r} changes {cell.label!r}, which is not its own.",
                    op=type(self).__name__,
                    fix="keep it as an attribute: self.count = self.add_weight(name='count')",
                )
        return [(own[cell], value) for cell, value in recorder.pending.items()]

    def value(self) -> Tensor:
        """Return the result as a tensor, whatever kind of number it is."""
        return constant(require_answer("result of the metric", self.name, self.result()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class Averaged(Metric):
    """Base of metrics that are means: sum(w v) / sum(w); 0 before the first value.

    Args:
        name: its name.
    """

    def __init__(self, name: str | None = None) -> None:
        # 64 bits, so that counts of more than 2^24 examples stay exact.
        super().__init__(name, "float64")
        self.total = self.add_weight(name="total")
        self.count = self.add_weight(name="count")

    def _add(self, values: Tensor, weights: TensorLike | None) -> None:
        """Add values v with weights w, one for each example; None: all are 1."""
        values = ops.cast(values, "float64")
        if weights is None:
            self.total.assign_add(ops.sum(values))
            self.count.assign_add(ops.cast(ops.size(values), "float64"))
            return
        fitting = ops.broadcast_to(fit_weights(weights, values), ops.shape(values))
        self.total.assign_add(ops.sum(values * fitting))
        self.count.assign_add(ops.sum(fitting))

    def result(self) -> Tensor:
        """Return total / count."""
        return self.total / ops.where(self.count == 0, 1, self.count)


class Mean(Averaged):
    """The mean of values: sum(w v) / sum(w). It is 0 before the first.

    Args:
        name: its name.
    """

    def update_state(self, values: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Add values v, with their weights w."""
        with scope(self.name):
            self._add(constant(values), sample_weight)


class MeanOf(Averaged):
    """The mean over all examples of a function of truth and prediction.

    Args:
        function: ``(y_true, y_pred)`` -> one value for each example.
        name: its name; None: that of the function.
        options: further arguments of the function.
    """

    def __init__(self, function: MetricFunction, name: str | None = None, **options: Any) -> None:
        super().__init__(name or function_name(function))
        self.function = function
        self.options = options

    def update_state(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None
    ) -> None:
        """Add the values of the examples of a batch."""
        with scope(self.name):
            answer = self.function(*as_examples(y_true, y_pred), **self.options)
            self._add(constant(require_answer("metric", self.name, answer)), sample_weight)
