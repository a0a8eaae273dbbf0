"""Tensors of a network whose mean over batches is reported: ``add_metric``, and its old form."""

from __future__ import annotations

from typing import Any

import giulgi as gg
from giulgi.compat.keras.boundary import expressions
from giulgi.compat.tensors.tensor import as_tensor
from giulgi.nn.layers.base import Layer as BaseLayer
from giulgi.nn.layers.calls import current_call
from giulgi.nn.metrics.base import Mean, Metric


class Reporting(BaseLayer):
    """A layer that may report tensors beside its outputs."""

    def add_metric(self, value: Any, name: str | None = None, aggregation: Any = None) -> None:
        """Let the mean of a tensor over all batches be reported under a name.

        Args:
            value: a tensor made in the call of the layer, or of what is in a network.
            name: how it is reported; None: as the tensor is called.
            aggregation: has no meaning: it is the mean.
        """
        del aggregation
        tensor = as_tensor(value)
        told = name or tensor.op.name.split("/")[-1]
        kept: dict[str, Metric] = self.__dict__.setdefault("__added", {})
        updates = kept.setdefault(told, Mean(told)).updates(expressions(tensor))
        network = getattr(self, "_network", None)
        if network is None or current_call() is not None:
            for variable, new in updates:
                self.add_state(variable, new)
        else:
            network.calls[-1].states.extend(updates)
            self.__dict__["_trainer"] = None  # A program without it would go on.


def metrics_added_in(layer: BaseLayer) -> dict[str, Metric]:
    """Return what a network and the layers in it report beside its outputs, by name."""
    found: dict[str, Metric] = dict(layer.__dict__.get("__added", {}))
    for part in layer.sublayers():
        found |= metrics_added_in(part)
    return found


class ReportingModel(Reporting, gg.Model):
    """A network that reports tensors, also those that programs add to two lists.

    Until ``add_metric`` was there, programs added a tensor to ``metrics_tensors`` and its name to
    ``metrics_names``, after ``compile``.
    """

    @property
    def metrics_names(self) -> list[str]:
        """The names of what ``evaluate`` returns: a list to which programs may add."""
        names = [*gg.Model.metrics_names.fget(self), *metrics_added_in(self)]  # type: ignore[attr-defined]
        kept: tuple[Any, list[str], list[str]] | None = self.__dict__.get("__names")
        if kept is None or kept[0] is not self._spec or kept[1] != names:
            kept = self.__dict__["__names"] = (self._spec, names, [*names])
        return kept[2]

    @property
    def metrics_tensors(self) -> list[Any]:
        """Tensors that are reported, to which programs may add."""
        kept: tuple[Any, list[Any]] | None = self.__dict__.get("__tensors")
        if kept is None or kept[0] is not self._spec:
            kept = self.__dict__["__tensors"] = (self._spec, [])
        return kept[1]

    def take_tensors(self) -> None:
        """Report the tensors that were added to the list, by the names that were."""
        kept = self.__dict__.get("__names")
        names = kept[2][len(kept[1]) :] if kept is not None and kept[0] is self._spec else []
        for number, tensor in enumerate(self.metrics_tensors):
            self.add_metric(tensor, names[number] if number < len(names) else None)
        self.metrics_tensors.clear()
