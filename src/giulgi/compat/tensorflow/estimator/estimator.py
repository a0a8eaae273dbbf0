"""``tf.estimator``: a function that builds a network, trained, measured and asked for predictions.

Each of the three builds a graph of its own, and takes the newest checkpoint in the folder of the
model.
"""

from __future__ import annotations

import inspect
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import Any

import numpy as np

from giulgi.compat.errors import OutOfRangeError
from giulgi.compat.graphs.graph import Graph
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.data.dataset import Dataset
from giulgi.compat.tensorflow.estimator.estimator_export import saved, signatures_of
from giulgi.compat.tensorflow.estimator.estimator_specs import EstimatorSpec, ModeKeys, RunConfig
from giulgi.compat.tensorflow.graph_mode import building
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensorflow.system import logging
from giulgi.compat.tensorflow.train.summary_writer import FileWriterCache
from giulgi.formats.event_proto import Summary, Value


@exported("estimator.Estimator")
class Estimator:
    """A model that a function builds.

    Args:
        model_fn: takes ``features``, and if it has such arguments ``labels``, ``mode``, ``params``
            and ``config``; returns an :class:`EstimatorSpec`.
        model_dir: the folder of its checkpoints; None: a new one.
        config: how it is trained.
        params: what the function is given as ``params``.
        warm_start_from: has no meaning.
    """

    def __init__(
        self,
        model_fn: Callable[..., Any],
        model_dir: Any = None,
        config: Any = None,
        params: Any = None,
        warm_start_from: Any = None,
    ) -> None:
        del warm_start_from
        self._model_fn = model_fn
        own = RunConfig() if config is None else config
        folder = model_dir or getattr(own, "model_dir", None) or tempfile.mkdtemp()
        self._config = own.replace(model_dir=os.fspath(folder))
        self._params = {} if params is None else params

    @property
    def model_dir(self) -> str:
        """The folder of the checkpoints."""
        return str(self._config.model_dir)

    @property
    def config(self) -> Any:
        """How it is trained."""
        return self._config

    @property
    def params(self) -> Any:
        """What the function that builds it is given."""
        return copy(self._params)

    @property
    def model_fn(self) -> Callable[..., Any]:
        """The function that builds it, of features, labels, mode and config."""
        return lambda features, labels, mode, config: self._call(features, labels, mode)

    # Building

    def _call(self, features: Any, labels: Any, mode: str) -> Any:
        wanted = inspect.signature(self._model_fn).parameters
        takes_all = any(p.kind is p.VAR_KEYWORD for p in wanted.values())
        given = {"labels": labels, "mode": mode, "params": self._params, "config": self._config}
        if labels is not None and "labels" not in wanted and not takes_all:
            raise ValueError("model_fn does not take labels, but input_fn returns labels.")
        chosen = {name: value for name, value in given.items() if name in wanted}
        return self._as_spec(self._model_fn(features, **chosen), mode)

    def _as_spec(self, made: Any, mode: str) -> Any:
        """Return what the function that builds the model returned, as a specification."""
        if not isinstance(made, EstimatorSpec):
            raise ValueError("model_fn should return an EstimatorSpec.")
        return made

    def _built(self, input_fn: Callable[..., Any], mode: str) -> Any:
        """Build inputs and model in the graph that is open."""
        if self._config.tf_random_seed is not None:
            tf.set_random_seed(self._config.tf_random_seed)
        tf.train.get_or_create_global_step()
        features, labels = inputs_of(input_fn, mode, self._params, self._config)
        return self._call(features, labels, mode)

    # Using

    def train(
        self,
        input_fn: Callable[..., Any],
        hooks: Sequence[Any] | None = None,
        steps: int | None = None,
        max_steps: int | None = None,
        saving_listeners: Any = None,
    ) -> Estimator:
        """Train until the inputs end, or for so many steps.

        Args:
            input_fn: returns tensors of features and labels, or a data set.
            hooks: hooks.
            steps: how many steps.
            max_steps: how many steps in all, with those of before.
            saving_listeners: has no meaning.
        """
        del saving_listeners
        config = self._config
        with building(Graph()):
            spec = self._built(input_fn, ModeKeys.TRAIN)
            step = tf.train.get_global_step()
            start = self._step()
            if max_steps is not None and start >= max_steps:
                logging.info("Skipping training since max_steps has already saved.")
                return self
            own = [tf.train.NanTensorHook(spec.loss)]
            if steps is not None or max_steps is not None:
                own.append(tf.train.StopAtStepHook(num_steps=steps, last_step=max_steps))
            if config.log_step_count_steps:
                shown = {"loss": spec.loss, "step": step}
                own.append(tf.train.LoggingTensorHook(shown, config.log_step_count_steps))
            more = [*(spec.training_hooks or ()), *(spec.training_chief_hooks or ())]
            scaffold = spec.scaffold or tf.train.Scaffold()
            if scaffold.saver is None:
                keep = config.keep_checkpoint_max
                scaffold.saver = tf.train.Saver(max_to_keep=keep, allow_empty=True)
            session = tf.train.MonitoredTrainingSession(
                checkpoint_dir=self.model_dir,
                scaffold=scaffold,
                hooks=[*own, *more, *(hooks or ())],
                save_checkpoint_secs=config.save_checkpoints_secs,
                save_checkpoint_steps=config.save_checkpoints_steps,
                save_summaries_steps=config.save_summary_steps,
                save_summaries_secs=None,
                log_step_count_steps=None,
            )
            loss = None
            with session as opened:
                while not opened.should_stop():
                    _, loss = opened.run([spec.train_op, spec.loss])
        if loss is not None:
            logging.info("Loss for final step: %s.", loss)
        return self

    def evaluate(
        self,
        input_fn: Callable[..., Any],
        steps: int | None = None,
        hooks: Sequence[Any] | None = None,
        checkpoint_path: Any = None,
        name: str | None = None,
    ) -> dict[str, Any]:
        """Return the metrics of the model, with ``"loss"``, the mean over batches.

        Args:
            input_fn: returns tensors of features and labels, or a data set.
            steps: how many batches; None: until the inputs end.
            hooks: hooks.
            checkpoint_path: the checkpoint; None: the newest.
            name: names the folder of summaries, "eval" and this.

        Raises:
            ValueError: if the model was not trained.
        """
        with building(Graph()):
            spec = self._built(input_fn, ModeKeys.EVAL)
            metrics = _without_classes(spec.eval_metric_ops or {})
            values = {key: value for key, (value, _) in metrics.items()}
            updates = [update for _, update in metrics.values()]
            losses: list[Any] = []
            every = [*(spec.evaluation_hooks or ()), *(hooks or ())]
            session = self._session(spec, checkpoint_path, every)
            with session as opened:
                try:
                    while steps is None or len(losses) < steps:
                        losses.append(opened.run([spec.loss, *updates])[0])
                except (OutOfRangeError, StopIteration):
                    pass
                raw = opened.raw_session()
                found = dict(raw.run(values)) if values else {}
                found["global_step"] = raw.run(tf.train.get_global_step().value())
        found["loss"] = np.float32(np.mean(losses)) if losses else np.float32(np.nan)
        said = ", ".join(f"{key} = {found[key]!s}" for key in sorted(found))
        logging.info("Saving dict for global step %s: %s", found["global_step"], said)
        self._summarize(f"eval_{name}" if name else "eval", found)
        return found

    def _summarize(self, folder: str, found: dict[str, Any]) -> None:
        """Write the metrics that are single numbers, for TensorBoard."""
        writer = FileWriterCache.get(os.path.join(self.model_dir, folder))
        numbers = {key: x for key, x in found.items() if key != "global_step" and np.ndim(x) == 0}
        values = [
            Value(tag=key, simple_value=float(x))
            for key, x in numbers.items()
            if isinstance(x, (int, float, np.number, np.bool_))
        ]
        writer.add_summary(Summary(value=values), int(found["global_step"]))
        writer.flush()

    def predict(
        self,
        input_fn: Callable[..., Any],
        predict_keys: Any = None,
        hooks: Sequence[Any] | None = None,
        checkpoint_path: Any = None,
        yield_single_examples: bool = True,
    ) -> Iterator[Any]:
        """Yield the predictions of each example.

        Args:
            input_fn: returns tensors of features, perhaps also labels, or a data set.
            predict_keys: which of the predictions; None: all.
            hooks: hooks.
            checkpoint_path: the checkpoint; None: the newest.
            yield_single_examples: whether examples are yielded one by one; else batches.

        Raises:
            ValueError: if the model was not trained.
        """
        graph = Graph()
        with building(graph):
            spec = self._built(input_fn, ModeKeys.PREDICT)
            wanted = spec.predictions
            if predict_keys is not None and isinstance(wanted, dict):
                keys = [predict_keys] if isinstance(predict_keys, str) else predict_keys
                wanted = {key: value for key, value in wanted.items() if key in keys}
            every = [*(spec.prediction_hooks or ()), *(hooks or ())]
            session = self._session(spec, checkpoint_path, every)
        try:
            while not session.should_stop():
                try:
                    found = session.run(wanted)
                except (OutOfRangeError, StopIteration):
                    break
                yield from _examples(found) if yield_single_examples else [found]
                if self._has_one_batch(graph):
                    break
        finally:
            session.close()

    def _has_one_batch(self, graph: Graph) -> bool:
        """Whether predicting ends after a batch; what does not come to an end goes on for ever."""
        del graph
        return False

    def _session(self, spec: Any, path: Any, hooks: Sequence[Any]) -> Any:
        """Return a session with the values of a checkpoint."""
        path = path or self.latest_checkpoint()
        if path is None:
            raise ValueError(f"Could not find trained model in model_dir: {self.model_dir}.")
        creator = tf.train.ChiefSessionCreator(
            spec.scaffold or tf.train.Scaffold(), checkpoint_filename_with_path=path
        )
        return tf.train.MonitoredSession(creator, hooks)

    # What is kept

    def latest_checkpoint(self) -> str | None:
        """Return the path of the newest checkpoint, if there is one."""
        found: str | None = tf.train.latest_checkpoint(self.model_dir)
        return found

    def _step(self) -> int:
        path = self.latest_checkpoint()
        if path is None:
            return 0
        return int(tf.train.load_checkpoint(path).get_tensor("global_step"))

    def get_variable_names(self) -> list[str]:
        """Return the names of the variables of the newest checkpoint."""
        return [name for name, _ in tf.train.list_variables(self.latest_checkpoint())]

    def get_variable_value(self, name: str) -> Any:
        """Return the value of a variable in the newest checkpoint."""
        return tf.train.load_variable(self.latest_checkpoint(), name.removesuffix(":0"))

    def export_savedmodel(
        self,
        export_dir_base: Any,
        serving_input_receiver_fn: Callable[[], Any],
        assets_extra: Any = None,
        as_text: bool = False,
        checkpoint_path: Any = None,
        **_: Any,
    ) -> bytes:
        """Save the model that predicts, as a SavedModel in a new folder; return its path.

        Args:
            export_dir_base: the folder in which the new one is.
            serving_input_receiver_fn: returns what the model will be given; see
                ``tf.estimator.export.ServingInputReceiver``.
            assets_extra: has no meaning.
            as_text: whether to write, besides, a text that people can read.
            checkpoint_path: the checkpoint; None: the newest.

        Raises:
            ValueError: if the model was not trained.
        """
        del assets_extra
        with building(Graph()):
            received: list[Any] = []

            def inputs() -> Any:
                received.append(serving_input_receiver_fn())
                return received[0].features, None

            spec = self._built(inputs, ModeKeys.PREDICT)
            signatures = signatures_of(spec, received[0].receiver_tensors)
            session = self._session(spec, checkpoint_path, ())
            with session as opened:
                return saved(opened.raw_session(), export_dir_base, signatures, as_text)

    export_saved_model = experimental_export_all_saved_models = export_savedmodel


def inputs_of(input_fn: Callable[..., Any], mode: str, params: Any, config: Any) -> Any:
    """Return features and labels that a function makes, of a data set those of its next element."""
    wanted = inspect.signature(input_fn).parameters
    given = {"mode": mode, "params": params, "config": config}
    found = input_fn(**{name: value for name, value in given.items() if name in wanted})
    if isinstance(found, Dataset):
        found = found.make_one_shot_iterator().get_next()
    if isinstance(found, (tuple, list)):
        if len(found) != 2:
            raise ValueError("input_fn should return (features, labels) as a len 2 tuple.")
        return found[0], found[1]
    return found, None


def _without_classes(metrics: Any) -> dict[str, Any]:
    """Return metrics as pairs of value and update."""
    return {
        name: (metric.result(), metric.updates[0]) if hasattr(metric, "result") else metric
        for name, metric in metrics.items()
    }


def _examples(found: Any) -> Iterator[Any]:
    """Yield the predictions of each example of a batch."""
    if not isinstance(found, dict):
        yield from found
        return
    sizes = {len(value) for value in found.values()}
    if len(sizes) != 1:
        raise ValueError(f"Batch length of predictions should be same: {sorted(sizes)}")
    for place in range(sizes.pop()):
        yield {key: value[place] for key, value in found.items()}
