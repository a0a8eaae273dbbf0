"""Keras's optimizers: those of giulgi, under all names and arguments that they have had."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.graph import Collections, get_default_graph
from giulgi.compat.keras.backend_session import get_session
from giulgi.compat.keras.boundary import expressions, holds_named, is_named, named
from giulgi.compat.keras.constraints import limit
from giulgi.compat.keras.utils import CUSTOM_OBJECTS
from giulgi.compat.keras.weights import constraint_of
from giulgi.compat.names import export, exported
from giulgi.compat.tensors.tensor import as_tensor, record
from giulgi.compat.variables.variable import Variable, take_effect
from giulgi.compat.wording import unknown
from giulgi.graph.ops.state import unrecorded
from giulgi.names import letters_of
from giulgi.nn.optimizers.base import GradientPair, Update


class Optimizer(gg.optimizers.Optimizer):
    """Base of optimizers.

    Args:
        args: of giulgi's optimizer of the same name, or in the order of Keras 2.
        kwargs: the same by name; ``lr`` and ``decay`` are taken, too.
    """

    #: The arguments in the order of Keras 2.
    order: ClassVar[tuple[str, ...]] = ()
    old_defaults: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = dict(zip(_order(type(self), args), args, strict=False)) | kwargs
        if "lr" in given:
            given["learning_rate"] = given.pop("lr")
        given = self.old_defaults | given
        known = {*inspect.signature(_base_of(type(self)).__init__).parameters, *_ALL}
        given = {key: value for key, value in given.items() if key in known}
        for key in ("learning_rate", "decay"):
            given[key] = _number(given.get(key), key, type(self))
        super().__init__(**{key: value for key, value in given.items() if value is not None})

    # One of a program's own says with ``get_updates`` what a step is, and has a rate of its own.

    @property
    def _says_updates(self) -> bool:
        return not type(self).get_updates.__module__.startswith("giulgi.")

    @property
    def learning_rate(self) -> Any:
        """The learning rate: a variable."""
        own = self.__dict__.get("own rate")
        return gg.optimizers.Optimizer.learning_rate.fget(self) if own is None else own  # type: ignore[attr-defined]

    @learning_rate.setter
    def learning_rate(self, rate: Any) -> None:
        if is_named(rate):
            self.__dict__["own rate"] = rate
        elif rate is self.__dict__.get("_learning_rate"):
            self.__dict__.pop("own rate", None)
        elif isinstance(self.__dict__.get("own rate"), Variable):
            get_session().load(self.__dict__["own rate"], rate)
        else:
            gg.optimizers.Optimizer.learning_rate.fset(self, rate)  # type: ignore[attr-defined]

    def current_rate(self) -> gg.Tensor:
        """Return the learning rate of the next step: also one that a program computes."""
        own = self.__dict__.get("own rate")
        if own is None:
            return super().current_rate()
        rate = gg.cast(expressions(as_tensor(own)), "float32")
        return rate / (1 + self.decay * gg.cast(self.iterations, "float32"))

    def own_step(self, loss: gg.Tensor, variables: Sequence[gg.Variable]) -> list[Update]:
        """Return what ``get_updates`` of a program's own assigns."""
        params = [getattr(v, "named", v) for v in variables]
        given = named(loss)
        told = self.get_updates
        is_old = "constraints" in inspect.signature(told).parameters
        made = told(params, [], given) if is_old else told(loss=given, params=params)
        get_session()  # Variables that it has made get their values.
        pairs = {}
        for operation in made:
            if isinstance(operation, (list, tuple)):
                variable, new = operation
                pairs[_own(variable).cell] = (_own(variable), expressions(as_tensor(new)))
                continue
            for variable, new in operation.op.assigns:
                pairs[_own(variable).cell] = (_own(variable), new)
        return list(pairs.values())

    def updates(self, pairs: Iterable[GradientPair]) -> list[Update]:
        """Return the new values of weights, within their limits, and of slots."""
        found = []
        made = super().updates(pairs)
        first = self.__dict__.pop("first weights", None)
        if first is not None:
            with get_default_graph().home.as_default(), unrecorded():
                self.set_weights(first)
        for variable, new in made:
            limits = constraint_of(variable)
            found.append((variable, new if limits is None else limit(limits, new)))
        return found

    def get_updates(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Return operations that take a step: of ``(loss, params)`` or ``(params, [], loss)``."""
        names = ("params", "constraints", "loss") if len(args) == 3 else ("loss", "params")
        given = dict(zip(names, args, strict=False)) | kwargs
        loss = expressions(given["loss"])
        loss = loss if loss.known_shape == () else gg.sum(loss)
        # A list from here on, to which one of a program's own adds.
        made = self.__dict__["updates"] = assignments(
            self.minimize_expressions(loss, given["params"])
        )
        return made

    def get_gradients(self, loss: Any, params: Sequence[Any]) -> list[Any]:
        """Return the gradients of a loss by weights."""
        found = gg.gradients(expressions(loss), [_own(p) for p in params], unconnected="none")
        return [None if g is None else named(g) for g in found]

    def minimize_expressions(self, loss: gg.Tensor, params: Sequence[Any]) -> list[Update]:
        """Return the updates of one step, by the program's own ``get_gradients`` if it has one."""
        own = [_own(p) for p in params]
        if getattr(self.get_gradients, "__func__", None) is Optimizer.get_gradients:
            found = gg.gradients(loss, own, unconnected="none")
        else:
            told = self.get_gradients(named(loss), [getattr(p, "named", p) for p in params])
            found = [g if g is None else expressions(as_tensor(g)) for g in told]
        return type(self).updates(self, zip(found, own, strict=True))

    def minimize(self, loss: Any, variables: Any = None, **options: Any) -> Any:
        """Return the updates of one step; in a graph of named tensors, an operation."""
        variables = options.get("var_list", variables)
        tape = options.get("tape")
        if tape is not None and not callable(loss):
            return self.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        if isinstance(variables, (list, tuple)) and not variables:
            return []  # There is nothing to train.
        if not holds_named([loss, variables]) and not callable(loss):
            if self._says_updates:
                return self.own_step(loss, variables)
            return self.minimize_expressions(loss, variables)
        variables = variables() if callable(variables) else variables
        value = expressions(loss() if callable(loss) else loss)
        value = as_tensor(value).expression if not isinstance(value, gg.Tensor) else value
        if variables is None:
            variables = get_default_graph().get_collection(Collections.TRAINABLE_VARIABLES)
        variables = variables if isinstance(variables, (list, tuple)) else [variables]
        with get_default_graph().calls_of_layers(symbolic=False):
            updates = self.minimize_expressions(value, variables)
        return _step(updates)

    def apply_gradients(
        self, grads_and_vars: Iterable[Any], name: str | None = None,
        experimental_aggregate_gradients: bool = True,
    ) -> Any:  # fmt: skip
        """Take one step: now, or in a graph of named tensors, by the operation returned."""
        del name, experimental_aggregate_gradients  # There is one device.
        given = [(g, v) for g, v in grads_and_vars]
        if given and all(g is None for g, _ in given):
            names = [getattr(v, "name", v) for _, v in given]
            raise ValueError(f"No gradients provided for any variable: {names}.")
        given = [(g, v) for g, v in given if g is not None]
        if not holds_named([g for g, _ in given]):
            return super().apply_gradients([(g, _own(v)) for g, v in given])
        with get_default_graph().calls_of_layers(symbolic=False):
            updates = type(self).updates(self, [(expressions(g), _own(v)) for g, v in given])
        return _step(updates)

    def get_config(self) -> dict[str, Any]:
        """Return what it was made with."""
        if self._says_updates:
            return {}
        own = inspect.signature(_base_of(type(self)).__init__).parameters
        names = [n for n in own if n not in ("self", "options", "learning_rate")]
        config = {name: getattr(self, name) for name in names if hasattr(self, name)}
        return {"lr": float(self._learning_rate.numpy()), **config, "decay": self.decay}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return an optimizer made with what :meth:`get_config` of another returned."""
        return cls(**config)

    @property
    def weights(self) -> list[Any]:
        """All that it remembers, as variables."""
        own: list[Any] | None = self.__dict__.get("weights")
        if own is not None:
            return own
        # In Keras's order: what is remembered of one kind for all weights, then the next kind.
        kinds = list(dict.fromkeys(kind for _, kind in self._slots))
        slots = sorted(self._slots.items(), key=lambda item: kinds.index(item[0][1]))
        return [self.iterations, *(slot for _, slot in slots)]

    @weights.setter
    def weights(self, weights: Sequence[Any]) -> None:
        self.__dict__["weights"] = list(weights)

    def get_weights(self) -> list[Any]:
        """Return the values of all that it remembers."""
        if "weights" in self.__dict__:
            return [get_session().value(v) for v in self.weights]
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set the values of all that it remembers."""
        own = self.weights
        if len(own) == 1 and len(weights) > 1:  # It remembers nothing before its first step.
            self.__dict__["first weights"] = weights
        given = list(weights)
        if given and np.shape(given[0]) != ():  # Some of Keras's do not count their steps.
            own = own[1:]
        for variable, value in zip(own, given, strict=False):
            if isinstance(variable, Variable):
                get_session().load(variable, value)
            elif variable.shape == np.shape(value):
                variable.assign(np.asarray(value, variable.dtype))


_ALL = ("learning_rate", "decay", "clipnorm", "clipvalue", "global_clipnorm", "name")


def _base_of(cls: type) -> Any:
    """Return giulgi's optimizer of which one of these is made."""
    own = "giulgi.nn."
    return next(base for base in cls.__mro__ if base.__module__.startswith(own))


def _order(cls: type, args: Sequence[Any]) -> tuple[str, ...]:
    """Return the names of positional arguments."""
    if cls.__name__ == "SGD" and len(args) > 2 and isinstance(args[2], bool):
        return ("learning_rate", "momentum", "nesterov", "name")
    return cls.order  # type: ignore[attr-defined]


def _number(value: Any, name: str, cls: type) -> Any:
    """Return a setting as a number or a schedule, also where it is a variable."""
    if value is None:
        return 0.0 if name == "decay" else None
    if isinstance(value, Variable) or is_named(value):
        return float(as_tensor(value).expression.numpy())
    if callable(value):
        return _Schedule(value)
    return float(value)


class _Schedule:
    """A schedule of the user's for expressions: it is given named tensors in their place."""

    def __init__(self, schedule: Callable[[Any], Any]) -> None:
        self.schedule = schedule

    def __call__(self, step: Any) -> Any:
        return expressions(self.schedule(named(step)))


def _own(variable: Any) -> Any:
    return variable.variable if isinstance(variable, (Variable, _Slot)) else variable


def assignments(updates: Sequence[Update]) -> list[Any]:
    """Return an operation for each update."""
    return [
        record("Assign", None, [], [new], assigns=[(_Slot(variable), new)]).outputs[0]
        for variable, new in updates
    ]


def _step(updates: Sequence[Update]) -> Any:
    """Return the operation of a step; where a program computes at once, take it."""
    pairs = [(_Slot(variable), new) for variable, new in updates]
    return take_effect(record("Step", None, [], [], assigns=pairs))


class _Slot:
    """One of giulgi's variables, as what an operation assigns to."""

    def __init__(self, variable: gg.Variable) -> None:
        self.variable = variable

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Slot) and other.variable.cell is self.variable.cell

    def __hash__(self) -> int:
        return hash(self.variable.cell)


_ADAM = ("learning_rate", "beta_1", "beta_2", "epsilon", "decay", "amsgrad")
_ORDERS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "SGD": (("learning_rate", "momentum", "decay", "nesterov"), {}),
    "RMSprop": (("learning_rate", "rho", "epsilon", "decay"), {}),
    "Adagrad": (("learning_rate", "epsilon", "decay"), {"learning_rate": 0.01,
                "initial_accumulator_value": 0.0}),
    "Adadelta": (("learning_rate", "rho", "epsilon", "decay"), {"learning_rate": 1.0}),
    "Adam": (_ADAM, {}),
    "Adamax": (_ADAM[:-1], {"learning_rate": 0.002}),
    "Nadam": ((*_ADAM[:-2], "schedule_decay"), {"learning_rate": 0.002}),
}  # fmt: skip

#: The optimizers by their names, without capitals.
CLASSES: dict[str, Any] = {}
for _name, (_positions, _defaults) in _ORDERS.items():
    _base = getattr(gg.optimizers, _name)
    _fields = {"__module__": __name__, "__doc__": _base.__doc__, "order": _positions,
               "old_defaults": _defaults}  # fmt: skip
    _class = type(_name, (Optimizer, _base), _fields)
    CLASSES[_name.lower()] = globals()[_name] = _class  # Pickles find it by its name here.
    for _path in {_name, _name.lower()}:
        export(f"optimizers.{_path}", _class, of="keras")
export("optimizers.Optimizer", Optimizer, of="keras")


class TFOptimizer(gg.optimizers.Optimizer):
    """An optimizer of ``tf.train`` in a model of Keras."""

    def __init__(self, optimizer: Any) -> None:
        super().__init__(float(getattr(optimizer, "_learning_rate_value", 0.0)))
        self.optimizer = optimizer
        self._begun: set[Variable] = set()

    def updates(self, pairs: Iterable[GradientPair]) -> list[Update]:
        """Return what the optimizer's operation assigns."""
        named_pairs = [
            (as_tensor(g), v.named if hasattr(v, "named") else v) for g, v in pairs if g is not None
        ]
        operation = self.optimizer.apply_gradients(named_pairs)
        self._begin(set(operation.after) - {variable for _, variable in named_pairs})
        found = [(variable.variable, new) for variable, new in operation.after.items()]
        return [(self.iterations, self.iterations + 1), *found]

    def _begin(self, own: set[Variable]) -> None:
        """Give the optimizer's own variables their first values: no program does it for them."""
        new = own - self._begun
        self._begun |= new
        get_session().run([variable.initializer for variable in new])


@exported("optimizers.get", "optimizers.deserialize", of="keras")
def get(identifier: Any) -> Any:
    """Return an optimizer by its name in any case, or a description; an optimizer is itself."""
    if isinstance(identifier, type) and issubclass(identifier, gg.optimizers.Optimizer):
        return identifier()
    if isinstance(identifier, gg.optimizers.Optimizer):
        return identifier
    if isinstance(identifier, dict):
        own = CUSTOM_OBJECTS.get(identifier["class_name"])
        made = CLASSES[identifier["class_name"].lower()] if own is None else own
        return made(**identifier.get("config", {}))
    if isinstance(identifier, str) and identifier in CUSTOM_OBJECTS:
        return get(CUSTOM_OBJECTS[identifier])
    if isinstance(identifier, str):
        found = CLASSES.get(letters_of(identifier))
        if found is None:
            raise ValueError(unknown("optimizer", identifier, CLASSES))
        return found()
    if hasattr(identifier, "apply_gradients"):
        return TFOptimizer(identifier)
    raise ValueError(f"Could not interpret optimizer identifier: {identifier}")


@exported("optimizers.TFOptimizer", of="keras")
def tensorflow_optimizer(optimizer: Any, iterations: Any = None) -> Any:
    """Return an optimizer of ``tf.train``, which ``compile`` takes as it is."""
    del iterations
    return optimizer


@exported("optimizers.serialize", of="keras")
def serialize(optimizer: Any) -> dict[str, Any]:
    """Return an optimizer as a description."""
    return {"class_name": type(optimizer).__name__, "config": optimizer.get_config()}
