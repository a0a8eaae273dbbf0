"""Objects with variables as folders, and what these are loaded as: ``tf.saved_model.save``."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from giulgi.compat.eager.lazy import assign_pending
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.second.objects import variables_of

_PART = "giulgi_saved_model.pickle"


@exported("saved_model.save")
def save(obj: Any, export_dir: str, signatures: Any = None, options: Any = None) -> None:
    """Write an object with variables into a folder, for :func:`load`.

    A model of Keras is written whole. Of a module the values of its variables are, and its class is
    looked for when it is loaded.
    """
    del options
    named = signatures if isinstance(signatures, dict) else {"serving_default": signatures}
    functions = {name: function for name, function in named.items() if function is not None}
    _loadable[os.path.abspath(export_dir)] = obj, functions
    if hasattr(obj, "save") and hasattr(obj, "to_json"):
        obj.save(export_dir)
        return
    assign_pending()
    os.makedirs(os.path.join(export_dir, "variables"), exist_ok=True)
    variables = obj.variables if hasattr(obj, "variables") else variables_of(obj)
    arrays = [np.asarray(v.numpy()) for v in variables]
    with open(os.path.join(export_dir, _PART), "wb") as file:
        pickle.dump({"class": type(obj).__name__, "arrays": arrays}, file)


# What this program has saved: it is what a folder is loaded as.
_loadable: dict[str, Any] = {}


def load_module(export_dir: str) -> Any:
    """Return a module that this program has saved, with the values of then.

    Raises:
        NotImplementedError: if another program has saved it: its functions are not in the folder.
    """
    path = os.path.abspath(export_dir)
    if path not in _loadable:
        raise NotImplementedError(
            f"{export_dir} was saved by another program, and holds the values of its variables "
            "only: make the module again, and restore it with tf.train.Checkpoint"
        )
    with open(os.path.join(path, _PART), "rb") as file:
        kept = pickle.load(file)
    obj, functions = _loadable[path]
    variables = obj.variables if hasattr(obj, "variables") else variables_of(obj)
    for variable, array in zip(variables, kept["arrays"], strict=True):
        variable.assign(array)
    return with_signatures(obj, {name: Signature(f) for name, f in functions.items()})


class Signature:
    """A function of what was saved, which returns its outputs by name.

    Args:
        function: of tensors.
        inputs: the names of its arguments, in their order; None: those that it has.
        outputs: the names of its outputs; None: ``output_0``, ``output_1`` ..., or those of a dict.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        inputs: Sequence[str] | None = None,
        outputs: Sequence[str] | None = None,
    ) -> None:
        self._function, self._inputs = function, inputs
        self.structured_outputs = dict.fromkeys(outputs or ["output_0"])

    def __call__(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the outputs by name."""
        if self._inputs is not None:
            args, kwargs = (*args, *(kwargs[name] for name in self._inputs if name in kwargs)), {}
        found = self._function(*args, **kwargs)
        if isinstance(found, dict):
            return found
        parts = list(found) if isinstance(found, (list, tuple)) else [found]
        names = list(self.structured_outputs)
        if len(names) != len(parts):
            names = [f"output_{number}" for number in range(len(parts))]
        return dict(zip(names, parts, strict=True))


def with_signatures(obj: Any, signatures: dict[str, Signature]) -> Any:
    """Return an object whose ``signatures`` are functions by name."""
    vars(obj)["signatures"] = signatures
    return obj


def model_with_signature(model: Any, export_dir: str) -> Any:
    """Return a model of Keras with its signatures: those it was saved with, or that of its call.

    One of a class of the program's own has the output ``output_1``.
    """
    _, functions = _loadable.get(os.path.abspath(export_dir), (None, {}))
    if functions:
        return with_signatures(model, {name: Signature(f) for name, f in functions.items()})
    is_network = model._network is not None
    inputs = [x.op.name for x in model.inputs] if is_network else None
    outputs = list(model.output_names) if is_network else ["output_1"]

    def predict(*args: Any) -> Any:
        return model(args[0] if len(args) == 1 else list(args))

    return with_signatures(model, {"serving_default": Signature(predict, inputs, outputs)})


def is_saved_module(export_dir: str) -> bool:
    """Whether a folder is of :func:`save`."""
    return os.path.exists(os.path.join(export_dir, _PART))
