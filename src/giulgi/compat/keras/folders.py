"""Models as folders, as TensorFlow 2 saves them where a name has no ending.

A folder of giulgi's holds the file of a model; one of a model that is a class of the program's own
holds its weights, and is loaded by the program that has the class.
"""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import is_eager

#: The file of the model in a folder.
MODEL_FILE = "keras_model.h5"
_WEIGHTS_FILE = "weights.h5"

# Models that this program has saved whose classes are its own, by their folders.
_saved: dict[str, Any] = {}


def is_wanted(path: Path, save_format: str | None) -> bool:
    """Whether a model is to be saved as a folder."""
    if save_format is not None:
        return save_format == "tf"
    return is_eager() and path.suffix not in (".h5", ".hdf5", ".keras", ".hdf")


def has_plain_class(model: Any) -> bool:
    """Whether a model, and all layers in it, can be told by a description."""
    parts = [model, *model.layers]
    return all(type(part).__module__.startswith("giulgi.") for part in parts) or all(
        type(part).__module__.startswith("giulgi.") or "get_config" in vars(type(part))
        for part in parts
    )


def is_of_keras(path: Path) -> bool:
    """Whether a folder is of a model of Keras that giulgi has saved."""
    return (path / MODEL_FILE).exists() or (path / _WEIGHTS_FILE).exists()


def write_as_it_is(model: Any, path: Path) -> None:
    """Write the weights of a model whose class is the program's own, and remember the model."""
    from giulgi.compat.keras import saving as files

    path.mkdir(parents=True, exist_ok=True)
    files.save_weights(model, path / _WEIGHTS_FILE)
    _saved[os.path.abspath(path)] = model


def as_it_was(path: Path) -> Any:
    """Return the model of the program's own class of a folder; None if it is of another kind.

    Raises:
        OSError: if the folder holds no model that can be read.
    """
    if (path / MODEL_FILE).exists():
        return None
    from giulgi.compat.keras import saving as files

    known = _saved.get(os.path.abspath(path))
    if known is None:
        raise OSError(
            f"{path} holds no model that giulgi can read: make the model again, and load its "
            f"weights, of {path / _WEIGHTS_FILE} if giulgi has written it"
        )
    try:
        model = copy.deepcopy(known)
    except (TypeError, gg.errors.GiulgiError):
        model = known
    files.load_weights(model, path / _WEIGHTS_FILE)
    return model
