"""Optimizers of ``tf.contrib.opt``, and what wraps others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import Collections, Operation, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.data.queues import FIFOQueue
from giulgi.compat.tensorflow.train.averages import ExponentialMovingAverage
from giulgi.compat.tensorflow.train.clipping import clip_by_global_norm
from giulgi.compat.tensorflow.train.coordination import QueueRunner
from giulgi.compat.tensorflow.train.hooks import SessionRunHook
from giulgi.compat.tensorflow.train.optimizer import Optimizer, Step, Update
from giulgi.compat.tensorflow.train.optimizers import AdamOptimizer, MomentumOptimizer, of_rows
from giulgi.compat.tensorflow.train.saver import Saver


class _Decayed(Optimizer):
    """Takes a share of each weight off before the step of another optimizer."""

    _weight_decay: Any
    _decayed: set[Any] | None = None

    def minimize(self, *args: Any, decay_var_list: Any = None, **kwargs: Any) -> Operation:
        """See the base; ``decay_var_list``: the variables that decay; None: all."""
        self._decayed = None if decay_var_list is None else set(decay_var_list)
        return super().minimize(*args, **kwargs)

    def apply_gradients(
        self, grads_and_vars: Iterable[tuple[Any, Any]], global_step: Any = None,
        name: str | None = None, decay_var_list: Any = None,
    ) -> Operation:  # fmt: skip
        """See the base; ``decay_var_list``: the variables that decay; None: all."""
        if decay_var_list is not None:
            self._decayed = set(decay_var_list)
        return super().apply_gradients(grads_and_vars, global_step, name)

    def _less(self, step: Step, variable: Any, updates: list[Update]) -> list[Update]:
        if self._decayed is not None and variable not in self._decayed:
            return updates
        off = step.number(self._weight_decay, variable) * step.value(variable)
        return [(x, new - off) if x is variable else (x, new) for x, new in updates]


@exported("contrib.opt.AdamWOptimizer")
class AdamWOptimizer(_Decayed, AdamOptimizer):
    """Adam, and ``w <- w - weight_decay w`` (Loshchilov, Hutter, arXiv:1711.05101)."""

    def __init__(
        self, weight_decay: Any, learning_rate: Any = 0.001, beta1: Any = 0.9, beta2: Any = 0.999,
        epsilon: Any = 1e-8, use_locking: bool = False, name: str = "AdamW",
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)
        self._weight_decay = weight_decay

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        return self._less(step, variable, super()._updates(step, variable, gradient))


@exported("contrib.opt.MomentumWOptimizer")
class MomentumWOptimizer(_Decayed, MomentumOptimizer):
    """Momentum, and ``w <- w - weight_decay w``."""

    def __init__(
        self, weight_decay: Any, learning_rate: Any, momentum: Any, use_locking: bool = False,
        name: str = "MomentumW", use_nesterov: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, momentum, use_locking, name, use_nesterov)
        self._weight_decay = weight_decay

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        return self._less(step, variable, super()._updates(step, variable, gradient))


@exported("contrib.opt.LazyAdamOptimizer")
class LazyAdamOptimizer(AdamOptimizer):
    """Adam that moves only those rows of a table that a batch looks up."""

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        return of_rows(step, gradient, super()._updates(step, variable, gradient))


@exported("contrib.opt.NadamOptimizer")
class NadamOptimizer(AdamOptimizer):
    """Adam with Nesterov's momentum: ``beta1 m + (1 - beta1) g`` takes the place of m."""

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        far, mean, slots = self._means(step, variable, gradient)
        beta1 = step.number(self._beta1, variable)
        way = beta1 * mean + (1 - beta1) * gradient
        return [(variable, step.value(variable) - far * way), *slots]


@exported("contrib.opt.AdaMaxOptimizer")
class AdaMaxOptimizer(AdamOptimizer):
    """Adam by the greatest size of gradients (Kingma, Ba, arXiv:1412.6980)::

    v <- max(beta2 v, |g|),    w <- w - r / (1 - beta1^t) m / (v + epsilon)
    """

    def __init__(
        self, learning_rate: Any = 0.001, beta1: Any = 0.9, beta2: Any = 0.999,
        epsilon: Any = 1e-8, use_locking: bool = False, name: str = "AdaMax",
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        beta1, beta2 = (step.number(beta, variable) for beta in (self._beta1, self._beta2))
        power = gg.cast(self._powers(step)[0][1], gradient.dtype)
        (m, mean), (v, size) = step.slot(variable, "m"), step.slot(variable, "v")
        new_mean = mean + (1 - beta1) * (gradient - mean)
        new_size = gg.maximum(beta2 * size, gg.abs(gradient))
        far = self._rate(step, variable) / (1 - power)
        way = far * new_mean / (new_size + step.number(self._epsilon, variable))
        return [(variable, step.value(variable) - way), (m, new_mean), (v, new_size)]


class _Wrapped(Optimizer):
    """Leaves gradients and steps to another optimizer."""

    def __init__(self, opt: Optimizer, name: str) -> None:
        super().__init__(False, name)
        self._opt = opt

    def compute_gradients(self, *args: Any, **kwargs: Any) -> list[tuple[Any, Any]]:
        """See the base."""
        return self._opt.compute_gradients(*args, **kwargs)

    def get_slot(self, var: Any, name: str) -> Any:
        """See the base."""
        return self._opt.get_slot(var, name)

    def get_slot_names(self) -> list[str]:
        """See the base."""
        return self._opt.get_slot_names()

    def variables(self) -> list[Any]:
        """See the base."""
        return self._opt.variables()


class _Clipped(_Wrapped):
    """Limits gradients, one by one or all together, before another optimizer takes its step."""

    def __init__(self, opt: Optimizer, limit: Callable[[list[Any]], list[Any]]) -> None:
        super().__init__(opt, "ClipGradients")
        self._limit = limit

    def apply_gradients(
        self, grads_and_vars: Iterable[tuple[Any, Any]], global_step: Any = None,
        name: str | None = None,
    ) -> Operation:  # fmt: skip
        """See the base."""
        given = [(gradient, variable) for gradient, variable in grads_and_vars]
        there = [(gradient, variable) for gradient, variable in given if gradient is not None]
        limited = self._limit([gradient for gradient, _ in there])
        variables = [variable for _, variable in there]
        pairs = list(zip(limited, variables, strict=True))
        return self._opt.apply_gradients(pairs or given, global_step, name)


@exported("contrib.estimator.clip_gradients_by_norm")
def clip_gradients_by_norm(optimizer: Any, clip_norm: Any) -> Optimizer:
    """Return an optimizer that moves as another, but with the norm of all gradients limited."""
    return _Clipped(optimizer, lambda found: clip_by_global_norm(found, clip_norm)[0])


@exported("contrib.opt.MovingAverageOptimizer")
class MovingAverageOptimizer(_Wrapped):
    """Keeps running means of the variables that another optimizer moves."""

    def __init__(
        self, opt: Optimizer, average_decay: float = 0.9999, num_updates: Any = None,
        sequential_update: bool = True,
    ) -> None:  # fmt: skip
        del sequential_update
        super().__init__(opt, "MovingAverageOptimizer")
        self._ema = ExponentialMovingAverage(average_decay, num_updates)
        self._followed: list[Any] = []

    def apply_gradients(
        self, grads_and_vars: Iterable[tuple[Any, Any]], global_step: Any = None,
        name: str | None = None,
    ) -> Operation:  # fmt: skip
        """See the base."""
        given = list(grads_and_vars)
        train = self._opt.apply_gradients(given, global_step, name)
        self._followed = [variable for gradient, variable in given if gradient is not None]
        with get_default_graph().control_dependencies([train]):
            return self._ema.apply(self._followed)

    def swapping_saver(self, var_list: Any = None, name: str = "swapping_saver", **_: Any) -> Saver:
        """Return a saver that saves the means under the names of the variables."""
        del name
        graph = get_default_graph()
        given = graph.get_collection(Collections.GLOBAL_VARIABLES) if var_list is None else var_list
        named = dict(given) if isinstance(given, Mapping) else {v.op.name: v for v in given}
        for variable in self._followed:
            mean = self._ema.average(variable)
            assert mean is not None
            named[variable.op.name], named[mean.op.name] = mean, variable
        return Saver(named)


class _IdleRunner(QueueRunner):
    """Starts no threads."""

    def create_threads(
        self, sess: Any, coord: Any = None, daemon: bool = False, start: bool = False
    ) -> list[threading.Thread]:
        """See the base."""
        del sess, coord, daemon, start
        return []


def _nothing(name: str) -> Operation:
    graph = get_default_graph()
    return Operation(graph, "NoOp", graph.unique_name(name), [])


@exported("train.SyncReplicasOptimizer")
class SyncReplicasOptimizer(_Wrapped):
    """Takes the steps of another optimizer: there is one process, which waits for nobody."""

    def __init__(
        self, opt: Optimizer, replicas_to_aggregate: int, total_num_replicas: int | None = None,
        variable_averages: Any = None, variables_to_average: Any = None,
        use_locking: bool = False, name: str = "sync_replicas",
    ) -> None:  # fmt: skip
        del replicas_to_aggregate, total_num_replicas, use_locking
        super().__init__(opt, name)
        self._averages, self._averaged = variable_averages, variables_to_average

    def apply_gradients(
        self, grads_and_vars: Iterable[tuple[Any, Any]], global_step: Any = None,
        name: str | None = None,
    ) -> Operation:  # fmt: skip
        """See the base."""
        train = self._opt.apply_gradients(grads_and_vars, global_step, name)
        if self._averages is None:
            return train
        with get_default_graph().control_dependencies([train]):
            found: Operation = self._averages.apply(self._averaged)
            return found

    def make_session_run_hook(self, is_chief: bool = True, num_tokens: int = -1) -> SessionRunHook:
        """Return a hook that does nothing."""
        del is_chief, num_tokens
        return SessionRunHook()

    def get_chief_queue_runner(self) -> QueueRunner:
        """Return what fills no queue: nobody waits for tokens."""
        return _IdleRunner(FIFOQueue(1, ["int32"], name="sync_token_q"), [_nothing("tokens")])

    def get_init_tokens_op(self, num_tokens: int = -1) -> Operation:
        """Return an operation that does nothing."""
        del num_tokens
        return _nothing("init_tokens")

    @cached_property
    def chief_init_op(self) -> Operation:
        """An operation that does nothing, as the first process would run it."""
        return _nothing("chief_init")

    @cached_property
    def local_step_init_op(self) -> Operation:
        """An operation that does nothing, as the others would run it."""
        return _nothing("local_step_init")

    @cached_property
    def ready_for_local_init_op(self) -> Operation:
        """An operation that does nothing: there is nothing to be ready for."""
        return _nothing("ready_for_local_init")
