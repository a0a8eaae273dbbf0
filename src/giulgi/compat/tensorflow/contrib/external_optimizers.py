"""``tf.contrib.opt.ScipyOptimizerInterface``: variables are looked for by SciPy."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from giulgi.compat.graphs.graph import Collections, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.sessions.session import required_session
from giulgi.compat.tensorflow.control.differentiation import gradients
from giulgi.compat.tensorflow.system import logging
from giulgi.compat.tensors.tensor import as_tensor

Array = np.ndarray[Any, Any]


@exported("contrib.opt.ScipyOptimizerInterface", "contrib.opt.ExternalOptimizerInterface")
class ScipyOptimizerInterface:
    """Looks for the least loss by ``scipy.optimize.minimize``, which needs SciPy.

    Args:
        loss: a single number.
        var_list: the variables; None: all that are trainable.
        equalities: what is to be zero, for methods that take constraints.
        inequalities: what is to be zero or more.
        var_to_bounds: for variables a pair of bounds: numbers, or arrays that can be broadcast.
        optimizer_kwargs: arguments of ``scipy.optimize.minimize``: ``method``, by default
            "L-BFGS-B", and ``options``.
    """

    def __init__(
        self,
        loss: Any,
        var_list: Sequence[Any] | None = None,
        equalities: Sequence[Any] | None = None,
        inequalities: Sequence[Any] | None = None,
        var_to_bounds: Mapping[Any, Any] | None = None,
        **optimizer_kwargs: Any,
    ) -> None:
        self._loss = as_tensor(loss)
        found = get_default_graph().get_collection(Collections.TRAINABLE_VARIABLES)
        self._vars = list(found if var_list is None else var_list)
        self._bounds = dict(var_to_bounds or {})
        self.optimizer_kwargs = {"method": "L-BFGS-B", **optimizer_kwargs}
        self._slopes = self._gradients(self._loss)
        self._constraints = [
            (kind, as_tensor(x), self._gradients(x))
            for kind, several in (("eq", equalities), ("ineq", inequalities))
            for x in several or ()
        ]

    def minimize(
        self,
        session: Any = None,
        feed_dict: Mapping[Any, Any] | None = None,
        fetches: Sequence[Any] | None = None,
        step_callback: Callable[[Array], Any] | None = None,
        loss_callback: Callable[..., Any] | None = None,
        **run_kwargs: Any,
    ) -> None:
        """Give the variables the values of the least loss.

        Args:
            session: the session; None: the default one.
            feed_dict: what is fed.
            fetches: what is computed beside the loss.
            step_callback: called after each step, with all values in one array.
            loss_callback: called with the values of ``fetches`` each time they are computed.
            run_kwargs: arguments of ``session.run``.
        """
        minimize = importlib.import_module("scipy.optimize").minimize
        opened = required_session(session)
        more = list(fetches or [])

        def run(wanted: Any, x: Array) -> Any:
            parts = dict(zip(self._vars, self._parts(x), strict=True))
            return opened.run(wanted, {**(feed_dict or {}), **parts}, **run_kwargs)

        def loss_and_slope(x: Array) -> tuple[float, Array]:
            loss, slopes, values = run([self._loss, self._slopes, more], x)
            if loss_callback is not None:
                loss_callback(*values)
            return float(np.sum(loss)), _packed(slopes)

        def constraint(kind: str, value: Any, slope: Any) -> dict[str, Any]:
            return {
                "type": kind,
                "fun": lambda x: np.ravel(run(value, x)).astype(np.float64),
                "jac": lambda x: _packed(run(slope, x)),
            }

        told = dict(self.optimizer_kwargs)
        if self._constraints:
            told["constraints"] = [constraint(*given) for given in self._constraints]
        if self._bounds:
            told["bounds"] = list(self._limits())
        first = _packed(opened.run(self._vars))
        found = minimize(loss_and_slope, first, jac=True, callback=step_callback, **told)
        for variable, value in zip(self._vars, self._parts(found.x), strict=True):
            variable.load(value, opened)
        logging.info(
            "Optimization terminated with:\n  Message: %s\n  Objective function value: %f\n"
            "  Number of iterations: %s\n  Number of functions evaluations: %s",
            found.message, found.fun, found.get("nit"), found.get("nfev"),
        )  # fmt: skip

    def _gradients(self, value: Any) -> list[Any]:
        found = gradients(value, self._vars)
        return [
            as_tensor(np.zeros(x.get_shape().as_list(), x.dtype.as_numpy_dtype)) if g is None else g
            for x, g in zip(self._vars, found, strict=True)
        ]

    def _parts(self, x: Array) -> Iterator[Array]:
        """Yield the values of the variables that lie behind each other in one array."""
        start = 0
        for variable in self._vars:
            shape = variable.get_shape().as_list()
            end = start + int(np.prod(shape))
            yield x[start:end].reshape(shape).astype(variable.dtype.as_numpy_dtype)
            start = end

    def _limits(self) -> Iterator[tuple[float, float]]:
        for variable in self._vars:
            shape = variable.get_shape().as_list()
            pair = self._bounds.get(variable, (-np.inf, np.inf))
            lower, upper = (np.broadcast_to(bound, shape).ravel() for bound in pair)
            yield from zip(lower.tolist(), upper.tolist(), strict=True)


def _packed(values: Sequence[Any]) -> Array:
    return np.concatenate([np.ravel(value) for value in values]).astype(np.float64)
