"""Jupyter notebooks, run without Jupyter: their cells, one after another, in one namespace."""

from __future__ import annotations

import ast
import builtins
import json
import linecache
import os
import re
import shlex
import subprocess
import sys
import time
import tokenize
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

from giulgi.cli.tracebacks import print_error
from giulgi.compat.eager.guessing import guessed, name_of_accuracy
from giulgi.compat.eager.mode import mode
from giulgi.compat.healing.python_2_text import decide
from giulgi.compat.healing.source import healed_tree
from giulgi.compat.manner import manner
from giulgi.errors import DataError

# Commands that would change the machine or ask the network: what they bring is there, or is not.
_INSTALLERS = {
    "pip", "pip3", "conda", "mamba", "apt", "apt-get", "sudo", "brew", "npm", "yum", "wget",
    "curl", "git", "kill", "nvidia-smi", "python", "python3", "kaggle", "gdown", "jupyter",
}  # fmt: skip
_CODE_CELLS = ("time", "timeit", "capture", "prun")
_FILLED = re.compile(r"\{([^{}]+)\}|\$([A-Za-z_]\w*)")  # What a command has of the program.
# What %pylab makes known; today's pylab puts back the functions of Python that NumPy hides.
_PYLAB = """
import matplotlib, numpy
from matplotlib import pylab, pyplot
np, plt = numpy, pyplot
from numpy import *
from pylab import *
"""
_OPTIONS = re.compile(r"^(?:-[nrtcpqo]\s*\d*\s+)+")  # Of %timeit: how often, and how it is told.


@dataclass(frozen=True)
class Cell:
    """A cell of code.

    Attributes:
        number: which of the cells of code, from 1.
        text: its code.
        fails: whether it ended in an error when the notebook was saved.
    """

    number: int
    text: str
    fails: bool


def run_notebook(path: Path, main: ModuleType) -> None:
    """Run the cells of a notebook; the last expression of each is shown, as Jupyter shows it.

    A cell that ended in an error when the notebook was saved may end in one again.
    """
    shell = offer_shell(main)
    cells, version = read_notebook(path)
    decide([without_magics(cell.text) for cell in cells], version=version)
    main.__dict__["__giulgi_text__"] = text = "\n".join(cell.text for cell in cells)
    mode.guess(guessed(text, path.resolve().parent))
    manner.accuracy = name_of_accuracy(text, path.resolve().parent)
    for cell in cells:
        name = f"{path.name}, cell {cell.number}"
        try:
            shell.run_cell(cell.text, name)
        except Exception as error:
            if not cell.fails:
                raise
            print_error(error)
        _close_figures()


def offer_shell(main: ModuleType) -> Shell:
    """Let a program find what Jupyter offers; return the shell."""
    shell = Shell(main)
    main.__dict__.update(get_ipython=lambda: shell, display=display, In=[""], Out={})
    return shell


def _version_in(told: dict[str, Any]) -> str:
    """Return the version of Python that the metadata of a notebook tell; "" if there is none."""
    kernel = str(told.get("kernelspec", {}).get("name", ""))
    found = told.get("language_info", {}).get("version", kernel.removeprefix("python"))
    return str(found) if str(found)[:1].isdigit() else ""


def read_notebook(path: Path) -> tuple[list[Cell], str]:
    """Return the cells of code of a notebook, and the version of Python that it tells, or "".

    It may be of version 3 or 4 of the format.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8-sig"))
        if "worksheets" in notebook:
            cells = [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
        else:
            cells = notebook["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is no Jupyter notebook that can be read: {error}") from None
    codes = [cell for cell in cells if cell.get("cell_type") == "code"]
    found = []
    for number, cell in enumerate(codes, 1):
        text = cell.get("source", cell.get("input", ""))
        outputs = cell.get("outputs") or []
        fails = any(o.get("output_type") in ("error", "pyerr") for o in outputs)
        fails = fails or "raises-exception" in cell.get("metadata", {}).get("tags", [])
        found.append(Cell(number, text if isinstance(text, str) else "".join(text), fails))
    return found, _version_in(notebook.get("metadata", {}))


def display(*things: Any, **_: Any) -> None:
    """Print things as Jupyter would show them in text."""
    for thing in things:
        print(thing if isinstance(thing, str) else repr(thing))


class Events:
    """Where libraries say what is to be called after each cell: nothing is drawn here."""

    def register(self, event: str, function: Callable[..., object]) -> None:
        """Take note of nothing."""

    def unregister(self, event: str, function: Callable[..., object]) -> None:
        """Take note of nothing."""


class Shell:
    """What ``get_ipython()`` returns: runs cells and magics in the namespace of a module."""

    def __init__(self, main: ModuleType) -> None:
        self.user_ns = main.__dict__
        self.events = Events()
        self._is_told = False
        self._folder_before = os.getcwd()
        self.user_ns["__giulgi_line__"] = self._line

    def run_cell(self, text: str, name: str = "cell") -> None:
        """Run the text of a cell, and show the value of its last expression."""
        if text.lstrip().startswith("%%"):
            magic, text = text.lstrip().split(None, 1)[0], self._cell_magic(text.lstrip())
            if magic in ("%%time", "%%timeit") and text.strip():
                self._timed(lambda: self.run_cell(text, name))
                return
        text = without_magics(text)
        # Python counts on each line's end where it points at a part of one.
        lines = [f"{line}\n" for line in text.splitlines()]
        linecache.cache[name] = (len(text), None, lines, name)
        tree = _parsed(text, name)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not _ends_silently(text):
            last = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
        exec(compile(tree, name, "exec", dont_inherit=True), self.user_ns)
        if last is not None:
            value = eval(compile(last, name, "eval", dont_inherit=True), self.user_ns)
            if value is not None:
                builtins._ = self.user_ns["_"] = value  # type: ignore[attr-defined]
                print(repr(value))

    def magic(self, text: str) -> None:
        """Do what a line with % asks for, as far as that means something here."""
        self._line(f"%{text}")

    def run_line_magic(self, name: str, line: str = "", **_: Any) -> None:
        """Do what a line with % asks for, as far as that means something here."""
        self._line(f"%{name} {line}")

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        """Run a cell that begins with a magic."""
        self.run_cell(f"%%{name} {line}\n{cell}")

    def system(self, command: str) -> None:
        """Run a command of the system."""
        self._line(f"!{command}")

    def getoutput(self, command: str) -> list[str]:
        """Return what a command of the system prints."""
        return self._system(command)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"get_ipython().{name} is not there: giulgi runs without Jupyter")

    def _line(self, line: str, is_value: bool = False) -> Any:
        """Carry out a line that begins with ! or %; return what it gives, if that is asked for."""
        if line.startswith("!"):
            output = self._system(line.lstrip("!").strip())
            if is_value:
                return output
            print(*output, sep="\n", end="\n" if output else "")
            return None
        name, _, rest = line.lstrip("%").partition(" ")
        if name in _CODE_CELLS and rest.strip():
            code = rest.strip()
            if name == "timeit":  # It tells the time, and not the value.
                code = f"{_OPTIONS.sub('', code)};"
            return self._timed(lambda: self.run_cell(code))
        if name == "run" and rest.strip():
            self._run_file(Path(shlex.split(rest)[0]))
        if name == "cd":
            self._change_folder(self._filled(rest.strip()))
        if name == "pylab":
            exec(_PYLAB, self.user_ns)
        if name == "tensorflow_version":
            mode.guess(rest.strip().startswith("2"))
        if name in ("env", "set_env") and "=" in rest:
            key, _, value = rest.partition("=")
            os.environ[key.strip()] = value.strip()
        if name == "pwd" and is_value:
            return os.getcwd()
        if name in ("ls", "mkdir", "cat", "cp", "mv", "rm", "rmdir", "pwd"):
            return self._line(f"!{name} {rest}", is_value)
        return [] if is_value else None

    def _change_folder(self, told: str) -> None:
        """Go into a folder, ``-`` for the one before; one that is not there is only told of."""
        before = os.getcwd()
        if len(told) > 1 and told[0] == told[-1] and told[0] in "'\"":
            told = told[1:-1]
        folder = self._folder_before if told == "-" else told.replace("\\ ", " ") or "~"
        try:
            os.chdir(os.path.expanduser(folder))
        except OSError as error:
            print(error)  # As in IPython, where what follows may be about a folder of elsewhere.
            return
        self._folder_before = before
        print(os.getcwd())

    def _run_file(self, path: Path) -> None:
        text = path.with_suffix(path.suffix or ".py").read_text(encoding="utf-8")
        self.run_cell(f"{text}\nNone", str(path))

    def _system(self, command: str) -> list[str]:
        command = self._filled(command)
        words = command.split()
        if not words or words[0].split("/")[-1] in _INSTALLERS:
            if not self._is_told and words:
                self._is_told = True
                print(
                    f"giulgi: `!{command}` is left out, as are all lines that install or download: "
                    "what is installed here is used.",
                    file=sys.stderr,
                )
            return []
        done = subprocess.run(
            command, shell=True, text=True, capture_output=True, stdin=subprocess.DEVNULL
        )
        return (done.stdout + done.stderr).splitlines()

    def _filled(self, command: str) -> str:
        """Return a command with the values of the program's names: of ``{name}`` and ``$name``."""

        def value(match: re.Match[str]) -> str:
            try:
                return str(eval(match[1] or match[2], self.user_ns))
            except Exception:
                return match[0]  # It is a name of the shell's.

        return _FILLED.sub(value, command)

    def _cell_magic(self, text: str) -> str:
        """Return the code of a cell that begins with %%; "" if it is none."""
        first, _, rest = text.partition("\n")
        name, _, line = first[2:].strip().partition(" ")
        if name in ("writefile", "file"):
            *options, path = line.split()
            with open(path, "a" if options else "w", encoding="utf-8") as file:
                file.write(rest)
            return ""
        if name in ("bash", "sh", "script"):
            for command in filter(str.strip, rest.splitlines()):
                self._line(f"!{command}")
            return ""
        return rest if name in _CODE_CELLS else ""

    @staticmethod
    def _timed(run: Callable[[], None]) -> None:
        begin = time.perf_counter()
        run()
        print(f"Wall time: {time.perf_counter() - begin:.3g} s")


def without_magics(text: str) -> str:
    """Return code with its lines for Jupyter made calls; all other lines stay as they are."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            ast.parse(text)
        return text
    except SyntaxError:
        pass
    lines: list[str] = []
    for line in text.splitlines():
        made = _translated(line)
        if made is not None and _is_complete("\n".join(lines)):
            line = made
        lines.append(line)
    return "\n".join(lines) + "\n"


def _translated(line: str) -> str | None:
    """Return the call that a line for Jupyter stands for; None if it is Python."""
    stripped = line.strip()
    indent = line[: len(line) - len(line.lstrip())]
    if stripped.startswith(("%", "!")):
        return f"{indent}__giulgi_line__({stripped!r})"
    if stripped.startswith("?") or (stripped.endswith("?") and not stripped.startswith("#")):
        return f"{indent}pass"
    name, equals, rest = stripped.partition("=")
    if equals and name.strip().isidentifier() and rest.strip().startswith(("!", "%")):
        return f"{indent}{name.strip()} = __giulgi_line__({rest.strip()!r}, True)"
    return None


def _is_complete(text: str) -> bool:
    """Whether a line can begin after a text: no bracket and no string is open in it."""
    if text.endswith("\\"):
        return False
    try:
        list(tokenize.generate_tokens(StringIO(text + "\n").readline))
    except tokenize.TokenError:
        return False
    except (IndentationError, SyntaxError):
        return True
    return True


def _parsed(text: str, name: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        return healed_tree(text, name)


def _ends_silently(text: str) -> bool:
    return text.rstrip().endswith(";")


def _close_figures() -> None:
    """Forget the figures of a cell, which Jupyter would have shown below it."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
