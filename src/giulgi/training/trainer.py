"""The programs behind ``fit``, ``evaluate`` and ``predict``, and the loops around them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from giulgi.backends.explanation import Explanation
from giulgi.errors import DataError, ShapeError
from giulgi.graph.dtypes import DEFAULT_FLOAT, DType, is_float
from giulgi.graph.ops.leaves import constant, placeholder
from giulgi.graph.ops.state import Variable
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.freezing import learning_now
from giulgi.nn.optimizers import Optimizer
from giulgi.nn.phase import phase
from giulgi.pace import Pace
from giulgi.program import Program
from giulgi.training.callbacks import CallbackList
from giulgi.training.checks.divergence import require_finite, require_finite_loss
from giulgi.training.checks.epochs import check_epochs, is_due
from giulgi.training.checks.outputs import activation_of, advise_on_output, advise_on_unused
from giulgi.training.checks.targets import check_class_weights, check_number, check_target
from giulgi.training.data.batches import Array, ArrayBatches, Batch
from giulgi.training.data.feeding import Batches
from giulgi.training.data.generated import GeneratedBatches
from giulgi.training.network import Network
from giulgi.training.objective import Measured, Objective
from giulgi.training.progress import Progress, Ticker
from giulgi.tree import flatten, unflatten

if TYPE_CHECKING:
    from giulgi.training.model import Model


class Trainer:
    """Trains, evaluates and applies a network.

    Programs are made for the kinds of targets and weights that come, and kept.

    Args:
        model: the network's owner.
        network: the network.
        optimizer: what makes the steps; None for a network that only predicts.
        spec: losses and metrics as ``compile`` was given them.
    """

    def __init__(
        self,
        model: Model,
        network: Network,
        optimizer: Optimizer | None,
        spec: Mapping[str, Any],
    ) -> None:
        self.model = model
        self.network = network
        self.optimizer = optimizer
        self.spec = spec
        self.objective: Objective | None = None
        self.activations: list[str] = []
        self._programs: dict[Any, Program] = {}

    @property
    def trained(self) -> list[Variable]:
        """The variables that training changes."""
        return self.model.trainable_variables

    def _followed(self, updates: list[tuple[Variable, Tensor]]) -> list[tuple[Variable, Tensor]]:
        """Return which of the layers' variables change with each training step: all."""
        return updates

    def _settled(self, ends: list[Tensor], training: bool) -> list[Tensor]:
        """Return the ends of a program, the loss first, for training or not."""
        return substitute(ends, {phase.node: constant(training)} | learning_now(ends))

    # Programs

    def program(self, batch: Batch, training: bool) -> Program:
        """Return the program that takes one batch: a training step, or an evaluation."""
        kinds = tuple((a.shape[1:], _target_dtype(a)) for a in batch.y)
        weight_ranks = tuple(w.ndim for w in batch.weights)
        key = (training, kinds, weight_ranks)
        found = self._programs.get(key)
        if found is None:
            found = self._programs[key] = self._fitting_program(batch, training)
        return found

    def _fitting_program(self, batch: Batch, training: bool) -> Program:
        """Make a program; what does not fit is told with the whole shapes of the arrays."""
        objective = self.objective
        try:
            return self._make_program(batch, training)
        except ShapeError as error:
            told = error
        try:
            self._make_program(batch, training, batch.size)
        finally:
            self.objective = objective  # Its metrics are chosen for targets that do not fit.
        raise told

    def _make_program(self, batch: Batch, training: bool, size: int | None = None) -> Program:
        assert self.optimizer is not None
        network = self.network
        check_number(batch, network)
        targets = [
            placeholder(_target_dtype(a), (size, *a.shape[1:]), f"y_{name}")
            for a, name in zip(batch.y, network.output_names, strict=True)
        ]
        weights = [
            placeholder(DEFAULT_FLOAT, (size, *a.shape[1:]), "sample_weight") for a in batch.weights
        ]
        inputs = network.inputs
        if size is not None:
            inputs = [
                placeholder(x.dtype, array.shape, x.name)
                for x, array in zip(inputs, batch.x, strict=True)
            ]
        # The phase stays open till the loss is there, which may look at what is inside the network.
        applied = network.apply(inputs)
        outputs = flatten(applied.outputs)[0]
        is_first = self.objective is None
        if self.objective is None:
            self.objective = Objective(outputs, targets, network.output_names, self.spec)
        penalties = [*applied.losses, *self.model.penalty_losses()]
        for_each: list[Tensor | None] = [*weights] or [None]
        if len(for_each) == 1:
            for_each *= len(outputs)  # One weight for each example counts for all its outputs.
        measured = zip(targets, outputs, for_each, applied.masks, strict=True)
        loss, updates = self.objective.loss([Measured(*parts) for parts in measured], penalties)
        followed = self._followed(applied.updates) if training else []
        changes = [*applied.states, *followed, *updates]
        ends = [loss, *outputs, *(value for _, value in changes)]
        loss, *rest = self._settled(ends, training)
        if is_first:
            self._advise_on_outputs(rest[: len(outputs)])
        values = rest[len(outputs) :]
        pairs = [(v, value) for (v, _), value in zip(changes, values, strict=True)]
        if training:
            trained = self.trained
            advise_on_unused(loss, trained)
            pairs += self.optimizer.minimize(loss, trained)
        return Program([], [*inputs, *targets, *weights], pairs)

    def check_targets(self, op: str, batches: Batches) -> None:
        """Raise a DataError if the targets are not what the losses of the network take.

        What is generated cannot be looked at before; it is checked as it comes.
        """
        if isinstance(batches, ArrayBatches):
            self._check_labels(op, batches.data)

    def _checked(self, op: str, batches: Batches) -> Iterator[Batch]:
        for batch in batches.epoch():
            if isinstance(batches, GeneratedBatches):
                self._check_labels(op, batch)
            yield batch

    def _check_labels(self, op: str, batch: Batch) -> None:
        try:
            check_number(batch, self.network)
            if self.objective is None:
                self.program(batch, training=False)
            assert self.objective is not None
            outputs = self.network.outputs
            for i, (goal, targets) in enumerate(zip(self.objective.goals, batch.y, strict=True)):
                check_target(goal, targets, outputs[i], self.activations[i])
                check_class_weights(batch, goal, outputs[i])
        except DataError as error:
            error.complete(op=op)
            raise

    def _advise_on_outputs(self, outputs: Sequence[Tensor]) -> None:
        assert self.objective is not None
        trained = {variable.node for variable in self.trained}
        self.activations = [activation_of(output, trained) for output in outputs]
        for goal, output, activation in zip(
            self.objective.goals, outputs, self.activations, strict=True
        ):
            advise_on_output(goal, output, activation)

    def results(self) -> dict[str, float]:
        """Return the losses and metrics of the batches since the last reset."""
        assert self.objective is not None
        reported = self.objective.reported
        program = self._programs.get("results")
        if program is None:
            program = self._programs["results"] = Program([m.value() for m in reported.values()])
        return {name: float(value) for name, value in zip(reported, program.run(()), strict=True)}

    def reset(self) -> None:
        """Forget all batches that losses and metrics have seen."""
        if self.objective is None:
            return
        program = self._programs.get("reset")
        if program is None:
            zeros = [
                (variable, np.zeros(variable.shape, variable.dtype))
                for metric in self.objective.reported.values()
                if metric.resets_to_zero
                for variable in metric.variables
            ]
            updates = [(variable, constant(zero)) for variable, zero in zeros]
            program = self._programs["reset"] = Program([], [], updates)
        program()
        for metric in self.objective.reported.values():
            if not metric.resets_to_zero:
                metric.reset_state()

    def run(self, batch: Batch, training: bool) -> None:
        """Take one batch: change the weights if training, and add to losses and metrics."""
        self.program(batch, training)(*batch.x, *batch.y, *batch.weights)

    def explain(self, batches: ArrayBatches) -> Explanation:
        """Return what a training step becomes, stage by stage."""
        size = min(batches.batch_size, batches.data.size)
        return self.program(batches.data, training=True).explain_steps(batches.arrays, size)

    def _stretches(self, batches: ArrayBatches, training: bool) -> Iterator[int]:
        """Take all batches of an epoch, many in one go; tell now and then how many are done."""
        program = self.program(batches.data, training)
        pace = Pace()
        done = 0
        for stretch in batches.stretches():
            step = 0
            while step < stretch.steps:
                steps = range(step, min(step + pace.steps, stretch.steps))
                with pace.measured(len(steps)):
                    program.run_steps(batches.arrays, stretch.order, stretch.size, steps)
                step = steps.stop
                done += len(steps)
                yield done

    # Loops

    def fit(
        self,
        batches: Batches,
        epochs: range,
        callbacks: CallbackList,
        verbose: int | str,
        validation: Batches | None,
        validation_freq: int | Container[int],
    ) -> None:
        """Train for some epochs."""
        self._require_finite_weights()
        check_epochs(epochs, validation_freq)
        callbacks.call("on_train_begin", {})
        logs: dict[str, float] = {}
        for epoch in epochs:
            callbacks.call("on_epoch_begin", epoch, {})
            title = f"Epoch {epoch + 1}/{epochs.stop}"
            progress = self._progress(title, batches, verbose)
            before = self._iterations()
            try:
                step, logs = self._train_epoch(batches, callbacks, progress, epoch)
                if validation is not None and is_due(epoch + 1, validation_freq):
                    held_out = self.evaluate(validation, callbacks, 0)
                    logs |= {f"val_{name}": value for name, value in held_out.items()}
                progress.finish(step, logs)
            except KeyboardInterrupt:
                progress.interrupted(self._iterations() - before)
                raise
            finally:
                progress.close()
            callbacks.call("on_epoch_end", epoch, logs)
            if self.model.stop_training:
                break
        callbacks.call("on_train_end", logs)

    def _progress(self, title: str, batches: Batches, verbose: int | str) -> Progress:
        return Progress(title, batches.steps, verbose)

    def _iterations(self) -> int:
        """Return how many steps the optimizer has taken."""
        return int(self.model.optimizer.iterations.numpy())

    def _train_epoch(
        self, batches: Batches, callbacks: CallbackList, progress: Progress, epoch: int
    ) -> tuple[int, dict[str, float]]:
        self.reset()
        before, after = (callbacks.listens(f"on_train_batch_{when}") for when in ("begin", "end"))
        step, logs = 0, {}
        if isinstance(batches, ArrayBatches) and not (before or after):
            for step in self._stretches(batches, training=True):
                logs = self.results()
                self._check_loss(logs, epoch, step)
                if step != batches.steps:
                    progress.update(step, logs)
                if self.model.stop_training:
                    break
            return step, logs
        ticker = Ticker()
        for step, batch in enumerate(self._checked("fit", batches), start=1):
            if before:
                callbacks.call("on_train_batch_begin", step - 1, self._batch_logs(step, batch))
            self.run(batch, training=True)
            due = ticker.is_due()
            if after or due:
                logs = self.results()
                self._check_loss(logs, epoch, step)
                if due:
                    progress.update(step, logs)
                if after:
                    told = self._batch_logs(step, batch, logs)
                    callbacks.call("on_train_batch_end", step - 1, told)
            if self.model.stop_training:
                break
        logs = self.results()
        self._check_loss(logs, epoch, step)
        return step, logs

    def _batch_logs(
        self, step: int, batch: Batch, logs: dict[str, float] | None = None
    ) -> dict[str, float]:
        """Return what callbacks are told before a batch (None), or after it.

        Args:
            step: the number of the batch in its epoch, from 1.
            batch: the batch.
            logs: the results of the epoch so far.
        """
        return logs or {}

    def evaluate(
        self, batches: Batches, callbacks: CallbackList, verbose: int | str
    ) -> dict[str, float]:
        """Return losses and metrics over all batches, without training."""
        callbacks.call("on_test_begin", {})
        self.reset()
        progress = self._progress("Evaluating", batches, verbose)
        before, after = (callbacks.listens(f"on_test_batch_{when}") for when in ("begin", "end"))
        step = 0
        try:
            if isinstance(batches, ArrayBatches) and not (before or after):
                for step in self._stretches(batches, training=False):
                    progress.update(step, self.results())
            else:
                step = self._evaluate_each(batches, callbacks, progress)
            logs = self.results()
            progress.finish(step, logs)
        finally:
            progress.close()
        callbacks.call("on_test_end", logs)
        return logs

    def _evaluate_each(self, batches: Batches, callbacks: CallbackList, progress: Progress) -> int:
        """Evaluate batch by batch; return how many there were."""
        ticker = Ticker()
        listening = callbacks.listens("on_test_batch_end")
        step = 0
        for step, batch in enumerate(self._checked("evaluate", batches), start=1):
            callbacks.call("on_test_batch_begin", step - 1, {})
            self.run(batch, training=False)
            if listening:
                callbacks.call("on_test_batch_end", step - 1, self.results())
            if ticker.is_due():
                progress.update(step, self.results())
        return step

    def predict(self, batches: Batches, callbacks: CallbackList, verbose: int | str) -> Any:
        """Return the network's outputs for all batches, joined."""
        program = self._programs.get("predict")
        if program is None:
            applied = self.network.apply(self.network.inputs, training=False)
            outputs = flatten(applied.outputs)[0]
            program = Program(outputs, self.network.inputs, applied.states)
            self._programs["predict"] = program
        callbacks.call("on_predict_begin", {})
        progress, ticker = self._progress("Predicting", batches, verbose), Ticker()
        found: list[list[Array]] = []
        try:
            for step, batch in enumerate(batches.epoch()):
                callbacks.call("on_predict_batch_begin", step, {})
                outputs_now = program(*batch.x)
                found.append(outputs_now)
                callbacks.call("on_predict_batch_end", step, {"outputs": outputs_now})
                if ticker.is_due():
                    progress.update(step + 1, {})
            progress.finish(len(found), {})
        finally:
            progress.close()
        callbacks.call("on_predict_end", {})
        joined = [np.concatenate(parts) for parts in zip(*found, strict=True)]
        return unflatten(self.network.output_structure, iter(joined))

    def _require_finite_weights(self) -> None:
        require_finite(self.trained)

    def _check_loss(self, logs: Mapping[str, float], epoch: int, step: int) -> None:
        assert self.optimizer is not None
        require_finite_loss(logs["loss"], self.optimizer, epoch, step)


def _target_dtype(array: Array) -> DType:
    if is_float(array.dtype) or array.dtype.kind == "b":
        return DEFAULT_FLOAT
    return array.dtype
