"""What is printed of an error that ends a program: its own lines, without those that ran it."""

from __future__ import annotations

import ast
import linecache
import re
import sys
import traceback
from pathlib import Path
from types import TracebackType

from giulgi.compat.healing import python_2
from giulgi.compat.healing.python_2_text import is_python_2
from giulgi.compat.modules import missing
from giulgi.compat.names import TABLES
from giulgi.compat.wording import for_program
from giulgi.errors import GiulgiError

_PACKAGE = str(Path(__file__).resolve().parent.parent)
_RUNNER = str(Path(__file__).resolve().parent)
# Of what is raised here a program's own line tells all.
_SILENT = tuple(str(Path(_PACKAGE) / "compat" / name) for name in ("healing", "modules.py"))

# What programs import beside the stand-ins: the packages of ``giulgi[programs]``.
_OF_PROGRAMS = {
    "h5py": "h5py", "matplotlib": "matplotlib", "pylab": "matplotlib", "pandas": "pandas",
    "PIL": "pillow", "pooch": "pooch", "sklearn": "scikit-learn", "scipy": "scipy",
}  # fmt: skip


def print_error(error: BaseException) -> None:
    """Print an error with the lines of the program that led to it.

    A program that has set ``sys.excepthook`` is given the error instead.
    """
    trimmed = _trimmed(error)
    if isinstance(error, GiulgiError):
        error.fix = for_program(error.fix)
    if advice := _advice(error):
        error.add_note(advice)
    if sys.excepthook is not sys.__excepthook__:
        sys.excepthook(type(error), error, trimmed)
        return
    sys.stdout.flush()
    _hide_inside(error)
    traceback.print_exception(type(error), error, error.__traceback__)


def print_syntax_error(error: SyntaxError) -> None:
    """Print what Python cannot read, and say so if it is Python 2."""
    print_error(error)
    if is_python_2(error):
        print(
            f"\nLine {error.lineno} of {error.filename} is written in Python 2, another language "
            "than today's. giulgi runs what the package fissix can translate: pip install fissix, "
            "if it is not there, or else mend the line.",
            file=sys.stderr,
        )


def _advice(error: BaseException) -> str:
    """Return what there is to say of what a program imports, and is not there.

    ``from keras import name`` asks for an attribute, and Python drops what is said of it.
    """
    if isinstance(error, AttributeError) and error.name:
        today = python_2.today(error.obj, error.name)
        return f"{error.name} is Python 2. In Python 3 it is: {today}" if today else ""
    if not isinstance(error, ImportError) or error.name is None:
        return ""
    library = error.name.split(".")[0]
    if isinstance(error, ModuleNotFoundError) and library in _OF_PROGRAMS:
        return _to_install(library) if error.name == library else ""
    if library not in TABLES:
        return ""
    if isinstance(error, ModuleNotFoundError):
        return missing(error.name)
    found = re.match(r"cannot import name '(\w+)'", error.msg or "")
    return missing(f"{error.name}.{found[1]}") if found else ""


def _to_install(library: str) -> str:
    """Return how a library is had that is not installed."""
    return (
        f"{_OF_PROGRAMS[library]} is not installed. It comes, with all that such programs import, "
        "with: pip install 'giulgi[programs]' (in a copy of giulgi's repository: pip install "
        "--editable '.[programs]')"
    )


def _trimmed(error: BaseException) -> TracebackType | None:
    """Take off the lines that ran the program, in all errors that led to this one."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        place = each.__traceback__
        while place is not None and _runs_programs(place):
            place = place.tb_next
        each.__traceback__ = place
        waiting += [each.__cause__, each.__context__]
    return error.__traceback__


def _runs_programs(place: TracebackType) -> bool:
    file = place.tb_frame.f_code.co_filename
    return file.startswith(_RUNNER) or file == "<frozen runpy>" or file.endswith("runpy.py")


def _is_said_by_giulgi(error: BaseException) -> bool:
    """Whether giulgi raised an error itself; else it is a mistake of giulgi's."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is None or not place.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        return False
    line = linecache.getline(place.tb_frame.f_code.co_filename, place.tb_lineno)
    return line.lstrip().startswith("raise ")


def _hide_inside(error: BaseException) -> None:
    """Leave out the lines inside giulgi of an error that it explains, or has only passed on."""
    from giulgi.compat.errors import OpError

    is_ours = isinstance(error, (GiulgiError, OpError)) or _is_said_by_giulgi(error)
    inside: tuple[str, ...] = (_PACKAGE,) if is_ours else _SILENT
    fewest = 1
    if isinstance(error, SyntaxError):
        inside, fewest = (_PACKAGE, ast.__file__), 0
    places: list[TracebackType] = []
    place = error.__traceback__
    while place is not None:
        places.append(place)
        place = place.tb_next
    while len(places) > fewest and places[-1].tb_frame.f_code.co_filename.startswith(inside):
        places.pop()
    kept = None
    for each in reversed(places):
        kept = TracebackType(kept, each.tb_frame, each.tb_lasti, each.tb_lineno)
    error.__traceback__ = kept
