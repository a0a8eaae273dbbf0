"""Reading the files that come inside the package, and saying so when one is damaged.

The files are found with :mod:`importlib.resources`, so no folder is assumed: it works from a
checkout, from an installed wheel and from a zip file, on every system.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from giulgi.errors import GiulgiError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

REINSTALL = (
    "install giulgi again, which brings a fresh copy of the file:\n"
    "pip install --force-reinstall --no-deps giulgi"
)


class DataFileError(GiulgiError, ValueError):
    """A data file that comes with giulgi is missing or damaged."""


def folder() -> Traversable:
    """Return the folder inside the package that holds the data files."""
    # Imported here because only reading data needs it, and it would take about 10 ms of
    # every `import giulgi`.
    from importlib import resources

    return resources.files("giulgi.data") / "files"


def read(group: str, file: str) -> bytes:
    """Return the content of one data file.

    Args:
        group: the folder of the file, such as ``"mnist"``.
        file: its name.

    Raises:
        DataFileError: if the file is missing or cannot be read.
    """
    try:
        return (folder() / group / file).read_bytes()
    except FileNotFoundError:
        raise damaged(group, file, "is missing.") from None
    except OSError as error:
        raise damaged(group, file, f"cannot be read: {error}.") from error


def damaged(group: str, file: str, problem: str) -> DataFileError:
    """Return the error for a file that is not as it should be.

    Args:
        group: the folder of the file.
        file: its name.
        problem: the rest of the sentence that begins with the name of the file.
    """
    return DataFileError(
        f"The data file {group}/{file}, which comes with giulgi, {problem}", fix=REINSTALL
    )
