"""What Keras's models do while training, where giulgi's do otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.keras.added_metrics import metrics_added_in
from giulgi.compat.keras.backend_functions import get_value
from giulgi.compat.keras.boundary import is_standalone
from giulgi.compat.keras.progress import KerasProgress, Titles, told_first
from giulgi.graph.node import Node, build, topological
from giulgi.graph.ops.leaves import constant
from giulgi.graph.ops.random import RandomBits
from giulgi.graph.ops.state import Variable
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.freezing import learning_now
from giulgi.nn.metrics.base import Averaged
from giulgi.nn.phase import phase
from giulgi.program import Program
from giulgi.training.checks.targets import check_number, check_target
from giulgi.training.data.batches import Batch
from giulgi.training.progress import Progress
from giulgi.training.trainer import Trainer

# Streams of networks' own, far from those of other random numbers.
_FIRST_STREAM = 1 << 30

# Names, or last parts of names, that stand for the same in the reports of different years.
_SAME = {"acc": "accuracy", "lr": "learning_rate", "mean_absolute_error": "mae",
         "mean_squared_error": "mse"}  # fmt: skip
_SAME |= {new: old for old, new in _SAME.items()}


class Logs(dict[str, Any]):
    """What was reported by name, where ``acc`` and ``accuracy`` are the same."""

    def __missing__(self, key: str) -> Any:
        for part, other in _SAME.items():
            if key == part or key.endswith(f"_{part}"):
                name = key[: len(key) - len(part)] + other
                if name in self:
                    return self[name]
        raise KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return what is reported by a name, else the default."""
        try:
            return self[key]
        except KeyError:
            return default


def frozen_nodes(layer: Layer) -> set[Node]:
    """Return the nodes of the variables of layers that are not to be trained."""
    if not layer.trainable:
        return _nodes(layer)
    return set().union(*map(frozen_nodes, layer.sublayers()))


def _nodes(layer: Layer) -> set[Node]:
    return {variable.node for variable in layer.variables}


class KerasTrainer(Trainer):
    """Trains as Keras does: also on when the loss is no number any more."""

    #: Totals and counts of what is reported, as they were behind the batch before.
    _sums: dict[str, tuple[float, float]]

    @property
    def trained(self) -> list[Variable]:
        """The variables that training changes: those of the time of ``compile``.

        So a discriminator that was compiled before goes on learning by itself, although it is
        frozen for the network in which it is a part.
        """
        model: Any = self.model
        return list(model.trained_weights())

    def _followed(self, updates: list[tuple[Variable, Tensor]]) -> list[tuple[Variable, Tensor]]:
        """Return what layers change with each training step: nothing where they are frozen."""
        model: Any = self.model
        frozen = model.frozen_nodes()
        return [(variable, new) for variable, new in updates if variable.node not in frozen]

    def program(self, batch: Batch, training: bool) -> Program:
        """Return the program of a batch, when what callbacks have assigned is carried out."""
        graph = get_default_graph()
        if training:
            graph.before_training(self.model)
        else:
            graph.take_step()
        return super().program(batch, training)

    def _make_program(self, batch: Batch, training: bool, size: int | None = None) -> Program:
        """Make a program that also reports what layers have added to the metrics."""
        model: Any = self.model
        model.take_tensors()
        made = super()._make_program(batch, training, size)
        assert self.objective is not None
        for name, metric in metrics_added_in(model).items():
            self.objective.reported.setdefault(name, metric)
        return made

    def _settled(self, ends: list[Tensor], training: bool) -> list[Tensor]:
        """Return the ends of a program for training or not; frozen is who was at ``compile``.

        The streams of random numbers are numbered from the beginning: each run draws others from
        them. So the programs of models that are built alike, such as for the parts of a
        cross-validation, are the same, and compiled once.
        """
        model: Any = self.model
        frozen = model.frozen_nodes()
        learning = learning_now(ends, lambda layer: frozen.isdisjoint(_nodes(layer)))
        ends = substitute(ends, {phase.node: constant(training)} | learning)
        numbered: dict[Node, Tensor] = {}
        for node in topological(end.node for end in ends):
            if isinstance(node.op, RandomBits) and node.op.seed is None:
                op = replace(node.op, stream=_FIRST_STREAM + len(numbered), number=0)
                numbered[node] = build(op, *map(Tensor, node.inputs))
        return substitute(ends, numbered)

    def _check_labels(self, op: str, batch: Batch) -> None:
        """Check the number of targets, and that classes exist."""
        check_number(batch, self.network)
        if self.objective is None:
            self.program(batch, training=False)
        assert self.objective is not None
        outputs = zip(self.objective.goals, batch.y, self.network.outputs, strict=True)
        for (goal, targets, output), activation in zip(outputs, self.activations, strict=True):
            check_target(goal, targets, output, activation)

    def fit(
        self, batches: Any, epochs: Any, callbacks: Any, verbose: Any, *validation: Any
    ) -> None:
        """Train for some epochs; say before how many examples there are."""
        told = told_first(batches, validation[0], is_standalone())
        if verbose and told:
            print(told)
        if verbose:
            callbacks.callbacks.insert(0, Titles(epochs.stop))
        super().fit(batches, epochs, callbacks, verbose, *validation)

    def _progress(self, title: str, batches: Any, verbose: Any) -> Progress:
        return KerasProgress(title, batches, verbose)

    def results(self) -> dict[str, float]:
        """Return the losses and metrics of the batches since the last reset."""
        return Logs(super().results())

    def _batch_logs(
        self, step: int, batch: Batch, logs: dict[str, float] | None = None
    ) -> dict[str, float]:
        """Return its number and size, and after it the loss and metrics of the batch alone."""
        told: dict[str, float] = Logs({"batch": step - 1, "size": batch.size})
        if logs is None:
            return told
        assert self.objective is not None
        if step == 1:
            self._sums = {}
        for name, metric in self.objective.reported.items():
            told[name] = logs[name]
            if isinstance(metric, Averaged):
                now = float(metric.total.numpy()), float(metric.count.numpy())
                total, count = self._sums.get(name, (0.0, 0.0))
                self._sums[name] = now
                if now[1] > count:
                    told[name] = (now[0] - total) / (now[1] - count)
        return told

    def _iterations(self) -> int:
        own: Any = self.model.optimizer
        return int(get_value(own.iterations))

    def _require_finite_weights(self) -> None:
        """Let weights be what they are."""

    def _check_loss(self, logs: Mapping[str, float], epoch: int, step: int) -> None:
        """Let the loss be what it is."""
