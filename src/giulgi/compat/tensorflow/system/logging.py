"""What a program says of itself while it runs: ``tf.logging``."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from typing import Any

from giulgi.compat.names import export, exported

DEBUG, INFO, WARN, ERROR, FATAL = 10, 20, 30, 40, 50

_counts: Counter[str] = Counter()


class _ToErrors(logging.StreamHandler[Any]):
    """Writes to what is standard error when something is said."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter(logging.BASIC_FORMAT))

    def emit(self, record: logging.LogRecord) -> None:
        """Write a message."""
        self.stream = sys.stderr
        super().emit(record)


@exported("get_logger")
def get_logger() -> logging.Logger:
    """Return the logger of Python that all is said through."""
    logger = logging.getLogger("tensorflow")
    if not logger.handlers:
        logger.addHandler(_ToErrors())
        logger.setLevel(WARN)
        logger.propagate = False
    return logger


@exported("logging.set_verbosity")
def set_verbosity(v: Any) -> None:
    """Say only what is as weighty as a level: ``tf.logging.INFO``, or its name."""
    get_logger().setLevel(v)


@exported("logging.get_verbosity")
def get_verbosity() -> int:
    """Return the level."""
    return get_logger().getEffectiveLevel()


@exported("logging.log")
def log(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """Say something of a level."""
    get_logger().log(level, msg, *args, **kwargs)


@exported("logging.debug")
def debug(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Say what helps to find errors."""
    get_logger().debug(msg, *args, **kwargs)


@exported("logging.info")
def info(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Say how it goes."""
    get_logger().info(msg, *args, **kwargs)


@exported("logging.warn", "logging.warning")
def warn(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Say that something may be wrong."""
    get_logger().warning(msg, *args, **kwargs)


@exported("logging.error")
def error(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Say that something is wrong."""
    get_logger().error(msg, *args, **kwargs)


@exported("logging.fatal")
def fatal(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Say that something is so wrong that one cannot go on; the program ends itself, if it does."""
    get_logger().critical(msg, *args, **kwargs)


@exported("logging.vlog")
def vlog(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """Say something of a level."""
    log(level, msg, *args, **kwargs)


@exported("logging.log_if")
def log_if(level: int, msg: Any, condition: Any, *args: Any) -> None:
    """Say something if a condition holds."""
    if condition:
        log(level, msg, *args)


@exported("logging.log_every_n")
def log_every_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Say something each n-th time."""
    count = _counts[str(msg)]
    _counts[str(msg)] += 1
    log_if(level, msg, not count % n, *args)


@exported("logging.log_first_n")
def log_first_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Say something the first n times."""
    count = _counts[str(msg)]
    _counts[str(msg)] += 1
    log_if(level, msg, count < n, *args)


@exported("logging.TaskLevelStatusMessage")
def task_level_status_message(msg: Any) -> None:
    """Say what a task does."""
    error(msg)


@exported("logging.flush")
def flush() -> None:
    """Write what was said: it is."""


for _name, _level in {"DEBUG": DEBUG, "INFO": INFO, "WARN": WARN, "ERROR": ERROR,
                      "FATAL": FATAL}.items():  # fmt: skip
    export(f"logging.{_name}", _level)
export("logging.WARNING", WARN)
