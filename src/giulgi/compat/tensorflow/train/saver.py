"""Saving and restoring the variables of a session: ``tf.train.Saver``."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from giulgi.compat.errors import FailedPreconditionError, InvalidArgumentError, NotFoundError
from giulgi.compat.graphs.graph import Collections, get_default_graph
from giulgi.compat.names import export, exported
from giulgi.compat.tensorflow.graphs import meta_graph
from giulgi.compat.tensorflow.system import logging
from giulgi.compat.tensorflow.train import checkpoints
from giulgi.compat.tensors.tensor import Tensor
from giulgi.compat.variables.variable import Variable, declared
from giulgi.formats import graph_proto
from giulgi.formats.tensor_bundle import write_checkpoint


@exported("train.SaverDef", "python.training.saver_pb2.SaverDef")
class SaverDef(graph_proto.SaverDef):
    """How variables are saved."""

    LEGACY, V1, V2 = 0, 1, 2
    FIELDS = graph_proto.SaverDef.FIELDS


@exported("train.Saver")
class Saver:
    """Saves variables of a session into files, and restores them.

    Files are TensorFlow's own, of its second version: ``x.index`` and ``x.data-00000-of-00001``,
    and ``x.meta`` for the graph. Those that TensorFlow wrote can be restored.

    Args:
        var_list: the variables; or names in the files, and variables. None: all of the graph.
        reshape: whether arrays of another shape are restored if they have as many elements.
        sharded: has no meaning: there is one file of data.
        max_to_keep: how many checkpoints are kept, the newest; None or 0: all.
        keep_checkpoint_every_n_hours: of those that go, one is kept of each so many hours.
        name: has no meaning.
        restore_sequentially: has no meaning.
        saver_def: how many are kept, as it was saved.
        builder: has no meaning.
        defer_build: whether the variables are those of the graph when it is first used.
        allow_empty: whether there may be no variables.
        write_version: has no meaning: files are of the second version.
        pad_step_number: whether the number of the step is written with eight digits.
        save_relative_paths: whether the file ``checkpoint`` has paths within its folder.
        filename: the path of files that are saved or restored without one.

    Raises:
        ValueError: if there are no variables.
    """

    def __init__(
        self,
        var_list: Any = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        saver_def: Any = None,
        builder: Any = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: Any = SaverDef.V2,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: str | None = None,
    ) -> None:
        del sharded, name, restore_sequentially, builder, write_version
        self._var_list = var_list
        self._reshape = reshape
        self._max_to_keep = max_to_keep if saver_def is None else saver_def.max_to_keep
        self._seconds_kept = keep_checkpoint_every_n_hours * 3600.0
        self._allow_empty = allow_empty
        self._pad_step_number = pad_step_number
        self._save_relative_paths = save_relative_paths
        self._filename = filename
        self._last_checkpoints: list[tuple[str, float]] = []
        self._next_kept = time.time() + self._seconds_kept
        self._named: dict[str, Any] | None = None
        if not defer_build:
            self.build()

    def build(self) -> None:
        """Take the variables of the graph as they are now."""
        chosen = self._var_list
        if chosen is None:
            graph = get_default_graph()
            keys = (Collections.GLOBAL_VARIABLES, Collections.SAVEABLE_OBJECTS)
            chosen = self._var_list = [x for key in keys for x in graph.get_collection(key)]
        self._named = named_variables(chosen)
        if not self._named and not self._allow_empty:
            raise ValueError("No variables to save")

    @property
    def variables(self) -> dict[str, Any]:
        """The variables by their names in the files."""
        if self._named is None:
            self.build()
        assert self._named is not None
        return self._named

    # Saving

    def save(
        self,
        sess: Any,
        save_path: Any,
        global_step: Any = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str:
        """Save the variables; return the path without the endings of the files.

        Args:
            sess: the session whose values are saved.
            save_path: the path; of a folder that is not there yet, it is made.
            global_step: a number, tensor or variable that is put behind the path: ``model-100``.
            latest_filename: the name of the file that says which checkpoints there are.
            meta_graph_suffix: the ending of the file of the graph.
            write_meta_graph: whether to write the graph.
            write_state: whether to say that this checkpoint is there, and remove old ones.
            strip_default_attrs: has no meaning.
            save_debug_info: has no meaning.

        Raises:
            FailedPreconditionError: if a variable has no value.
        """
        del strip_default_attrs, save_debug_info
        session = raw_session(sess)
        prefix = os.fsdecode(save_path)
        if global_step is not None:
            step = session.run(global_step) if _is_graph(global_step) else global_step
            prefix += f"-{int(step):08d}" if self._pad_step_number else f"-{int(step)}"
        folder = os.path.dirname(prefix)
        if folder:
            os.makedirs(folder, exist_ok=True)
        arrays = {name: value_in(session, x) for name, x in self.variables.items()}
        write_checkpoint(prefix, arrays)
        if write_meta_graph:
            name = f"{prefix}.{meta_graph_suffix}"
            meta_graph.write_meta_graph(name, session.graph, self.as_saver_def(), self.variables)
        if write_state:
            self._keep(prefix, meta_graph_suffix)
            every = [path for path, _ in self._last_checkpoints]
            if self._save_relative_paths:
                every = [os.path.relpath(path, folder or ".") for path in every]
            checkpoints.update_checkpoint_state(folder, every[-1], every, latest_filename)
        return prefix

    def _keep(self, prefix: str, suffix: str) -> None:
        """Take note of a checkpoint, and remove the oldest if there are too many."""
        self._last_checkpoints = [x for x in self._last_checkpoints if x[0] != prefix]
        self._last_checkpoints.append((prefix, time.time()))
        if self._max_to_keep and len(self._last_checkpoints) > self._max_to_keep:
            old, written = self._last_checkpoints.pop(0)
            if written > self._next_kept:
                self._next_kept += self._seconds_kept
            else:
                checkpoints.remove_checkpoint(old, meta_graph_suffix=suffix)

    # Restoring

    def restore(self, sess: Any, save_path: Any) -> None:
        """Give the variables of a session the values of a checkpoint.

        Raises:
            ValueError: if there is no checkpoint of the path.
            NotFoundError: if it has nothing of a variable's name.
            InvalidArgumentError: if a shape does not fit.
        """
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        prefix = os.fsdecode(save_path)
        if not checkpoints.checkpoint_exists(prefix):
            raise ValueError(f"The passed save_path is not a valid checkpoint: {prefix}")
        logging.info("Restoring parameters from %s", prefix)
        session = raw_session(sess)
        files = checkpoints.opened(prefix)
        missing = [name for name in self.variables if name not in files]
        if missing:
            others = [name for name in files.names if name not in self.variables]
            raise NotFoundError(
                None,
                None,
                f"Key {missing[0]} not found in checkpoint {prefix}. It has {others or files.names}"
                " besides: the graph is another one than the one that was saved.",
            )
        for name, variable in self.variables.items():
            array = np.asarray(checkpoints.array_in(files, name))
            session.load(variable, self._fitting(name, variable, array))

    def _fitting(self, name: str, variable: Any, array: np.ndarray[Any, Any]) -> Any:
        sizes = tuple(variable.shape.as_list())
        if array.shape == sizes:
            return array
        if self._reshape and array.size == np.prod(sizes):
            return array.reshape(sizes)
        raise InvalidArgumentError(
            None,
            variable.op,
            f"Assign requires shapes of both tensors to match. lhs shape= {list(sizes)} rhs shape= "
            f"{list(array.shape)}: {name}",
        )

    # What is kept of it

    @property
    def last_checkpoints(self) -> list[str]:
        """The paths of the checkpoints that are kept, the newest last."""
        return [path for path, _ in self._last_checkpoints]

    def set_last_checkpoints(self, last_checkpoints: Sequence[Any]) -> None:
        """Take checkpoints for written before, the newest last."""
        self._last_checkpoints = [
            x if isinstance(x, tuple) else (os.fsdecode(x), float("inf")) for x in last_checkpoints
        ]

    set_last_checkpoints_with_time = set_last_checkpoints

    def recover_last_checkpoints(self, checkpoint_paths: Sequence[Any]) -> None:
        """Take those checkpoints for written before that are there."""
        self._last_checkpoints = [
            (os.fsdecode(path), checkpoints.get_checkpoint_mtimes([path])[0])
            for path in checkpoint_paths
            if checkpoints.checkpoint_exists(path)
        ]

    def export_meta_graph(
        self, filename: Any = None, collection_list: Any = None, as_text: bool = False, **_: Any
    ) -> Any:
        """Return the graph as a message, and write it into a file, if one is named."""
        del collection_list
        own = self.as_saver_def()
        return meta_graph.export_meta_graph(filename, saver_def=own, as_text=as_text)

    def as_saver_def(self) -> SaverDef:
        """Return how variables are saved, as a message."""
        return SaverDef(
            filename_tensor_name="save/Const:0",
            save_tensor_name="save/control_dependency:0",
            restore_op_name="save/restore_all",
            max_to_keep=self._max_to_keep or 0,
            keep_checkpoint_every_n_hours=self._seconds_kept / 3600.0,
            version=SaverDef.V2,
        )

    saver_def = property(as_saver_def)

    def to_proto(self, export_scope: str | None = None) -> SaverDef:
        """Return how variables are saved, as a message."""
        del export_scope
        return self.as_saver_def()

    @staticmethod
    def from_proto(saver_def: Any, import_scope: str | None = None) -> Saver:
        """Return a saver of all variables, as a message tells it."""
        del import_scope
        return Saver(saver_def=saver_def)


export("train.saver.Saver", Saver)
for _name in ("latest_checkpoint", "get_checkpoint_state", "checkpoint_exists"):
    export(f"train.saver.{_name}", getattr(checkpoints, _name))


def _is_graph(value: Any) -> bool:
    return isinstance(value, (Tensor, Variable, str)) or hasattr(value, "as_tensor")


def named_variables(chosen: Any) -> dict[str, Any]:
    """Return variables by the names that they have in files.

    Raises:
        TypeError: for what is no variable.
        ValueError: if two have one name.
    """
    if isinstance(chosen, Mapping):
        named = dict(chosen)
    else:
        named = {}
        for variable in _variables(chosen):
            if named.setdefault(variable.op.name, variable) is not variable:
                raise ValueError(f"At least two variables have the same name: {variable.op.name}")
    for name, variable in named.items():
        if not isinstance(variable, Variable):
            raise TypeError(f"Variable to save is not a Variable: {variable!r} ({name})")
    return named


def _variables(chosen: Iterable[Any]) -> Iterable[Any]:
    for x in [chosen] if isinstance(chosen, Variable) else chosen:
        if isinstance(x, Tensor) and x.op.type == "VariableV2":
            every = x.graph.get_collection(Collections.GLOBAL_VARIABLES)
            yield next(variable for variable in every if variable.op is x.op)
        elif not hasattr(x, "op"):
            raise TypeError(f"Variable to save is not a Variable: {x!r}")
        else:
            yield x


def raw_session(sess: Any) -> Any:
    """Return the session that is meant: also within one that watches over it.

    Raises:
        TypeError: if it is none.
    """
    session = sess.raw_session() if hasattr(sess, "raw_session") else sess
    if not hasattr(session, "storage"):
        raise TypeError(f"sess must be a Session, not {sess!r}")
    return session


def value_in(session: Any, variable: Any) -> np.ndarray[Any, Any]:
    """Return the value of a variable in a session.

    Raises:
        FailedPreconditionError: if it has none.
    """
    if variable.graph.is_eager:
        return np.asarray(variable.numpy())
    # A weight of Keras's layers needs no initializer.
    cell = variable.variable.cell
    known = session.initialized
    if declared(cell) is not None and variable.dtype.is_foreign:
        known = {cell} if session.storage.holds(cell) else set()
    if declared(cell) is not None and cell not in known:
        raise FailedPreconditionError(
            None, variable.op, f"Attempting to use uninitialized value {variable.op.name}"
        )
    array: np.ndarray[Any, Any] = session.value(variable)
    return array
