"""Steps of training made by one call: ``optimize_loss`` and ``create_train_op``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import Collections, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.train import optimizers, summary
from giulgi.compat.tensorflow.train.clipping import clip_by_global_norm, clip_by_norm, global_norm
from giulgi.compat.tensorflow.train.global_step import get_global_step, get_or_create_global_step
from giulgi.compat.tensorflow.train.optimizer import Optimizer
from giulgi.compat.tensors.tensor import Tensor, as_tensor, record
from giulgi.compat.variables.scopes import variable_scope

_OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "Adagrad": optimizers.AdagradOptimizer,
    "Adam": optimizers.AdamOptimizer,
    "Ftrl": optimizers.FtrlOptimizer,
    "Momentum": lambda learning_rate: optimizers.MomentumOptimizer(learning_rate, momentum=0.9),
    "RMSProp": optimizers.RMSPropOptimizer,
    "SGD": optimizers.GradientDescentOptimizer,
}


def _optimizer(optimizer: Any, rate: Any) -> Optimizer:
    """Return an optimizer, which may be told by name, class, function or itself."""
    made = optimizer
    if isinstance(optimizer, str):
        if optimizer not in _OPTIMIZERS:
            raise ValueError(f"Optimizer name should be one of {sorted(_OPTIMIZERS)}: {optimizer}")
        made = _OPTIMIZERS[optimizer](learning_rate=rate)
    elif isinstance(optimizer, type):
        made = optimizer(learning_rate=rate)
    elif not isinstance(optimizer, Optimizer) and callable(optimizer):
        made = optimizer() if rate is None else optimizer(rate)
    if not hasattr(made, "compute_gradients"):
        raise ValueError(f"Unrecognized optimizer: {optimizer!r}")
    found: Optimizer = made
    return found


@exported("contrib.layers.optimize_loss")
def optimize_loss(
    loss: Any,
    global_step: Any = None,
    learning_rate: Any = None,
    optimizer: Any = "SGD",
    gradient_noise_scale: float | None = None,
    gradient_multipliers: Mapping[Any, Any] | None = None,
    clip_gradients: Any = None,
    learning_rate_decay_fn: Callable[..., Any] | None = None,
    update_ops: Any = None,
    variables: Any = None,
    name: str | None = None,
    summaries: Any = None,
    colocate_gradients_with_ops: bool = False,
    increment_global_step: bool = True,
) -> Tensor:
    """Return the loss, whose computation also takes a step that makes it smaller.

    Args:
        loss: the loss.
        global_step: counts the steps; None: that of the graph, if there is one.
        learning_rate: the learning rate.
        optimizer: an optimizer, its class or name, or a function of the learning rate.
        gradient_noise_scale: the deviation of noise that is added to gradients.
        gradient_multipliers: what the gradients of variables, or of their names, are multiplied by.
        clip_gradients: the greatest length of all gradients, or a function of pairs.
        learning_rate_decay_fn: a function of the learning rate and the step.
        update_ops: what is to be done before; None: the collection ``UPDATE_OPS``.
        variables: those that are changed; None: all that are trainable.
        name: the scope of the names.
        summaries: of which summaries are made: "loss", "learning_rate", "gradients",
            "gradient_norm", "global_gradient_norm"; None: of the first two.
        colocate_gradients_with_ops: has no meaning.
        increment_global_step: whether the steps are counted.
    """
    del colocate_gradients_with_ops
    graph = get_default_graph()
    step = get_global_step() if global_step is None else global_step
    wanted = ["loss", "learning_rate"] if summaries is None else list(summaries)
    with variable_scope(name, "OptimizeLoss"):
        before = graph.get_collection(Collections.UPDATE_OPS) if update_ops is None else update_ops
        given = as_tensor(loss)
        if before:
            with graph.control_dependencies(list(before)):
                given = record("Identity", "loss", [given], [given.expression]).outputs[0]
        rate = learning_rate
        if rate is not None and learning_rate_decay_fn is not None:
            if step is None:
                raise ValueError("global_step is required for learning_rate_decay_fn.")
            rate = learning_rate_decay_fn(rate, step)
        if rate is not None and "learning_rate" in wanted:
            summary.scalar("learning_rate", rate)
        own = _optimizer(optimizer, rate)
        pairs = own.compute_gradients(given, variables)
        pairs = _changed(pairs, gradient_noise_scale, gradient_multipliers, clip_gradients)
        _summarize(given, pairs, wanted)
        train = own.apply_gradients(pairs, step if increment_global_step else None, name="train")
        return _after(given, train)


def _after(loss: Tensor, train: Any) -> Tensor:
    """Return a loss whose computation also runs an operation."""
    with get_default_graph().control_dependencies([train]):
        return record("Identity", "train_op", [loss], [loss.expression]).outputs[0]


def _changed(pairs: list[tuple[Any, Any]], noise: Any, multipliers: Any, limit: Any) -> Any:
    """Return gradients as the settings change them, and their variables."""
    if noise is not None:
        pairs = [(_with_noise(g, noise), v) for g, v in pairs]
    if multipliers:
        pairs = [
            (g if g is None else g * multipliers.get(v, multipliers.get(v.op.name, 1.0)), v)
            for g, v in pairs
        ]
    if callable(limit):
        return limit(pairs)
    if limit is not None:
        clipped, _ = clip_by_global_norm([g for g, _ in pairs], limit)
        pairs = list(zip(clipped, [v for _, v in pairs], strict=True))
    return pairs


def _with_noise(gradient: Any, scale: float) -> Any:
    if gradient is None:
        return None
    x = gradient.expression
    noise = gg.random.truncated_normal(gg.shape(x)) * scale
    return record("GradientNoise", None, [gradient], [x + gg.cast(noise, x.dtype)]).outputs[0]


def _summarize(loss: Tensor, pairs: Any, wanted: list[str]) -> None:
    if "loss" in wanted:
        summary.scalar("loss", loss)
    given = [(g, v) for g, v in pairs if g is not None]
    for gradient, variable in given:
        if "gradients" in wanted:
            summary.histogram(f"gradients/{variable.op.name}", gradient)
        if "gradient_norm" in wanted:
            summary.scalar(f"gradient_norm/{variable.op.name}", global_norm([gradient]))
    if "global_gradient_norm" in wanted:
        summary.scalar("global_norm/gradient_norm", global_norm([g for g, _ in given]))


@exported(
    "contrib.training.create_train_op",
    "contrib.slim.learning.create_train_op",
    "contrib.slim.python.slim.learning.create_train_op",
)
def create_train_op(
    total_loss: Any,
    optimizer: Optimizer,
    global_step: Any = 0,
    update_ops: Any = None,
    variables_to_train: Any = None,
    transform_grads_fn: Callable[[Any], Any] | None = None,
    summarize_gradients: bool = False,
    gate_gradients: int = Optimizer.GATE_OP,
    aggregation_method: Any = None,
    colocate_gradients_with_ops: bool = False,
    check_numerics: bool = True,
    clip_gradient_norm: float = 0,
    gradient_multipliers: Mapping[Any, Any] | None = None,
) -> Tensor:
    """Return the loss, whose computation also takes a step of an optimizer.

    Args:
        total_loss: the loss.
        optimizer: the optimizer.
        global_step: counts the steps; None: none does; 0: that of the graph.
        update_ops: what is to be done before; None: the collection ``UPDATE_OPS``.
        variables_to_train: those that are changed; None: all that are trainable.
        transform_grads_fn: a function of pairs of gradients and variables.
        summarize_gradients: whether summaries of gradients are made.
        gate_gradients: has no meaning.
        aggregation_method: has no meaning.
        colocate_gradients_with_ops: has no meaning.
        check_numerics: has no meaning: a loss that is no number is returned as it is.
        clip_gradient_norm: the greatest length of each gradient; 0: any.
        gradient_multipliers: what the gradients of variables are multiplied by.
    """
    del gate_gradients, aggregation_method, colocate_gradients_with_ops, check_numerics
    graph = get_default_graph()
    counts = isinstance(global_step, int) and global_step == 0
    step = get_or_create_global_step() if counts else global_step
    before = graph.get_collection(Collections.UPDATE_OPS) if update_ops is None else update_ops
    loss = as_tensor(total_loss)
    with graph.control_dependencies(list(before) or []):
        loss = record("Identity", "total_loss", [loss], [loss.expression]).outputs[0]
    pairs: Any = optimizer.compute_gradients(loss, variables_to_train)
    pairs = _changed(pairs, None, gradient_multipliers, None)
    if clip_gradient_norm > 0:
        pairs = [(g if g is None else clip_by_norm(g, clip_gradient_norm), v) for g, v in pairs]
    if transform_grads_fn is not None:
        pairs = transform_grads_fn(pairs)
    if summarize_gradients:
        _summarize(loss, pairs, ["gradients", "gradient_norm"])
    return _after(loss, optimizer.apply_gradients(pairs, step))
