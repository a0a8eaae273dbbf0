"""What a layer keeps: weights, those of other things in it among them, and the losses of a call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.keras.boundary import called, holds_named, is_computed, named
from giulgi.compat.keras.weights import Weight, weight_of
from giulgi.compat.tensors.tensor import as_tensor, record
from giulgi.compat.variables.variable import Variable
from giulgi.graph.node import topological
from giulgi.graph.ops.leaves import Placeholder
from giulgi.graph.ops.state import current_recorder, unrecorded
from giulgi.nn.layers.calls import LayerCall, calls_of
from giulgi.nn.phase import phase
from giulgi.tree import flatten


class Keeping(gg.layers.Layer):
    """A layer with the weights of all that it keeps, and with the losses of its last call."""

    #: Values that wait for a number of weights to be made, and what takes them.
    _waiting: tuple[int, Callable[[], None]] | None = None

    def _variables(self, trainable: bool) -> list[tuple[gg.Variable, bool]]:
        """Return all variables, those of modules and of layers of ``tf.layers`` in it, too."""
        found = super()._variables(trainable)
        known = {id(variable) for variable, _ in found}
        for name, value in vars(self).items():
            if name.startswith("__"):
                continue
            for part in flatten(value)[0]:
                if isinstance(part, gg.layers.Layer) or not hasattr(part, "trainable_variables"):
                    continue
                for own in part.variables:
                    weight = weight_of(own) if isinstance(own, Variable) else own
                    if isinstance(weight, gg.Variable) and id(weight) not in known:
                        known.add(id(weight))
                        flag = trainable and self.trainable and bool(weight.trainable)
                        found.append((weight, flag))
        return found

    def set_when_built(self, weights: Sequence[Any]) -> None:
        """Set the weights: when they are made, with the first call, if there are none yet."""
        self.when_built(len(weights), partial(self.set_weights, weights))

    def when_built(self, number: int, take: Callable[[], None]) -> None:
        """Let values be taken when there are as many weights: now, or with the first call."""
        self._waiting = (number, take) if len(self.variables) < number else None
        if self._waiting is None:
            take()

    def _take_waiting(self, number: int) -> None:
        """Take values that wait, which are for a number of weights, if there are as many."""
        if self._waiting is None or self._waiting[0] > number:
            return
        _, take = self._waiting
        self._waiting = None
        recorder = current_recorder()
        if recorder is not None:
            for variable in self.variables:
                recorder.forget(variable)
        # A function that is traced would set them each time that it is run.
        with get_default_graph().home.as_default(), unrecorded():
            take()

    def _called(
        self, inputs: Any, args: tuple[Any, ...], training: Any, kwargs: dict[str, Any]
    ) -> Any:
        """Return the outputs, made with the values that waited for the weights.

        Where these are made by the first call it is carried out again, and what it has added to
        the losses goes.
        """
        if self._waiting is not None:
            self._take_waiting(len(self.variables))
        if self._waiting is None:
            return super()._called(inputs, args, training, kwargs)
        outputs = super()._called(inputs, args, training, dict(kwargs))
        self._take_waiting(self._waiting[0])
        if not is_computed([inputs, args], kwargs):
            return outputs
        self._forget_losses()
        return super()._called(inputs, args, training, kwargs)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return which steps of the outputs count."""
        own = super().compute_mask
        if not holds_named([inputs, mask]):
            return own(inputs, mask)
        return called(own, "Mask", None, [inputs, mask], {})

    @property
    def updates(self) -> list[Any]:
        """What changes with each step beside what is trained, as operations for a session.

        They belong to the calls of the layer; of a network to its own inputs, if the program has
        told them. A frozen one has none.
        """
        network, calls = self.__dict__.get("_network"), calls_of(self)
        late = self.__dict__.get("_built_late") and calls
        return self._updates_of(calls if network is None or late else network.calls)

    def _updates_of(self, calls: Sequence[LayerCall]) -> list[Any]:
        """Return the updates of certain calls as operations, of each update always the same."""
        graph = get_default_graph()
        if graph.is_eager or not self.trainable:
            return []
        known = graph.notes.setdefault("updates of layers", {})
        found = []
        for variable, new in (update for call in calls for update in call.updates):
            if isinstance(variable, Weight) and (variable.cell, new.node) not in known:
                known[variable.cell, new.node] = record(
                    "AssignMovingAvg", None, [], [new], assigns=[(variable.named, new)]
                ).outputs[0]
            found.append(known.get((variable.cell, new.node)))
        return [update for update in found if update is not None]

    @property
    def uses_learning_phase(self) -> bool:
        """Whether what it returns is another while training."""
        network = self.__dict__.get("_network")
        calls = calls_of(self)
        ends = [y for call in calls for y in call.outputs] if network is None else network.outputs
        return phase.node in topological(y.node for y in ends)

    def get_updates_for(self, inputs: Any) -> list[Any]:
        """Return the updates that depend on certain inputs; with None those that depend on none.

        A network may have been called on others than its own.
        """
        wanted = {as_tensor(x).expression.node for x in flatten(inputs)[0] if x is not None}
        network = self.__dict__.get("_network")
        calls = [*(() if network is None else network.calls), *calls_of(self)]
        updates = dict.fromkeys(self._updates_of(calls))
        pairs = [(x, set(topological([x.expression.node]))) for x in updates]
        if inputs is None:
            return [
                x for x, nodes in pairs if not any(isinstance(n.op, Placeholder) for n in nodes)
            ]
        return [x for x, nodes in pairs if nodes & wanted]

    @property
    def losses(self) -> list[Any]:
        """The penalties of weights, and what the last call added."""
        return [*named(self.penalty_losses()), *self._added()]

    def _added(self) -> list[Any]:
        own = list(self.__dict__.get("__losses", []))
        for layer in self.sublayers():
            own += layer._added() if isinstance(layer, Keeping) else []
        return own

    def _forget_losses(self) -> None:
        self.__dict__.pop("__losses", None)
        for layer in self.sublayers():
            if isinstance(layer, Keeping):
                layer._forget_losses()
