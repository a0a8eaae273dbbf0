"""What is healed in a program's own text: where Python itself converts what NumPy made.

NumPy's arrays of one element used to be numbers wherever a number was needed. They are not any
more, and no function can be put in the place of ``float``, of ``%``, or of an assignment to an
element. So these few, in the text of the program that is run, become calls of a function that
tries the same, and does what was done then if that fails.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import io
import os
import re
import sys
import warnings
from array import array
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from giulgi.compat.healing import promotion, python_2, python_2_text
from giulgi.compat.healing.telling import tell
from giulgi.compat.healing.trees import call_of

_TYPES = {"float": float, "int": int, "complex": complex, "round": round}
# The names under which a program finds the functions below.
_PERCENT, _CONVERTED = "__giulgi_percent__", "__giulgi_converted__"
_STORED, _STORED_IN = "__giulgi_stored__", "__giulgi_stored_in__"
_CHANGED, _METHOD = "__giulgi_changed__", "__giulgi_method__"

# Methods of classes that cannot be changed: of arrays, and of elements of XML.
_METHODS: dict[str, Callable[..., Any]] = {
    "tostring": lambda a, order="C": a.tobytes(order) if isinstance(a, np.ndarray) else a.tobytes(),
    "fromstring": lambda a, data: a.frombytes(data),
    "itemset": lambda a, *place_and_value: _set_item(a, *place_and_value),
    "ptp": lambda a, *args, **options: np.ptp(a, *args, **options),
    "newbyteorder": lambda a, order="S": a.view(a.dtype.newbyteorder(order)),
    "getchildren": list,
}
_HEALED_METHODS = {*_METHODS, *python_2.METHODS, "next"}


class _Healer(ast.NodeTransformer):
    """Puts the calls in their places."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Mod) and _may_be_text(node.left):
            return call_of(node, _PERCENT, [node.left, node.right])
        name = promotion.healed_name(node)
        return node if name is None else call_of(node, name, [node.left, node.right])

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        is_conversion = isinstance(node.func, ast.Name) and node.func.id in _TYPES
        if is_conversion and len(node.args) in (1, 2) and not node.keywords:
            return call_of(node, _CONVERTED, [node.func, *node.args])
        if isinstance(node.func, ast.Attribute) and node.func.attr in _HEALED_METHODS:
            name = ast.copy_location(ast.Constant(node.func.attr), node)
            call = call_of(node, _METHOD, [node.func.value, name, *node.args])
            call.keywords = node.keywords
            return call
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str) and "\\" in node.value and "\n" not in node.value:
            path = node.value.replace("\\", "/")
            if os.sep == "/" and os.path.isfile(path) and not os.path.exists(node.value):
                tell(f"{node.value!r} is how Windows writes {path!r}, which is here.")
                return ast.copy_location(ast.Constant(path), node)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                part.value = self.visit(part.value)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Subscript):
            return node
        if _has_slice(target.slice):
            return node
        whole = target.value
        if isinstance(whole, (ast.Subscript, ast.Attribute)) and not _has_slice(whole):
            call = call_of(node, _STORED_IN, [node.value, *_owner_and_key(whole), target.slice])
            return ast.copy_location(ast.Expr(call), node)
        if isinstance(node.value, ast.Constant):
            return node
        # In this order Python computes them.
        call = call_of(node, _STORED, [node.value, target.value, target.slice])
        return ast.copy_location(ast.Expr(call), node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        self.generic_visit(node)
        call = node.value
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            return node
        part = call.func.value
        in_place = any(k.arg == "inplace" for k in call.keywords)
        if not in_place or not isinstance(part, (ast.Subscript, ast.Attribute)) or _has_slice(part):
            return node
        method = ast.copy_location(ast.Constant(call.func.attr), node)
        changed = call_of(node, _CHANGED, [*_owner_and_key(part), method, *call.args])
        changed.keywords = call.keywords
        return ast.copy_location(ast.Expr(changed), node)


def _owner_and_key(node: Any) -> list[ast.expr]:
    """Return the parts of ``owner[key]`` or ``owner.key``, and which of both it is."""
    is_attribute = isinstance(node, ast.Attribute)
    key = ast.Constant(node.attr) if is_attribute else node.slice
    kind = ast.Constant(is_attribute)
    return [node.value, ast.copy_location(key, node), ast.copy_location(kind, node)]


def _may_be_text(node: ast.expr) -> bool:
    return not (isinstance(node, ast.Constant) and not isinstance(node.value, str))


def _has_slice(node: ast.expr) -> bool:
    return any(isinstance(part, (ast.Slice, ast.Starred)) for part in ast.walk(node))


def read(file: str | Path, data: bytes | None = None) -> str:
    """Return the text of a program; one that is not in UTF-8 may be of a Korean Windows.

    Args:
        file: its file.
        data: what that holds; None reads it.
    """
    if data is None:
        data = Path(file).read_bytes()
    try:
        return importlib.util.decode_source(data)
    except (SyntaxError, UnicodeDecodeError):
        try:
            text = data.decode("cp949")
        except UnicodeDecodeError:
            text = ""
        if not text:
            raise
        tell(f"{Path(file).name} is not in UTF-8; it is read as CP949, as Windows writes Korean.")
        return io.IncrementalNewlineDecoder(None, True).decode(text)


def healed_tree(text: str, file: str) -> ast.Module:
    """Return the tree of a program's text, healed.

    Raises:
        SyntaxError: if it cannot be read.
    """
    try:
        tree = ast.parse(text, file)
        # What is said of a text that cannot be compiled is to be said of the program's own.
        compile(text, file, "exec", dont_inherit=True)
    except SyntaxError as error:
        found = python_2_text.translated(text, file, error)
        if found is None:
            raise
        tree = found
    else:
        tree = python_2_text.translated(text, file) or tree
    return _TreeHealer(file).visit(tree)


class _TreeHealer:
    """Heals a tree; Jupyter is given one, for all cells."""

    def __init__(self, file: str | None = None) -> None:
        self._file = file

    def visit(self, tree: ast.Module) -> ast.Module:
        """Return a tree healed."""
        _offer()
        named = python_2.NamesHealer(self._file).visit(tree)
        healed: ast.Module = ast.fix_missing_locations(_Healer().visit(named))
        return healed


def compiled(text: str, file: str) -> CodeType:
    """Return a program's text as code, healed."""
    with warnings.catch_warnings():
        # Such as a backslash in a plain string: it was in order when that was written.
        warnings.simplefilter("ignore", SyntaxWarning)
        return compile(healed_tree(text, file), file, "exec", dont_inherit=True)


def heal_cells() -> None:
    """Heal the cells of a notebook from now on, where there is one."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    transformers = getattr(shell, "ast_transformers", None)
    if transformers is not None and not any(isinstance(own, _TreeHealer) for own in transformers):
        transformers.append(_TreeHealer())


def _offer() -> None:
    builtins.__dict__.update(
        {
            _PERCENT: percent,
            _CONVERTED: converted,
            _STORED: stored,
            _STORED_IN: stored_in,
            _CHANGED: changed,
            _METHOD: method,
            **promotion.FUNCTIONS,
        }
    )


def percent(left: Any, right: Any) -> Any:
    """Return ``left % right``, in which arrays of one element are numbers if they must be."""
    if not isinstance(left, str):
        return left % right
    try:
        return left % right
    except TypeError:
        parts = right if isinstance(right, tuple) else (right,)
        if not any(map(is_single, parts)):
            raise
        made = tuple(part.item() if is_single(part) else part for part in parts)
        # Where %s stands, an array is printed as it is.
        healed = left % _fitting(left, parts, made)
        tell("An array of one element is printed as the number that it holds, as NumPy once did.")
        return healed


def _fitting(pattern: str, parts: tuple[Any, ...], numbers: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the parts of a text, arrays for %s and numbers for all other places."""
    kinds = re.findall(r"%(?!%)[-+ #0]*(\*|\d*)(?:\.(\*|\d*))?[hlL]?([a-zA-Z])", pattern)
    if len(kinds) != len(parts):
        return numbers
    return tuple(
        part if kind[2] in "sra" else number
        for kind, part, number in zip(kinds, parts, numbers, strict=True)
    )


def converted(kind: Any, value: Any, *more: Any) -> Any:
    """Return ``float(value)`` and the like, where an array of one element is a number."""
    if is_single(value) and kind in (float, int, complex, round):
        tell("An array of one element is taken for the number that it holds, as NumPy once did.")
        return kind(value.item(), *more)
    return kind(value, *more)


def stored(value: Any, target: Any, place: Any) -> None:
    """Do ``target[place] = value``, where an array of one element is a number."""
    try:
        target[place] = value
    except OverflowError:
        if not isinstance(target, np.ndarray) or target.dtype.kind not in "iu":
            raise
        target[place] = promotion.wrapped(value, target.dtype)
    except (TypeError, ValueError):
        if not (isinstance(target, np.ndarray) and is_single(value)):
            raise
        target[place] = value.item()
        tell("An array of one element is stored as the number that it holds, as NumPy once did.")


def stored_in(value: Any, owner: Any, key: Any, is_attribute: bool, place: Any) -> None:
    """Do ``owner[key][place] = value`` or ``owner.key[place] = value``.

    A column of a table is changed in the table, as pandas once did.
    """
    if "pandas" not in sys.modules:
        stored(value, getattr(owner, key) if is_attribute else owner[key], place)
        return
    from giulgi.compat.healing.pandas_tables import changed_part

    changed_part(owner, key, is_attribute, lambda part: stored(value, part, place))


def changed(
    owner: Any, key: Any, is_attribute: bool, method: str, *args: Any, **options: Any
) -> Any:
    """Do ``owner[key].method(..., inplace=True)``, see :func:`stored_in`."""
    if "pandas" not in sys.modules:
        part = getattr(owner, key) if is_attribute else owner[key]
        return getattr(part, method)(*args, **options)
    from giulgi.compat.healing.pandas_tables import changed_part

    return changed_part(
        owner, key, is_attribute, lambda part: getattr(part, method)(*args, **options)
    )


def method(owner: Any, name: str, *args: Any, **options: Any) -> Any:
    """Return ``owner.name(...)``, also where that method is gone."""
    if hasattr(owner, name):
        return getattr(owner, name)(*args, **options)
    if name in python_2.METHODS and isinstance(owner, python_2.METHODS[name][0]):
        _, function, today = python_2.METHODS[name]
        tell(f"d.{name}() is Python 2; {today} is what it is today.")
        return function(owner, *args)
    if name == "next" and hasattr(owner, "__next__") and not args:
        tell("iterator.next() is Python 2; next(iterator) is what it is today.")
        return next(owner)
    if not isinstance(owner, (np.ndarray, np.generic, array, Element)) or name not in _METHODS:
        return getattr(owner, name)(*args, **options)
    tell(f"The method {name} is gone from {type(owner).__name__}; it is here.")
    return _METHODS[name](owner, *args, **options)


def _set_item(a: Any, *place_and_value: Any) -> None:
    *place, value = place_and_value
    if len(place) == 1 and not isinstance(place[0], tuple):
        a.flat[place[0]] = value
    else:
        a[place[0] if len(place) == 1 else tuple(place) or ()] = value


def is_single(value: Any) -> bool:
    """Whether a value is an array of one element that is no number any more."""
    return isinstance(value, np.ndarray) and value.ndim > 0 and value.size == 1
