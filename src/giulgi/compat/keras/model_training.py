"""Training, evaluating and applying models, with the arguments that Keras has had."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.keras import losses, optimizers
from giulgi.compat.keras.added_metrics import ReportingModel
from giulgi.compat.keras.backend_session import get_session
from giulgi.compat.keras.boundary import flatten_shapes
from giulgi.compat.keras.generators import batches_of, batches_per_epoch, predicted
from giulgi.compat.keras.layer import Layer, calling
from giulgi.compat.keras.model_data import (
    as_arrays,
    chosen_metrics,
    given_callbacks,
    plain_numbers,
    validation_arrays,
)
from giulgi.compat.keras.stepwise import Stepped
from giulgi.compat.keras.tensor_batches import tensor_batches
from giulgi.compat.keras.training import KerasTrainer, Logs, frozen_nodes
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.graph.node import Node
from giulgi.nn.layers.building import unbuilt_on_error
from giulgi.training.callbacks import CallbackList
from giulgi.training.data.batches import ArrayBatches
from giulgi.training.data.feeding import Given
from giulgi.training.trainer import Trainer
from giulgi.tree import tree_map


class TrainedModel(Stepped, Layer, ReportingModel):
    """A network that is trained; see :class:`giulgi.compat.keras.models.Model`."""

    _trainer_class: ClassVar[type[Trainer]] = KerasTrainer

    def build(self, input_shape: Any = None) -> None:
        """Make the weights: those of a class of the program's own by calling it on such inputs.

        Where it takes none of floats they are made for the first data.
        """
        super().build(input_shape)
        if input_shape is None or self._network is not None or calling.get():
            return
        shapes, is_one = flatten_shapes(input_shape)
        inputs = [gg.placeholder("float32", tuple(TensorShape(x).as_list())) for x in shapes]
        with suppress(Exception), unbuilt_on_error(self):
            self(inputs[0] if is_one else inputs)

    # Training

    def compile(  # type: ignore[override]  # Keras 2 has another order.
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        loss_weights: Any = None,
        sample_weight_mode: Any = None,
        weighted_metrics: Any = None,
        target_tensors: Any = None,
        **options: Any,
    ) -> None:
        """Say how to train: with an optimizer, losses, and metrics.

        Args:
            optimizer: a name, an optimizer of Keras's, or one of ``tf.train``.
            loss: a name or a function ``(y_true, y_pred)``; for several outputs a list, or a dict.
            metrics: a list of names or functions.
            loss_weights: the factor of each output's loss.
            sample_weight_mode: has no meaning: weights are of examples or steps by their shape.
            weighted_metrics: metrics in which examples count by their weights.
            target_tensors: the truth of models whose inputs put out batches by themselves; see
                :mod:`giulgi.compat.keras.tensor_batches`.
            options: have no meaning.
        """
        del sample_weight_mode
        self.loss = loss
        self.__dict__["target_tensors"] = target_tensors
        self.note_compiled(metrics, options)
        self.__dict__.pop("__trained", None)
        if self._network is not None:
            self.trained_weights()
        super().compile(
            optimizers.get(optimizer),
            {} if loss is None else tree_map(losses.as_loss, loss),
            plain_numbers(loss_weights),
            chosen_metrics(metrics, loss),
            chosen_metrics(weighted_metrics, loss),
        )

    def _trainer_for(self, batch: Any, *, compiled: bool = True) -> Trainer:
        """Return the trainer; variables that a program made meanwhile have their values then."""
        get_session()
        get_default_graph().take_step()
        return super()._trainer_for(batch, compiled=compiled)

    def trained_weights(self) -> list[gg.Variable]:
        """Return the weights that training changes: those of the time of ``compile``."""
        # With two underscores in front it is not taken for weights of the model's own.
        if "__trained" not in self.__dict__:
            self.__dict__["__trained"] = self.trainable_variables
            self.__dict__["__frozen"] = frozen_nodes(self)
        found: list[gg.Variable] = self.__dict__["__trained"]
        return found

    def frozen_nodes(self) -> set[Node]:
        """Return the nodes of weights of layers that were frozen at the time of ``compile``."""
        self.trained_weights()
        found: set[Node] = self.__dict__["__frozen"]
        return found

    def fit(  # type: ignore[override]  # Keras 2 has another order.
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = 1,
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_freq: Any = 1,
        **options: Any,
    ) -> Any:
        """Train; return the history. See :meth:`giulgi.Model.fit` for the arguments."""
        epochs = options.get("nb_epoch", epochs)
        if self.has_own_steps("train_step"):
            x, steps = self._stepped_data(x, steps_per_epoch)
            if validation_data is not None:
                validation_data = self._stepped_data(validation_data, validation_steps)[0]
            weights = class_weight if isinstance(class_weight, Mapping) else None
            given = Given(x, as_arrays(y), sample_weight, weights, batch_size, steps)
            history = self.fit_by_steps(
                given, range(initial_epoch, int(epochs)), verbose, given_callbacks(callbacks),
                bool(shuffle), validation_split or 0.0, validation_data, validation_steps,
                validation_freq,
            )  # fmt: skip
            history.history = Logs(history.history)
            return history
        batches = self._batches_given(x, y, steps_per_epoch)
        if batches is not None:
            return self.fit_generator(
                batches, steps_per_epoch, epochs, verbose, callbacks, validation_data,
                validation_steps, validation_freq, class_weight, initial_epoch=initial_epoch,
            )  # fmt: skip
        x, y = as_arrays(x), self._targets(x, y)
        size = batch_size or self._fixed_batch_size()
        if validation_data is not None:
            validation_data = self._validation_given(validation_data, validation_steps)
        class_weight = class_weight if isinstance(class_weight, Mapping) else None
        history = super().fit(
            x, y, size, int(epochs), verbose, given_callbacks(callbacks), validation_split or 0.0,
            validation_data, bool(shuffle), class_weight, sample_weight, initial_epoch,
            steps_per_epoch, validation_steps, None, validation_freq,
        )  # fmt: skip
        history.history = Logs(history.history)
        return history

    def _batches_given(self, x: Any, y: Any, steps: int | None) -> Any:
        """Return what yields batches; None if the data are arrays."""
        batches = batches_of(x)
        return tensor_batches(self, x, y, steps) if batches is None else batches

    def _stepped_data(self, x: Any, steps: int | None) -> tuple[Any, int | None]:
        """Return data for the model's own steps, and how many these are."""
        if batches_of(x) is not None:
            return batches_per_epoch(x, steps, None, True)
        if isinstance(x, tuple):
            return tuple(as_arrays(part) for part in x), steps
        return as_arrays(x), steps

    def fit_generator(
        self,
        generator: Any,
        steps_per_epoch: int | None = None,
        epochs: int = 1,
        verbose: Any = 1,
        callbacks: Any = None,
        validation_data: Any = None,
        validation_steps: int | None = None,
        validation_freq: Any = 1,
        class_weight: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        shuffle: bool = True,
        initial_epoch: int = 0,
        **options: Any,
    ) -> Any:
        """Train on the batches ``(x, y)`` or ``(x, y, weights)`` of a generator or a Sequence.

        ``samples_per_epoch``, ``nb_epoch`` and ``nb_val_samples`` of Keras 1 are taken, too.
        Threads and processes have no meaning: batches are made one after another.
        """
        del max_queue_size, workers, use_multiprocessing
        epochs = options.get("nb_epoch", epochs)
        batches, steps = batches_per_epoch(
            generator, steps_per_epoch, options.get("samples_per_epoch"), shuffle
        )
        if validation_data is not None:
            validation_data, validation_steps = self._validation_batches(
                validation_data, validation_steps, options.get("nb_val_samples")
            )
        history = super().fit(
            batches, None, None, int(epochs), verbose, given_callbacks(callbacks), 0.0,
            validation_data, False, class_weight, None, initial_epoch, steps, validation_steps,
            None, validation_freq,
        )  # fmt: skip
        history.history = Logs(history.history)
        return history

    def _training_hooks(
        self, callbacks: Any, training: Any, validation: Any, epochs: int, verbose: Any
    ) -> CallbackList:
        """Return the callbacks, which in Keras 2 also know the data of validation, and sizes."""
        hooks = super()._training_hooks(callbacks, training, validation, epochs, verbose)
        names = self.metrics_names
        has_size = isinstance(training, ArrayBatches)
        more = {
            "batch_size": training.batch_size if has_size else None,
            "samples": training.data.size if has_size else None,
            "do_validation": validation is not None,
            "metrics": [*names, *(f"val_{name}" for name in names)],
        }
        for callback in hooks.callbacks:
            callback.set_params({**hooks.params, **more})
            callback.validation_data = validation_arrays(validation)
        return hooks

    def _validation_batches(
        self, data: Any, steps: int | None, samples: int | None
    ) -> tuple[Any, int | None]:
        if batches_of(data) is not None:
            return batches_per_epoch(batches_of(data), steps, samples, False)
        return self._validation_given(data, None), None

    def _validation_given(self, data: Any, steps: int | None) -> Any:
        if batches_of(data) is not None:
            return batches_per_epoch(batches_of(data), steps, None, False)[0]
        x, y, *weights = data
        return (as_arrays(x), self._targets(x, y), *weights)

    def _fixed_batch_size(self) -> int | None:
        return None if self._network is None else self._network.batch_size

    def _targets(self, x: Any, y: Any) -> Any:
        """Return targets as arrays; where no loss takes any, zeros."""
        if y is not None or (self._spec is not None and self._spec["loss"]):
            return as_arrays(y)
        first = x[0] if isinstance(x, (list, tuple)) else x
        outputs = 1 if self._network is None else len(self._network.outputs)
        zeros = [np.zeros((len(first), 1), "float32") for _ in range(outputs)]
        return zeros if outputs > 1 else zeros[0]

    # Use

    def evaluate(  # type: ignore[override]  # Keras 2 has another order.
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = 1,
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        **options: Any,
    ) -> Any:
        """Return the loss; with metrics a list of it and them."""
        if self.has_own_steps("test_step"):
            x, steps = self._stepped_data(x, steps)
            given_data = Given(x, as_arrays(y), sample_weight, None, batch_size, steps)
            as_dict = options.get("return_dict", False)
            return self.evaluate_by_steps(given_data, verbose, given_callbacks(callbacks), as_dict)
        batches = self._batches_given(x, y, steps)
        if batches is not None:
            return self.evaluate_generator(batches, steps, callbacks, verbose=verbose)
        given = as_arrays(x), self._targets(x, y), batch_size, verbose, sample_weight, steps
        return super().evaluate(
            *given, given_callbacks(callbacks), options.get("return_dict", False)
        )

    def evaluate_generator(
        self, generator: Any, steps: int | None = None, callbacks: Any = None,
        max_queue_size: int = 10, workers: int = 1, use_multiprocessing: bool = False,
        verbose: Any = 0, **options: Any,
    ) -> Any:  # fmt: skip
        """Return the loss and metrics over batches of a generator."""
        del max_queue_size, workers, use_multiprocessing
        batches, count = batches_per_epoch(generator, steps, options.get("val_samples"), False)
        return super().evaluate(
            batches, verbose=verbose, steps=count, callbacks=given_callbacks(callbacks)
        )

    def predict(
        self, x: Any = None, batch_size: int | None = None, verbose: Any = 0,
        steps: int | None = None, callbacks: Any = None, **_: Any,
    ) -> Any:  # fmt: skip
        """Return the outputs for all examples, as arrays."""
        batches = self._batches_given(x, None, steps)
        if batches is not None:
            return self.predict_generator(batches, steps)
        return super().predict(as_arrays(x), batch_size, verbose, steps, given_callbacks(callbacks))

    def predict_generator(
        self, generator: Any, steps: int | None = None, *_: Any, **options: Any
    ) -> Any:
        """Return the outputs for the batches of a generator; of ``(x, y)`` the x counts."""
        batches, count = batches_per_epoch(generator, steps, options.get("val_samples"), False)
        return predicted(self.predict_on_batch, batches, count)

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for one batch, as arrays."""
        return super().predict_on_batch(as_arrays(x))

    def train_on_batch(  # type: ignore[override]  # Keras 2 has another order.
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None,
        reset_metrics: bool = True, **options: Any,
    ) -> Any:  # fmt: skip
        """Take one training step; return the loss and metrics of the batch."""
        del reset_metrics
        given = as_arrays(x), self._targets(x, y), sample_weight, class_weight
        return super().train_on_batch(*given, options.get("return_dict", False))

    def test_on_batch(  # type: ignore[override]  # So does this.
        self, x: Any, y: Any = None, sample_weight: Any = None, reset_metrics: bool = True,
        return_dict: bool = False,
    ) -> Any:  # fmt: skip
        """Return the loss and metrics of a batch."""
        del reset_metrics
        given = as_arrays(x), self._targets(x, y), sample_weight
        return super().test_on_batch(*given, return_dict)
