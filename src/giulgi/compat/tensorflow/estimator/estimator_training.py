"""Training and evaluation in turn, and what is said of models that are to be exported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from giulgi.compat.names import export, exported
from giulgi.compat.tensorflow.estimator.estimator import Estimator


@exported("estimator.TrainSpec")
class TrainSpec(NamedTuple):
    """How a model is trained; see :meth:`Estimator.train`."""

    input_fn: Callable[..., Any]
    max_steps: int | None = None
    hooks: Sequence[Any] | None = None


@exported("estimator.EvalSpec")
class EvalSpec(NamedTuple):
    """How a model is measured; see :meth:`Estimator.evaluate`.

    Attributes:
        input_fn: returns tensors of features and labels, or a data set.
        steps: how many batches.
        name: has no meaning.
        hooks: hooks.
        exporters: what keeps the model, with a method ``export``.
        start_delay_secs: has no meaning.
        throttle_secs: has no meaning.
    """

    input_fn: Callable[..., Any]
    steps: int | None = 100
    name: str | None = None
    hooks: Sequence[Any] | None = None
    exporters: Any = None
    start_delay_secs: float = 120
    throttle_secs: float = 600


@exported("estimator.train_and_evaluate")
def train_and_evaluate(
    estimator: Estimator, train_spec: TrainSpec, eval_spec: EvalSpec
) -> tuple[dict[str, Any], list[Any]]:
    """Train a model, measure it, and let exporters keep it.

    Returns:
        The metrics, and what exporters returned.
    """
    estimator.train(train_spec.input_fn, train_spec.hooks, max_steps=train_spec.max_steps)
    found = estimator.evaluate(eval_spec.input_fn, eval_spec.steps, eval_spec.hooks)
    exporters = eval_spec.exporters or []
    exporters = exporters if isinstance(exporters, (list, tuple)) else [exporters]
    path = estimator.latest_checkpoint()
    kept = [
        exporter.export(
            estimator, f"{estimator.model_dir}/export/{exporter.name}", path, found, True
        )
        for exporter in exporters
    ]
    return found, kept


class Exporter:
    """Keeps a model after it was trained; see ``Estimator.export_savedmodel``."""

    def __init__(
        self, name: str = "exporter", serving_input_receiver_fn: Any = None, **_: Any
    ) -> None:
        self.name, self._inputs = name, serving_input_receiver_fn

    def export(
        self,
        estimator: Any,
        export_path: str,
        checkpoint_path: Any,
        eval_result: Any,
        is_the_final_export: bool,
    ) -> Any:
        """Export the model."""
        del checkpoint_path, eval_result, is_the_final_export
        return estimator.export_savedmodel(export_path, self._inputs)


for _name in ("Exporter", "FinalExporter", "LatestExporter", "BestExporter"):
    export(f"estimator.{_name}", Exporter)
