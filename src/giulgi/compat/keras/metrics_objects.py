"""Metrics as objects: giulgi's, called with tensors that have values, or by giulgi in training."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.keras import metrics_counts  # noqa: F401 - Those are for programs, too.
from giulgi.compat.keras.arguments import as_initializer
from giulgi.compat.keras.boundary import expressions, for_user, named
from giulgi.compat.keras.losses import as_column
from giulgi.compat.keras.weights import as_weight
from giulgi.compat.names import TABLES, export
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import as_tensor
from giulgi.graph.ops.state import Recorder

_OURS = "giulgi."


class Metric(gg.metrics.Metric):
    """Base of metrics: a state, what a batch changes of it, and a result.

    A program's own has ``update_state`` and ``result``, as in Keras. giulgi calls both with
    expressions while a network is trained; programs call them with tensors.

    Args:
        name: its name.
        dtype: of its weights.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        if not cls.__module__.startswith(_OURS):
            for name in ("update_state", "result"):
                if name in vars(cls):
                    setattr(cls, name, _of_user(vars(cls)[name]))
        else:
            for name in ("update_state", "result"):
                if name in vars(cls):
                    setattr(cls, name, _of_giulgi(vars(cls)[name]))
        super().__init_subclass__(**options)

    def get_config(self) -> dict[str, Any]:
        """Return name and dtype, and what else a metric that is not the program's was made with."""
        from giulgi.compat.keras.serialization import plain_config

        given = self.__dict__.get("__given", {})
        dtype = np.dtype(given.get("dtype", self.dtype)).name
        return plain_config({**given, "name": self.name, "dtype": dtype})

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return a metric made with what :meth:`get_config` of another returned."""
        return cls(**config)

    def _note_given(self, dtype: Any, **given: Any) -> None:
        """Keep what a class that is not the program's is made with, for :meth:`get_config`."""
        own = "float32" if dtype is None else getattr(dtype, "name", dtype)
        self.__dict__["__given"] = given | {"dtype": own}

    def __init__(self, name: str | None = None, dtype: Any = None, **_: Any) -> None:
        super().__init__(name, "float32" if dtype is None else getattr(dtype, "name", dtype))

    def add_weight(  # type: ignore[override]
        self, name: Any = "weight", shape: Any = (), aggregation: Any = None,
        synchronization: Any = None, initializer: Any = None, dtype: Any = None, **_: Any,
    ) -> Any:  # fmt: skip
        """Return a new variable of the state."""
        del aggregation, synchronization
        if not isinstance(name, str):
            name, shape = "weight", name
        sizes = shape.as_list() if isinstance(shape, TensorShape) else shape
        start = as_initializer(initializer) or "zeros"
        made = gg.metrics.Metric.add_weight(
            self, tuple(int(n or 0) for n in sizes), start, getattr(dtype, "name", dtype), name
        )
        return as_weight(made, f"{self.name}/{name}", False)

    add_variable = add_weight  # type: ignore[assignment]

    @property
    def weights(self) -> list[Any]:
        """The state."""
        return self.variables

    def reset_state(self) -> None:
        """Forget all batches."""
        if type(self).reset_states is not Metric.reset_states:
            self.reset_states()
            return
        with get_default_graph().calls_of_layers(symbolic=False):
            super().reset_state()
        get_default_graph().called_layer()

    def reset_states(self) -> None:
        """Forget all batches."""
        Metric.reset_state(self)

    @property
    def resets_to_zero(self) -> bool:
        """Whether forgetting makes all weights 0."""
        own = type(self)
        return own.reset_state is Metric.reset_state and own.reset_states is Metric.reset_states

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take a batch into account, and return the result with it."""
        self.update_state(*args, **kwargs)
        return self.result()

    def updates(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Return what a batch changes, as graph; one of the program's own is given columns."""
        if len(args) > 1 and not type(self).__module__.startswith(_OURS):
            args = (as_column(*args[:2]), *args[1:])
        with _inside(self), Recorder() as recorder:
            self.update_state(*args, **kwargs)
        own = {variable.cell: variable for variable in self.variables}
        return [(own[cell], value) for cell, value in recorder.pending.items()]

    def value(self) -> gg.Tensor:
        """Return the result as giulgi's tensor."""
        with _inside(self):
            return gg.constant(self.result())


class _inside:  # noqa: N801 - a context
    """A context in which giulgi calls a metric, with expressions."""

    def __init__(self, metric: Metric) -> None:
        self.metric = metric

    def __enter__(self) -> None:
        self.metric.__dict__["__inside"] = True

    def __exit__(self, *exception: Any) -> None:
        self.metric.__dict__["__inside"] = False


def _is_inside(metric: Any) -> bool:
    return bool(metric.__dict__.get("__inside", False))


def _of_giulgi(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method of giulgi's for programs, too: with named tensors."""

    @functools.wraps(method)
    def apply(self: Any, *args: Any, **kwargs: Any) -> Any:
        given, options = expressions(list(args)), expressions(kwargs)
        if _is_inside(self):  # By giulgi, or by a program's own method that it calls.
            return method(self, *given, **options)
        graph = get_default_graph()
        with graph.calls_of_layers(symbolic=False):
            found = method(self, *given, **options)
        graph.called_layer()
        if found is None:
            return None
        return named(gg.cast(found, "float32") if found.dtype.kind == "f" else found)

    return apply


def _of_user(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method of a program's for giulgi, too: with expressions."""

    @functools.wraps(method)
    def apply(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _is_inside(self):
            return for_user(functools.partial(method, self))(*args, **kwargs)
        found = method(self, *args, **kwargs)
        return found if found is None else as_tensor(found)

    return apply


def _stand_in(base: type) -> type:
    """Return giulgi's metric as one of these."""
    fields: dict[str, Any] = {"__module__": __name__, "__doc__": base.__doc__}
    for name in ("update_state", "result"):
        fields[name] = _inherited(base, name)
    if base in (gg.metrics.MeanSquaredError, gg.metrics.MeanAbsoluteError):
        fields["update_state"] = _of_one_example
    fields["add_weight"] = gg.metrics.Metric.add_weight

    def init(self: Any, *args: Any, dtype: Any = None, **kwargs: Any) -> None:
        self._note_given(dtype, **dict(zip(order, args, strict=False)), **kwargs)
        base.__init__(self, *args, **kwargs)  # type: ignore[misc]

    order = [*inspect.signature(base.__init__).parameters][1:]  # type: ignore[misc]
    init.__signature__ = inspect.signature(base.__init__)  # type: ignore[attr-defined,misc]
    fields["__init__"] = init
    return type(base.__name__, (Metric, base), fields)


def _inherited(base: type, name: str) -> Callable[..., Any]:
    method = getattr(base, name)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return method(self, *args, **kwargs)

    call.__name__ = name
    return call


def _of_one_example(self: Any, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
    """Add the values of the examples of a batch; without axes for them it is one."""
    y, p = gg.constant(y_true), gg.constant(y_pred)
    if y.ndim == p.ndim == 1:
        y, p = gg.expand_dims(y, 0), gg.expand_dims(p, 0)
    gg.metrics.MeanOf.update_state(self, y, p, sample_weight)


_of_one_example.__name__ = "update_state"


class MeanMetricWrapper(_stand_in(gg.metrics.MeanOf)):  # type: ignore[misc]
    """The mean over all examples of a function of truth and prediction."""

    def __init__(self, fn: Any, name: str | None = None, dtype: Any = None, **options: Any) -> None:
        self._note_given(dtype, fn=fn, **options)
        own = getattr(fn, "of_giulgi", None)
        gg.metrics.MeanOf.__init__(
            self, for_user(fn) if own is None else own, name or fn.__name__, **options
        )

    update_state = _of_one_example


export("metrics.MeanMetricWrapper", MeanMetricWrapper, of="keras")


export("metrics.Metric", Metric, of="keras")


def _for_programs() -> None:
    """Let all metrics that are giulgi's be called with tensors, too."""
    table = TABLES["keras"]
    for name in ("Mean", "Accuracy", "BinaryAccuracy", "CategoricalAccuracy",
                 "SparseCategoricalAccuracy", "TopKCategoricalAccuracy",
                 "SparseTopKCategoricalAccuracy", "MeanSquaredError",
                 "MeanAbsoluteError"):  # fmt: skip
        export(f"metrics.{name}", getattr(gg.metrics, name), of="keras")
    for path, thing in list(table.items()):
        is_class = isinstance(thing, type) and issubclass(thing, gg.metrics.Metric)
        if path.startswith("metrics.") and is_class and not issubclass(thing, Metric):
            table[path] = globals()[thing.__name__] = _stand_in(thing)


_for_programs()
# Programs of TensorFlow 1 that compute at once found these here.
for _name in ("Mean", "Accuracy", "CategoricalAccuracy", "BinaryAccuracy",
              "SparseCategoricalAccuracy", "Metric"):  # fmt: skip
    export(f"contrib.eager.metrics.{_name}", TABLES["keras"][f"metrics.{_name}"])
