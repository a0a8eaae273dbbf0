"""What all optimizers share: the learning rate, clipping, weight decay, and slots for variables."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from giulgi.errors import ArgumentError, DataError
from giulgi.graph import ops
from giulgi.graph.gradients import gradients
from giulgi.graph.ops.elementwise import Add
from giulgi.graph.ops.indexing import ScatterAdd
from giulgi.graph.ops.state import Variable, is_recording
from giulgi.graph.tensor import Tensor
from giulgi.nn.settings import as_number, limit, not_negative
from giulgi.program import Program
from giulgi.signatures import names_checked
from giulgi.source import scope

Update = tuple[Variable, Tensor]
GradientPair = tuple[Tensor | None, Variable]
T = TypeVar("T", bound=Tensor)


# Settings of all optimizers that are usually not there.
_LIMITS = ("weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "decay", "lazy")


class Optimizer:
    """Base of optimizers.

    An optimizer is a builder of graph: :meth:`updates` takes gradients and returns the new value
    of each variable and of each slot (what the optimizer remembers for it). Nothing is computed
    until a program runs them.

    Args:
        learning_rate: the size of a step; or a function of the number of steps done so far.
        weight_decay: the share of each weight, times the learning rate, that is taken off before
            each step (Loshchilov, Hutter, arXiv:1711.05101).
        clipnorm: the greatest length that the gradient of one variable may have.
        clipvalue: the greatest size that an element of a gradient may have.
        global_clipnorm: the greatest length that all gradients together may have.
        lazy: whether the rows of an embedding that no example of a batch asked for stay as they
            are, with all that is remembered of them; else momentum, RMSprop and Adam move all rows
            on. A step then costs what the batch touches, if rows are looked up in one place. It
            makes no difference to a table that is regularised, or used otherwise.
        name: its name.
        lr: the learning rate under its old name.
        decay: the learning rate is divided by 1 + decay * steps done so far.

    Raises:
        ArgumentError: if one of them is not the number that it should be, or two exclude each
            other.
    """

    @names_checked
    def __init__(
        self,
        learning_rate: float | Callable[[Tensor], Any] = 0.001,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        lazy: bool = False,
        name: str | None = None,
        lr: float | None = None,
        decay: float = 0.0,
    ) -> None:
        own = type(self).__name__
        if sum(given is not None for given in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ArgumentError(
                "clipnorm, clipvalue and global_clipnorm exclude each other.",
                op=own,
                fix="give one of them",
            )
        self.name = name or own.lower()
        self.weight_decay = weight_decay
        if weight_decay is not None:
            self.weight_decay = not_negative(own, "weight_decay", weight_decay)
        self.clipnorm = limit(own, "clipnorm", clipnorm)
        self.clipvalue = limit(own, "clipvalue", clipvalue)
        self.global_clipnorm = limit(own, "global_clipnorm", global_clipnorm)
        self.lazy = lazy
        self.decay = not_negative(own, "decay", decay)
        self._slots: dict[tuple[Any, str], Variable] = {}
        self._schedule: Callable[[Tensor], Any] | None = None
        rate = learning_rate if lr is None else self._under_old_name(lr, learning_rate)
        with scope(self.name):
            self.iterations = Variable(0, "iterations", "int64", trainable=False)
            if callable(rate):
                self._schedule = rate
                rate = 0.0
            self._learning_rate = Variable(
                _checked_rate(self, rate), "learning_rate", "float32", trainable=False
            )

    def _under_old_name(self, lr: Any, learning_rate: Any) -> Any:
        """Return the learning rate that is given as ``lr``."""
        told = inspect.signature(type(self)).parameters.get("learning_rate")
        if told is not None and learning_rate is not told.default:
            raise ArgumentError(
                "lr and learning_rate are the same, and both are given.",
                op=type(self).__name__,
                fix=f"learning_rate={learning_rate!r}",
            )
        return lr

    @property
    def learning_rate(self) -> Any:
        """The size of a step: a variable that may be assigned at any time; or the schedule."""
        return self._learning_rate if self._schedule is None else self._schedule

    @learning_rate.setter
    def learning_rate(self, rate: Any) -> None:
        if self._schedule is not None:
            raise ArgumentError(
                "the learning rate follows a schedule, so it cannot be set.",
                op=type(self).__name__,
                fix="make the optimizer with a number to set it later",
            )
        self._learning_rate.assign(_checked_rate(self, rate))

    @property
    def lr(self) -> Any:
        """The learning rate under its old name."""
        return self.learning_rate

    @lr.setter
    def lr(self, rate: Any) -> None:
        self.learning_rate = rate

    @property
    def variables(self) -> list[Variable]:
        """Everything the optimizer remembers."""
        return [self.iterations, self._learning_rate, *self._slots.values()]

    def current_rate(self) -> Tensor:
        """Return the learning rate of the next step as a tensor."""
        if self._schedule is None:
            rate: Tensor = self._learning_rate
        else:
            rate = ops.cast(ops.constant(self._schedule(self.iterations)), "float32")
        if self.decay:
            rate = rate / (1 + self.decay * ops.cast(self.iterations, "float32"))
        return rate

    def slot(self, variable: Variable, name: str, initial: float = 0.0) -> Variable:
        """Return what the optimizer remembers of a variable under a name; for :meth:`step`."""
        key = (variable.cell, name)
        found = self._slots.get(key)
        if found is None:
            start = ops.full(variable.shape, initial, variable.dtype)
            label = f"{variable.name}/{name}"
            found = self._slots[key] = Variable(start, label, trainable=False)
        return found

    def step(
        self, variable: Variable, gradient: Tensor, rate: Tensor
    ) -> tuple[Tensor, list[Update]]:
        """Return the variable's new value, and the updates of its slots: the optimizer's formula.

        Args:
            variable: what is trained; ``w`` in the formulas.
            gradient: of the loss by the variable; ``g``.
            rate: the learning rate; ``r``.
        """
        raise NotImplementedError

    def updates(self, pairs: Iterable[GradientPair]) -> list[Update]:
        """Return the new values of variables and slots.

        Args:
            pairs: gradients and the variables that they are of; a gradient may be None.
        """
        given = [(g, v) for g, v in pairs if g is not None]
        if not given:
            raise DataError(
                "there is nothing to train: no variable has a gradient.",
                op=type(self).__name__,
                fix="check that the loss depends on the trainable variables",
            )
        found: list[Update] = [(self.iterations, self.iterations + 1)]
        with scope(self.name):
            rate = self.current_rate()
            variables = [v for _, v in given]
            raws = [g for g, _ in given]
            for raw, gradient, variable in zip(raws, self._clipped(raws), variables, strict=True):
                new, slots = self.step(variable, gradient, ops.cast(rate, variable.dtype))
                if self.weight_decay:
                    new = new - variable * (self.weight_decay * ops.cast(rate, variable.dtype))
                own = [(variable, new), *slots]
                found += where_looked_up(raw, own) if self.lazy else own
        return found

    def _clipped(self, found: Sequence[Tensor]) -> list[Tensor]:
        if self.clipvalue is not None:
            return [ops.clip(g, -self.clipvalue, self.clipvalue) for g in found]
        if self.clipnorm is not None:
            return [g * (self.clipnorm / ops.maximum(ops.norm(g), self.clipnorm)) for g in found]
        if self.global_clipnorm is not None:
            length = ops.sqrt(sum((ops.sum(g * g) for g in found), start=ops.zeros(())))
            return [
                g * (self.global_clipnorm / ops.maximum(length, self.global_clipnorm))
                for g in found
            ]
        return list(found)

    def minimize(self, loss: Tensor, variables: Sequence[Variable]) -> list[Update]:
        """Return the updates of one step that makes the loss smaller.

        Variables that the loss does not depend on stay as they are.
        """
        found = gradients(loss, list(variables), unconnected="none")
        return self.updates(zip(found, variables, strict=True))

    def apply_gradients(self, pairs: Iterable[GradientPair]) -> None:
        """Take one step: now, or, inside a ``gg.function``, as part of it."""
        updates = self.updates(pairs)
        if not is_recording():
            # All new values are computed from the old ones before any is assigned.
            Program([], [], updates)()
            return
        for variable, new in updates:
            variable.assign(new)

    def __repr__(self) -> str:
        rate = "a schedule" if self._schedule is not None else f"{float(self._learning_rate):g}"
        own = inspect.signature(type(self)).parameters
        settings = [name for name in own if name != "learning_rate" and hasattr(self, name)]
        settings += [name for name in _LIMITS if getattr(self, name)]
        said = [f"{name}={getattr(self, name)!r}" for name in settings]
        return f"{type(self).__name__}({', '.join([f'learning_rate={rate}', *said])})"


def where_looked_up(gradient: Tensor, updates: list[tuple[T, Tensor]]) -> list[tuple[T, Tensor]]:
    """Return updates that leave the rows of a table as they are where its gradient is zero.

    Args:
        gradient: that of the table; if it is not of rows that were looked up, all stays.
        updates: old and new values.
    """
    if not _is_of_lookups(gradient):
        return updates
    axes = tuple(range(1, gradient.ndim))
    touched = ops.any(ops.not_equal(gradient, 0), axes, keepdims=True)
    return [(variable, ops.where(touched, new, variable)) for variable, new in updates]


def _is_of_lookups(gradient: Tensor) -> bool:
    """Whether it is the gradient of a table in which rows were looked up, and of nothing else."""
    if isinstance(gradient.op, Add):
        return all(_is_of_lookups(term) for term in gradient.inputs)
    return isinstance(gradient.op, ScatterAdd) and gradient.op.axis == 0


def _checked_rate(optimizer: Optimizer, rate: Any) -> float:
    number = as_number(rate)
    if number is None or not number >= 0:
        raise ArgumentError(
            f"the learning rate is {rate!r}; it must be a number >= 0.",
            op=type(optimizer).__name__,
            fix="0.01 is a usual value for SGD, 0.001 for Adam",
        )
    return number
