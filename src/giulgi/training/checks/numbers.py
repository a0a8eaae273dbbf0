"""What is given for data and holds something else than numbers: what it is, and what to do."""

from __future__ import annotations

from typing import Any

import numpy as np

from giulgi.errors import DataError
from giulgi.graph.shapes import shape_text

Array = np.ndarray[Any, Any]


def numbers_error(name: str, value: Any, array: Array | None) -> DataError:
    """Return the error for data that are no numbers.

    Args:
        name: what they are: "x", "y".
        value: the data as they were given.
        array: what NumPy makes of them; None if it makes nothing of them.
    """
    if array is None:
        return DataError(
            f"{name} is not an array of numbers: its parts have different lengths.",
            arguments=[(name, type(value).__name__)],
            fix=_ragged_fix(value),
        )
    is_text = array.dtype.kind in "SUT"
    shows = array.size and (is_text or array.dtype == object)
    return DataError(
        f"{name} is not an array of numbers{' but of text' if is_text else ''}: "
        f"NumPy reads it as dtype {array.dtype}"
        + (f", with {_first_odd(name, array)}." if shows else "."),
        arguments=[(name, f"{array.dtype} {shape_text(array.shape)}")],
        fix=_table_fix(value) or _fix(name, array),
    )


def _table_fix(value: Any) -> str:
    if hasattr(value, "features") and hasattr(value, "target"):
        return "give the parts of the table: its .features for x, its .target for y"
    names = getattr(getattr(value, "dtype", None), "names", None)
    if names:
        columns = ", ".join(f"x[{name!r}]" for name in names)
        return f"columns that have names are stacked to one array: np.stack([{columns}], axis=1)"
    return ""


def _ragged_fix(value: Any) -> str:
    first = value[0] if isinstance(value, (list, tuple)) else None
    if isinstance(first, (list, tuple)) and any(isinstance(part, np.ndarray) for part in first):
        return "batches (x, y) come from a generator: fit(lambda: batches)"
    return "all rows must have one length: fill the short ones up, such as with 0"


def _is_number(value: Any) -> bool:
    return isinstance(value, (bool, int, float, np.bool_, np.integer, np.floating))


def _first_odd(name: str, array: Array) -> str:
    """Return what the first entry is that is no number, and where."""
    for place in np.ndindex(array.shape):
        entry: Any = array[place]
        if not _is_number(entry):
            where = f" at {name}[{', '.join(map(str, place))}]" if place else ""
            if isinstance(entry, (str, bytes)):
                return repr(str(entry) if isinstance(entry, str) else bytes(entry)) + where
            return f"{entry if entry is None else type(entry).__name__}{where}"
    return "numbers alone"


def _fix(name: str, array: Array) -> str:
    kind = array.dtype.kind
    if kind == "O" and all(_is_number(entry) for entry in array.ravel().tolist()):
        return f"say that columns of several kinds are numbers: {name}.astype('float32')"
    if kind == "c":
        return f"take the parts of complex numbers: {name}.real and {name}.imag"
    if kind in "mM":
        unit = "np.timedelta64(1, 'D')"
        first = f"({name} - {name}.min())" if kind == "M" else name
        return f"count days: {first} / {unit}"
    if kind in "SUT" and array.ndim == 0:
        return "read what it names into an array first"
    entries = array.ravel().tolist()
    if kind == "O" and not all(_is_number(e) or isinstance(e, str) for e in entries):
        return "fill missing values (None) with a number, or drop their examples"
    try:
        array.astype("float32")
    except ValueError:
        if name == "y":
            return "number the classes: names, y = np.unique(y, return_inverse=True)"
        return "text must become numbers first, such as one column of 0 and 1 for each word"
    if any(isinstance(entry, str) for entry in entries):
        return f"the numbers are written as text: {name}.astype('float32')"
    return f"say that they are numbers: {name}.astype('float32')"
