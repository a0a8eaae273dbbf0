"""Programs in the language of Python 2, which Python 3 cannot read: ``print loss``.

fissix, the continuation of 2to3, translates the text. What it leaves as it is, since it cannot know
the types, is decided while the program runs: ``/`` divides whole numbers to whole numbers. Texts in
pickles, which were bytes, are read as bytes that may be any.
"""

from __future__ import annotations

import ast
import builtins
import logging
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from giulgi.compat.healing.telling import tell

_SAID = re.compile(
    r"Missing parentheses in call to '(print|exec)'|multiple exception types must be parenthesized"
    r"|leading zeros in decimal integer literals|parameters cannot be parenthesized"
)
_LINE = re.compile(
    r"^\s*print\s+[^=(\s]|^\s*except\s+[\w.]+\s*,\s*\w+\s*:|^\s*raise\s+[\w.]+\s*,|<>"
    r"|^\s*print\s*>>|\bur['\"]|^\s*exec\s+['\"\w]|`[^`]+`|\b\d[\da-fA-FxX]*[lL]\b"
)
_LOADERS = ("pickle.load", "pickle.loads", "cPickle.load", "cPickle.loads")
_DIVIDES_TRULY = re.compile(r"^from\s+__future__\s+import\s+.*\bdivision\b", re.MULTILINE)
# Modules beside a program are not those of a package; and those that are called otherwise today are
# there under their old names; see :mod:`.python_2`.
_LEFT = ("fix_import", "fix_imports", "fix_imports2", "fix_urllib")
_QUOTIENT, _DIVIDED = "__giulgi_quotient__", "__giulgi_divided__"


def is_python_2(error: SyntaxError) -> bool:
    """Whether what cannot be read is in order in Python 2."""
    if isinstance(error, TabError):
        return True
    return bool(_SAID.search(error.msg or "") or _LINE.search(error.text or ""))


class _Program:
    """What is known of the program that is run."""

    is_python_2 = False


def take_for_python_2() -> None:
    """Take all of the program from now on for Python 2: also what Python 3 can read."""
    _Program.is_python_2 = True


def translated(text: str, file: str, error: SyntaxError | None = None) -> ast.Module | None:
    """Return the tree of a text in Python 2, translated; None if it is none, or remains unread.

    Args:
        text: the text.
        file: the file, by which errors name it.
        error: what Python 3 said of it; None: it can read it.
    """
    if not (_Program.is_python_2 if error is None else is_python_2(error)):
        return None
    lines = [_with_spaces(line) for line in text.splitlines()]
    made = _refactored("\n".join(lines) + "\n", error is None)
    if made is None:
        return None
    try:
        tree = ast.parse(made, file)
        compile(made, file, "exec", dont_inherit=True)
    except SyntaxError:
        return None
    if error is not None:
        name = Path(file).name.partition(", cell")[0]
        tell(f"{name} is written in Python 2: it is translated into Python 3, as 2to3 does.")
        take_for_python_2()
    tree = _Pickles().visit(tree)
    if not _DIVIDES_TRULY.search(text):
        builtins.__dict__.update({_QUOTIENT: quotient, _DIVIDED: divided})
        tree = _Division().visit(tree)
    return ast.fix_missing_locations(tree)


def _with_spaces(line: str) -> str:
    """Return a line whose indentation has no tabs: Python 2 took one for up to eight spaces."""
    rest = line.lstrip(" \t")
    return line[: len(line) - len(rest)].expandtabs(8) + rest


@lru_cache(maxsize=2)
def _tool(prints_by_function: bool) -> Any:
    """Return fissix's tool; None if fissix is not installed."""
    try:
        from fissix import refactor
    except ImportError:
        return None
    logging.getLogger("RefactoringTool").setLevel(logging.ERROR)
    fixers = refactor.get_fixers_from_package("fissix.fixes")
    kept = [name for name in fixers if name.rpartition(".")[2] not in _LEFT]
    return refactor.RefactoringTool(kept, {"print_function": prints_by_function})


def _refactored(text: str, prints_by_function: bool) -> str | None:
    for prints in (prints_by_function, not prints_by_function):
        tool = _tool(prints)
        if tool is None:
            return None
        try:
            return str(tool.refactor_string(text, "program"))
        except Exception:  # fissix has errors of several kinds for what it cannot read.
            continue
    return None


class _Pickles(ast.NodeTransformer):
    """Lets pickles of Python 2 be read, such as those of CIFAR."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if ast.unparse(node.func) in _LOADERS and not node.keywords:
            node.keywords.append(ast.keyword("encoding", ast.Constant("latin1")))
        return node


class _Division(ast.NodeTransformer):
    """Lets ``/`` do what it did in Python 2."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        return _call(node, _QUOTIENT, [node.left, node.right])

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        text = ast.unparse(node.target)
        now = ast.copy_location(ast.parse(text, mode="eval").body, node)
        call = _call(node, _DIVIDED, [now, node.value])
        return ast.copy_location(ast.Assign([node.target], call), node)


def _call(node: Any, name: str, arguments: list[Any]) -> ast.Call:
    function = ast.copy_location(ast.Name(name, ast.Load()), node)
    return ast.copy_location(ast.Call(function, arguments, []), node)


def _is_whole(value: Any) -> bool:
    """Whether a value is a whole number, or an array or tensor of them."""
    if isinstance(value, int):
        return True
    dtype = getattr(value, "dtype", None)
    return getattr(dtype, "kind", "") in tuple("iub") or bool(getattr(dtype, "is_integer", False))


def quotient(x: Any, y: Any) -> Any:
    """Return ``x / y`` as in Python 2."""
    return x // y if _is_whole(x) and _is_whole(y) else x / y


def divided(x: Any, y: Any) -> Any:
    """Return what ``x /= y`` leaves, as in Python 2."""
    if _is_whole(x) and _is_whole(y):
        x //= y
    else:
        x /= y
    return x


#: What is healed here, for the page of documentation.
HEALED = (
    "the language of Python 2, by fissix",
    ["print loss", "except E, e:", "7 / 2 == 3", "0777"],
)
