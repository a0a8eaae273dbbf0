"""Batches that a graph makes: models of ``Input(tensor=...)``, whose data nobody gives to ``fit``.

So programs trained on what queues of files and data sets put out, step by step; the truth is in
``compile(target_tensors=...)``. A run of the session makes one batch of all these tensors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.keras.backend_session import get_session
from giulgi.compat.keras.boundary import holds_named, is_named
from giulgi.nn.layers.calls import one_or_all
from giulgi.training.objective import as_list
from giulgi.tree import flatten, unflatten


def tensor_batches(model: Any, x: Any, y: Any, steps: int | None) -> Iterator[Any] | None:
    """Return endless batches of what tensors put out; None if x and y are arrays.

    Args:
        model: the network; it has ``inputs``, ``output_names`` and ``target_tensors``.
        x: the inputs; None: those of the network, if they put out something by themselves.
        y: the truth, also as arrays, which are then of every batch; None: the target tensors.
        steps: how many batches are wanted; without that tensors are read once, as arrays.

    Raises:
        ValueError: if the network's own inputs are to be read, and nothing says how often.
    """
    if get_default_graph().is_eager:
        return None
    if x is None and _put_out(model):
        if steps is None:
            raise ValueError(
                "the inputs are tensors, which put out batches without end: say how many by "
                "steps_per_epoch in fit, by steps in evaluate and predict"
            )
        x = model.inputs
    elif steps is None or not holds_named([x]):
        return None
    return _runs(x, _in_order(model.__dict__.get("target_tensors"), model) if y is None else y)


def _put_out(model: Any) -> bool:
    """Whether all inputs of a network have values that are not fed."""
    inputs = [] if model._network is None else model.inputs
    return bool(inputs) and all(x.op.type != "Placeholder" for x in inputs)


def _in_order(tensors: Any, model: Any) -> Any:
    """Return the truth for each output, of those that are given by their names."""
    if isinstance(tensors, Mapping):
        return [tensors[name] for name in model.output_names]
    return tensors


def _runs(x: Any, y: Any) -> Iterator[Any]:
    inputs = one_or_all(as_list(x))
    wanted = inputs if y is None else (inputs, one_or_all(as_list(y)))
    parts, structure = flatten(wanted)
    tensors = [part for part in parts if is_named(part)]
    while True:
        arrays = iter(get_session().run(tensors))
        batch = [next(arrays) if is_named(part) else part for part in parts]
        yield unflatten(structure, iter(batch))
