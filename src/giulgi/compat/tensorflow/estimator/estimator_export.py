"""Exporting estimators: what an exported model is given, what it gives, and its SavedModel."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from giulgi.compat.names import exported
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensors.tensor import as_tensor

_DEFAULT = "serving_default"


@exported("estimator.export.ServingInputReceiver")
class ServingInputReceiver(NamedTuple):
    """What an exported model is given."""

    features: Any
    receiver_tensors: Any
    receiver_tensors_alternatives: Any = None


@exported("estimator.export.TensorServingInputReceiver")
class TensorServingInputReceiver(ServingInputReceiver):
    """What an exported model is given, as a single tensor."""


@exported("estimator.export.PredictOutput")
class PredictOutput:
    """Predictions as an exported model gives them."""

    def __init__(self, outputs: Any) -> None:
        self.outputs = outputs if isinstance(outputs, Mapping) else {"output": outputs}


@exported("estimator.export.ClassificationOutput")
class ClassificationOutput:
    """Classes as an exported model gives them."""

    def __init__(self, scores: Any = None, classes: Any = None) -> None:
        self.scores, self.classes = scores, classes


@exported("estimator.export.RegressionOutput")
class RegressionOutput:
    """Numbers as an exported model gives them."""

    def __init__(self, value: Any) -> None:
        self.value = value


@exported("estimator.export.build_parsing_serving_input_receiver_fn")
def build_parsing_serving_input_receiver_fn(
    feature_spec: Mapping[str, Any], default_batch_size: int | None = None
) -> Callable[[], ServingInputReceiver]:
    """Return a function that makes inputs of records of examples."""

    def receive() -> ServingInputReceiver:
        records = tf.placeholder(tf.string, [default_batch_size], "input_example_tensor")
        return ServingInputReceiver(tf.parse_example(records, feature_spec), {"examples": records})

    return receive


@exported("estimator.export.build_raw_serving_input_receiver_fn")
def build_raw_serving_input_receiver_fn(
    features: Mapping[str, Any], default_batch_size: int | None = None
) -> Callable[[], ServingInputReceiver]:
    """Return a function that makes inputs like given tensors."""

    def receive() -> ServingInputReceiver:
        made = {
            name: tf.placeholder(x.dtype, [default_batch_size, *x.shape[1:]], name)
            for name, x in features.items()
        }
        return ServingInputReceiver(made, made)

    return receive


# The SavedModel


def signatures_of(spec: Any, receiver: Any) -> dict[str, Any]:
    """Return what a model that predicts is given and gives, under the names of its outputs.

    Raises:
        ValueError: if there are several outputs, and none is the default.
    """
    given = receiver if isinstance(receiver, Mapping) else {"input": receiver}
    outputs = spec.export_outputs or {_DEFAULT: PredictOutput(spec.predictions)}
    if _DEFAULT not in outputs:
        if len(outputs) > 1:
            raise ValueError(
                f"Multiple export_outputs were provided, but none of them is {_DEFAULT!r}: "
                f"{sorted(outputs)}"
            )
        outputs = {**outputs, _DEFAULT: next(iter(outputs.values()))}
    # Classes and regressions are of records of examples alone.
    is_of_records = len(given) == 1 and as_tensor(_only(given)).dtype == "string"
    plain = PredictOutput(spec.predictions)
    if not is_of_records:
        outputs = {
            name: output if isinstance(output, PredictOutput) else plain
            for name, output in outputs.items()
            if isinstance(output, PredictOutput) or name == _DEFAULT
        }
    return {name: _signature(given, output) for name, output in outputs.items()}


def _signature(given: Mapping[str, Any], output: Any) -> Any:
    if isinstance(output, RegressionOutput):
        return tf.saved_model.regression_signature_def(_only(given), output.value)
    if isinstance(output, ClassificationOutput):
        return tf.saved_model.classification_signature_def(
            _only(given), output.classes, output.scores
        )
    return tf.saved_model.predict_signature_def(given, output.outputs)


def _only(given: Mapping[str, Any]) -> Any:
    return next(iter(given.values()))


def saved(session: Any, base: Any, signatures: Mapping[str, Any], as_text: bool = False) -> bytes:
    """Save a session in a new folder, which is named by the time; return its path."""
    stamp = int(time.time())
    while os.path.exists(os.path.join(os.fsdecode(base), str(stamp))):
        stamp += 1
    folder = os.path.join(os.fsdecode(base), str(stamp))
    builder = tf.saved_model.Builder(folder)
    builder.add_meta_graph_and_variables(session, ["serve"], signatures)
    builder.save(as_text)
    return os.fsencode(folder)
