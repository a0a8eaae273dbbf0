"""Packages that programs of that time import, and that need not be installed to run them."""

from __future__ import annotations

import builtins
import functools
import importlib
import io
import itertools
import os
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from giulgi.compat.healing.hooks import asking, heals, is_of_program, lazily, makes, replace
from giulgi.compat.healing.telling import tell

# Where the parts of six.moves are in Python 3.
_MOVED = {
    "urllib": "urllib", "cPickle": "pickle", "queue": "queue", "configparser": "configparser",
    "http_client": "http.client", "html_parser": "html.parser", "copyreg": "copyreg",
    "builtins": "builtins", "reprlib": "reprlib", "tkinter": "tkinter",
}  # fmt: skip


@makes("six")
def _six(module: ModuleType) -> None:
    module.__dict__.update(
        PY2=False,
        PY3=True,
        PY34=True,
        __version__="1.16.0",
        string_types=(str,),
        integer_types=(int,),
        class_types=(type,),
        text_type=str,
        binary_type=bytes,
        MAXSIZE=sys.maxsize,
        StringIO=io.StringIO,
        BytesIO=io.BytesIO,
        iteritems=lambda d, **k: iter(d.items(**k)),
        iterkeys=lambda d, **k: iter(d.keys(**k)),
        itervalues=lambda d, **k: iter(d.values(**k)),
        viewitems=lambda d: d.items(),
        viewkeys=lambda d: d.keys(),
        viewvalues=lambda d: d.values(),
        b=lambda s: s.encode("latin-1"),
        u=lambda s: s,
        next=next,
        print_=print,
        unichr=chr,
        callable=callable,
        exec_=exec,
        with_metaclass=lambda meta, *bases: meta("temporary_class", bases, {}),
        add_metaclass=lambda meta: lambda c: meta(c.__name__, c.__bases__, _body(c)),
        python_2_unicode_compatible=lambda c: c,
        ensure_str=lambda s, encoding="utf-8": s.decode(encoding) if isinstance(s, bytes) else s,
    )


def _body(cls: type) -> dict[str, Any]:
    return {k: v for k, v in vars(cls).items() if k not in ("__dict__", "__weakref__")}


@makes("six.moves")
def _moves(module: ModuleType) -> None:
    module.__dict__.update(
        range=range,
        xrange=range,
        map=map,
        zip=zip,
        filter=filter,
        input=builtins.input,
        reduce=importlib.import_module("functools").reduce,
        zip_longest=itertools.zip_longest,
        cStringIO=io.StringIO,
        StringIO=io.StringIO,
        reload_module=importlib.reload,
    )

    def found(name: str) -> Any:
        if name == "urllib":
            for part in ("request", "parse", "error"):
                importlib.import_module(f"urllib.{part}")
        if name in _MOVED:
            return importlib.import_module(_MOVED[name])
        raise AttributeError(f"module 'six.moves' has no attribute {name!r}")

    module.__dict__["__getattr__"] = found


def _moved(module: ModuleType) -> None:
    own = module.__name__.removeprefix("six.moves.")
    module.__dict__.update(vars(importlib.import_module(_MOVED.get(own, own))))


for _name in (
    "urllib", "urllib.request", "urllib.parse", "urllib.error", "cPickle", "queue", "configparser",
    "builtins", "http_client",
):  # fmt: skip
    makes(f"six.moves.{_name}")(_moved)


@makes("future", "past")
def _future(module: ModuleType) -> None:
    del module  # Python 3 is what it brings to Python 2.


@makes("future.utils", "past.builtins", "past.utils")
def _future_parts(module: ModuleType) -> None:
    module.__dict__.update(
        iteritems=lambda d: iter(d.items()),
        itervalues=lambda d: iter(d.values()),
        xrange=range,
        unicode=str,
        basestring=str,
        long=int,
        old_div=lambda a, b: a // b if isinstance(a, int) and isinstance(b, int) else a / b,
    )


# Files and pictures


@heals("h5py")
def _h5py(module: Any) -> None:
    """Let a dataset have its value, and a new file be made where none is."""
    if not hasattr(module.Dataset, "value"):
        module.Dataset.value = property(lambda self: self[()])
    own = module.File.__init__

    @functools.wraps(own)
    def __init__(self: Any, name: Any, mode: Any = None, *args: Any, **options: Any) -> None:  # noqa: N807
        if mode is None and isinstance(name, (str, os.PathLike)):
            mode = "r" if os.path.exists(name) else "a"
        own(self, name, mode or "r", *args, **options)

    module.File.__init__ = __init__


@heals("skimage.measure")
def _measure(module: Any) -> None:
    def make(new: str) -> Any:
        return lambda: getattr(importlib.import_module("skimage.metrics"), new)

    names = {
        "compare_ssim": "structural_similarity",
        "compare_psnr": "peak_signal_noise_ratio",
        "compare_mse": "mean_squared_error",
    }
    lazily(
        module,
        {
            old: (make(new), f"skimage.measure.{old} is skimage.metrics.{new} today.")
            for old, new in names.items()
        },
    )


# Jupyter and Colab


@makes("IPython")
def _ipython(module: ModuleType) -> None:
    display = importlib.import_module("IPython.display")
    module.__dict__.update(get_ipython=_shell, display=display, version_info=(8, 24, 0))
    module.__dict__["__version__"] = "8.24.0"


def _shell() -> Any:
    make = vars(sys.modules["__main__"]).get("get_ipython")
    return make() if make is not None else None


class _Shown:
    """What Jupyter would show: in text, a line that says what it is."""

    def __init__(self, data: Any = None, *_: Any, filename: Any = None, **__: Any) -> None:
        self.data = data
        self.filename = filename

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


@makes("IPython.display")
def _display(module: ModuleType) -> None:
    for name in ("HTML", "Image", "SVG", "Markdown", "Math", "Latex", "Audio", "Video", "IFrame",
                 "YouTubeVideo", "Javascript", "FileLink", "JSON"):  # fmt: skip
        module.__dict__[name] = type(name, (_Shown,), {})

    def display(*things: Any, **_: Any) -> None:
        for thing in things:
            print(thing if isinstance(thing, str) else repr(thing))

    module.__dict__.update(
        display=display, clear_output=lambda *_, **__: None, set_matplotlib_formats=lambda *_: None
    )


@heals("IPython")
def _real_ipython(module: Any) -> None:
    """Let the shell be the one that runs the cells."""
    replace(module, "get_ipython", lambda own: lambda: _shell() or own())


@heals("tqdm.notebook")
def _bars_of_notebooks(module: Any) -> None:
    """Draw bars as text where the widgets of Jupyter are not there."""
    if getattr(module, "IProgress", None) is None:
        plain = importlib.import_module("tqdm.std")
        module.tqdm = module.tqdm_notebook = plain.tqdm
        module.trange = module.tnrange = plain.trange


@makes("google.colab")
def _colab(module: ModuleType) -> None:
    module.__dict__["files"] = importlib.import_module("google.colab.files")
    module.__dict__["drive"] = importlib.import_module("google.colab.drive")


@makes("google.colab.files")
def _files(module: ModuleType) -> None:
    module.__dict__.update(upload=_uploaded, download=lambda *_: None)


# Files that a program names, and where to look for them: in the folders around, and what ships.
_NAMED = re.compile(r"""['"]([\w .-]+\.(?:csv|txt|zip|json|npy|npz|h5|png|jpe?g|xlsx?|data))['"]""")
_LEVELS = 3


def _uploaded(*_: Any) -> dict[str, bytes]:
    """Return the files that the program names, as if somebody had chosen them.

    Those that are not in its folder are copied to it.
    """
    found: dict[str, bytes] = {}
    text = vars(sys.modules["__main__"]).get("__giulgi_text__", "")
    for name in dict.fromkeys(_NAMED.findall(text)):
        path = Path(name) if Path(name).exists() else _near(name)
        if path is None:
            continue
        found[name] = path.read_bytes()
        if not Path(name).exists():
            Path(name).write_bytes(found[name])
            tell(f"files.upload() has nobody to ask: {name} is copied from {path.parent}.")
    return found


def _near(name: str) -> Path | None:
    """Return a file of this name in a folder around, or of those that ship."""
    here = Path.cwd()
    for folder in [here, *here.parents[:_LEVELS]]:
        for path in (folder / name, *folder.glob(f"*/{name}")):
            if path.is_file():
                return path
    shipped = Path(__file__).resolve().parents[2] / "data" / "files" / "uci" / name
    return shipped if shipped.is_file() else None


@makes("google.colab.drive")
def _drive(module: ModuleType) -> None:
    def mount(mountpoint: str, *_: Any, **__: Any) -> None:
        tell(f"There is no Google Drive here: {mountpoint} is what this computer has there.")

    module.__dict__["mount"] = mount


@makes("google")
def _google(module: ModuleType) -> None:
    del module  # Only what it holds means something.


def _asked_by_program() -> bool:
    """Whether a line of the program imports it, not a library that looks whether it is there."""
    place = asking()
    return place is not None and is_of_program(place.f_code.co_filename)


@makes("pydot", "pydotplus", "pydot_ng", "graphviz", wanted=_asked_by_program)
def _drawing(module: ModuleType) -> None:
    """Let programs go on that import it only because Keras's plot_model needed it."""
    name = module.__name__

    def missing(what: str) -> Any:
        if what.startswith("__"):
            raise AttributeError(f"module {name!r} has no attribute {what!r}")
        raise AttributeError(
            f"{name} is not installed. Keras's plot_model and model_to_dot draw without it; "
            f"for {name}.{what} install it: pip install {name}"
        )

    module.__dict__["__getattr__"] = missing


#: What is healed here, for the page of documentation.
HEALED = (
    "other packages, of which some need not be installed",
    [
        "six",
        "six.moves",
        "future",
        "IPython.display",
        "get_ipython",
        "google.colab",
        "pydot, graphviz: where only Keras's plot_model needed them",
        "h5py: dataset.value",
        "h5py.File(name)",
        "skimage.measure.compare_ssim",
        "skimage.measure.compare_psnr",
    ],
)
