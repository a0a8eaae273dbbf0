"""Files as operations of the graph: ``tf.read_file``, ``tf.write_file``, ``tf.matching_files``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from giulgi.compat.graphs.graph import Operation
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.tensorflow.data.dataset_readers import content_of
from giulgi.compat.tensorflow.system.gfile import matching, path_of
from giulgi.compat.tensors.tensor import Tensor


def _text(value: Any) -> Any:
    return np.asarray(value, object)[()]


@exported("read_file", "io.read_file")
def read_file(filename: Any, name: str | None = None) -> Tensor:
    """Return what is in a file, as a string.

    A run raises ``tf.errors.NotFoundError`` if it is not there.
    """
    read = lambda path: content_of(_text(path))  # noqa: E731
    return host_operation("ReadFile", read, [filename], [("string", [])], name).outputs[0]


@exported("write_file", "io.write_file")
def write_file(filename: Any, contents: Any, name: str | None = None) -> Operation:
    """Return an operation that writes a string into a file, and makes the folders it needs."""

    def write(path: Any, content: Any) -> None:
        file = Path(path_of(_text(path)))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_text(content))

    return host_operation("WriteFile", write, [filename, contents], name=name)


@exported("matching_files", "io.matching_files")
def matching_files(pattern: Any, name: str | None = None) -> Tensor:
    """Return the paths that fit a pattern, or any of several, in their order."""

    def find(patterns: Any) -> Any:
        found = matching(list(np.ravel(np.asarray(patterns, object))))
        return np.array([path.encode() for path in sorted(found)], object)

    return host_operation("MatchingFiles", find, [pattern], [("string", [None])], name).outputs[0]
