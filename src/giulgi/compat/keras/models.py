"""Networks: ``Model`` and ``Sequential``, with the methods that Keras has had."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

import giulgi as gg
from giulgi.compat.keras import losses, metrics, optimizers
from giulgi.compat.keras.boundary import expressions, is_named, named
from giulgi.compat.keras.generators import batches_of, batches_per_epoch, predicted
from giulgi.compat.keras.inputs import InputLayer
from giulgi.compat.keras.layer import Layer
from giulgi.compat.keras.summary import print_summary
from giulgi.compat.keras.training import KerasTrainer, Logs
from giulgi.compat.names import export
from giulgi.nn.layers.calls import current_call
from giulgi.training.network import Network
from giulgi.training.trainer import Trainer
from giulgi.tree import tree_map


class Model(Layer, gg.Model):
    """A network from inputs to outputs, or a class of one's own with a ``call``."""

    _trainer_class: ClassVar[type[Trainer]] = KerasTrainer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        for old, new in (("input", "inputs"), ("output", "outputs")):
            if old in kwargs:
                kwargs[new] = kwargs.pop(old)
        super().__init__(*expressions(list(args)), **expressions(kwargs))

    def _set_network(self, network: Network) -> None:
        network.layers = [_of_keras(layer) for layer in network.layers]
        super()._set_network(network)
        if len(network.inputs) == 1:  # As the first layer of a Sequential it tells the shape.
            self.batch_input_shape = network.inputs[0].known_shape

    # Training

    def compile(
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
            target_tensors: has no meaning.
            options: have no meaning.
        """
        del sample_weight_mode, target_tensors, options
        self.loss = loss
        self.__dict__.pop("__trained", None)
        if self._network is not None:
            self.trained_weights()
        self.metrics = metrics if metrics is not None else []
        super().compile(
            optimizers.get(optimizer),
            {} if loss is None else tree_map(losses.as_loss, loss),
            _plain(loss_weights),
            _chosen_metrics(metrics),
            _chosen_metrics(weighted_metrics),
        )

    def trained_weights(self) -> list[gg.Variable]:
        """Return the weights that training changes: those of the time of ``compile``."""
        # With two underscores in front it is not taken for weights of the model's own.
        found: list[gg.Variable] = self.__dict__.setdefault("__trained", self.trainable_variables)
        return found

    def fit(
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
        if batches_of(x) is not None:
            return self.fit_generator(
                x, steps_per_epoch, epochs, verbose, callbacks, validation_data, validation_steps,
                validation_freq, class_weight, initial_epoch=initial_epoch,
            )  # fmt: skip
        x, y = _arrays(x), self._targets(x, y)
        size = batch_size or self._fixed_batch_size()
        if validation_data is not None:
            validation_data = self._validation_given(validation_data, validation_steps)
        class_weight = class_weight if isinstance(class_weight, Mapping) else None
        history = super().fit(
            x, y, size, int(epochs), verbose, _callbacks(callbacks), validation_split or 0.0,
            validation_data, bool(shuffle), class_weight, sample_weight, initial_epoch,
            steps_per_epoch, validation_steps, None, validation_freq,
        )  # fmt: skip
        history.history = Logs(history.history)
        return history

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
            batches, None, None, int(epochs), verbose, _callbacks(callbacks), 0.0,
            validation_data, False, class_weight, None, initial_epoch, steps, validation_steps,
            None, validation_freq,
        )  # fmt: skip
        history.history = Logs(history.history)
        return history

    def _validation_batches(
        self, data: Any, steps: int | None, samples: int | None
    ) -> tuple[Any, int | None]:
        if batches_of(data) is not None:
            return batches_per_epoch(data, steps, samples, False)
        return self._validation_given(data, None), None

    def _validation_given(self, data: Any, steps: int | None) -> Any:
        if batches_of(data) is not None:
            return batches_per_epoch(data, steps, None, False)[0]
        x, y, *weights = data
        return (_arrays(x), self._targets(x, y), *weights)

    def _fixed_batch_size(self) -> int | None:
        return None if self._network is None else self._network.batch_size

    def _targets(self, x: Any, y: Any) -> Any:
        """Return targets as arrays; where no loss takes any, zeros."""
        if y is not None or (self._spec is not None and self._spec["loss"]):
            return _arrays(y)
        first = x[0] if isinstance(x, (list, tuple)) else x
        outputs = 1 if self._network is None else len(self._network.outputs)
        zeros = [np.zeros((len(first), 1), "float32") for _ in range(outputs)]
        return zeros if outputs > 1 else zeros[0]

    # Use

    def evaluate(
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
        if batches_of(x) is not None:
            return self.evaluate_generator(x, steps, callbacks, verbose=verbose)
        given = _arrays(x), self._targets(x, y), batch_size, verbose, sample_weight, steps
        return super().evaluate(*given, _callbacks(callbacks), options.get("return_dict", False))

    def evaluate_generator(
        self, generator: Any, steps: int | None = None, callbacks: Any = None,
        max_queue_size: int = 10, workers: int = 1, use_multiprocessing: bool = False,
        verbose: Any = 0, **options: Any,
    ) -> Any:  # fmt: skip
        """Return the loss and metrics over batches of a generator."""
        del max_queue_size, workers, use_multiprocessing
        batches, count = batches_per_epoch(generator, steps, options.get("val_samples"), False)
        return super().evaluate(
            batches, verbose=verbose, steps=count, callbacks=_callbacks(callbacks)
        )

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = 0, steps: int | None = None,
        callbacks: Any = None, **_: Any,
    ) -> Any:  # fmt: skip
        """Return the outputs for all examples, as arrays."""
        if batches_of(x) is not None:
            return self.predict_generator(x, steps)
        if is_named(x):
            x = x.eval()
        return super().predict(_arrays(x), batch_size, verbose, steps, _callbacks(callbacks))

    def predict_generator(
        self, generator: Any, steps: int | None = None, *_: Any, **options: Any
    ) -> Any:
        """Return the outputs for the batches of a generator; of ``(x, y)`` the x counts."""
        batches, count = batches_per_epoch(generator, steps, options.get("val_samples"), False)
        return predicted(self.predict_on_batch, batches, count)

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for one batch, as arrays."""
        return super().predict_on_batch(_arrays(x))

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None,
        reset_metrics: bool = True, **options: Any,
    ) -> Any:  # fmt: skip
        """Take one training step; return the loss and metrics of the batch."""
        del reset_metrics
        given = _arrays(x), self._targets(x, y), sample_weight, class_weight
        return super().train_on_batch(*given, options.get("return_dict", False))

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, reset_metrics: bool = True
    ) -> Any:
        """Return the loss and metrics of a batch."""
        del reset_metrics
        return super().test_on_batch(_arrays(x), self._targets(x, y), sample_weight)

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Add to the loss: a tensor made of what is in the network."""
        if self._network is None or current_call() is not None:
            super().add_loss(losses, inputs)
            return
        for loss in losses if isinstance(losses, (list, tuple)) else [losses]:
            value = expressions(loss)
            self._network.calls[-1].losses.append(
                value if value.known_shape == () else gg.mean(value)
            )
        self._trainer = None

    def add_metric(self, value: Any, name: str | None = None, aggregation: Any = None) -> None:
        """Say that metrics are of outputs and truth."""
        del value, aggregation
        raise NotImplementedError(
            f"add_metric({name!r}) is not there: give compile(metrics=[function]) a function of "
            "(y_true, y_pred)"
        )

    def reset_states(self) -> None:
        """Let stateful layers begin anew."""
        for layer in self.layers:
            reset = getattr(layer, "reset_states", None) or getattr(layer, "reset_state", None)
            if callable(reset):
                reset()

    # What is known of it

    @property
    def inputs(self) -> list[Any]:
        """The placeholders that the network begins with."""
        found: list[Any] = named(gg.Model.inputs.fget(self))  # type: ignore[attr-defined]
        return found

    @property
    def outputs(self) -> list[Any]:
        """The tensors that the network ends with."""
        found: list[Any] = named(gg.Model.outputs.fget(self))  # type: ignore[attr-defined]
        return found

    @property
    def input(self) -> Any:
        """The placeholder, or several."""
        return named(gg.Model.input.fget(self))  # type: ignore[attr-defined]

    @property
    def output(self) -> Any:
        """The output, or several."""
        return named(gg.Model.output.fget(self))  # type: ignore[attr-defined]

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs."""
        return list(self._require_network().input_names)

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs."""
        return list(self._require_network().output_names)

    @property
    def updates(self) -> list[Any]:
        """What sessions of a program's own run beside a training step: nothing."""
        return []

    @property
    def losses(self) -> list[Any]:
        """The penalties of weights."""
        found: list[Any] = named(self.penalty_losses())
        return found

    @property
    def total_loss(self) -> Any:
        """Say that the loss is made when training begins."""
        raise NotImplementedError("total_loss is not there: make the loss of model.output itself")

    @property
    def metrics_names(self) -> list[str]:
        """The names of what ``evaluate`` returns."""
        return list(gg.Model.metrics_names.fget(self))  # type: ignore[attr-defined]

    @property
    def stateful(self) -> bool:
        """Whether some layer keeps its state from batch to batch."""
        return any(getattr(layer, "stateful", False) for layer in self.layers)

    def get_layer(self, name: Any = None, index: int | None = None) -> Any:
        """Return a layer by its name or its place."""
        if isinstance(name, int):
            name, index = None, name
        layers = self.layers
        if index is not None:
            if index >= len(layers):
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has "
                    f"{len(layers)} layers."
                )
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(f"No such layer: {name}. There are {[x.name for x in layers]}")

    def summary(
        self, line_length: int | None = None, positions: Any = None,
        print_fn: Callable[[str], object] | None = None, **_: Any,
    ) -> None:  # fmt: skip
        """Print the layers, the shapes they give, and how many weights they have."""
        print_summary(self, line_length, positions, print_fn or print)

    # In files

    def get_config(self) -> dict[str, Any]:
        """Return the architecture as a description."""
        return architecture().network_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the model of a description."""
        del custom_objects
        return architecture().model_from(cls, config)

    def to_json(self, **options: Any) -> str:
        """Return the architecture as JSON."""
        return json.dumps(architecture().full_config(self), **options)

    def to_yaml(self, **_: Any) -> str:
        """Say that there is JSON."""
        raise NotImplementedError("YAML is not there: use to_json and model_from_json")

    def save(self, filepath: Any, overwrite: bool = True, include_optimizer: bool = True,
             **_: Any) -> None:  # fmt: skip
        """Write the model to a file."""
        saving().save_model(self, filepath, overwrite, include_optimizer)

    def save_weights(self, filepath: Any, overwrite: bool = True, **_: Any) -> None:
        """Write the weights to a file."""
        saving().save_weights(self, filepath, overwrite)

    def load_weights(
        self, filepath: Any, by_name: bool = False, skip_mismatch: bool = False, **_: Any
    ) -> None:
        """Take the weights of a file."""
        saving().load_weights(self, filepath, by_name, skip_mismatch)

    def _make_predict_function(self) -> None:
        """Nothing has to be made before the first prediction."""

    _make_train_function = _make_test_function = _make_predict_function


class Sequential(Model, gg.Sequential):
    """Layers one after another."""

    def __init__(self, layers: Any = None, name: str | None = None) -> None:
        given = None if layers is None else [expressions(layer) for layer in layers]
        super().__init__(given, name=name)

    def add(self, layer: Any) -> None:
        """Put a layer at the end."""
        gg.Sequential.add(self, expressions(layer))

    def build(self, input_shape: Any = None) -> None:
        """Make the weights for a batch of a shape."""
        shape = tuple(input_shape) if input_shape is not None else None
        gg.Sequential.build(self, shape)

    def get_config(self) -> dict[str, Any]:
        """Return the layers as descriptions."""
        return architecture().sequential_config(self)

    @classmethod
    def from_config(cls, config: Any, custom_objects: Any = None) -> Any:
        """Return the network of a description."""
        del custom_objects
        parts = config["layers"] if isinstance(config, dict) else config
        name = config.get("name") if isinstance(config, dict) else None
        return cls([layer_from(part) for part in parts], name=name)

    def predict_classes(self, x: Any, batch_size: int = 32, verbose: Any = 0, **_: Any) -> Any:
        """Return the class of each example: the likeliest, or whether one output is above 0.5."""
        found = self.predict(x, batch_size, verbose)
        if found.shape[-1] > 1:
            return found.argmax(axis=-1)
        return (found > 0.5).astype("int32")

    def predict_proba(self, x: Any, batch_size: int = 32, verbose: Any = 0, **_: Any) -> Any:
        """Return the outputs for all examples, as arrays."""
        return self.predict(x, batch_size, verbose)


def architecture() -> Any:
    """Return the module of descriptions, which needs this one."""
    from giulgi.compat.keras import architecture

    return architecture


def saving() -> Any:
    """Return the module of files, which needs this one."""
    from giulgi.compat.keras import saving

    return saving


def layer_from(config: dict[str, Any]) -> Any:
    """Return the layer of a description."""
    return architecture().layer_from(config)


def _of_keras(layer: gg.layers.Layer) -> gg.layers.Layer:
    """Return a layer of the inputs as one of these; any other as it is."""
    if isinstance(layer, Layer) or not isinstance(layer, gg.layers.InputLayer):
        return layer
    made = InputLayer(batch_shape=layer.batch_input_shape, name=layer.name, dtype=layer.dtype)
    made.built = True
    made._tensor = layer._tensor
    return made


def _chosen_metrics(given: Any) -> Any:
    if isinstance(given, str) or callable(given):
        given = [given]
    return None if given is None else tree_map(metrics.as_metric, given)


def _plain(value: Any) -> Any:
    """Return numbers of Python in place of variables."""
    return tree_map(lambda v: v if v is None else float(getattr(v, "eval", lambda: v)()), value)


def _callbacks(given: Any) -> Any:
    if given is None or isinstance(given, gg.callbacks.Callback):
        return given
    return [callback for callback in given if callback is not None]


def _arrays(data: Any) -> Any:
    """Return data as giulgi takes them: no tables of pandas, no lists of rows."""
    if isinstance(data, Mapping):
        return {name: _array(value) for name, value in data.items()}
    if isinstance(data, tuple) or (isinstance(data, list) and _holds_arrays(data)):
        return [_array(part) for part in data]
    return _array(data)


def _holds_arrays(data: Sequence[Any]) -> bool:
    return bool(data) and all(isinstance(part, np.ndarray) and part.ndim for part in data)


def _array(data: Any) -> Any:
    if data is None or isinstance(data, np.ndarray):
        array = data
    elif hasattr(data, "to_numpy"):
        array = data.to_numpy()
    else:
        array = np.asarray(data)
    if array is not None and array.dtype == object:
        return array.astype("float32")
    return array


for _name in ("Model", "Sequential"):
    _class = {"Model": Model, "Sequential": Sequential}[_name]
    for _module in ("", "models.", "engine.", "engine.training.", "layers.", "engine.sequential."):
        export(f"{_module}{_name}", _class, of="keras")
