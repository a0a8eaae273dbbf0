"""Numbers and sorted lists of programs in Python 2, as they were there; files: `.python_2_files`.

========================  ============================================================
``7 / 2``                 3: whole numbers are divided to whole numbers
``round(2.5)``            3.0: a float, and halves away from zero
``math.ceil``, ``floor``  floats
``pickle.load(file)``     texts, which were bytes there, are read whatever they hold; and the
                          file may have been opened as one of text, as it could on Unix
``sorted(x, compare)``    by a function of two elements, as ``x.sort(compare)`` for lists
========================  ============================================================
"""

from __future__ import annotations

import ast
import builtins
import functools
import math
import re
from typing import Any

import numpy as np

from giulgi.compat.healing import python_2_files as files
from giulgi.compat.healing.trees import call_of

_QUOTIENT, _DIVIDED = "__giulgi_quotient__", "__giulgi_divided__"
_DIVIDED_AT, _ROUNDED = "__giulgi_divided_at__", "__giulgi_rounded__"
_BYTES, _TEXT = "__giulgi_bytes__", "__giulgi_text__"
_OPENED, _THROUGH = "__giulgi_opened__", "__giulgi_through__"
_DECODED, _DONE = "__giulgi_decoded__", "__giulgi_done__"
_NUMBER, _DATA = "__giulgi_number__", "__giulgi_data__"
# What is computed of bytes, which texts were.
_OF_BYTES = re.compile(r"(hashlib\.(md5|sha\d+)|(base64|zlib|binascii)\.\w+)")
_OF_TEXTS = frozenset({
    "split", "rsplit", "strip", "lstrip", "rstrip", "replace", "startswith", "endswith", "find",
    "rfind", "index", "count", "partition", "rpartition", "join",
})  # fmt: skip
# Functions in the place of methods: of every object, and by how many arguments they are meant.
_METHODS = {
    "decode": (_DECODED, 0),
    "encode": ("__giulgi_encoded__", 0),
    "translate": ("__giulgi_translated__", 2),
}
_ORDERED, _SORT = "__giulgi_ordered__", "__giulgi_sort__"
_LOADERS = ("pickle.load", "pickle.loads", "cPickle.load", "cPickle.loads")
# Which argument is the file, which may have been opened as one of text.
_FILES = {"pickle.load": 0, "cPickle.load": 0, "pickle.dump": 1, "cPickle.dump": 1}
_TABLES = ("csv.reader", "csv.writer", "csv.DictReader", "csv.DictWriter")
_WHOLE_TODAY = ("math.ceil", "math.floor")


def with_former_numbers(tree: ast.Module, divides_truly: bool) -> ast.Module:
    """Return a tree in which numbers and pickles are as in Python 2.

    Args:
        tree: the tree of a translated text.
        divides_truly: whether the text has imported division from the future.
    """
    builtins.__dict__.update(
        {
            _QUOTIENT: quotient,
            _DIVIDED: divided,
            _DIVIDED_AT: divided_at,
            _ROUNDED: rounded,
            _BYTES: files.as_bytes,
            _TEXT: files.as_text,
            _OPENED: files.opened,
            _THROUGH: files.through,
            _DECODED: files.decoded,
            _DONE: files.done,
            _NUMBER: files.number_of,
            _DATA: files.as_data,
            _METHODS["encode"][0]: files.encoded,
            _METHODS["translate"][0]: files.translated,
            _ORDERED: ordered,
            _SORT: sort,
        }
    )
    tree = _Calls(tree).visit(tree)
    if not divides_truly:
        tree = _Division().visit(tree)
    return ast.fix_missing_locations(tree)


class _Calls(ast.NodeTransformer):
    """Lets functions return what they returned in Python 2."""

    def __init__(self, tree: ast.Module) -> None:
        self._names = {
            alias.asname or alias.name: f"math.{alias.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "math"
            for alias in node.names
        }
        definitions = (ast.FunctionDef, ast.ClassDef)
        self._bound = {node.name for node in ast.walk(tree) if isinstance(node, definitions)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in ("codecs", "io"):
                self._bound |= {alias.asname or alias.name for alias in node.names}  # Their open.

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        said = ast.unparse(node.func)
        name = self._names.get(said, said)
        if name in _FILES and len(node.args) > _FILES[name]:
            place = _FILES[name]
            node.args[place] = call_of(node, _BYTES, [node.args[place]])
        if name in _TABLES and node.args:
            node.args[0] = call_of(node, _TEXT, [node.args[0]])
        if _OF_BYTES.fullmatch(name) and node.args:
            node.args[0] = call_of(node, _DATA, [node.args[0]])
        if name in _LOADERS and not node.keywords:
            node.keywords.append(ast.keyword("encoding", ast.Constant("latin1")))
        elif name in _WHOLE_TODAY:
            return call_of(node, "float", [node])
        elif name == "round" and name not in self._bound:
            node.func = ast.copy_location(ast.Name(_ROUNDED, ast.Load()), node)
        elif name == "sorted" and name not in self._bound and _compares(node, 1):
            node.func = ast.copy_location(ast.Name(_ORDERED, ast.Load()), node)
        elif name == "ord" and name not in self._bound:
            node.func = ast.copy_location(ast.Name(_NUMBER, ast.Load()), node)
        elif name == "open" and name not in self._bound and _is_of_bytes(node):
            node.func = ast.copy_location(ast.Name(_OPENED, ast.Load()), node)
        elif name == "str" and len(node.args) > 1:  # It was "unicode".
            node.func = ast.copy_location(ast.Name(_DECODED, ast.Load()), node)
        elif said.startswith(("codecs.getwriter(", "codecs.getreader(")):
            node.args.insert(0, node.func)
            node.func = ast.copy_location(ast.Name(_THROUGH, ast.Load()), node)
        elif isinstance(node.func, ast.Attribute):
            self._as_method(node, node.func)
        return node

    def _as_method(self, node: ast.Call, method: ast.Attribute) -> None:
        """Put a function in the place of a method that did something else."""
        if method.attr in _OF_TEXTS and node.args:
            node.args[:0] = [ast.copy_location(ast.Constant(method.attr), node), method.value]
            node.func = ast.copy_location(ast.Name(_DONE, ast.Load()), node)
            return
        function, least = _METHODS.get(method.attr, ("", 0))
        if method.attr == "sort" and _compares(node, 0):
            function = _SORT
        if function and len(node.args) >= least:
            node.args.insert(0, method.value)
            node.func = ast.copy_location(ast.Name(function, ast.Load()), node)


def _is_of_bytes(node: ast.Call) -> bool:
    """Whether a call opens a file of bytes, to be read or written."""
    mode = node.args[1] if len(node.args) > 1 else None
    said = mode.value if isinstance(mode, ast.Constant) else ""
    return isinstance(said, str) and "b" in said and "+" not in said


def _compares(node: ast.Call, place: int) -> bool:
    """Whether a call has an argument at a place, or a function that compares by name."""
    return len(node.args) > place or any(word.arg == "cmp" for word in node.keywords)


class _Division(ast.NodeTransformer):
    """Lets ``/`` do what it did in Python 2."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        return call_of(node, _QUOTIENT, [node.left, node.right])

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        target = node.target
        if not isinstance(node.op, ast.Div):
            return node
        if isinstance(target, ast.Subscript) and not any(
            isinstance(part, ast.Slice) for part in ast.walk(target.slice)
        ):
            call = call_of(node, _DIVIDED_AT, [target.value, target.slice, node.value])
            return ast.copy_location(ast.Expr(call), node)
        now = ast.copy_location(ast.parse(ast.unparse(target), mode="eval").body, node)
        call = call_of(node, _DIVIDED, [now, node.value])
        return ast.copy_location(ast.Assign([target], call), node)


def _is_whole(value: Any) -> bool:
    """Whether a value is a whole number, or an array or tensor of them.

    Tables of pandas and matrices of SciPy have always divided truly.
    """
    from giulgi.compat.tensors.operand import Operand

    if isinstance(value, (int, np.integer, np.bool_)):
        return True
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iub"
    return isinstance(value, Operand) and bool(value.dtype.is_integer)  # type: ignore[attr-defined]


def quotient(x: Any, y: Any) -> Any:
    """Return ``x / y`` as in Python 2."""
    if _is_whole(x) and _is_whole(y):
        return x // y
    if hasattr(type(x), "__div__") and not hasattr(type(x), "__truediv__"):
        return x.__div__(y)
    return x / y


def divided(x: Any, y: Any) -> Any:
    """Return what ``x /= y`` leaves, as in Python 2."""
    if _is_whole(x) and _is_whole(y):
        x //= y
    elif hasattr(type(x), "__div__") and not hasattr(type(x), "__truediv__"):
        x = x.__div__(y)
    else:
        x /= y
    return x


def divided_at(values: Any, place: Any, y: Any) -> None:
    """Do ``values[place] /= y`` as in Python 2."""
    values[place] = divided(values[place], y)


def rounded(x: Any, digits: int = 0) -> Any:
    """Return a number rounded as in Python 2: a float, and halves away from zero."""
    if not isinstance(x, (int, float)) or not math.isfinite(x):
        return round(x, digits)
    power = 10.0**digits
    return math.copysign(math.floor(abs(x) * power + 0.5) / power, x)


def ordered(iterable: Any, cmp: Any = None, key: Any = None, reverse: bool = False) -> list[Any]:
    """Return elements sorted as in Python 2, where a function of two may compare them."""
    found = list(iterable)
    sort(found, cmp, key, reverse)
    return found


def sort(values: Any, *args: Any, **kwargs: Any) -> Any:
    """Do ``values.sort(compare, key, reverse)`` as in Python 2, for a list; else what it does."""
    if not isinstance(values, list):
        return values.sort(*args, **kwargs)
    given = dict(zip(("cmp", "key", "reverse"), args, strict=False)) | kwargs
    compare, key = given.get("cmp"), given.get("key")
    if compare is not None:
        by, of = functools.cmp_to_key(compare), key
        key = by if of is None else lambda value: by(of(value))
    return values.sort(key=key, reverse=bool(given.get("reverse")))
