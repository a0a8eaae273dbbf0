"""Where ``tf.print`` writes to."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from giulgi.compat.tensorflow.system import logging
from giulgi.compat.tensorflow.system.gfile import absent

#: The standard error, as it is when something is printed.
ERRORS: Final = object()

_FILE = "file://"
_LEVELS = {
    logging.info: logging.INFO,
    logging.warn: logging.WARN,
    logging.error: logging.ERROR,
}  # fmt: skip

Writer = Callable[[str, str], None]


def writer_to(stream: Any) -> Writer:
    """Return what writes a text, and what stands behind it.

    Args:
        stream: ``sys.stdout`` or ``sys.stderr``; ``tf.logging.info``, ``warning`` or ``error``, or
            the level of one; or "file://" with a path, to whose file it is added.

    Raises:
        ValueError: if it is anything else.
    """
    if stream is ERRORS or stream is sys.stderr:
        return lambda text, end: print(text, end=end, file=sys.stderr)
    if stream is sys.stdout:
        return lambda text, end: print(text, end=end, file=sys.stdout)
    if isinstance(stream, str) and stream.startswith(_FILE):
        return _writer_to_file(stream.removeprefix(_FILE))
    for function, level in _LEVELS.items():
        if stream is function or (type(stream) is int and stream == level):
            return lambda text, end: _log(level, text + end)
    raise ValueError(
        f"Unsupported output stream, logging level, or file: {stream!r}. It may be sys.stdout, "
        "sys.stderr, tf.logging.info, tf.logging.warning, tf.logging.error, or the path of a file "
        f"behind {_FILE!r}; anything else that can be written to, print into with Python's print."
    )


def _writer_to_file(path: str) -> Writer:
    def write(text: str, end: str) -> None:
        try:
            with open(path, "a", encoding="utf-8", newline="") as file:
                file.write(text + end)
        except FileNotFoundError:
            raise absent(path) from None

    return write


def _log(level: int, text: str) -> None:
    """Say something whatever the verbosity is: what is printed is meant to be seen."""
    logger = logging.get_logger()
    said = text.removesuffix("\n")
    logger.handle(logger.makeRecord(logger.name, level, "", 0, said, (), None))
