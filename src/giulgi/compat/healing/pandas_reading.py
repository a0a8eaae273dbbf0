"""Functions of pandas: what they took, and what is gone."""

from __future__ import annotations

import functools
import importlib
import inspect
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

from giulgi.compat.healing.hooks import called_by_program, heals, lazily, makes, replace
from giulgi.compat.healing.telling import tell

Function = Callable[..., Any]

# Arguments of read_csv that changed nothing but speed or memory, or that are always so today.
_READ_FOR_NOTHING = (
    "mangle_dupe_cols", "infer_datetime_format", "tupleize_cols", "as_recarray", "compact_ints",
    "use_unsigned", "buffer_lines", "verbose", "keep_date_col", "warn_bad_lines",
)  # fmt: skip
_FREQUENCIES = {
    "M": "ME", "Q": "QE", "A": "YE", "Y": "YE", "H": "h", "T": "min", "S": "s", "L": "ms",
    "U": "us", "N": "ns", "BM": "BME", "BQ": "BQE", "BA": "BYE", "SM": "SME", "BH": "bh",
}  # fmt: skip


@heals("pandas")
def _functions(module: Any) -> None:
    _settings(module)
    for name in ("read_csv", "read_table", "read_excel", "read_fwf"):
        replace(module, name, _reading)
    replace(module, "get_dummies", _dummies)
    replace(module, "to_datetime", _dates)
    replace(module, "date_range", frequencies)
    for name in ("concat", "merge", "cut", "pivot_table", "to_datetime"):
        replace(module, name, by_position)
    replace(module, "concat", functools.partial(_without, names=("join_axes",)))
    lazily(module, {name: (make, said) for name, (make, said) in _gone(module).items()})


def _settings(module: Any) -> None:
    """Let strings be objects, as they were, and old names of options mean what they meant."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if int(module.__version__.split(".")[0]) >= 3:
            module.set_option("future.infer_string", False)
    for name in ("Pandas4Warning", "Pandas5Warning"):
        category = getattr(module.errors, name, None)
        if category is not None:
            warnings.filterwarnings("ignore", category=category)
    warnings.filterwarnings("ignore", message="Could not infer format")
    own = module.set_option

    def set_option(*pairs: Any, **options: Any) -> None:
        for name, value in zip(pairs[::2], pairs[1::2], strict=False):
            value = None if name.endswith("max_colwidth") and value == -1 else value
            for each in (name, f"display.{name}"):
                try:
                    own(each, value, **options)
                    break
                except KeyError:
                    continue
            else:
                tell(f"pandas has no option {name!r} any more; it is left out.")

    module.set_option = set_option


def by_position(own: Function) -> Function:
    """Let arguments be given by position that must be named today."""
    signature = inspect.signature(own)
    names = [n for n, p in signature.parameters.items() if p.kind is not p.VAR_KEYWORD]
    if any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()):
        return own

    @functools.wraps(own)
    def call(*args: Any, **options: Any) -> Any:
        try:
            return own(*args, **options)
        except TypeError as error:
            if "positional argument" not in str(error) or own.__name__ not in str(error):
                raise
            kept = sum(
                p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
                for p in signature.parameters.values()
            )
            rest = dict(zip(names[kept:], args[kept:], strict=False))
            if len(args) > len(names) or rest.keys() & options:
                raise
            return own(*args[:kept], **rest, **options)

    return call


def _without(own: Function, names: tuple[str, ...]) -> Function:
    @functools.wraps(own)
    def call(*args: Any, **options: Any) -> Any:
        axes = options.pop("join_axes", None) if "join_axes" in names else None
        found = own(*args, **options)
        return found if not axes else found.reindex(axes[0])

    return call


def _reading(own: Function) -> Function:
    """Let ``read_csv`` take what it took."""

    @functools.wraps(own)
    def read(path: Any, *args: Any, **options: Any) -> Any:
        gone = [name for name in _READ_FOR_NOTHING if name in options]
        skips = options.get("error_bad_lines") is False
        gone += [n for n in ("error_bad_lines", "squeeze", "prefix") if n in options]
        squeeze, prefix = options.pop("squeeze", False), options.pop("prefix", None)
        for name in (*_READ_FOR_NOTHING, "error_bad_lines"):
            options.pop(name, None)
        if skips:
            options["on_bad_lines"] = "skip"
        if "delim_whitespace" in options:
            gone.append("delim_whitespace")
            if options.pop("delim_whitespace"):
                options["sep"] = r"\s+"
        for old, new in (
            ("skip_footer", "skipfooter"), ("sheetname", "sheet_name"), ("parse_cols", "usecols"),
        ):  # fmt: skip
            if old in options:
                options[new] = options.pop(old)
        parser = options.pop("date_parser", None)
        if args and own.__name__ in ("read_csv", "read_table"):
            options["sep"], args = args[0], args[1:]
        if args:
            options["header"] = args[0]
        if gone:
            tell(f"pandas.{own.__name__} does not take {', '.join(gone)} any more; it does here.")
        if parser is not None:
            table = _parsed_by(own, path, options, parser)
        else:
            table = own(path, **options)
        if prefix is not None:
            table.columns = [f"{prefix}{name}" for name in table.columns]
        return table.squeeze("columns") if squeeze and table.shape[1] == 1 else table

    return read


def _parsed_by(own: Function, path: Any, options: dict[str, Any], parser: Function) -> Any:
    """Read a table, and parse its dates with a function of the program."""
    wanted = options.pop("parse_dates", None) or []
    index = options.pop("index_col", None)
    table = own(path, **options)
    names = list(table.columns)
    index = names[index] if isinstance(index, int) else index
    if wanted is True:
        wanted = [names[0] if index is None else index]
    columns = wanted.items() if isinstance(wanted, dict) else [(None, part) for part in wanted]
    for new, part in columns:
        parts = [names[p] if isinstance(p, int) else p for p in _as_list(part)]
        texts = table[parts[0]].astype(str)
        for each in parts[1:]:
            texts = texts + " " + table[each].astype(str)
        made = [parser(text) for text in texts]
        if len(parts) == 1 and new is None:
            table[parts[0]] = made
            continue
        table = table.drop(columns=parts)
        table.insert(0, new or "_".join(map(str, parts)), made)
        index = (new or "_".join(map(str, parts))) if index in parts else index
    return table if index is None or index is False else table.set_index(index)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _dummies(own: Function) -> Function:
    """Let the columns be numbers, 0 and 1."""

    @functools.wraps(own)
    def get_dummies(*args: Any, **options: Any) -> Any:
        if called_by_program():
            options.setdefault("dtype", "uint8")
        return own(*args, **options)

    return get_dummies


def _dates(own: Function) -> Function:
    """Let dates be written in several ways in one column."""

    @functools.wraps(own)
    def to_datetime(*args: Any, **options: Any) -> Any:
        options.pop("infer_datetime_format", None)
        options.pop("box", None)
        try:
            return own(*args, **options)
        except ValueError as error:
            if "format" in options or "match format" not in str(error):
                raise
            return own(*args, **options, format="mixed")

    return to_datetime


def frequencies(own: Function) -> Function:
    """Let frequencies have the names that they had, such as ``"M"``."""

    @functools.wraps(own)
    def call(*args: Any, **options: Any) -> Any:
        try:
            return own(*args, **options)
        except ValueError as error:
            if "requency" not in str(error) and "offset" not in str(error):
                raise
            return own(
                *(_frequency(a) for a in args), **{k: _frequency(v) for k, v in options.items()}
            )

    return call


def _frequency(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    digits = value.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return digits + _FREQUENCIES.get(value[len(digits) :], value[len(digits) :])


def _rolling(module: Any, kind: str, what: str) -> Function:
    def call(arg: Any, window: Any = None, min_periods: Any = None, **options: Any) -> Any:
        function = options.pop("func", None)
        data = arg if hasattr(arg, "rolling") else module.Series(arg)
        options = {k: v for k, v in options.items() if k == "center"}
        if kind == "rolling":
            view = data.rolling(window, min_periods=min_periods, **options)
        else:
            view = data.expanding(min_periods=min_periods or window or 1)
        made = getattr(view, what)
        found = made(function) if what == "apply" else made()
        return found if hasattr(arg, "rolling") else found.to_numpy()

    return call


def _index_of(module: Any, dtype: str) -> Function:
    return lambda data=None, **options: module.Index(data, dtype=dtype, **options)


def _gone(module: Any) -> dict[str, tuple[Callable[[], Any], str]]:
    """Return the functions and classes that pandas has no more."""
    import datetime

    import numpy as np

    index = {"Int64Index": "int64", "UInt64Index": "uint64", "Float64Index": "float64"}
    found: dict[str, tuple[Callable[[], Any], str]] = {
        "np": (lambda: np, "pd.np is gone from pandas; it was numpy."),
        "datetime": (lambda: datetime.datetime, "pd.datetime was datetime.datetime."),
        "value_counts": (
            lambda: lambda values, *a, **k: module.Series(values).value_counts(*a, **k),
            "pd.value_counts is a method of Series today.",
        ),
        "TimeGrouper": (
            lambda: lambda freq, **k: module.Grouper(freq=_frequency(freq), **k),
            "pd.TimeGrouper is pd.Grouper today.",
        ),
        "scatter_matrix": (
            lambda: module.plotting.scatter_matrix,
            "pd.scatter_matrix is in pandas.plotting today.",
        ),
        "ewma": (
            lambda: (
                lambda arg, com=None, span=None, halflife=None, **k: arg.ewm(
                    com=com, span=span, halflife=halflife
                ).mean()
            ),
            "pd.ewma(x, ...) is x.ewm(...).mean() today.",
        ),
        "tools": (
            lambda: importlib.import_module("pandas.tools"),
            "pd.tools.plotting is pandas.plotting today.",
        ),
        "TimeSeries": (lambda: module.Series, "pd.TimeSeries is pd.Series."),
    }
    for name, dtype in index.items():
        found[name] = (
            functools.partial(_index_of, module, dtype),
            f"pd.{name} is pd.Index with dtype {dtype!r} today.",
        )
    for kind in ("rolling", "expanding"):
        for what in ("mean", "sum", "std", "var", "min", "max", "median", "apply", "count"):
            found[f"{kind}_{what}"] = (
                functools.partial(_rolling, module, kind, what),
                f"pd.{kind}_{what}(x, n) is x.{kind}(n).{what}() today.",
            )
    return found


@makes("pandas.tools", "pandas.tools.plotting")
def _tools(module: ModuleType) -> None:
    from pandas import plotting

    tell("pandas.tools.plotting is pandas.plotting today.")
    module.__dict__.update(
        {name: getattr(plotting, name) for name in plotting.__all__}, plotting=plotting
    )


@makes("pandas.util.testing")
def _testing(module: ModuleType) -> None:
    from pandas import testing

    module.__dict__.update({name: getattr(testing, name) for name in testing.__all__})


#: What is healed here, for the page of documentation.
HEALED = (
    "pandas",
    [
        "read_csv(delim_whitespace=)",
        "read_csv(error_bad_lines=)",
        "read_csv(squeeze=)",
        "read_csv(prefix=)",
        "read_csv(date_parser=)",
        *(f"read_csv({name}=)" for name in _READ_FOR_NOTHING),
        "pd.np",
        "pd.datetime",
        "pd.value_counts",
        "pd.rolling_mean and its like",
        "pd.expanding_mean and its like",
        "pd.ewma",
        "pd.scatter_matrix",
        "pandas.tools.plotting",
        "pandas.util.testing",
        "pd.TimeGrouper",
        "pd.Int64Index",
        "pd.concat(join_axes=)",
        "dates in several forms",
        "frequencies such as 'M'",
        "get_dummies as numbers",
        "columns of text as objects",
        "set_option of former names",
    ],
)
