"""Programs in the language of Python 2, which Python 3 cannot read: ``print loss``.

A program is in one language, that of the file that is run: it is decided before anything runs.
fissix, the continuation of 2to3, translates the texts; where they lie beside a program in Python 3,
those alone that cannot be read otherwise. What it leaves as it is, since it cannot know the types,
is decided while the program runs; see :mod:`.python_2_numbers`.
"""

from __future__ import annotations

import ast
import difflib
import logging
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from giulgi.compat.healing.python_2_numbers import with_former_numbers
from giulgi.compat.healing.telling import tell

_SAID = re.compile(
    r"Missing parentheses in call to '(print|exec)'|multiple exception types must be parenthesized"
    r"|leading zeros in decimal integer literals|parameters cannot be parenthesized"
)
_LINE = re.compile(
    r"^\s*print\s+[^=(\s]|^\s*except\s+[\w.]+\s*,\s*\w+\s*:|^\s*raise\s+[\w.]+\s*,|<>"
    r"|^\s*print\s*>>|\bur['\"]|^\s*exec\s+['\"\w]|`[^`]+`|\b\d[\da-fA-FxX]*[lL]\b"
)
_FUTURE = re.compile(r"^from\s+__future__\s+import\s+(\([^)]*\)|[^\n#;]*)", re.MULTILINE)
# What a program gives a meaning of its own is not what the translation takes it for.
_BOUND = re.compile(r"^[ \t]*(?:def|class)\s+(\w+)|^[ \t]*(\w+)\s*=(?!=)", re.MULTILINE)
# What is called otherwise today is there under its old name; see :mod:`.python_2`.
# Sorting is left to :mod:`.python_2_numbers`: np.sort(x) compares nothing by x.
_LEFT = frozenset(
    {"imports", "imports2", "urllib", "reduce", "intern", "itertools_imports", "sorted"}
)


class _Program:
    """What was decided of the program that is run.

    Attributes:
        is_python_2: whether all of its texts are in Python 2.
        file: the file that is run.
        futures: what the cells of a notebook have imported from ``__future__``.
    """

    is_python_2 = False
    file = ""
    futures: frozenset[str] = frozenset()


def decide(texts: Sequence[str], file: str = "", version: str = "") -> None:
    """Decide the language of a program before it runs.

    Args:
        texts: that of the file that is run, or those of the cells of a notebook.
        file: the file.
        version: the version of Python that a notebook tells; "": none is told.
    """
    told = version.startswith("2") or not version
    _Program.is_python_2 = version.startswith("2") or (told and any(map(_needs_python_2, texts)))
    _Program.file = file
    _Program.futures = _futures(texts) if len(texts) > 1 else frozenset()


def _needs_python_2(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError as error:
        return is_python_2(error)
    except ValueError:
        pass
    return False


def is_python_2(error: SyntaxError) -> bool:
    """Whether what cannot be read is in order in Python 2."""
    if isinstance(error, TabError):
        return True
    return bool(_SAID.search(error.msg or "") or _LINE.search(error.text or ""))


def _futures(texts: Iterable[str]) -> frozenset[str]:
    found = [match[1].strip("() \t") for text in texts for match in _FUTURE.finditer(text)]
    names = [name.split() for several in found for name in several.split(",")]
    return frozenset(words[0] for words in names if words)


def translated(text: str, file: str, error: SyntaxError | None = None) -> ast.Module | None:
    """Return the tree of a text in Python 2, translated; None if it is none, or remains unread.

    Args:
        text: the text.
        file: the file, by which errors name it.
        error: what Python 3 said of it; None: it can read it.
    """
    if not (_Program.is_python_2 if error is None else is_python_2(error)):
        return None
    futures = _futures([text]) | _Program.futures
    made = _refactored(text, file, error is None or "print_function" in futures)
    tree = None if made is None else _parsed(made, file)
    if made is None or tree is None:
        return None
    if error is not None:
        name = Path(file).name.partition(", cell")[0]
        tell(f"{name} is written in Python 2: it is translated into Python 3, as 2to3 does.")
    _put_lines_back(tree, text, made)
    return with_former_numbers(tree, divides_truly="division" in futures)


def _parsed(text: str, file: str) -> ast.Module | None:
    for with_tabs in (text, _with_spaces(text)):
        try:
            tree = ast.parse(with_tabs, file)
            compile(with_tabs, file, "exec", dont_inherit=True)
        except TabError:
            continue
        except SyntaxError:
            return None
        return tree
    return None


def _with_spaces(text: str) -> str:
    """Return lines whose indentation has no tabs: Python 2 took one for up to eight spaces."""
    found = []
    for line in text.split("\n"):
        rest = line.lstrip(" \t")
        found.append(line[: len(line) - len(rest)].expandtabs(8) + rest)
    return "\n".join(found)


@lru_cache(maxsize=16)
def _tool(left: frozenset[str], prints_by_function: bool) -> Any:
    """Return fissix's tool without some fixers; None if fissix is not installed."""
    try:
        from fissix import refactor
    except ImportError:
        return None
    logging.getLogger("RefactoringTool").setLevel(logging.ERROR)
    fixers = refactor.get_fixers_from_package("fissix.fixes")
    kept = [name for name in fixers if name.rpartition(".fix_")[2] not in left]
    return refactor.RefactoringTool(kept, {"print_function": prints_by_function})


def _refactored(text: str, file: str, prints_by_function: bool) -> str | None:
    left = _LEFT | {name for match in _BOUND.finditer(text) for name in match.groups() if name}
    if file == _Program.file:
        left |= {"import"}  # What is run is part of no package.
    ended = text if text.endswith("\n") else text + "\n"
    for by_function in (prints_by_function, not prints_by_function):
        tool = _tool(frozenset(left), by_function)
        if tool is None:
            return None
        try:
            return str(tool.refactor_string(ended, file))
        except Exception:  # fissix has errors of several kinds for what it cannot read.
            continue
    return None


def _put_lines_back(tree: ast.Module, text: str, made: str) -> None:
    """Let a tree tell the lines of the text that was translated."""
    old, new = text.removesuffix("\n").split("\n"), made.removesuffix("\n").split("\n")
    if len(new) == len(old):
        return
    places = [1] * (len(new) + 1)
    for _, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for j in range(j1, j2):
            places[j + 1] = min(i1 + j - j1, max(i2 - 1, i1)) + 1
    node: Any
    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            node.lineno = node.end_lineno = places[node.lineno]
            node.end_col_offset = node.col_offset


#: What is healed here, for the page of documentation.
HEALED = (
    "the language of Python 2, by fissix",
    ["print loss", "except E, e:", "7 / 2 == 3", "round(2.5) == 3.0", "0777"],
)
