"""When something is healed: as soon as the program imports the library that it belongs to."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import site
import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

from giulgi.compat.healing.telling import tell

Healer = Callable[[Any], None]
Maker = Callable[[ModuleType], None]

# What is done to a module once it is imported, and how modules are made that are gone.
_HEALERS: dict[str, list[Healer]] = {}
_MAKERS: dict[str, Maker] = {}
# Whether one is asked for that is made only if so.
_WANTED: dict[str, Callable[[], bool]] = {}

_PACKAGE = str(Path(__file__).resolve().parents[2])
_HEALING = str(Path(__file__).resolve().parent)


def heals(*modules: str) -> Callable[[Healer], Healer]:
    """Return a decorator: the function heals modules of these names once they are imported."""

    def decorate(healer: Healer) -> Healer:
        for name in modules:
            _HEALERS.setdefault(name, []).append(healer)
        return healer

    return decorate


def makes(*modules: str, wanted: Callable[[], bool] | None = None) -> Callable[[Maker], Maker]:
    """Return a decorator: the function fills modules of these names, if there are none.

    Args:
        modules: the names.
        wanted: whether who asks is to find them; None: all are.
    """

    def decorate(maker: Maker) -> Maker:
        for name in modules:
            _MAKERS[name] = maker
            if wanted is not None:
                _WANTED[name] = wanted
        return maker

    return decorate


def install() -> None:
    """Heal from now on: what is imported already at once, and the rest when it is."""
    if _first in sys.meta_path:
        return
    _installed_folders()  # What that imports is not to be asked of the finder that needs it.
    sys.meta_path.insert(0, _first)
    sys.meta_path.append(_last)
    for name in _HEALERS:
        if name in sys.modules:
            _heal(sys.modules[name])


def _heal(module: ModuleType) -> None:
    for healer in _HEALERS.get(module.__name__, ()):
        try:
            healer(module)
        except (AttributeError, ImportError, KeyError, TypeError) as error:
            # A version of the library that nobody knew here: the program may not need it healed.
            tell(f"This version of {module.__name__} could not be healed in full: {error}")


def is_of_program(file: str | None) -> bool:
    """Whether a file is part of the program: neither of giulgi, nor installed, nor Python's."""
    if not file or file.startswith(("<frozen", _PACKAGE)):
        return False
    return not file.startswith(_installed_folders())


def called_by_program(depth: int = 2) -> bool:
    """Whether the function that asks was called by a line of the program."""
    return is_of_program(sys._getframe(depth).f_code.co_filename)


def asking() -> FrameType | None:
    """Return the line that asks for what is imported, or for an attribute: none of giulgi's."""
    place: FrameType | None = sys._getframe(1)
    while place is not None and place.f_code.co_filename.startswith(
        (_HEALING, "<frozen importlib")
    ):
        place = place.f_back
    return place


_folders: list[str] = []


def _installed_folders() -> tuple[str, ...]:
    if not _folders:
        paths = sysconfig.get_paths()
        found = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
        _folders.extend([*found, *site.getsitepackages(), site.getusersitepackages()])
    return tuple(_folders)


class _First(importlib.abc.MetaPathFinder):
    """Finds modules as the others do, and sees to it that they are healed."""

    def __init__(self) -> None:
        self._asking: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname in self._asking:
            return None
        self._asking.add(fullname)
        try:
            spec = _found_by_others(fullname, path, target)
        finally:
            self._asking.discard(fullname)
        if spec is None or spec.loader is None:
            return None
        if type(spec.loader) is importlib.machinery.SourceFileLoader and is_of_program(spec.origin):
            spec.loader = _ProgramLoader(fullname, spec.loader.path)
        elif fullname in _HEALERS:
            spec.loader = _Loader(spec.loader)
        else:
            return None
        return spec


def _found_by_others(fullname: str, path: Any, target: Any) -> Any:
    for finder in sys.meta_path:
        if finder is not _first:
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                return spec
    return None


class _Loader(importlib.abc.Loader):
    """Loads a module as its own loader does, and heals it."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        _heal(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


class _ProgramLoader(importlib.machinery.SourceFileLoader):
    """Loads a module that is part of the program, with its text healed."""

    def get_code(self, fullname: str) -> CodeType:
        from giulgi.compat.healing.source import compiled, read

        path = self.get_filename(fullname)
        return compiled(read(path, self.get_data(path)), path)


class _Last(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules that are gone."""

    def find_spec(
        self, fullname: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if fullname not in _MAKERS or not _WANTED.get(fullname, _always)():
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        del spec
        return None

    def exec_module(self, module: ModuleType) -> None:
        _MAKERS[module.__name__](module)


def _always() -> bool:
    return True


_first, _last = _First(), _Last()


def fill(module: Any, names: dict[str, Any]) -> None:
    """Give a module names that it has not."""
    for name, thing in names.items():
        if name not in module.__dict__:
            setattr(module, name, thing)


def lazily(module: Any, names: dict[str, tuple[Callable[[], Any], str]]) -> None:
    """Give a module names that are made, and told of, when they are asked for.

    Args:
        module: the module.
        names: for each name how its thing is made, and what is said of it.
    """
    before = module.__dict__.get("__getattr__")

    def found(name: str) -> Any:
        if name in names:
            make, remark = names[name]
            thing = make()
            if called_by_program() or called_by_program(3):
                tell(remark)
            module.__dict__[name] = thing
            return thing
        if before is not None:
            return before(name)
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    module.__dict__["__getattr__"] = found


def for_program(
    module: Any, names: dict[str, tuple[Callable[[], Any], str]], wanted: Callable[[], bool]
) -> None:
    """Give a module names that are there, and told of, only where they are wanted.

    Args:
        module: the module.
        names: for each name how its thing is made, and what is said of it.
        wanted: whether who asks is to find them.
    """
    before = module.__dict__.get("__getattr__")

    def found(name: str) -> Any:
        if name in names and wanted():
            make, remark = names[name]
            tell(remark)
            return make()
        if before is not None:
            return before(name)
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    module.__dict__["__getattr__"] = found


def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put in the place of a function what is made of it, if it is there."""
    own = getattr(owner, name, None)
    if own is not None:
        setattr(owner, name, make(own))


def moved(module: str, name: str) -> Callable[[], Any]:
    """Return a function that finds a thing where it is now."""
    return lambda: getattr(importlib.import_module(module), name)
