"""What a model is built for, what its function returns, and how it is trained."""

from __future__ import annotations

from copy import copy
from typing import Any, NamedTuple

from giulgi.compat.names import exported


@exported("estimator.ModeKeys")
class ModeKeys:
    """What a model is built for."""

    TRAIN, EVAL, PREDICT = "train", "eval", "infer"


class _Spec(NamedTuple):
    mode: str
    predictions: Any = None
    loss: Any = None
    train_op: Any = None
    eval_metric_ops: Any = None
    export_outputs: Any = None
    training_chief_hooks: Any = None
    training_hooks: Any = None
    scaffold: Any = None
    evaluation_hooks: Any = None
    prediction_hooks: Any = None


@exported("estimator.EstimatorSpec")
class EstimatorSpec(_Spec):
    """What a function that builds a model returns.

    Attributes:
        mode: what it was built for.
        predictions: tensors, in a dict or a single one.
        loss: a single number.
        train_op: the operation of a step of training.
        eval_metric_ops: for each name of a metric its value and its update.
        export_outputs: has no meaning until the model is exported.
        training_chief_hooks: hooks of training.
        training_hooks: hooks of training.
        scaffold: what the session needs of the graph.
        evaluation_hooks: hooks of evaluation.
        prediction_hooks: hooks of prediction.

    Raises:
        ValueError: if what the mode needs is missing.
    """

    __slots__ = ()

    def __new__(cls, *args: Any, **kwargs: Any) -> EstimatorSpec:
        """Return a specification that has what its mode needs."""
        made = super().__new__(cls, *args, **kwargs)
        needed = {
            ModeKeys.TRAIN: ("loss", "train_op"),
            ModeKeys.EVAL: ("loss",),
            ModeKeys.PREDICT: ("predictions",),
        }
        for name in needed.get(made.mode, ()):
            if getattr(made, name) is None:
                raise ValueError(f"Missing {name}.")
        return made


@exported("estimator.RunConfig")
class RunConfig:
    """How a model is trained.

    Args:
        model_dir: the folder of its checkpoints.
        tf_random_seed: what random numbers begin from.
        save_summary_steps: the steps from summary to summary.
        save_checkpoints_steps: the steps from checkpoint to checkpoint.
        save_checkpoints_secs: the seconds from checkpoint to checkpoint.
        session_config: has no meaning.
        keep_checkpoint_max: how many checkpoints are kept.
        keep_checkpoint_every_n_hours: has no meaning.
        log_step_count_steps: the steps from which loss and speed are told.
        others: have no meaning.
    """

    def __init__(
        self,
        model_dir: Any = None,
        tf_random_seed: int | None = None,
        save_summary_steps: int | None = 100,
        save_checkpoints_steps: int | None = None,
        save_checkpoints_secs: int | None = None,
        session_config: Any = None,
        keep_checkpoint_max: int = 5,
        keep_checkpoint_every_n_hours: float = 10000,
        log_step_count_steps: int | None = 100,
        **others: Any,
    ) -> None:
        if save_checkpoints_steps is None and save_checkpoints_secs is None:
            save_checkpoints_secs = 600
        self.model_dir, self.tf_random_seed = model_dir, tf_random_seed
        self.save_summary_steps = save_summary_steps
        self.save_checkpoints_steps = save_checkpoints_steps
        self.save_checkpoints_secs = save_checkpoints_secs
        self.session_config, self.keep_checkpoint_max = session_config, keep_checkpoint_max
        self.keep_checkpoint_every_n_hours = keep_checkpoint_every_n_hours
        self.log_step_count_steps = log_step_count_steps
        self.is_chief, self.task_type, self.task_id, self.master = True, "worker", 0, ""
        self.num_worker_replicas, self.num_ps_replicas = 1, 0
        for name, value in others.items():
            setattr(self, name, value)

    def replace(self, **changes: Any) -> RunConfig:
        """Return the same with changes.

        Checkpoints told by steps are no longer told by seconds, and the other way round.
        """
        made = copy(self)
        for told, other in (("steps", "secs"), ("secs", "steps")):
            if changes.get(f"save_checkpoints_{told}") is not None:
                setattr(made, f"save_checkpoints_{other}", None)
        for name, value in changes.items():
            setattr(made, name, value)
        return made
