"""Tables and columns of pandas: methods that are gone, and how they behaved."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from giulgi.compat.healing.hooks import called_by_program, heals, replace
from giulgi.compat.healing.pandas_reading import by_position, frequencies
from giulgi.compat.healing.telling import tell

Function = Callable[..., Any]

_BY_POSITION = (
    "drop", "sort_values", "sort_index", "dropna", "fillna", "any", "all", "to_csv", "rename_axis",
    "set_index", "reset_index", "replace", "pivot", "drop_duplicates", "interpolate", "where",
    "mask", "sample", "pivot_table", "groupby", "to_excel", "duplicated", "set_axis", "shift",
    "rename",
)  # fmt: skip
_STATISTICS = (
    "mean", "median", "std", "var", "sem", "skew", "kurt", "corr", "cov", "quantile", "prod", "sum",
    "max", "min",
)  # fmt: skip


@heals("pandas")
def _tables(module: Any) -> None:
    for owner in (module.DataFrame, module.Series):
        for name in _BY_POSITION:
            replace(owner, name, by_position)
        for name in ("resample", "asfreq", "shift"):
            replace(owner, name, frequencies)
        replace(owner, "fillna", _filling)
        replace(owner, "to_dict", _oriented)
        owner.values = property(_writable(owner.values.fget))
        replace(owner, "__array__", _writable)
        for name, method in _METHODS.items():
            if not hasattr(owner, name):
                setattr(owner, name, _told(owner.__name__, name, method))
        owner.ix = property(_Ix)
    for name in _STATISTICS:
        replace(module.DataFrame, name, _of_numbers)
        replace(module.core.groupby.DataFrameGroupBy, name, _of_numbers)
    module.DataFrame.from_csv = functools.partial(_from_csv, module)
    module.Series.from_csv = functools.partial(_series_from_csv, module)
    for owner in (module.DatetimeIndex, module.core.indexes.accessors.DatetimeProperties):
        for name in ("week", "weekofyear"):
            if not hasattr(owner, name):
                setattr(owner, name, property(lambda self: self.isocalendar().week))
    replace(module.Series, "__getitem__", _by_place)
    replace(module.Series, "__setitem__", _widened_series)
    for accessor in (module.core.indexing._LocIndexer, module.core.indexing._iLocIndexer):
        accessor.__setitem__ = _widened(accessor.__setitem__)


def _told(owner: str, name: str, method: tuple[Function, str]) -> Function:
    function, now = method

    @functools.wraps(function)
    def call(self: Any, *args: Any, **options: Any) -> Any:
        tell(f"{owner}.{name} is gone from pandas; {now} is what it was.")
        return function(self, *args, **options)

    return call


# Methods


def _append(self: Any, other: Any, ignore_index: bool = False, *_: Any, **__: Any) -> Any:
    import pandas as pd

    others = list(other) if isinstance(other, (list, tuple)) else [other]
    if isinstance(self, pd.DataFrame):
        others = [_as_rows(pd, o) for o in others]
    return pd.concat([self, *others], ignore_index=ignore_index)


def _from_csv(pd: Any, path: Any, header: Any = 0, sep: str = ",", **options: Any) -> Any:
    tell("from_csv is read_csv in pandas today, with dates in the first column as the index.")
    index, dates = options.get("index_col", 0), options.get("parse_dates", True)
    table = pd.read_csv(path, header=header, sep=sep, index_col=index)
    if dates and table.index.dtype == object:
        try:
            table.index = pd.to_datetime(table.index)
        except (ValueError, TypeError):
            return table
    return table


def _series_from_csv(pd: Any, path: Any, sep: str = ",", **options: Any) -> Any:
    return _from_csv(pd, path, options.pop("header", None), sep, **options).iloc[:, 0]


def _as_rows(pd: Any, other: Any) -> Any:
    if isinstance(other, dict):
        return pd.DataFrame([other])
    return other.to_frame().T.infer_objects() if isinstance(other, pd.Series) else other


def _as_matrix(self: Any, columns: Any = None) -> Any:
    return (self if columns is None else self[columns]).to_numpy(copy=True)


def _sort(self: Any, columns: Any = None, axis: int = 0, ascending: Any = True, **k: Any) -> Any:
    del axis
    inplace = k.get("inplace", False)
    if self.ndim == 1:
        return self.sort_values(ascending=ascending, inplace=True)
    if columns is None:
        return self.sort_index(ascending=ascending, inplace=inplace)
    return self.sort_values(columns, ascending=ascending, inplace=inplace)


def _set_value(self: Any, *place_and_value: Any, **_: Any) -> Any:
    *place, value = place_and_value
    self.at[tuple(place) if len(place) > 1 else place[0]] = value
    return self


def _get_value(self: Any, *place: Any, **_: Any) -> Any:
    return self.at[place if len(place) > 1 else place[0]]


def _lookup(self: Any, row_labels: Any, col_labels: Any) -> Any:
    return np.array([self.at[r, c] for r, c in zip(row_labels, col_labels, strict=True)])


def _select(self: Any, crit: Function, axis: int = 0) -> Any:
    kept = [label for label in self.axes[axis] if crit(label)]
    return self.reindex(kept, axis=axis)


def _convert(self: Any, *_: Any, convert_numeric: bool = False, **__: Any) -> Any:
    import pandas as pd

    if not convert_numeric:
        return self.infer_objects()
    if self.ndim == 1:
        return pd.to_numeric(self, errors="coerce")
    return self.apply(pd.to_numeric, errors="coerce")


_METHODS: dict[str, tuple[Function, str]] = {
    "append": (_append, "pd.concat"),
    "as_matrix": (_as_matrix, "df.to_numpy()"),
    "get_values": (lambda self: self.to_numpy(copy=True), "to_numpy()"),
    "sort": (_sort, "sort_values"),
    "order": (lambda self, ascending=True: self.sort_values(ascending=ascending), "sort_values"),
    "iteritems": (lambda self: self.items(), "items()"),
    "iterkv": (lambda self: self.items(), "items()"),
    "get_value": (_get_value, "df.at[row, column]"),
    "set_value": (_set_value, "df.at[row, column] = value"),
    "applymap": (lambda self, func, **k: self.map(func, **k), "df.map"),
    "mad": (lambda self, axis=0: (self - self.mean(axis)).abs().mean(axis), "its formula"),
    "lookup": (_lookup, "df.at"),
    "select": (_select, "reindex"),
    "convert_objects": (_convert, "infer_objects or pd.to_numeric"),
    "pad": (lambda self, **k: self.ffill(**k), "ffill"),
    "backfill": (lambda self, **k: self.bfill(**k), "bfill"),
    "clip_lower": (lambda self, threshold, **_: self.clip(lower=threshold), "clip"),
    "clip_upper": (lambda self, threshold, **_: self.clip(upper=threshold), "clip"),
    "reindex_axis": (lambda self, labels, axis=0, **_: self.reindex(labels, axis=axis), "reindex"),
    "tshift": (lambda self, periods=1, freq=None: self.shift(periods, freq=freq), "shift"),
    "irow": (lambda self, i: self.iloc[i], "iloc"),
    "icol": (lambda self, i: self.iloc[:, i], "iloc"),
    "iget": (lambda self, i: self.iloc[i], "iloc"),
    "nonzero": (lambda self: self.to_numpy().nonzero(), "s.to_numpy().nonzero()"),
    "ravel": (lambda self, order="C": self.to_numpy(copy=True).ravel(order), "s.to_numpy()"),
    "reshape": (lambda self, *shape: self.to_numpy(copy=True).reshape(*shape), "s.to_numpy()"),
    "ptp": (lambda self, *_, **__: self.max() - self.min(), "s.max() - s.min()"),
    "valid": (lambda self: self.dropna(), "dropna"),
    "to_dense": (lambda self: self, "itself"),
    "swapaxes": (lambda self, *_, **__: self.T, "transpose"),
    "first": (lambda self, offset: self[: self.index[0] + _offset(offset)], "loc"),
    "bool": (lambda self: bool(self.to_numpy().item()), "bool(s.item())"),
}  # fmt: skip


def _offset(offset: Any) -> Any:
    import pandas as pd

    return pd.tseries.frequencies.to_offset(offset)


# Manners


def _filling(own: Function) -> Function:
    """Let ``fillna`` take a method."""

    @functools.wraps(own)
    def fillna(self: Any, *args: Any, **options: Any) -> Any:
        method = options.pop("method", None)
        if method is None:
            return own(self, *args, **options)
        tell("fillna(method=...) is ffill() and bfill() in pandas today.")
        fill = self.ffill if method in ("ffill", "pad") else self.bfill
        return fill(**options)

    return fillna


def _oriented(own: Function) -> Function:
    """Let the orientation of ``to_dict`` be abbreviated."""
    whole = {"r": "records", "record": "records", "d": "dict", "l": "list", "s": "series",
             "sp": "split", "i": "index"}  # fmt: skip

    @functools.wraps(own)
    def to_dict(self: Any, orient: Any = None, *args: Any, **options: Any) -> Any:
        if orient is None:
            return own(self, *args, **options)
        return own(self, whole.get(orient, orient), *args, **options)

    return to_dict


def _writable(own: Function) -> Function:
    """Let the array of a table be one that can be changed."""

    @functools.wraps(own)
    def values(self: Any, *args: Any, **options: Any) -> Any:
        found = own(self, *args, **options)
        if isinstance(found, np.ndarray) and not found.flags.writeable and called_by_program():
            return found.copy()
        return found

    return values


def _of_numbers(own: Function) -> Function:
    """Leave out the columns that are no numbers, where there are such."""

    @functools.wraps(own)
    def statistic(self: Any, *args: Any, **options: Any) -> Any:
        try:
            return own(self, *args, **options)
        except (TypeError, ValueError):
            if "numeric_only" in options or not called_by_program():
                raise
            found = own(self, *args, **options, numeric_only=True)
            tell(f"{own.__name__}() leaves out columns that are no numbers, as pandas once did.")
            return found

    return statistic


def _by_place(own: Function) -> Function:
    """Let a whole number be a place in a column whose labels are no numbers."""

    @functools.wraps(own)
    def __getitem__(self: Any, key: Any) -> Any:  # noqa: N807
        try:
            return own(self, key)
        except KeyError:
            places = key if isinstance(key, list) else [key]
            if not all(isinstance(k, (int, np.integer)) for k in places):
                raise
            if self.index.dtype.kind in "iuf" or not places or not called_by_program():
                raise
            tell("A number in series[number] is a place where labels are text, as pandas once did.")
            return self.iloc[key]

    return __getitem__


def narrowed(column: Any) -> Any:
    """Return a column of objects as one of numbers, if it holds nothing else."""
    if all(isinstance(value, (int, float, np.number)) for value in column):
        return column.astype(float)
    return column.infer_objects()


def _widened(own: Function) -> Function:
    """Let a column become one of objects or floats when something else is put into it."""

    @functools.wraps(own)
    def __setitem__(self: Any, key: Any, value: Any) -> None:  # noqa: N807
        try:
            own(self, key, value)
        except TypeError as error:
            if "Invalid value" not in str(error):
                raise
            table = self.obj
            if table.ndim == 1:
                table._update_inplace(table.astype(object))
                own(self, key, value)
                table._update_inplace(narrowed(table))
                return
            columns = key[1] if isinstance(key, tuple) and len(key) > 1 else slice(None)
            by_place = type(self).__name__ == "_iLocIndexer"
            part = table.iloc[:, columns] if by_place else table.loc[:, columns]
            names = [part.name] if part.ndim == 1 else list(part.columns)
            for name in names:
                table[name] = table[name].astype(object)
            own(self, key, value)
            for name in names:
                table[name] = narrowed(table[name])

    return __setitem__


def _widened_series(own: Function) -> Function:
    @functools.wraps(own)
    def __setitem__(self: Any, key: Any, value: Any) -> None:  # noqa: N807
        try:
            own(self, key, value)
        except TypeError as error:
            if "Invalid value" not in str(error):
                raise
            self._update_inplace(self.astype(object))
            own(self, key, value)
            self._update_inplace(narrowed(self))

    return __setitem__


class _Ix:
    """``table.ix``: labels, or places where the labels are no numbers."""

    def __init__(self, table: Any) -> None:
        tell("ix is gone from pandas; loc (by label) and iloc (by place) are what it was.")
        self._table = table

    def _labels(self, key: Any) -> Any:
        if isinstance(key, tuple) and len(key) <= self._table.ndim:
            return tuple(_labelled(self._table.axes[a], part) for a, part in enumerate(key))
        return _labelled(self._table.axes[0], key)

    def __getitem__(self, key: Any) -> Any:
        return self._table.loc[self._labels(key)]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._table.loc[self._labels(key)] = value


def _labelled(axis: Any, key: Any) -> Any:
    """Return a part of an index by labels."""
    if axis.dtype.kind in "iu":
        return key
    if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
        return axis[key] if key not in axis else key
    if isinstance(key, slice) and all(
        isinstance(end, (int, np.integer, type(None))) for end in (key.start, key.stop)
    ):
        return key if key == slice(None) else list(axis[key])
    if isinstance(key, (list, np.ndarray)) and len(key) and isinstance(key[0], (int, np.integer)):
        return key if isinstance(key[0], (bool, np.bool_)) else list(axis[list(key)])
    return key


def changed_part(owner: Any, key: Any, is_attribute: bool, change: Function) -> Any:
    """Change a part of something, ``owner[key]`` or ``owner.key``, by a function.

    A column of a table is a copy of its own in pandas today, so it is put back.
    """
    import pandas as pd

    part = getattr(owner, key) if is_attribute else owner[key]
    is_column = isinstance(owner, pd.DataFrame) and isinstance(part, pd.Series)
    if not is_column or (is_attribute and key not in owner.columns):
        return change(part)
    part = part.copy()
    found = change(part)
    owner[key] = part
    return found


#: What is healed here, for the page of documentation.
HEALED = (
    "pandas",
    [
        "df.ix",
        "DataFrame.from_csv",
        "Series.from_csv",
        "dates.week",
        *(f"df.{name}" for name in _METHODS),
        "df['a'][0] = 1",
        "df['a'].fillna(0, inplace=True)",
        "df.fillna(method=)",
        "df.drop('a', 1)",
        "df.mean() with text",
        "df.values to write into",
        "series[0] where labels are text",
        "df.loc[0, 'a'] = another dtype",
    ],
)
