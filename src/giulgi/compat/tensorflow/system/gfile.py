"""Files and folders: ``tf.gfile`` and ``tf.io.gfile``, on this machine's own file system."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from giulgi.compat.errors import InvalidArgumentError, NotFoundError
from giulgi.compat.names import TABLES, export, exported


def path_of(path: Any) -> str:
    """Return a path that is told as text, bytes or a Path as text."""
    return os.fspath(path).decode() if isinstance(path, bytes) else str(os.fspath(path))


def absent(path: Any, why: str = "No such file or directory") -> NotFoundError:
    """Return the error for a file or folder that is not there."""
    return NotFoundError(None, None, f"{path_of(path)}; {why}")


def _exists_already(path: str) -> Exception:
    error: Exception = TABLES["tensorflow"]["errors.AlreadyExistsError"](
        None, None, f"{path}: file already exists"
    )
    return error


@exported("gfile.GFile", "gfile.FastGFile", "gfile.Open", "io.gfile.GFile")
class GFile:
    """A file, opened when it is first used.

    Args:
        name: its path.
        mode: as Python's ``open`` has it; without ``b``, what is read is text.
    """

    def __init__(self, name: Any, mode: str = "r") -> None:
        if mode.replace("b", "").replace("t", "") not in ("r", "w", "a", "r+", "w+", "a+"):
            raise InvalidArgumentError(None, None, f"mode is not one of r, w, a: {mode!r}")
        self._path, self._mode = path_of(name), mode
        self._opened: Any = None

    @property
    def name(self) -> str:
        """Its path."""
        return self._path

    @property
    def mode(self) -> str:
        """How it is opened."""
        return self._mode

    @property
    def _file(self) -> Any:
        if self._opened is None:
            try:
                self._opened = open(self._path, self._mode.replace("t", "").replace("b", "") + "b")  # noqa: SIM115 - closed by close
            except FileNotFoundError:
                raise absent(self._path) from None
        return self._opened

    def _said(self, content: bytes) -> Any:
        """Return what is read, as text if that is asked for, and it is text."""
        if "b" in self._mode:
            return content
        try:
            return content.decode()
        except UnicodeDecodeError:  # Pictures that were opened as Python 2 let one do.
            return content

    def read(self, n: int = -1) -> Any:
        """Return the rest, or as much of it as is asked for."""
        return self._said(self._file.read(n))

    def readline(self) -> Any:
        """Return the next line, with what ends it; at the end nothing."""
        return self._said(self._file.readline())

    def readlines(self) -> list[Any]:
        """Return all lines that are left."""
        return [self._said(line) for line in self._file]

    def write(self, file_content: Any) -> None:
        """Write text or bytes."""
        is_text = isinstance(file_content, str)
        self._file.write(file_content.encode() if is_text else file_content)

    def seek(self, offset: Any = None, whence: int = 0, position: int | None = None) -> None:
        """Go to a place."""
        self._file.seek(position if offset is None else offset, whence)

    def seekable(self) -> bool:
        """Whether one can go to a place: one can."""
        return True

    def tell(self) -> int:
        """Return the place."""
        return int(self._file.tell())

    def size(self) -> int:
        """Return the number of bytes."""
        return Stat(self._path).length

    def flush(self) -> None:
        """Put what was written on the disk."""
        if self._opened is not None:
            self._opened.flush()

    def close(self) -> None:
        """Close it."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def __del__(self) -> None:
        if getattr(self, "_opened", None) is not None:
            self.close()

    def __enter__(self) -> GFile:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        return (self._said(line) for line in self._file)

    def __next__(self) -> Any:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    next = __next__


@dataclass(frozen=True)
class FileStatistics:
    """What is known of a file.

    Attributes:
        length: the number of bytes.
        mtime_nsec: when it was changed, in nanoseconds.
        is_directory: whether it is a folder.
    """

    length: int
    mtime_nsec: int
    is_directory: bool


@exported("gfile.Stat", "io.gfile.stat")
def Stat(filename: Any) -> FileStatistics:  # noqa: N802 - TensorFlow's name
    """Return what is known of a file."""
    try:
        found = os.stat(path_of(filename))
    except FileNotFoundError:
        raise absent(filename) from None
    return FileStatistics(found.st_size, found.st_mtime_ns, os.path.isdir(path_of(filename)))


@exported("io.gfile.exists")
def exists(path: Any) -> bool:
    """Whether there is a file or folder of a path."""
    return os.path.exists(path_of(path))


@exported("gfile.Exists")
def exists_or_checkpoint(path: Any) -> bool:
    """Whether there is a file, folder or checkpoint of a path.

    Until version 0.11 a checkpoint was one file of that very name, and programs ask for it so.
    """
    parts = f"{glob.escape(path_of(path))}.data-?????-of-?????"
    return exists(path) or (os.path.isfile(f"{path_of(path)}.index") and bool(glob.glob(parts)))


@exported("gfile.IsDirectory", "io.gfile.isdir")
def is_directory(path: Any) -> bool:
    """Whether a path is that of a folder."""
    return os.path.isdir(path_of(path))


@exported("gfile.ListDirectory", "io.gfile.listdir")
def list_directory(path: Any) -> list[str]:
    """Return the names of what is in a folder."""
    if not is_directory(path):
        raise absent(path, "could not find this directory")
    return os.listdir(path_of(path))


@exported("gfile.Glob", "io.gfile.glob")
def matching(pattern: Any) -> list[str]:
    """Return the paths that fit a pattern, or any of several; in their order."""
    several = pattern if isinstance(pattern, (list, tuple)) else [pattern]
    return [found for one in several for found in sorted(glob.glob(path_of(one)))]


@exported("gfile.MkDir", "io.gfile.mkdir")
def make_folder(path: Any) -> None:
    """Make a folder in one that is there."""
    try:
        os.mkdir(path_of(path))
    except FileExistsError:
        if not is_directory(path):
            raise _exists_already(path_of(path)) from None
    except FileNotFoundError:
        raise absent(path) from None


@exported("gfile.MakeDirs", "io.gfile.makedirs")
def make_folders(path: Any) -> None:
    """Make a folder, and those it is to be in."""
    os.makedirs(path_of(path), exist_ok=True)


@exported("gfile.Remove", "io.gfile.remove")
def remove(path: Any) -> None:
    """Delete a file."""
    try:
        os.remove(path_of(path))
    except FileNotFoundError:
        raise absent(path) from None


@exported("gfile.DeleteRecursively", "io.gfile.rmtree")
def remove_tree(path: Any) -> None:
    """Delete a folder with all that is in it."""
    if not exists(path):
        raise absent(path)
    if is_directory(path):
        shutil.rmtree(path_of(path))
    else:
        remove(path)


@exported("gfile.Copy", "io.gfile.copy")
def copy(oldpath: Any, newpath: Any, overwrite: bool = False) -> None:
    """Copy a file; one that is there is replaced only if that is asked for."""
    if not exists(oldpath):
        raise absent(oldpath)
    if exists(newpath) and not overwrite:
        raise _exists_already(path_of(newpath))
    if path_of(oldpath) != path_of(newpath):
        shutil.copyfile(path_of(oldpath), path_of(newpath))


@exported("gfile.Rename", "io.gfile.rename")
def rename(oldname: Any, newname: Any, overwrite: bool = False) -> None:
    """Give a file another path; one that is there is replaced only if that is asked for."""
    if not exists(oldname):
        raise absent(oldname)
    if exists(newname) and not overwrite:
        raise _exists_already(path_of(newname))
    os.replace(path_of(oldname), path_of(newname))


@exported("gfile.Walk", "io.gfile.walk")
def walk(
    top: Any, in_order: bool = True, topdown: bool = True, onerror: Any = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Go through a folder and all in it: path, names of folders, names of files."""
    return os.walk(path_of(top), in_order and topdown, onerror)


export("io.gfile.join", lambda path, *paths: os.path.join(path_of(path), *map(path_of, paths)))


# Files beside the program


@exported("resource_loader.get_data_files_path")
def data_files_path() -> str:
    """Return the folder of the program."""
    import sys

    main = getattr(sys.modules["__main__"], "__file__", None)
    return str(Path(main).resolve().parent) if main else os.getcwd()


@exported("resource_loader.get_path_to_datafile")
def path_to_datafile(path: Any) -> str:
    """Return the path of a file that lies beside the program."""
    return os.path.join(data_files_path(), path_of(path))


@exported("resource_loader.load_resource")
def load_resource(path: Any) -> bytes:
    """Return what is in a file that lies beside the program."""
    return Path(path_to_datafile(path)).read_bytes()
