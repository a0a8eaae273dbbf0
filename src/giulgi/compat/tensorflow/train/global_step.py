"""The variable that counts the steps of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from giulgi.compat.graphs.graph import Collections, Graph, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.tensors.dtypes import int64
from giulgi.compat.tensors.tensor import Tensor
from giulgi.compat.variables.scopes import get_variable
from giulgi.compat.variables.variable import Variable


@exported("train.get_global_step", "contrib.framework.get_global_step")
def get_global_step(graph: Graph | None = None) -> Any:
    """Return the variable that counts the steps; None if there is none.

    It is the one of the collection ``GLOBAL_STEP``, else a variable of the name ``global_step``.
    """
    graph = get_default_graph() if graph is None else graph
    found = graph.get_collection(Collections.GLOBAL_STEP)
    if len(found) > 1:
        raise RuntimeError("Multiple items found in collection 'global_step', where 1 is expected")
    if not found:
        variables = graph.get_collection(Collections.GLOBAL_VARIABLES)
        found = [variable for variable in variables if variable.op.name == "global_step"]
    if not found:
        return None
    assert_global_step(found[0])
    return found[0]


@exported("train.create_global_step", "contrib.framework.create_global_step")
def create_global_step(graph: Graph | None = None) -> Any:
    """Return a new variable that counts the steps, from 0.

    Raises:
        ValueError: if there is one already.
    """
    graph = get_default_graph() if graph is None else graph
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    with graph.as_default(), graph.name_scope(None):
        return get_variable(
            "global_step",
            dtype=int64,
            initializer=np.zeros([], np.int64),
            trainable=False,
            collections=[Collections.GLOBAL_VARIABLES, Collections.GLOBAL_STEP],
        )


@exported("train.get_or_create_global_step", "contrib.framework.get_or_create_global_step")
def get_or_create_global_step(graph: Graph | None = None) -> Any:
    """Return the variable that counts the steps, made where it is not there."""
    found = get_global_step(graph)
    return create_global_step(graph) if found is None else found


@exported("train.assert_global_step", "contrib.framework.assert_global_step")
def assert_global_step(global_step_tensor: Any) -> None:
    """Check that something can count steps: it is one whole number.

    Raises:
        TypeError: if it cannot.
    """
    if not isinstance(global_step_tensor, (Variable, Tensor)):
        raise TypeError(f"Existing 'global_step' is no variable: {global_step_tensor!r}")
    if not global_step_tensor.dtype.is_integer:
        raise TypeError(
            f"Existing 'global_step' does not have integer type: {global_step_tensor.dtype}"
        )
    if global_step_tensor.get_shape().as_list():
        raise TypeError(f"Existing 'global_step' is not scalar: {global_step_tensor.get_shape()}")


@exported("train.global_step")
def global_step(sess: Any, global_step_tensor: Any) -> int:
    """Return how many steps there were, as a session has it."""
    return int(sess.run(global_step_tensor))
