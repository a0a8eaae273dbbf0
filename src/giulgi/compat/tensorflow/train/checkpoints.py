"""Which checkpoints a folder has, and what is in one."""

from __future__ import annotations

import codecs
import glob
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from giulgi.compat.errors import DataLossError, NotFoundError
from giulgi.compat.names import exported
from giulgi.compat.tensors.dtypes import DType, as_dtype
from giulgi.formats.messages import Message
from giulgi.formats.tensor_bundle import Checkpoint as CheckpointFiles
from giulgi.formats.tensor_bundle import CheckpointError


@exported("train.CheckpointState", "python.training.checkpoint_state_pb2.CheckpointState")
class CheckpointState(Message):
    """The checkpoints of a folder: the newest, and all."""

    FIELDS = {  # noqa: RUF012
        "model_checkpoint_path": (1, "string"),
        "all_model_checkpoint_paths": (2, ["string"]),
        "all_model_checkpoint_timestamps": (3, ["double"]),
        "last_preserved_timestamp": (4, "double"),
    }


def _text(value: Any) -> str:
    """Return a path, which may be given as bytes or a path."""
    return os.fsdecode(value)


@exported("train.update_checkpoint_state")
def update_checkpoint_state(
    save_dir: Any,
    model_checkpoint_path: Any,
    all_model_checkpoint_paths: Sequence[Any] | None = None,
    latest_filename: str | None = None,
    all_model_checkpoint_timestamps: Any = None,
    last_preserved_timestamp: Any = None,
) -> None:
    """Write the file of a folder that says which checkpoints there are."""
    del all_model_checkpoint_timestamps, last_preserved_timestamp
    state = generate_checkpoint_state_proto(
        save_dir, model_checkpoint_path, all_model_checkpoint_paths
    )
    path = Path(_text(save_dir), latest_filename or "checkpoint")
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_text(str(state), encoding="utf-8")
    os.replace(unfinished, path)


@exported("train.generate_checkpoint_state_proto")
def generate_checkpoint_state_proto(
    save_dir: Any,
    model_checkpoint_path: Any,
    all_model_checkpoint_paths: Sequence[Any] | None = None,
    **_: Any,
) -> CheckpointState:
    """Return what says which checkpoints a folder has; the newest is the last of all."""
    folder, newest = _text(save_dir), _text(model_checkpoint_path)
    every = [_text(path) for path in all_model_checkpoint_paths or []]
    if newest not in every:
        every.append(newest)
    if not os.path.isabs(folder):
        newest, *every = [
            path if os.path.isabs(path) else os.path.relpath(path, folder or ".")
            for path in (newest, *every)
        ]
    return CheckpointState(model_checkpoint_path=newest, all_model_checkpoint_paths=every)


_LINE = re.compile(r'^\s*(\w+):\s*(?:"((?:[^"\\]|\\.)*)"|(\S+))\s*$')


@exported("train.get_checkpoint_state")
def get_checkpoint_state(
    checkpoint_dir: Any, latest_filename: str | None = None
) -> CheckpointState | None:
    """Return which checkpoints a folder has; None if it says nothing of any."""
    folder = _text(checkpoint_dir)
    path = Path(folder, latest_filename or "checkpoint")
    if not path.is_file():
        return None
    state = CheckpointState()
    for line in path.read_text(encoding="utf-8").splitlines():
        found = _LINE.match(line)
        if found and found[2] is not None:
            value = codecs.escape_decode(found[2].encode())[0].decode()
            whole = value if os.path.isabs(value) else os.path.join(folder, value)
            if found[1] == "model_checkpoint_path":
                state.model_checkpoint_path = whole
            elif found[1] == "all_model_checkpoint_paths":
                state.all_model_checkpoint_paths.append(whole)
    return state if state.model_checkpoint_path else None


@exported("train.latest_checkpoint", "python.training.checkpoint_management.latest_checkpoint")
def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """Return the path of the newest checkpoint of a folder; None if there is none."""
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None or not checkpoint_exists(state.model_checkpoint_path):
        return None
    newest: str = state.model_checkpoint_path
    return newest


@exported("train.checkpoint_exists")
def checkpoint_exists(checkpoint_prefix: Any) -> bool:
    """Whether there is a checkpoint of a path."""
    prefix = _text(checkpoint_prefix)
    return any(map(os.path.isfile, files_of(prefix)))


def files_of(prefix: str) -> list[str]:
    """Return the files that make up a checkpoint, without its graph."""
    parts = sorted(glob.glob(f"{glob.escape(prefix)}.data-?????-of-?????"))
    return [path for path in (prefix, f"{prefix}.index", *parts) if os.path.isfile(path)]


@exported("train.get_checkpoint_mtimes")
def get_checkpoint_mtimes(checkpoint_prefixes: Sequence[Any]) -> list[float]:
    """Return when checkpoints were written, in seconds; those that are not there are left out."""
    found = [files_of(_text(prefix)) for prefix in checkpoint_prefixes]
    return [os.path.getmtime(files[0]) for files in found if files]


@exported("train.remove_checkpoint")
def remove_checkpoint(
    checkpoint_prefix: Any, checkpoint_format_version: Any = None, meta_graph_suffix: str = "meta"
) -> None:
    """Remove the files of a checkpoint, and that of its graph."""
    del checkpoint_format_version
    prefix = _text(checkpoint_prefix)
    for path in [*files_of(prefix), f"{prefix}.{meta_graph_suffix}"]:
        Path(path).unlink(missing_ok=True)


def opened(prefix: Any) -> CheckpointFiles:
    """Return a checkpoint, of its path or of its folder.

    Raises:
        NotFoundError: if there is none.
        DataLossError: if it is damaged.
    """
    path = _text(prefix)
    # A prefix that ends in "/" names files in the folder that are called ".index" and so on.
    if os.path.isdir(path) and not files_of(path):
        newest = latest_checkpoint(path)
        if newest is None:
            raise ValueError(f"Couldn't find checkpoints in given directory {path}")
        path = newest
    try:
        return CheckpointFiles(path)
    except FileNotFoundError:
        raise NotFoundError(
            None, None, f"Unsuccessful TensorSliceReader constructor: Failed to find any matching "
            f"files for {path}",
        ) from None  # fmt: skip
    except CheckpointError as error:
        raise DataLossError(None, None, str(error)) from None


class CheckpointReader:
    """Reads the arrays of a checkpoint."""

    def __init__(self, filepattern: Any) -> None:
        self._files = opened(filepattern)

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """Return the shapes of all arrays."""
        return {name: list(self._files.shape(name)) for name in self._files.names}

    def get_variable_to_dtype_map(self) -> dict[str, DType]:
        """Return the dtypes of all arrays."""
        return {name: as_dtype(self._files.dtype(name)) for name in self._files.names}

    def has_tensor(self, tensor_str: str) -> bool:
        """Whether there is an array of a name."""
        return tensor_str in self._files

    def get_tensor(self, tensor_str: Any) -> Any:
        """Return an array; a single number or text as such.

        Raises:
            NotFoundError: if there is none of the name.
        """
        return array_in(self._files, _text(tensor_str))

    def debug_string(self) -> bytes:
        """Return a line for each array: its name, dtype and shape."""
        lines = [
            f"{name} (DT_{as_dtype(self._files.dtype(name)).name.upper()}) "
            f"[{','.join(map(str, self._files.shape(name)))}]"
            for name in self._files.names
        ]
        return "\n".join(lines).encode()


def array_in(files: CheckpointFiles, name: str) -> Any:
    """Return an array of a checkpoint.

    Raises:
        NotFoundError: if there is none of the name.
        DataLossError: if it is damaged.
    """
    if name not in files:
        raise NotFoundError(None, None, f"Key {name} not found in checkpoint")
    try:
        array = files.array(name)
    except (CheckpointError, FileNotFoundError) as error:
        raise DataLossError(None, None, str(error)) from None
    return array if array.ndim else array[()]


@exported(
    "train.NewCheckpointReader", "python.pywrap_tensorflow.NewCheckpointReader",
    "python.training.py_checkpoint_reader.NewCheckpointReader", "train.load_checkpoint",
    "contrib.framework.load_checkpoint",
)  # fmt: skip
def new_checkpoint_reader(filepattern: Any) -> CheckpointReader:
    """Return what reads a checkpoint; of a folder, its newest."""
    return CheckpointReader(filepattern)


@exported("train.list_variables", "contrib.framework.list_variables")
def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """Return the names and shapes of all arrays of a checkpoint."""
    files = opened(ckpt_dir_or_file)
    return [(name, list(files.shape(name))) for name in files.names]


@exported("train.load_variable", "contrib.framework.load_variable")
def load_variable(ckpt_dir_or_file: Any, name: str) -> Any:
    """Return an array of a checkpoint."""
    return array_in(opened(ckpt_dir_or_file), name.removesuffix(":0"))


@exported("python.tools.inspect_checkpoint.print_tensors_in_checkpoint_file")
def print_tensors_in_checkpoint_file(
    file_name: Any,
    tensor_name: str | None,
    all_tensors: bool,
    all_tensor_names: bool = False,
    **_: Any,
) -> None:
    """Print what is in a checkpoint."""
    files = opened(file_name)
    if all_tensors or all_tensor_names:
        for name in files.names:
            print("tensor_name: ", name)
            if all_tensors:
                print(files.array(name))
    elif tensor_name:
        print("tensor_name: ", tensor_name)
        print(array_in(files, tensor_name))
    else:
        print(CheckpointReader(file_name).debug_string().decode())


# First values of variables from a checkpoint


def _pairs(files: CheckpointFiles, assignment_map: Any) -> Iterator[tuple[str, Any]]:
    """Yield names in a checkpoint, and the variables that are to begin with them."""
    from giulgi.compat.graphs.graph import Collections, get_default_graph

    every = get_default_graph().get_collection(Collections.GLOBAL_VARIABLES)
    by_name = {variable.op.name: variable for variable in every}
    pairs = assignment_map.items() if isinstance(assignment_map, Mapping) else assignment_map
    for name, target in pairs:
        if not isinstance(target, str):
            targets = target if isinstance(target, (list, tuple)) else [target]
            for variable in targets:
                yield name, variable
        elif name.endswith("/") or name == "":
            own = target if target.endswith("/") else f"{target}/"
            for whole, variable in by_name.items():
                if whole.startswith(own) and name + whole[len(own) :] in files:
                    yield name + whole[len(own) :], variable
        else:
            if target not in by_name:
                raise ValueError(f"Variable {target!r} is not found in the graph")
            yield name, by_name[target]


@exported("train.init_from_checkpoint", "contrib.framework.init_from_checkpoint")
def init_from_checkpoint(ckpt_dir_or_file: Any, assignment_map: Any) -> None:
    """Let variables begin with what is in a checkpoint.

    Args:
        ckpt_dir_or_file: the checkpoint, or its folder.
        assignment_map: names in the checkpoint, and variables or their names; or scopes, which
            end with /.

    Raises:
        ValueError: if a shape does not fit, or a name is not there.
    """
    files = opened(ckpt_dir_or_file)
    for name, variable in [*_pairs(files, assignment_map)]:
        if name not in files:
            raise ValueError(f"Tensor {name} is not found in {ckpt_dir_or_file} checkpoint")
        array = np.asarray(files.array(name), variable.dtype.numpy_dtype)
        if not variable.shape.is_compatible_with(array.shape):
            raise ValueError(
                f"Shape of variable {variable.name} ({variable.shape}) doesn't match with shape of "
                f"tensor {name} ({list(array.shape)}) from checkpoint reader."
            )
        variable.initializer = variable.assign(array).op
