"""The errors of TensorFlow, under its names: ``tf.errors.OutOfRangeError``."""

from __future__ import annotations

from typing import Any

from giulgi.compat.names import export, exported


@exported("errors.OpError", "OpError")
class OpError(Exception):
    """Base of the errors of a run.

    Args:
        node_def: has no meaning.
        op: the operation that failed, if one did.
        message: what happened.
        error_code: a number for what happened.
    """

    def __init__(self, node_def: Any, op: Any, message: str, error_code: int = 2) -> None:
        super().__init__(message)
        self.node_def = node_def
        self.op = op
        self.message = message
        self.error_code = error_code


class _NumberedError(OpError):
    """Base of the errors that have a number of their own."""

    number = 2

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, self.number)


@exported("errors.InvalidArgumentError")
class InvalidArgumentError(_NumberedError):
    """A value does not fit, or is not fed."""

    number = 3


@exported("errors.NotFoundError")
class NotFoundError(_NumberedError):
    """A file, or what is asked of it, is not there."""

    number = 5


@exported("errors.FailedPreconditionError")
class FailedPreconditionError(_NumberedError):
    """A variable has no value yet."""

    number = 9


@exported("errors.OutOfRangeError")
class OutOfRangeError(_NumberedError):
    """There is nothing more: a data set or queue is at its end."""

    number = 11


@exported("errors.DataLossError")
class DataLossError(_NumberedError):
    """A file is damaged."""

    number = 15


def _defined(name: str, code: int) -> None:
    """Define an error that nothing here raises, but a program may catch."""
    described = {"number": code, "__doc__": f"Error {code} of a run."}
    export(f"errors.{name}", type(name, (_NumberedError,), described))


_defined("CancelledError", 1)
_defined("UnknownError", 2)
_defined("DeadlineExceededError", 4)
_defined("AlreadyExistsError", 6)
_defined("PermissionDeniedError", 7)
_defined("ResourceExhaustedError", 8)
_defined("AbortedError", 10)
_defined("UnimplementedError", 12)
_defined("InternalError", 13)
_defined("UnavailableError", 14)
_defined("UnauthenticatedError", 16)
