"""``giulgi run``: a program of former times runs as it is, on giulgi's stand-ins."""

from __future__ import annotations

import argparse
import importlib.util
import runpy
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from giulgi import compat
from giulgi.cli.notebook import offer_shell, read_notebook, run_notebook
from giulgi.cli.tracebacks import print_error, print_syntax_error
from giulgi.compat.eager.guessing import guessed, is_open, name_of_accuracy
from giulgi.compat.eager.mode import mode
from giulgi.compat.healing.python_2_text import decide
from giulgi.compat.healing.source import compiled, read
from giulgi.compat.manner import manner
from giulgi.errors import DataError
from giulgi.names import meant

_INTERRUPTED = 130  # what shells return for a program stopped by Ctrl-C
_USAGE_ERROR = 2
_STDIN = "-"  # The program that is read from there.

# The options of ours that take no word after them, and those that end our words.
_OPTIONS = ("--explain", "--profile", "--tf1", "--tf2", "-h", "--help")
_LAST_OPTIONS = ("-m", "-c")


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command to those of the command line; return its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "run",
        help="run a program written for TensorFlow 1 or Keras 2, or a notebook, as it is",
        usage="giulgi run [--explain] [--profile] [--tf1 | --tf2] "
        "(program.py | notebook.ipynb | - | -m module | -c code) [arguments]",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="afterwards, tell of its graph, its parameters, and what each run became",
    )
    parser.add_argument(
        "--profile", action="store_true", help="afterwards, tell where the time went"
    )
    versions = parser.add_mutually_exclusive_group()
    versions.add_argument(
        "--tf1", dest="tensorflow", action="store_const", const=1,
        help="take it for a program of TensorFlow 1, which builds a graph",
    )  # fmt: skip
    versions.add_argument(
        "--tf2", dest="tensorflow", action="store_const", const=2,
        help="take it for a program of TensorFlow 2, which computes at once",
    )  # fmt: skip
    parser.add_argument("-m", dest="module", help="run a module, as python -m does")
    parser.add_argument("-c", dest="code", help="run a line of code, as python -c does")
    parser.add_argument(
        "program", nargs="?", help="a program, or a Jupyter notebook; - is the standard input"
    )
    parser.set_defaults(arguments=[])
    return parser


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words after ``run`` that are giulgi's own, and those that are the program's."""
    for place, word in enumerate(words):
        if word in _OPTIONS:
            continue
        taken = place + (2 if word in _LAST_OPTIONS else 1)
        return list(words[:taken]), list(words[taken:])
    return list(words), []


def run(args: argparse.Namespace) -> int:
    """Run what is asked for; return its exit code."""
    if args.module is None and args.code is None and args.program is None:
        print("giulgi run: which program? Such as: giulgi run program.py", file=sys.stderr)
        return _USAGE_ERROR
    if args.module is None and args.code is None and (problem := _problem(args.program)):
        print(f"giulgi run: {problem}", file=sys.stderr)
        return _USAGE_ERROR
    _prepare()
    if args.tensorflow is not None:
        mode.guess(args.tensorflow == 2)
    if not (args.explain or args.profile):
        return _run(args)
    from giulgi.cli.report import watched

    with watched(explain=args.explain, profile=args.profile):
        return _run(args)


def misspelt(words: Sequence[str]) -> str:
    """Return what there is to say of an option among our words that there is not; else ""."""
    for word in words:
        if word.startswith("--") and word not in _OPTIONS:
            near = meant(word, [option for option in _OPTIONS if option.startswith("--")])
            advice = f" Did you mean {' or '.join(near)}?" if near else ""
            return f"there is no option {word}.{advice}"
        if word in _LAST_OPTIONS:
            break
    return ""


def _problem(program: str) -> str:
    """Return why there is no such program; "" if there is."""
    path = Path(program)
    if program == _STDIN:
        return ""
    if not path.exists():
        return f"there is no file {program!r}"
    if path.is_dir() and not (path / "__main__.py").exists():
        return f"{program!r} is a folder, in which there is no __main__.py. Which program of it?"
    if path.suffix == ".ipynb":
        try:
            read_notebook(path)
        except DataError as error:
            return error.problem
    return ""


def _prepare() -> None:
    """Put the stand-ins and what is healed in their places."""
    if not sys.warnoptions:
        # They tell of what is healed, or of what did not worry anybody then.
        warnings.simplefilter("ignore", DeprecationWarning)
    compat.install(heal=True)


def _run(args: argparse.Namespace) -> int:
    body: Callable[[ModuleType], None]
    if args.module is not None:
        return _run_module(args.module, args.arguments)
    if args.code is not None:
        return _in_main("-c", "", args.arguments, None, lambda main: _run_code(args.code, main))
    if args.program == _STDIN:
        text = sys.stdin.read()
        body = lambda main: _run_code(text, main, "<stdin>")  # noqa: E731
        return _in_main(_STDIN, "", args.arguments, None, body)
    path = Path(args.program)
    if path.is_dir():
        path = path / "__main__.py"
    folder = str(path.resolve().parent)
    if path.suffix == ".ipynb":
        body = lambda main: run_notebook(path, main)  # noqa: E731
    else:
        body = lambda main: _run_file(path, main)  # noqa: E731
    return _in_main(args.program, folder, args.arguments, path, body)


def _guess(text: str, folder: Path) -> None:
    """Guess for which TensorFlow a program is written, and say so if it may well be the other."""
    manner.accuracy = name_of_accuracy(text, folder)
    if mode.is_decided:
        return
    is_modern = guessed(text, folder)
    mode.guess(is_modern)
    if is_modern and is_open(text, folder):
        print(
            "giulgi: This program opens no session, so it is taken for one of TensorFlow 2, which "
            "computes at once. With --tf1 before its name it builds a graph.",
            file=sys.stderr,
        )


def _run_file(path: Path, main: ModuleType) -> None:
    text = read(path)
    if "get_ipython()." in text and "NameError" not in text:
        offer_shell(main)  # It was a notebook once.
    _guess(text, path.resolve().parent)
    decide([text], str(path))
    exec(compiled(text, str(path)), main.__dict__)


def _run_code(text: str, main: ModuleType, file: str = "<string>") -> None:
    decide([text], file)
    _guess(text, Path.cwd())
    exec(compiled(text, file), main.__dict__)


def _run_module(name: str, arguments: Sequence[str]) -> int:
    def body(main: ModuleType) -> None:
        del main
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None and Path(found.origin).is_file():
            text = read(Path(found.origin))
            decide([text])
            _guess(text, Path.cwd())
        runpy.run_module(name, run_name="__main__", alter_sys=True)

    return _in_main(name, str(Path.cwd()), arguments, None, body)


def _in_main(
    first: str,
    folder: str,
    arguments: Sequence[str],
    path: Path | None,
    body: Callable[[ModuleType], None],
) -> int:
    """Run something as Python would run it as the main program; return the exit code.

    Args:
        first: what stands before the arguments: the name of the program.
        folder: where it looks for modules first.
        arguments: those of the program.
        path: the file; None if there is none.
        body: runs the program in a module.
    """
    with _as_python(first, folder, arguments, path) as main:
        code = _outcome(lambda: body(main))
        for thread in threading.enumerate():
            if thread not in (threading.current_thread(), threading.main_thread()) and not (
                thread.daemon
            ):
                thread.join()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code


@contextmanager
def _as_python(
    first: str, folder: str, arguments: Sequence[str], path: Path | None
) -> Iterator[ModuleType]:
    """Let arguments, search path and ``__main__`` be what Python would make them."""
    main = ModuleType("__main__")
    main.__dict__.update(__builtins__=__builtins__, __spec__=None, __package__=None)
    if path is not None:
        main.__dict__["__file__"] = str(path.absolute())
        main.__dict__["__cached__"] = None
        main.__loader__ = SourceFileLoader("__main__", str(path))
    before = sys.argv, sys.path[:], sys.modules["__main__"]
    sys.argv = [first, *arguments]
    sys.path[: 0 if sys.flags.safe_path else 1] = [folder]
    sys.modules["__main__"] = main
    try:
        yield main
    finally:
        sys.argv, sys.path[:], sys.modules["__main__"] = before


def _outcome(body: Callable[[], None]) -> int:
    """Run something; return the exit code that Python would end with."""
    try:
        body()
    except SystemExit as ended:
        return _exit_code(ended.code)
    except KeyboardInterrupt as error:
        print_error(error)
        return _INTERRUPTED
    except SyntaxError as error:
        print_syntax_error(error)
        return 1
    except BaseException as error:  # Whatever a program raises ends it, as under Python.
        print_error(error)
        return 1
    return 0


def _exit_code(code: Any) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return int(code) & 0xFF
    print(code, file=sys.stderr)
    return 1
