"""The network as a user holds it: build, compile, fit, evaluate, predict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from giulgi.advice import advise
from giulgi.backends.explanation import Explanation
from giulgi.errors import ArgumentError, GiulgiError, GraphError
from giulgi.nn.optimizers import Optimizer
from giulgi.signatures import names_checked
from giulgi.training.callbacks import CallbackList, Callbacks, History
from giulgi.training.data.batches import ArrayBatches, Batch
from giulgi.training.data.feeding import Batches, Given, batch_size_for, require_positive
from giulgi.training.data.generated import is_generated
from giulgi.training.network import Network
from giulgi.training.network_layer import NetworkLayer
from giulgi.training.objective import Objective, check_goals, chosen_optimizer
from giulgi.training.progress import require_verbose
from giulgi.training.trainer import Trainer


class Model(NetworkLayer):
    """A network that can be trained.

    From inputs and outputs::

        x = gg.Input((784,))
        y = gg.layers.Dense(10, activation="softmax")(x)
        model = gg.Model(x, y)

    or as a class of one's own, with layers as attributes and a ``call(self, x)`` that uses them.
    A model is a layer: it can be called on tensors, and be part of another model.

    Args:
        inputs: placeholders (``gg.Input``), or nested lists, tuples or dicts of them.
        outputs: tensors made of them, nested likewise.
        name: its name.
        options: of every :class:`Layer`.

    Attributes:
        optimizer: the optimizer, once compiled.
        history: what ``fit`` reported.
        stop_training: set to True by a callback to end training.
    """

    optimizer: Optimizer
    history: History
    stop_training = False
    _trainer_class: ClassVar[type[Trainer]] = Trainer
    _trainer: Trainer | None = None
    _spec: dict[str, Any] | None = None

    @names_checked
    def __init__(
        self, inputs: Any = None, outputs: Any = None, name: str | None = None, **options: Any
    ) -> None:
        super().__init__(name=name, **options)
        if (inputs is None) != (outputs is None):
            raise ArgumentError("a model has inputs and outputs.", fix="gg.Model(inputs, outputs)")
        if outputs is not None:
            self._set_network(Network(inputs, outputs))

    def _set_network(self, network: Network) -> None:
        super()._set_network(network)
        self._trainer = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_trainer": None}  # Its programs are of the original's variables.

    # Training

    @names_checked
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
    ) -> None:
        """Say how to train.

        Args:
            optimizer: a name or an optimizer.
            loss: a name, a loss or a function ``(y_true, y_pred)``; for several outputs a list,
                or a dict by their names.
            loss_weights: the factor of each output's loss in the whole.
            metrics: a list of names, metrics or functions ``(y_true, y_pred)``.
            weighted_metrics: the same, with each example counting by its weight.

        Raises:
            UnknownArgumentError: if a name does not exist.
        """
        try:
            self.optimizer = chosen_optimizer(optimizer, loss)
            check_goals(loss, metrics, weighted_metrics)
        except GiulgiError as error:
            error.complete(op="compile")
            raise
        self._spec = {
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
        }
        self._trainer = None

    @property
    def metrics_names(self) -> list[str]:
        """The names of what ``evaluate`` returns, in order: the loss, and the metrics."""
        spec, network = self._compiled_spec(), self._require_network()
        outputs = network.outputs
        return list(Objective(outputs, outputs, network.output_names, spec).reported)

    def _compiled_spec(self) -> dict[str, Any]:
        """Return what ``compile`` was given.

        Raises:
            GraphError: if it was not called, or without a loss.
        """
        if self._spec is None or self._spec["loss"] is None:
            raise GraphError(
                "the network does not know what to train for: it is not compiled"
                + (" with a loss." if self._spec else "."),
                op=self.name,
                fix="say it first: model.compile(optimizer='adam', loss='mse') for quantities,\n"
                "or loss='sparse_categorical_crossentropy' for classes",
            )
        return self._spec

    def _trainer_for(self, batch: Batch, *, compiled: bool = True) -> Trainer:
        if compiled:
            self._compiled_spec()
        network = self._build_for(batch)
        if self._trainer is None:
            optimizer = self.optimizer if self._spec is not None else None
            self._trainer = self._trainer_class(self, network, optimizer, self._spec or {})
        return self._trainer

    @names_checked
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Callbacks = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
    ) -> History:
        """Train the network.

        Args:
            x: the examples: an array whose first axis runs over them; a list or dict of arrays
                for several inputs; or a generator of ``(x, y)`` or ``(x, y, weights)``.
            y: the truth for each example, likewise.
            batch_size: how many examples make a step; 32 by default.
            epochs: how often all examples are gone through.
            verbose: 0 prints nothing, 1 shows a bar, 2 prints a line for each epoch.
            callbacks: see ``gg.callbacks``.
            validation_split: the share of the last examples that is held out for validation.
            validation_data: ``(x, y)`` or ``(x, y, weights)`` for validation, or a generator of
                them; nothing is split off then.
            shuffle: whether each epoch takes the examples in another order.
            class_weight: how much the examples of each class count.
            sample_weight: how much each example counts.
            initial_epoch: the number of the first epoch, to go on with a training.
            steps_per_epoch: the number of batches in an epoch, at most as many as there are in x;
                None: all. The next epoch goes on where this one ended, and behind the last batch
                begins anew. (Keras cuts the epoch short there.)
            validation_steps: the same for validation.
            validation_batch_size: the batch size of validation.
            validation_freq: after how many epochs there is a validation; or after which, from 1.

        Returns:
            What was reported after each epoch; ``history.history["loss"]`` is a list.

        Raises:
            DataError: if the data cannot be trained on.
            DivergedError: if the loss is not a number any more.
        """
        require_verbose("fit", verbose)
        require_positive("fit", "epochs", epochs, example=10)
        require_positive("fit", "validation_steps", validation_steps, example=10)
        require_positive("fit", "validation_batch_size", validation_batch_size, example=32)
        given = Given(x, y, sample_weight, class_weight, batch_size, steps_per_epoch)
        split = 0.0 if validation_data is not None else validation_split
        first, training, held_out = given.batches("fit", self._network, bool(shuffle), split)
        trainer = self._trainer_for(first)
        trainer.check_targets("fit", training)
        size = validation_batch_size or batch_size
        validation = self._validation(validation_data, held_out, size, validation_steps)
        if validation is not None:
            trainer.check_targets("fit", validation)
        self.history = History()
        self.stop_training = False
        hooks = self._training_hooks(callbacks, training, validation, epochs, verbose)
        numbers = range(initial_epoch, epochs)
        trainer.fit(training, numbers, hooks, verbose, validation, validation_freq)
        return self.history

    @names_checked
    def explain(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
    ) -> Explanation:
        """Return what a step of :meth:`fit` becomes, stage by stage; nothing is trained.

        ``print(model.explain(x, y))`` shows the graph of the step with its gradients and updates,
        which operations are computed in one pass, and the memory; see :meth:`gg.Program.explain`.

        Args:
            x: the examples, in arrays as for :meth:`fit`.
            y: the truth for each example.
            batch_size: how many examples make a step; 32 by default.
            sample_weight: how much each example counts.
            class_weight: how much the examples of each class count.
        """
        given = Given(x, y, sample_weight, class_weight, batch_size)
        first, batches, _ = given.batches("explain", self._network)
        if not isinstance(batches, ArrayBatches):
            raise ArgumentError(
                "a step is explained for arrays, and x is a generator.",
                op="explain",
                fix="model.explain(x, y) with the arrays of one batch",
            )
        trainer = self._trainer_for(first)
        trainer.check_targets("explain", batches)
        return trainer.explain(batches)

    def _validation(
        self, data: Any, held_out: Batch | None, size: int | None, steps: int | None
    ) -> Batches | None:
        """Return the batches of ``validation_data``, or of what is held out."""
        if data is None:
            size = batch_size_for(self._network, size)
            return None if held_out is None else ArrayBatches(held_out, size, False, steps)
        if not is_generated(data) and not (isinstance(data, (tuple, list)) and len(data) in (2, 3)):
            raise ArgumentError(
                "validation_data is (x, y) or (x, y, weights).",
                op="fit",
                fix="validation_data=(x_test, y_test)",
            )
        given = Given(data) if is_generated(data) else Given(*data)
        given = replace(given, batch_size=size, steps=steps)
        return given.batches("validation_data", self._network)[1]

    @names_checked
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Callbacks = None,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss and the metrics over all examples.

        Args:
            x: the examples, as for :meth:`fit`.
            y: the truth for each example.
            batch_size: how many examples are computed at a time; 32 by default.
            verbose: 0 prints nothing, 1 shows a bar, 2 prints a line.
            sample_weight: how much each example counts.
            steps: the number of batches; None: all there are.
            callbacks: see ``gg.callbacks``.
            return_dict: whether to return a dict by names.

        Returns:
            The loss; with metrics a list, the loss first; or a dict.
        """
        require_verbose("evaluate", verbose)
        given = Given(x, y, sample_weight, None, batch_size, steps)
        first, batches, _ = given.batches("evaluate", self._network)
        trainer = self._trainer_for(first)
        trainer.check_targets("evaluate", batches)
        hooks = self._hooks(callbacks, batches, verbose)
        return _answer(trainer.evaluate(batches, hooks, verbose), return_dict)

    @names_checked
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Callbacks = None,
    ) -> Any:
        """Return the network's outputs for all examples, as arrays.

        Args:
            x: the examples, as for :meth:`fit`.
            batch_size: how many examples are computed at a time; 32 by default.
            verbose: 0 prints nothing, 1 shows a bar, 2 prints a line.
            steps: the number of batches; None: all there are.
            callbacks: see ``gg.callbacks``.
        """
        require_verbose("predict", verbose)
        given = Given(x, batch_size=batch_size, steps=steps)
        first, batches, _ = given.batches("predict", self._network)
        trainer = self._trainer_for(first, compiled=False)
        return trainer.predict(batches, self._hooks(callbacks, batches, verbose), verbose)

    def _training_hooks(
        self,
        callbacks: Callbacks,
        training: Batches,
        validation: Batches | None,
        epochs: int,
        verbose: Any,
    ) -> CallbackList:
        """Return the callbacks of :meth:`fit`, told what they are to know."""
        del validation
        params = {"epochs": epochs, "steps": training.steps, "verbose": verbose}
        return CallbackList(callbacks, self, params, self.history)

    def _hooks(self, callbacks: Callbacks, batches: Batches, verbose: Any) -> CallbackList:
        params = {"epochs": 1, "steps": batches.steps, "verbose": verbose}
        return CallbackList(callbacks, self, params)

    @names_checked
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Take one training step; return the loss and metrics of this batch, from before it."""
        given = Given(x, y, sample_weight, class_weight)
        batch = given.one_batch("train_on_batch", self._network)
        return self._one_batch("train_on_batch", batch, True, return_dict)

    @names_checked
    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Return the loss and metrics of this batch."""
        batch = Given(x, y, sample_weight).one_batch("test_on_batch", self._network)
        return self._one_batch("test_on_batch", batch, False, return_dict)

    @names_checked
    def predict_on_batch(self, x: Any) -> Any:
        """Return the network's outputs for one batch, as arrays."""
        batch = Given(x).one_batch("predict_on_batch", self._network)
        return self.predict(x, batch_size=batch.size, verbose=0)

    def _one_batch(self, op: str, batch: Batch, training: bool, return_dict: bool) -> Any:
        trainer = self._trainer_for(batch)
        trainer.check_targets(op, ArrayBatches(batch, batch.size, False))
        trainer.reset()
        trainer.run(batch, training)
        results = trainer.results()
        if training and not math.isfinite(results["loss"]):
            advise(
                f"the loss of a batch became {results['loss']}: training goes astray. Try a tenth "
                "of the learning rate, or inputs of a moderate size, such as x / 255. The weights "
                "may be spoilt."
            )
        return _answer(results, return_dict)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} of {len(self.layers)} layers>"


def _answer(results: Mapping[str, float], return_dict: bool) -> Any:
    if return_dict:
        return dict(results)
    values = list(results.values())
    return values[0] if len(values) == 1 else values
