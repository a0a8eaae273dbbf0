"""What Python itself has removed since 3.5."""

from __future__ import annotations

import collections.abc
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from giulgi.compat.healing.hooks import fill, heals, lazily, makes, moved
from giulgi.compat.healing.telling import tell

_ABSTRACT = (
    "Callable", "Container", "Generator", "Hashable", "ItemsView", "Iterable", "Iterator",
    "KeysView", "Mapping", "MappingView", "MutableMapping", "MutableSequence", "MutableSet",
    "Sequence", "Set", "Sized", "ValuesView", "ByteString", "Awaitable", "Coroutine",
)  # fmt: skip


@heals("collections")
def _collections(module: Any) -> None:
    lazily(
        module,
        {
            name: (
                moved("collections.abc", name),
                f"collections.{name} is collections.abc.{name} today.",
            )
            for name in _ABSTRACT
            if hasattr(collections.abc, name)
        },
    )


@heals("time")
def _time(module: Any) -> None:
    lazily(module, {"clock": (lambda: module.perf_counter, "time.clock is time.perf_counter.")})


@heals("fractions")
def _fractions(module: Any) -> None:
    lazily(module, {"gcd": (moved("math", "gcd"), "fractions.gcd is math.gcd today.")})


@heals("inspect")
def _inspect(module: Any) -> None:
    def make() -> Callable[..., Any]:
        spec = collections.namedtuple("spec", "args varargs keywords defaults")

        def getargspec(function: Any) -> Any:
            return spec(*module.getfullargspec(function)[:4])

        return getargspec

    lazily(module, {"getargspec": (make, "inspect.getargspec is getfullargspec today.")})


@heals("string")
def _string(module: Any) -> None:
    old = {
        "maketrans": (lambda: str.maketrans, "string.maketrans is str.maketrans today."),
        "letters": (lambda: module.ascii_letters, "string.letters is string.ascii_letters."),
        "lowercase": (lambda: module.ascii_lowercase, "string.lowercase is ascii_lowercase."),
        "uppercase": (lambda: module.ascii_uppercase, "string.uppercase is ascii_uppercase."),
    }
    lazily(module, old)


@heals("threading")
def _threading(module: Any) -> None:
    if not hasattr(module.Thread, "isAlive"):
        module.Thread.isAlive = module.Thread.is_alive


@heals("base64")
def _base64(module: Any) -> None:
    fill(module, {"encodestring": module.encodebytes, "decodestring": module.decodebytes})


@heals("platform")
def _platform(module: Any) -> None:
    fill(module, {"linux_distribution": lambda *_, **__: ("", "", ""), "dist": lambda: ("",) * 3})


@heals("random")
def _random(module: Any) -> None:
    """Let whole numbers be floats, and what is drawn from be a set."""
    own, between = module.sample, module.randint

    def sample(population: Any, k: int, **options: Any) -> Any:
        if not isinstance(population, collections.abc.Sequence):
            population = list(population)
        return own(population, k, **options)

    def randint(a: Any, b: Any) -> int:
        return int(between(int(a) if a == int(a) else a, int(b) if b == int(b) else b))

    def shuffle(x: Any, random: Callable[[], float] | None = None) -> None:
        del random
        module._inst.shuffle(x)

    module.sample, module.randint, module.shuffle = sample, randint, shuffle


@heals("unittest")
def _unittest(module: Any) -> None:
    for old, new in (
        ("assertEquals", "assertEqual"), ("assertNotEquals", "assertNotEqual"),
        ("assert_", "assertTrue"), ("assertItemsEqual", "assertCountEqual"),
        ("assertAlmostEquals", "assertAlmostEqual"), ("assertRaisesRegexp", "assertRaisesRegex"),
    ):  # fmt: skip
        if not hasattr(module.TestCase, old):
            setattr(module.TestCase, old, getattr(module.TestCase, new))


@heals("configparser")
def _configparser(module: Any) -> None:
    fill(module, {"SafeConfigParser": module.ConfigParser})
    if not hasattr(module.RawConfigParser, "readfp"):
        module.RawConfigParser.readfp = module.RawConfigParser.read_file


@heals("html.parser")
def _html(module: Any) -> None:
    if not hasattr(module.HTMLParser, "unescape"):
        module.HTMLParser.unescape = lambda self, text: module.unescape(text)


@makes("xml.etree.cElementTree")
def _elements(module: ModuleType) -> None:
    module.__dict__.update(vars(importlib.import_module("xml.etree.ElementTree")))


@makes("imghdr")
def _imghdr(module: ModuleType) -> None:
    begins = {"png": b"\x89PNG", "gif": b"GIF8", "bmp": b"BM", "jpeg": b"\xff\xd8", "webp": b"RIFF"}

    def what(file: Any, h: bytes | None = None) -> str | None:
        if h is None:
            with open(file, "rb") as opened:
                h = opened.read(32)
        return next((kind for kind, begin in begins.items() if h.startswith(begin)), None)

    module.__dict__["what"] = what


@makes("pkg_resources")
def _resources(module: ModuleType) -> None:
    version = importlib.import_module("distutils.version").LooseVersion
    module.__dict__["parse_version"] = version


@makes("imp")
def _imp(module: ModuleType) -> None:
    tell("Python has no module imp any more: importlib does what it did.")

    def load_source(name: str, path: str, file: Any = None) -> ModuleType:
        del file
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None, path
        assert spec.loader is not None, path
        made = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        return made

    def find_module(name: str, path: Any = None) -> Any:
        del path
        spec = importlib.util.find_spec(name)
        if spec is None:
            raise ImportError(f"No module named {name!r}")
        return None, spec.origin, ("", "", 5)

    module.__dict__.update(
        reload=importlib.reload,
        new_module=ModuleType,
        load_source=load_source,
        find_module=find_module,
        acquire_lock=lambda: None,
        release_lock=lambda: None,
    )


@makes("distutils")
def _distutils(module: ModuleType) -> None:
    tell("Python has no distutils any more: what compares versions and copies files is here.")
    module.__version__ = "3.11"  # type: ignore[attr-defined]


@makes("distutils.version")
def _version(module: ModuleType) -> None:
    class LooseVersion:
        """A version whose numbers are compared as numbers."""

        def __init__(self, vstring: str = "") -> None:
            self.vstring = str(vstring)
            self.version = _parts(self.vstring)

        def _of(self, other: Any) -> list[Any]:
            return other.version if isinstance(other, LooseVersion) else _parts(str(other))

        def __eq__(self, other: object) -> bool:
            return self.version == self._of(other)

        def __lt__(self, other: Any) -> bool:
            return self.version < self._of(other)

        def __le__(self, other: Any) -> bool:
            return self.version <= self._of(other)

        def __gt__(self, other: Any) -> bool:
            return self.version > self._of(other)

        def __ge__(self, other: Any) -> bool:
            return self.version >= self._of(other)

        def __hash__(self) -> int:
            return hash(self.vstring)

        def __str__(self) -> str:
            return self.vstring

        def __repr__(self) -> str:
            return f"LooseVersion ('{self.vstring}')"

    module.__dict__.update(LooseVersion=LooseVersion, StrictVersion=LooseVersion)


def _parts(version: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in re.findall(r"\d+|[a-z]+", version)]


@makes("distutils.util")
def _util(module: ModuleType) -> None:
    def strtobool(val: str) -> int:
        text = val.lower()
        if text in ("y", "yes", "t", "true", "on", "1"):
            return 1
        if text in ("n", "no", "f", "false", "off", "0"):
            return 0
        raise ValueError(f"invalid truth value {val!r}")

    module.__dict__.update(strtobool=strtobool)


@makes("distutils.dir_util")
def _dir_util(module: ModuleType) -> None:
    def copy_tree(src: str, dst: str, *_: Any, **__: Any) -> list[str]:
        return [shutil.copytree(src, dst, dirs_exist_ok=True)]

    def mkpath(name: str, *_: Any, **__: Any) -> list[str]:
        os.makedirs(name, exist_ok=True)
        return [name]

    module.__dict__.update(copy_tree=copy_tree, mkpath=mkpath, remove_tree=shutil.rmtree)


@makes("distutils.spawn")
def _spawn(module: ModuleType) -> None:
    module.__dict__.update(find_executable=shutil.which)


#: What is healed here, for the page of documentation.
HEALED = (
    "Python",
    [
        *(f"collections.{name}" for name in _ABSTRACT),
        "time.clock",
        "fractions.gcd",
        "inspect.getargspec",
        "string.maketrans",
        "string.letters",
        "Thread.isAlive",
        "base64.encodestring",
        "platform.dist",
        "random.sample of a set",
        "random.randint of floats",
        "TestCase.assertEquals",
        "SafeConfigParser",
        "HTMLParser.unescape",
        "xml.etree.cElementTree",
        "element.getchildren",
        "imghdr",
        "pkg_resources.parse_version",
        "imp",
        "distutils.version",
        "distutils.util.strtobool",
        "distutils.dir_util",
        "distutils.spawn",
    ],
)
