"""Names of Python 2 in programs that Python 3 can read, and what they are called today.

Other libraries ask for such names to find out which Python they run under, as do programs that run
under both. So a name is there only for lines of the program, and not where a line is tried.
"""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import importlib.util
import io
import sys
import types
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from giulgi.compat.healing.hooks import asking, for_program, heals, is_of_program, makes
from giulgi.compat.healing.telling import tell

# What asks a program which Python it is, and what it catches then.
_CAUGHT = {"ImportError", "ModuleNotFoundError", "NameError", "AttributeError"}
_CAUGHT_OF_IMPORTS = {"Exception", "BaseException"}
_NAME = "__giulgi_name__"
# The lines of each file that are tried.
_tried: dict[str, set[int]] = {}


def _compared(x: Any, y: Any) -> int:
    return int(x > y) - int(x < y)


def _execfile(filename: str, globals: Any = None, locals: Any = None) -> None:
    """Run a file in the namespace of who calls."""
    from giulgi.compat.healing.source import compiled, read

    place = sys._getframe(1)
    text = read(filename)
    names = place.f_globals if globals is None else globals
    exec(compiled(text, filename), names, names if locals is None else locals)


# Of each built-in name what it is today, as a thing and as a text.
_BUILT_IN: dict[str, tuple[Any, str]] = {
    "xrange": (range, "range"),
    "raw_input": (input, "input"),
    "unicode": (str, "str"),
    "basestring": (str, "str"),
    "unichr": (chr, "chr"),
    "long": (int, "int"),
    "reduce": (functools.reduce, "functools.reduce"),
    "reload": (importlib.reload, "importlib.reload"),
    "cmp": (_compared, "(x > y) - (x < y)"),
    "execfile": (_execfile, "exec(open(file).read())"),
    "file": (open, "open"),
}


def built_in(name: str) -> Any:
    """Return what a name stands for that no line of the program's text gives a meaning."""
    names = sys._getframe(1).f_globals
    if name in names:
        return names[name]
    if hasattr(builtins, name):
        return getattr(builtins, name)
    thing, today = _BUILT_IN[name]
    tell(f"{name} is Python 2; {today} is what it is today.")
    return thing


class NamesHealer(ast.NodeTransformer):
    """Lets a program's text find the built-in names of Python 2 that it gives no other meaning."""

    def __init__(self, file: str | None = None) -> None:
        self._file = file
        self._bound: set[str] = set()
        self._lines: set[int] = set()

    def visit_Module(self, node: ast.Module) -> ast.AST:
        """See which names have a meaning of the program's own, and which lines are tried."""
        self._bound = {name for part in ast.walk(node) for name in _bound_by(part)}
        self._lines = {line for part in ast.walk(node) for line in _tried_by(part)}
        if self._file is not None:
            _tried[self._file] = self._lines
        builtins.__dict__[_NAME] = built_in
        return ast.fix_missing_locations(self.generic_visit(node))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Put a call in the place of a name."""
        if not isinstance(node.ctx, ast.Load) or node.id not in _BUILT_IN:
            return node
        if node.id in self._bound or node.lineno in self._lines:
            return node
        function = ast.copy_location(ast.Name(_NAME, ast.Load()), node)
        name = ast.copy_location(ast.Constant(node.id), node)
        return ast.copy_location(ast.Call(function, [name], []), node)


def _bound_by(node: ast.AST) -> Iterator[str]:
    """Yield the names to which a part of a program gives a meaning."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).split(".")[0]
    elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) or (
        isinstance(node, ast.ExceptHandler) and node.name
    ):
        yield node.name or ""


def _tried_by(node: ast.AST) -> Iterator[int]:
    """Yield the lines that a part of a program tries, to know which Python it runs under."""
    if not isinstance(node, ast.Try):
        return
    caught: set[str] = set()
    for handler in node.handlers:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        caught |= {kind.id if isinstance(kind, ast.Name) else "Exception" for kind in kinds}
    imports = all(isinstance(part, (ast.Import, ast.ImportFrom)) for part in node.body)
    if caught & _CAUGHT or (imports and caught & _CAUGHT_OF_IMPORTS):
        for part in node.body:
            yield from range(part.lineno, (part.end_lineno or part.lineno) + 1)


def is_wanted() -> bool:
    """Whether a line of the program asks for a name, and is not one that is tried."""
    place = asking()
    if place is None or not is_of_program(place.f_code.co_filename):
        return False
    return place.f_lineno not in _tried.get(place.f_code.co_filename, ())


# Attributes of modules that are still there


def _as_method(name: str) -> Callable[..., Any]:
    return lambda s, *args: getattr(s, name)(*args)


def _joined(words: Any, sep: str = " ") -> str:
    return sep.join(words)


# Of each module its names, and what they are today: a text where to find them, or a thing.
_ATTRIBUTES: dict[str, dict[str, Any]] = {
    "itertools": {
        "izip": "builtins.zip", "imap": "builtins.map", "ifilter": "builtins.filter",
        "izip_longest": "itertools.zip_longest", "ifilterfalse": "itertools.filterfalse",
    },
    "os": {"getcwdu": "os.getcwd"},
    "sys": {"maxint": "sys.maxsize", "setdefaultencoding": lambda name: None},
    "string": {
        "join": _joined, "atoi": int, "atof": float,
        **{name: _as_method(name) for name in (
            "split", "strip", "replace", "lower", "upper", "find", "rstrip", "lstrip", "zfill",
        )},
    },
    "types": {
        "StringType": str, "UnicodeType": str, "StringTypes": (str,), "IntType": int,
        "LongType": int, "FloatType": float, "ListType": list, "DictType": dict,
        "TupleType": tuple, "BooleanType": bool, "ClassType": type, "NoneType": type(None),
    },
    "urllib": {
        **{name: f"urllib.request.{name}" for name in (
            "urlopen", "urlretrieve", "urlcleanup", "pathname2url", "url2pathname", "getproxies",
            "URLopener", "FancyURLopener",
        )},
        **{name: f"urllib.parse.{name}" for name in (
            "urlencode", "quote", "quote_plus", "unquote", "unquote_plus",
        )},
    },
}  # fmt: skip


def _thing(today: Any) -> Any:
    if not isinstance(today, str):
        return today
    module, _, name = today.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _heal_attributes(module: Any) -> None:
    names = _ATTRIBUTES[module.__name__]
    for_program(
        module,
        {
            name: (functools.partial(_thing, today), _remark(f"{module.__name__}.{name}", today))
            for name, today in names.items()
            if name not in module.__dict__
        },
        is_wanted,
    )


def _remark(old: str, today: Any) -> str:
    if isinstance(today, str):
        return f"{old} is Python 2; {today.removeprefix('builtins.')} is what it is today."
    if isinstance(today, type):
        return f"{old} is Python 2; {today.__name__} is what it is today."
    return f"{old} is Python 2; it is here for this program."


for _name in _ATTRIBUTES:
    heals(_name)(_heal_attributes)


# Modules that are called otherwise

_MODULES: dict[str, tuple[str, ...]] = {
    "cPickle": ("pickle",),
    "Queue": ("queue",),
    "ConfigParser": ("configparser",),
    "Tkinter": ("tkinter",),
    "ttk": ("tkinter.ttk",),
    "tkFileDialog": ("tkinter.filedialog",),
    "tkMessageBox": ("tkinter.messagebox",),
    "urllib2": ("urllib.error", "urllib.parse", "urllib.request"),
    "urlparse": ("urllib.parse",),
    "httplib": ("http.client",),
    "cookielib": ("http.cookiejar",),
    "HTMLParser": ("html.parser",),
    "SocketServer": ("socketserver",),
    "BaseHTTPServer": ("http.server",),
    "SimpleHTTPServer": ("http.server",),
    "__builtin__": ("builtins",),
    "copy_reg": ("copyreg",),
    "thread": ("_thread",),
    "commands": ("subprocess",),
}


def _renamed(module: ModuleType) -> None:
    today = _MODULES[module.__name__]
    for name in today:
        found = vars(importlib.import_module(name))
        module.__dict__.update({k: v for k, v in found.items() if not k.startswith("__")})
    tell(f"The module {module.__name__} is Python 2; {today[-1]} is what it is today.")


for _name in _MODULES:
    makes(_name, wanted=is_wanted)(_renamed)


class StringIO:
    """A file in memory, of text or of bytes: of what is written first."""

    def __init__(self, initial: Any = "") -> None:
        is_text = isinstance(initial, str)
        self._file: Any = io.StringIO(initial) if is_text else io.BytesIO(initial)

    def write(self, data: Any) -> int:
        """Write text, or bytes."""
        if isinstance(self._file, io.StringIO) and not isinstance(data, str):
            if self._file.getvalue():
                data = bytes(data).decode()
            else:
                self._file = io.BytesIO()
        return int(self._file.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._file)

    def __enter__(self) -> StringIO:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@makes("StringIO", "cStringIO", wanted=is_wanted)
def _string_io(module: ModuleType) -> None:
    tell(f"The module {module.__name__} is Python 2; io has StringIO today.")
    module.__dict__["StringIO"] = StringIO


# Methods and attributes


#: Methods that are gone: of which classes, what they did, and what it is called today.
METHODS: dict[str, tuple[Any, Callable[..., Any], str]] = {
    "has_key": (dict, lambda d, key: key in d, "key in d"),
    "iteritems": (dict, lambda d: iter(d.items()), "d.items()"),
    "iterkeys": (dict, lambda d: iter(d), "d.keys()"),
    "itervalues": (dict, lambda d: iter(d.values()), "d.values()"),
    "viewitems": (dict, lambda d: d.items(), "d.items()"),
    "viewkeys": (dict, lambda d: d.keys(), "d.keys()"),
    "viewvalues": (dict, lambda d: d.values(), "d.values()"),
}

_OF_FUNCTIONS = {
    "func_name": "__name__", "func_code": "__code__", "func_defaults": "__defaults__",
    "func_globals": "__globals__", "func_doc": "__doc__", "func_dict": "__dict__",
    "func_closure": "__closure__",
}  # fmt: skip


def today(owner: Any, name: str) -> str:
    """Return what an attribute of Python 2 is called in Python 3; "" if it is none."""
    if name in METHODS and isinstance(owner, METHODS[name][0]):
        return METHODS[name][2]
    if name in _OF_FUNCTIONS and isinstance(owner, (types.FunctionType, types.MethodType)):
        return f"f.{_OF_FUNCTIONS[name]}"
    if name == "next" and hasattr(owner, "__next__"):
        return "next(iterator)"
    if name == "decode" and isinstance(owner, str):
        return "the text itself: it is decoded already"
    if name == "message" and isinstance(owner, BaseException):
        return "str(error)"
    return ""


#: What is healed here, for the page of documentation.
HEALED = (
    "Python 2, where Python 3 can read the program",
    [
        *_BUILT_IN,
        *(f"{module}.{name}" for module, names in _ATTRIBUTES.items() for name in names),
        *_MODULES,
        "StringIO",
        "cStringIO",
        *(f"d.{name}()" for name in METHODS),
        "iterator.next()",
    ],
)
