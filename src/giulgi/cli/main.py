"""``giulgi``: the command line.

Each command is a file of this folder with a function that takes the parsed arguments.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from giulgi.cli import cache, run
from giulgi.cli.demo import demo
from giulgi.cli.info import info
from giulgi.errors import GiulgiError
from giulgi.version import __version__

_USAGE_ERROR = 2
_INTERRUPTED = 130  # what shells return for a program stopped by Ctrl-C


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="giulgi", description="A deep-learning framework that a person can see through."
    )
    parser.add_argument("--version", action="version", version=f"giulgi {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")

    demo_parser = commands.add_parser(
        "demo", help="train a network on handwritten digits and show it on a page"
    )
    demo_parser.add_argument(
        "--epochs", type=_positive, default=10, help="how often it sees all 60,000 digits (10)"
    )
    demo_parser.add_argument("--seed", type=int, default=0, help="for a run that repeats (0)")
    demo_parser.add_argument(
        "--output",
        type=Path,
        default=Path("giulgi-digits.html"),
        help="where the page is written (giulgi-digits.html)",
    )
    demo_parser.add_argument(
        "--digit",
        type=_natural,
        nargs="+",
        default=[],
        metavar="NUMBER",
        help="which of the 10,000 test digits, 0 to 9999, to look into "
        "(the mistake it is surest of)",
    )
    demo_parser.set_defaults(run=lambda args: demo(args.epochs, args.seed, args.output, args.digit))

    info_parser = commands.add_parser(
        "info", help="print version, processor, backend, threads, paths and the cache"
    )
    info_parser.set_defaults(run=lambda args: info())

    cache_parser = commands.add_parser(
        "cache", help="show where compiled programs are kept; empty it with: cache clear"
    )
    cache_parser.set_defaults(run=lambda args: cache.show())
    cache_commands = cache_parser.add_subparsers(title="commands", metavar="COMMAND")
    clear_parser = cache_commands.add_parser("clear", help="remove all compiled programs")
    clear_parser.set_defaults(run=lambda args: cache.clear())

    run.add_parser(commands)
    return parser


def _positive(text: str) -> int:
    return _whole(text, 1)


def _natural(text: str) -> int:
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {least}")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code.

    Args:
        arguments: the words after ``giulgi``; None takes those of the process.
    """
    parser = _parser()
    words = list(sys.argv[1:] if arguments is None else arguments)
    of_program: list[str] = []
    if words[:1] == ["run"]:  # What comes after the program is its own.
        own, of_program = run.split(words[1:])
        if problem := run.misspelt(own):
            print(f"giulgi run: {problem}", file=sys.stderr)
            return _USAGE_ERROR
        words = ["run", *own]
    args = parser.parse_args(words)
    if args.command is None:
        parser.print_help()
        return 0
    if args.command == "run":
        args.arguments = of_program
        return run.run(args)
    try:
        args.run(args)
    except GiulgiError as error:
        error.where = None  # It is the command's own line, not the user's.
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as interrupt:
        print(f"\nStopped. {interrupt}".rstrip(), file=sys.stderr)
        return _INTERRUPTED
    return 0
