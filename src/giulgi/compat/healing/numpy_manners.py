"""What NumPy's functions took, and did, and do no longer."""

from __future__ import annotations

import builtins
import functools
import sys
import warnings
from collections.abc import Callable, Iterator
from types import GeneratorType
from typing import Any

import numpy as np

from giulgi.compat.healing.hooks import called_by_program, heals, replace
from giulgi.compat.healing.promotion import wrapped
from giulgi.compat.healing.source import is_single
from giulgi.compat.healing.telling import tell

Function = Callable[..., Any]


@heals("numpy")
def _arrays(module: Any) -> None:
    # Numbers in lists are printed as numbers: 1.0, not np.float64(1.0).
    module.set_printoptions(legacy="1.25")
    replace(module, "array", _ragged)
    replace(module, "asarray", _ragged)
    replace(module, "load", _trusting)
    replace(module, "set_printoptions", _printing)
    replace(module, "histogram", functools.partial(_renamed, old="normed", new="density"))
    replace(module, "fromstring", _binary)
    for name in ("vstack", "hstack", "stack", "concatenate", "column_stack", "dstack"):
        replace(module, name, _of_iterators)
    for name in ("zeros", "ones", "empty"):
        replace(module, name, _of_whole_floats)
    for name in ("linspace", "logspace"):
        replace(module, name, _counted)
    replace(module, "sum", _of_generators)
    for name in ("percentile", "quantile", "nanpercentile", "nanquantile"):
        replace(module, name, functools.partial(_renamed, old="interpolation", new="method"))
    replace(module, "reshape", functools.partial(_renamed, old="newshape", new="shape"))
    warnings.filterwarnings("ignore", message=".*np.row_stack.*", category=DeprecationWarning)


@heals("numpy.lib")
def _lib(module: Any) -> None:
    """Let NumPy's functions be found where they were, such as ``np.lib.pad``."""
    before = module.__dict__.get("__getattr__")

    def found(name: str) -> Any:
        if not name.startswith("__") and name in np.__dict__ and called_by_program():
            tell(f"np.lib.{name} is np.{name}.")
            return np.__dict__[name]
        if before is not None:
            return before(name)
        raise AttributeError(f"module 'numpy.lib' has no attribute {name!r}")

    module.__dict__["__getattr__"] = found


def _printing(own: Function) -> Function:
    """Let ``np.nan`` be a number of elements that is never reached."""

    @functools.wraps(own)
    def set_printoptions(*args: Any, **options: Any) -> None:
        threshold = options.get("threshold")
        if isinstance(threshold, float):
            whole = sys.maxsize if threshold != threshold or threshold == np.inf else threshold
            options["threshold"] = int(whole)
        own(*args, **options)

    return set_printoptions


@heals("numpy.random")
def _random(module: Any) -> None:
    for name in ("rand", "randn"):
        replace(module, name, _of_whole_floats)


@heals("math")
def _math(module: Any) -> None:
    for name in (
        "sqrt", "exp", "log", "log2", "log10", "sin", "cos", "tan", "atan", "atan2", "pow", "fabs",
        "tanh", "isnan", "isinf",
    ):  # fmt: skip
        replace(module, name, _of_single)


def _ragged(own: Function) -> Function:
    """Let lists of lists of different lengths become an array of lists."""

    @functools.wraps(own)
    def array(*args: Any, **options: Any) -> Any:
        try:
            return own(*args, **options)
        except OverflowError:
            dtype = args[1] if len(args) > 1 else options.get("dtype")
            if dtype is None or np.dtype(dtype).kind not in "iu" or not called_by_program():
                raise
            return wrapped(args[0], dtype)
        except ValueError as error:
            if not args or not called_by_program():
                raise
            if "copy" in str(error) and options.get("copy") is False:
                tell("np.array(a, copy=False) copies where it must, as NumPy once did.")
                return own(*args, **{**options, "copy": None})
            if "inhomogeneous" not in str(error) or len(args) > 1 or options.get("dtype"):
                raise
            return _uneven(own, args[0], options)

    return array


def _uneven(own: Function, value: Any, options: dict[str, Any]) -> Any:
    value = list(value)
    if all(is_single(part) or np.isscalar(part) for part in value):
        tell("An array of one element is stored as the number that it holds, as NumPy once did.")
        return own([p.item() if is_single(p) else p for p in value], **options)
    tell(
        "np.array makes an array of lists of lists that differ in length, as NumPy once did "
        "(today: dtype=object)."
    )
    try:
        # Rows of equal length stay rows: what an agent remembers is a table of objects.
        return own(value, **{**options, "dtype": object})
    except ValueError:
        made = np.empty(len(value), object)
        for place, part in enumerate(value):
            made[place] = part
        return made


def _trusting(own: Function) -> Function:
    """Let ``np.load`` read files of objects."""

    @functools.wraps(own)
    def load(
        file: Any, mmap_mode: Any = None, allow_pickle: Any = None, *args: Any, **options: Any
    ) -> Any:
        if allow_pickle is None:
            allow_pickle = called_by_program()
        options.setdefault("encoding", "latin1" if allow_pickle else "ASCII")
        return own(file, mmap_mode, allow_pickle, *args, **options)

    return load


def _binary(own: Function) -> Function:
    """Let ``np.fromstring`` read bytes."""

    @functools.wraps(own)
    def fromstring(
        string: Any, dtype: Any = float, count: int = -1, *, sep: str = "", **more: Any
    ) -> Any:
        if sep:
            return own(string, dtype=dtype, count=count, sep=sep, **more)
        tell("np.fromstring reads bytes as np.frombuffer does.")
        data = string.encode("latin1") if isinstance(string, str) else string
        return np.frombuffer(data, dtype, count).copy()

    return fromstring


def _of_iterators(own: Function) -> Function:
    """Let a generator, ``map`` or ``zip`` stand for a list of arrays."""

    @functools.wraps(own)
    def stack(arrays: Any, *args: Any, **options: Any) -> Any:
        if isinstance(arrays, (Iterator, type({}.values()), type({}.keys()))):
            arrays = list(arrays)
        return own(arrays, *args, **options)

    return stack


def _of_generators(own: Function) -> Function:
    """Let Python sum what a generator yields, be it numbers, arrays or tensors."""

    @functools.wraps(own)
    def total(a: Any, *args: Any, **options: Any) -> Any:
        if isinstance(a, GeneratorType) and not args and not options:
            return builtins.sum(a)
        return own(a, *args, **options)

    return total


def _whole(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(map(_whole, value))
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return int(value)
    return value


def _of_whole_floats(own: Function) -> Function:
    """Let a size be a float that is a whole number."""

    @functools.wraps(own)
    def make(*args: Any, **options: Any) -> Any:
        try:
            return own(*args, **options)
        except TypeError:
            if not called_by_program():
                raise
            every = own.__name__ in ("rand", "randn")
            places = [*map(_whole, args)] if every else [_whole(args[0]), *args[1:]]
            tell("A size that is a float, such as 3.0, is taken for a whole number.")
            return own(*places, **options)

    return make


def _counted(own: Function) -> Function:
    """Let the number of points be a float that is a whole number."""

    @functools.wraps(own)
    def spaced(start: Any, stop: Any, num: Any = 50, *args: Any, **options: Any) -> Any:
        return own(start, stop, int(num), *args, **options)

    return spaced


def _renamed(own: Function, old: str, new: str) -> Function:
    """Let an argument have the name that it had."""

    @functools.wraps(own)
    def call(*args: Any, **options: Any) -> Any:
        if old in options:
            options[new] = options.pop(old)
        return own(*args, **options)

    return call


def _of_single(own: Function) -> Function:
    """Let an array of one element be a number."""

    @functools.wraps(own)
    def call(*args: Any) -> Any:
        try:
            return own(*args)
        except TypeError:
            if not any(map(is_single, args)):
                raise
            tell(
                "An array of one element is taken for the number that it holds, as NumPy once did."
            )
            return own(*(a.item() if is_single(a) else a for a in args))

    return call


#: What is healed here, for the page of documentation.
HEALED = (
    "NumPy",
    [
        "'%f' % array of one element",
        "float(array of one element)",
        "math.sqrt(array of one element)",
        "a[i] = array of one element",
        "np.array of lists of different lengths",
        "np.array(copy=False)",
        "np.load of objects",
        "np.set_printoptions(threshold=np.nan)",
        "np.histogram(normed=)",
        "np.lib.pad and its like",
        "a.tostring",
        "a.itemset",
        "a.ptp",
        "a.newbyteorder",
        "np.fromstring of bytes",
        "np.vstack(map(...))",
        "np.reshape(newshape=)",
        "np.percentile(interpolation=)",
        "np.sum of a generator",
        "sizes that are floats",
        "numbers in lists printed as numbers",
    ],
)
