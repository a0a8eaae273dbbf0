"""``tf.train.Checkpoint``: saving what objects hold, by the names they are given.

Variables have the keys that TensorFlow gives them; what a model or an optimizer holds is numbered
in its own order, so such checkpoints are for giulgi alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, takewhile
from typing import Any

import numpy as np

from giulgi.compat.eager.lazy import assign_pending
from giulgi.compat.errors import NotFoundError
from giulgi.compat.graphs.graph import Operation, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.sessions.session import get_default_session
from giulgi.compat.tensorflow.train import checkpoints
from giulgi.compat.tensorflow.train.saver import raw_session, value_in
from giulgi.compat.variables.variable import Variable, declared
from giulgi.formats.tensor_bundle import Checkpoint as CheckpointFiles
from giulgi.formats.tensor_bundle import write_checkpoint

_ENDING = "/.ATTRIBUTES/VARIABLE_VALUE"


class Status:
    """What became of a restoring.

    Attributes:
        missing: the keys that the checkpoint does not have.
        unused: what it has besides.
    """

    def __init__(self, missing: Sequence[str], unused: Sequence[str]) -> None:
        self.missing, self.unused = list(missing), list(unused)

    def assert_consumed(self) -> Status:
        """Raise an AssertionError if not all that the checkpoint has was taken."""
        if self.missing or self.unused:
            raise AssertionError(
                f"Unresolved objects in the checkpoint: {self.unused}; not in it: {self.missing}"
            )
        return self

    def assert_existing_objects_matched(self) -> Status:
        """Raise an AssertionError if something is not in the checkpoint."""
        if self.missing:
            raise AssertionError(f"No checkpointed value for: {self.missing}")
        return self

    assert_nontrivial_match = assert_existing_objects_matched

    def expect_partial(self) -> Status:
        """Let there be more in the checkpoint."""
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Do nothing: values are restored already."""

    initialize_or_restore = run_restore_ops


@exported("train.Checkpoint", "contrib.eager.Checkpoint")
class Checkpoint:
    """Saves and restores objects by names: variables, models, optimizers, and lists of these.

    Args:
        root: an object without a name of its own.
        objects: the objects by their names.
    """

    def __init__(self, root: Any = None, **objects: Any) -> None:
        if root is not None:
            objects = {"root": root, **objects}
        for name, value in objects.items():
            setattr(self, name, value)
        self._count = 0

    @property
    def save_counter(self) -> int:
        """How often it was saved."""
        return self._count

    def save(self, file_prefix: Any, session: Any = None) -> str:
        """Save into files ``prefix-1``, ``prefix-2`` ..., and say that they are the newest."""
        self._count += 1
        path = self.write(f"{os.fsdecode(file_prefix)}-{self._count}", session)
        checkpoints.update_checkpoint_state(os.path.dirname(path), path)
        return path

    def write(self, file_prefix: Any, session: Any = None) -> str:
        """Save into files of a path."""
        path = os.fsdecode(file_prefix)
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        own = _session(session)
        arrays = {"save_counter" + _ENDING: np.asarray(self._count, np.int64)}
        for key, part in self._parts():
            if isinstance(part, Variable):
                _initialize(own, part)
                arrays[key + _ENDING] = value_in(own, part)
            else:
                for number, array in enumerate(part.get_weights()):
                    arrays[f"{key}/{number}{_ENDING}"] = np.asarray(array)
        write_checkpoint(path, arrays)
        return path

    def restore(self, save_path: Any, session: Any = None) -> Status:
        """Restore from a checkpoint; None restores nothing."""
        if save_path is None:
            return Status([], [])
        files = checkpoints.opened(save_path)
        own = _session(session)
        missing: list[str] = []
        taken = {"save_counter" + _ENDING}
        if "save_counter" + _ENDING in files:
            self._count = int(files.array("save_counter" + _ENDING))
        for key, part in self._parts():
            taken |= _restored(files, key, part, own, missing)
        unused = [name for name in files.names if name not in taken and name.endswith(_ENDING)]
        return Status(missing, unused)

    read = restore

    def _parts(self) -> Iterator[tuple[str, Any]]:
        for name, value in self._objects().items():
            yield from _parts_of(name, value)

    def _objects(self) -> dict[str, Any]:
        """Return the objects by their names, those of later assignments too."""
        return {name: value for name, value in vars(self).items() if name != "_count"}


def _parts_of(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield variables, and what has weights, of an object, by their keys."""
    value = getattr(value, "named", value)  # Of a weight of Keras's layers.
    if isinstance(value, Variable) or hasattr(value, "get_weights"):
        yield key, value
    elif isinstance(value, Checkpoint):
        for name, inner in value._objects().items():
            yield from _parts_of(f"{key}/{name}", inner)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _parts_of(f"{key}/{name}", inner)
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from _parts_of(f"{key}/{number}", inner)
    elif hasattr(value, "variables"):
        found = value.variables
        for number, inner in enumerate(found() if callable(found) else found):
            yield from _parts_of(f"{key}/{number}", inner)


def _session(session: Any) -> Any:
    from giulgi.compat.eager import implicit_session

    found = get_default_session() if session is None else session
    return raw_session(implicit_session() if found is None else found)


def _initialize(session: Any, variable: Any) -> None:
    if variable.graph.is_eager:
        assign_pending()
        return
    # A weight of Keras's layers needs no initializer: it would lose what it learned.
    cell = variable.variable.cell
    if declared(cell) is not None and cell not in session.initialized:
        session.run(variable.initializer)


def _restored(
    files: CheckpointFiles, key: str, part: Any, session: Any, missing: list[str]
) -> set[str]:
    """Restore a variable, or what has weights; return the keys that were taken."""
    if isinstance(part, Variable):
        if key + _ENDING not in files:
            missing.append(key)
            return set()
        if part.graph.is_eager:
            part.assign(files.array(key + _ENDING))
            return {key + _ENDING}
        session.load(part, files.array(key + _ENDING))
        return {key + _ENDING}
    given = (f"{key}/{number}{_ENDING}" for number in count())
    names = list(takewhile(lambda name: name in files, given))
    arrays = [files.array(name) for name in names]
    if hasattr(part, "set_when_built"):
        part.set_when_built(arrays)
    elif len(part.get_weights()) > len(arrays):
        missing.append(key)
        return set()
    else:
        part.set_weights(arrays)
    return set(names)


@exported("train.CheckpointManager", "contrib.checkpoint.CheckpointManager")
class CheckpointManager:
    """Keeps the newest checkpoints of a folder.

    Args:
        checkpoint: saves and restores.
        directory: the folder.
        max_to_keep: how many are kept; None: all.
        keep_checkpoint_every_n_hours: has no meaning.
        checkpoint_name: the name of checkpoints.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        directory: Any,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
        **_: Any,
    ) -> None:
        del keep_checkpoint_every_n_hours
        self._checkpoint, self._max_to_keep = checkpoint, max_to_keep
        self._folder = os.fsdecode(directory)
        self._prefix = os.path.join(self._folder, checkpoint_name)
        state = checkpoints.get_checkpoint_state(self._folder)
        self._kept = [] if state is None else list(state.all_model_checkpoint_paths)

    @property
    def checkpoints(self) -> list[str]:
        """The paths of the checkpoints that are kept, the newest last."""
        return list(self._kept)

    @property
    def latest_checkpoint(self) -> str | None:
        """The path of the newest; None if there is none."""
        return self._kept[-1] if self._kept else None

    @property
    def directory(self) -> str:
        """The folder."""
        return self._folder

    def save(self, checkpoint_number: Any = None, **_: Any) -> str:
        """Save, and remove the oldest if there are too many; return the path."""
        if checkpoint_number is None:
            path = self._checkpoint.save(self._prefix)
        else:
            path = self._checkpoint.write(f"{self._prefix}-{int(checkpoint_number)}")
        self._kept = [kept for kept in self._kept if kept != path] + [path]
        while self._max_to_keep and len(self._kept) > self._max_to_keep:
            checkpoints.remove_checkpoint(self._kept.pop(0))
        checkpoints.update_checkpoint_state(self._folder, path, self._kept)
        return path

    def restore_or_initialize(self) -> str | None:
        """Restore the newest; return its path, None if there is none."""
        if self.latest_checkpoint is not None:
            self._checkpoint.restore(self.latest_checkpoint)
        return self.latest_checkpoint


@exported("contrib.eager.Saver")
class EagerSaver:
    """Saves and restores variables that have values at once.

    Args:
        var_list: the variables, or these by their names in files.
    """

    def __init__(self, var_list: Any) -> None:
        named = (
            dict(var_list)
            if isinstance(var_list, Mapping)
            else {variable.name.split(":")[0]: variable for variable in var_list}
        )
        self._checkpoint = Checkpoint(**named)

    def save(self, file_prefix: Any, global_step: Any = None) -> str:
        """Save into files of a path, behind which the step is put; return the whole path."""
        path = os.fsdecode(file_prefix)
        if global_step is not None:
            path = f"{path}-{int(global_step)}"
        checkpoints.update_checkpoint_state(os.path.dirname(path), self._checkpoint.write(path))
        return path

    def restore(self, file_prefix: Any) -> None:
        """Give the variables the values of files."""
        self._checkpoint.restore(file_prefix).assert_existing_objects_matched()


def _array(files: CheckpointFiles, name: str, like: Any) -> Any:
    if name not in files:
        raise NotFoundError(None, None, f"Key {name} not found in checkpoint")
    return np.asarray(files.array(name), like.dtype.numpy_dtype)


@exported("contrib.framework.assign_from_checkpoint_fn", "contrib.slim.assign_from_checkpoint_fn")
def assign_from_checkpoint_fn(
    model_path: Any,
    var_list: Any,
    ignore_missing_vars: bool = False,
    reshape_variables: bool = False,
) -> Any:
    """Return a function of a session that gives variables the values of a checkpoint.

    Args:
        model_path: the checkpoint.
        var_list: the variables, or names in the checkpoint and variables.
        ignore_missing_vars: whether those stay that are not in it.
        reshape_variables: whether arrays of another shape are taken if they have as many elements.
    """
    named = (
        dict(var_list)
        if isinstance(var_list, Mapping)
        else {variable.op.name: variable for variable in var_list}
    )

    def assign(session: Any) -> None:
        files = checkpoints.opened(model_path)
        for name, variable in named.items():
            if name not in files and ignore_missing_vars:
                continue
            array = _array(files, name, variable)
            if reshape_variables:
                array = array.reshape(variable.variable.shape)
            raw_session(session).load(variable, array)

    return assign


@exported("contrib.framework.assign_from_checkpoint", "contrib.slim.assign_from_checkpoint")
def assign_from_checkpoint(
    model_path: Any, var_list: Any, ignore_missing_vars: bool = False
) -> tuple[Any, dict[Any, Any]]:
    """Return an operation that gives variables the values of a checkpoint, and what it is fed."""
    files = checkpoints.opened(model_path)
    named = (
        dict(var_list)
        if isinstance(var_list, Mapping)
        else {variable.op.name: variable for variable in var_list}
    )
    assigned = [
        variable.assign(_array(files, name, variable)).op
        for name, variable in named.items()
        if name in files or not ignore_missing_vars
    ]
    graph = get_default_graph()
    name = graph.unique_name("assign_from_checkpoint")
    return Operation(graph, "NoOp", name, [], controls=assigned), {}
