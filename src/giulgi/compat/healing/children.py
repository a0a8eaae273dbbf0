"""Processes that a program starts by ``multiprocessing``: they find the stand-ins, too.

Where a process is not forked, Python starts anew, and imports the program. So what it is started
with installs the stand-ins first. Of what a program starts itself, such as
``subprocess.call([sys.executable, ...])``, nothing is known here.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable
from typing import Any

from giulgi.compat.healing.hooks import heals, replace

# What multiprocessing starts Python with, in processes that may run the program.
_BEGINS = ("from multiprocessing.spawn import", "from multiprocessing.forkserver import")


@heals("multiprocessing.spawn")
def _spawn(module: Any) -> None:
    replace(module, "get_command_line", lambda own: lambda **options: _command(own(**options)))


@heals("multiprocessing.util")
def _util(module: Any) -> None:
    def make(own: Callable[..., int]) -> Callable[..., int]:
        return lambda path, args, passfds: own(path, _command(args), passfds)

    replace(module, "spawnv_passfds", make)


def _command(words: list[Any]) -> list[Any]:
    """Return the words that start a process, with what installs the stand-ins in it."""
    from giulgi.compat.eager.mode import mode
    from giulgi.compat.manner import manner

    is_modern = manner.is_modern if mode.is_decided else None
    begin = f"from giulgi.compat.healing.children import begin; begin({is_modern}); "
    return [begin + w if isinstance(w, str) and w.startswith(_BEGINS) else w for w in words]


def begin(is_modern: bool | None) -> None:
    """Prepare a process that runs functions of a program.

    Args:
        is_modern: whether that is written for TensorFlow 2; None if that is not known yet.
    """
    from giulgi import compat
    from giulgi.compat.eager.mode import mode

    compat.install(heal=True)
    mode.guess(is_modern)
    own = runpy.run_path

    def run_path(path_name: str, *args: Any, **options: Any) -> dict[str, Any]:
        if options.get("run_name") != "__mp_main__" or not path_name.endswith(".py"):
            return own(path_name, *args, **options)
        return _imported(path_name)

    runpy.run_path = run_path


def _imported(path: str) -> dict[str, Any]:
    """Return the names of the program, healed, as its main module's."""
    from giulgi.compat.healing.python_2_text import decide
    from giulgi.compat.healing.source import compiled, read

    names: dict[str, Any] = {"__name__": "__mp_main__", "__file__": path, "__package__": ""}
    text = read(path)
    decide([text], path)
    exec(compiled(text, path), names)
    return names


#: What is healed here, for the page of documentation.
HEALED = ("Python", ["multiprocessing, where processes are not forked"])
