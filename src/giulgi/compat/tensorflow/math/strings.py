"""Strings, which Python computes with: joined, split, told as numbers, hashed."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from giulgi.compat.errors import InvalidArgumentError
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.tensorflow.control.printed import array_text
from giulgi.compat.tensorflow.math.arguments import axes
from giulgi.compat.tensorflow.math.fingerprints import fingerprint
from giulgi.compat.tensors.dtypes import as_dtype, int64, string
from giulgi.compat.tensors.tensor import Tensor, as_tensor

Sizes = tuple[int | None, ...] | None


def _text(value: Any) -> Tensor:
    return as_tensor(value, string)


def _each(function: Callable[..., Any], *arrays: Any) -> np.ndarray[Any, Any]:
    """Return a function of the elements of arrays, which are broadcast to one shape."""
    found = np.frompyfunc(function, len(arrays), 1)(*arrays)
    return np.asarray(found, object)


def _mapped(
    type: str, function: Callable[..., Any], value: Any, name: str | None, dtype: Any = string
) -> Any:
    """Return what a function gives for each string."""
    tensor = _text(value)
    outputs = [(dtype, tensor.sizes)]
    return host_operation(type, lambda x: _each(function, x), [tensor], outputs, name).outputs[0]


def _one_by_one(
    type: str, function: Callable[[bytes], Any], *paths: str, dtype: Any = string
) -> None:
    def apply(input: Any, name: str | None = None) -> Any:
        return _mapped(type, function, input, name, dtype)

    apply.__name__, apply.__doc__ = paths[0].split(".")[-1], f"Return {type} of each string."
    exported(*paths)(apply)


_one_by_one("StringStrip", bytes.strip, "string_strip", "strings.strip")
_one_by_one("DecodeBase64", lambda s: _decoded(s), "decode_base64", "io.decode_base64")


def _decoded(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


@exported("encode_base64", "io.encode_base64")
def encode_base64(input: Any, pad: bool = False, name: str | None = None) -> Any:
    """Return strings of bytes told in 64 letters."""

    def told(text: bytes) -> bytes:
        found = base64.urlsafe_b64encode(text)
        return found if pad else found.rstrip(b"=")

    return _mapped("EncodeBase64", told, input, name)


@exported("strings.length", "string_length")
def length(input: Any, name: str | None = None, unit: str = "BYTE") -> Any:
    """Return how many bytes, or characters, each string has."""

    def count(text: bytes) -> int:
        return len(text) if unit == "BYTE" else len(text.decode(errors="replace"))

    return _mapped("StringLength", count, input, name, np.int32)


def _cased(path: str, change: Callable[[str], str]) -> None:
    def apply(input: Any, encoding: str = "", name: str | None = None) -> Any:
        def changed(text: bytes) -> bytes:
            return change(text.decode("utf-8" if encoding else "latin-1")).encode(
                "utf-8" if encoding else "latin-1"
            )

        return _mapped(f"String{path.capitalize()}", changed, input, name)

    apply.__name__, apply.__doc__ = path, f"Return strings in {path} case."
    exported(f"strings.{path}", f"string_{path}")(apply)


_cased("lower", str.lower)
_cased("upper", str.upper)


@exported("as_string", "strings.as_string", "dtypes.as_string")
def as_string(
    input: Any,
    precision: int = -1,
    scientific: bool = False,
    shortest: bool = False,
    width: int = -1,
    fill: str = "",
    name: str | None = None,
) -> Any:
    """Return numbers told as strings."""
    value = as_tensor(input)
    code = "e" if scientific else "g" if shortest else "f"
    digits = f".{precision}" if precision >= 0 else ""
    wide = "" if width < 0 else str(width)

    def told(x: Any) -> bytes:
        if value.dtype.is_bool:
            return b"true" if x else b"false"
        if value.dtype.is_floating:
            return f"%{fill}{wide}{digits}{code}".__mod__(float(x)).encode()
        return f"%{fill}{wide}d".__mod__(int(x)).encode()

    outputs = [(string, value.sizes)]
    made = host_operation("AsString", lambda x: _each(told, x), [value], outputs, name)
    return made.outputs[0]


@exported("string_to_number", "strings.to_number")
def string_to_number(
    string_tensor: Any = None, out_type: Any = "float32", name: str | None = None,
    input: Any = None,
) -> Any:  # fmt: skip
    """Return the numbers that strings tell."""
    own = as_dtype(out_type)
    read = float if own.is_floating else int

    def number(text: bytes) -> Any:
        try:
            return read(text)
        except ValueError:
            raise InvalidArgumentError(
                None, None, f"StringToNumberOp could not correctly convert string: {text.decode()}"
            ) from None

    value = input if string_tensor is None else string_tensor
    return _mapped("StringToNumber", number, value, name, own)


@exported("string_join", "strings.join")
def string_join(inputs: Any, separator: str = "", name: str | None = None) -> Any:
    """Return strings joined, element by element; one alone is joined to each."""
    tensors = [_text(x) for x in inputs]
    sizes = next((x.sizes for x in tensors if x.sizes != ()), ())
    mark = separator.encode() if isinstance(separator, str) else separator

    def join(*arrays: Any) -> Any:
        return _each(lambda *parts: mark.join(parts), *arrays)

    return host_operation("StringJoin", join, tensors, [(string, sizes)], name).outputs[0]


@exported("reduce_join", "strings.reduce_join")
def reduce_join(
    inputs: Any,
    axis: Any = None,
    keep_dims: Any = None,
    separator: str = "",
    name: str | None = None,
    reduction_indices: Any = None,
    keepdims: Any = None,
) -> Any:
    """Return strings joined along axes."""
    value = _text(inputs)
    along = axes(reduction_indices if axis is None else axis)
    kept, mark = bool(keepdims or keep_dims), separator.encode()

    def join(array: Any) -> Any:
        x = np.asarray(array, object)
        order = range(x.ndim)[::-1] if along is None else np.ravel(along)
        places = [int(a) % x.ndim for a in order] if along is not None else list(order)[::-1]
        moved = np.moveaxis(x, places, range(x.ndim - len(places), x.ndim))
        rows = moved.reshape(*moved.shape[: x.ndim - len(places)], -1)
        joined = np.empty(rows.shape[:-1], object)
        for place in np.ndindex(joined.shape):
            joined[place] = mark.join(rows[place].tolist())
        return np.expand_dims(joined, tuple(sorted(places))) if kept else joined

    sizes: Sizes = None
    if value.sizes is not None:
        count = len(value.sizes)
        gone = set(range(count)) if along is None else {int(a) % count for a in np.ravel(along)}
        own = [(1 if a in gone else n) for a, n in enumerate(value.sizes) if kept or a not in gone]
        sizes = tuple(own)
    return host_operation("ReduceJoin", join, [value], [(string, sizes)], name).outputs[0]


@exported("substr", "strings.substr")
def substr(input: Any, pos: Any, len: Any, name: str | None = None, unit: str = "BYTE") -> Any:
    """Return so many bytes, or characters, of each string from a place on."""
    value, start, count = _text(input), as_tensor(pos), as_tensor(len)

    def part(text: bytes, first: int, many: int) -> bytes:
        whole: Any = text if unit == "BYTE" else text.decode(errors="replace")
        place = first if first >= 0 else builtins_len(whole) + first
        if not 0 <= place <= builtins_len(whole):
            raise InvalidArgumentError(None, None, f"pos {first} out of range for string {text!r}")
        found = whole[place : place + many]
        return found if unit == "BYTE" else found.encode()

    outputs = [(string, value.sizes)]
    made = host_operation(
        "Substr", lambda *x: _each(part, *x), [value, start, count], outputs, name
    )
    return made.outputs[0]


def builtins_len(value: Any) -> int:
    """Return the length of a text, where ``len`` is an argument."""
    return value.__len__()


@exported("regex_replace", "strings.regex_replace")
def regex_replace(
    input: Any = None,
    pattern: str = "",
    rewrite: str = "",
    replace_global: bool = True,
    name: str | None = None,
    source: Any = None,
) -> Any:
    """Return strings in which what fits a pattern is replaced; ``\\1`` is its first group."""
    found, new = re.compile(_bytes(pattern)), re.sub(rb"\\0", rb"\\g<0>", _bytes(rewrite))
    times = 0 if replace_global else 1
    value = source if input is None else input
    return _mapped("RegexReplace", lambda s: found.sub(new, s, count=times), value, name)


@exported("strings.regex_full_match")
def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> Any:
    """Return whether a pattern fits the whole of each string."""
    wanted = re.compile(_bytes(pattern))
    return _mapped(
        "RegexFullMatch", lambda s: wanted.fullmatch(s) is not None, input, name, np.bool_
    )


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


# Split


def _pieces(text: bytes, delimiter: bytes, skip_empty: bool) -> list[bytes]:
    """Return the parts of a text; the delimiter is any one of several bytes."""
    if not delimiter:
        found = [text[i : i + 1] for i in range(len(text))]
    else:
        found = re.split(b"[" + re.escape(delimiter) + b"]", text)
    return [piece for piece in found if piece] if skip_empty else found


@exported("string_split")
def string_split(
    source: Any,
    delimiter: Any = None,
    skip_empty: bool = True,
    sep: Any = None,
    result_type: str = "SparseTensor",
    name: str | None = None,
    delimeter: Any = None,
) -> Any:
    """Return the parts of strings, as a sparse tensor with a row for each string."""
    del result_type
    given = next((x for x in (delimiter, sep, delimeter) if x is not None), " ")
    mark = _text(given)
    return _split(source, [mark], lambda s, m: _pieces(s, m.item(), skip_empty), name)


@exported("strings.split")
def strings_split(
    input: Any = None,
    sep: Any = None,
    maxsplit: int = -1,
    result_type: str | None = None,
    source: Any = None,
    name: str | None = None,
) -> Any:
    """Return the parts of strings, as a sparse tensor with a row for each string.

    In TensorFlow 2 they are a ragged tensor, and those of one string a tensor.
    """
    from giulgi.compat.tensorflow.second import ragged

    mark = _bytes(sep) if sep else None
    value = source if input is None else input
    if ragged.is_wanted(result_type):
        return ragged.parts_of_texts(_text(value), lambda s: s.split(mark, maxsplit))
    return _split(value, [], lambda s: s.split(mark, maxsplit), name)


def _split(source: Any, more: list[Tensor], parts: Callable[..., Any], name: str | None) -> Any:
    from giulgi.compat.tensorflow.math.sparse import SparseTensor

    def split(array: Any, *others: Any) -> Any:
        rows = [parts(text, *others) for text in np.ravel(array).tolist()]
        places = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]
        widest = max((len(row) for row in rows), default=0)
        return (
            np.array(places, np.int64).reshape(-1, 2),
            np.array([piece for row in rows for piece in row], object),
            np.array([len(rows), widest], np.int64),
        )

    outputs = [(int64, [None, 2]), (string, [None]), (int64, [2])]
    made = host_operation("StringSplit", split, [_text(source), *more], outputs, name)
    return SparseTensor(*made.outputs)


# Hashed


def _hashed(type: str, hashing: Callable[[bytes], int], *paths: str) -> None:
    def apply(
        input: Any = None,
        num_buckets: int = 1,
        name: str | None = None,
        string_tensor: Any = None,
        key: Any = None,
    ) -> Any:
        count = int(num_buckets)
        value = string_tensor if input is None else input
        return _mapped(type, lambda s: hashing(s) % count, value, name, int64)

    apply.__name__ = paths[0]
    apply.__doc__ = "Return for each string a number below num_buckets, always the same."
    exported(*paths)(apply)


_hashed(
    "StringToHashBucketFast", fingerprint,
    "string_to_hash_bucket_fast", "strings.to_hash_bucket_fast",
    "string_to_hash_bucket", "strings.to_hash_bucket",
    "string_to_hash_bucket_strong", "strings.to_hash_bucket_strong",
)  # fmt: skip


@exported("strings.format")
def format_(
    template: str,
    inputs: Any = (),
    placeholder: str = "{}",
    summarize: int = 3,
    name: str | None = None,
) -> Any:
    """Return a text with values in the place of ``{}``."""
    values = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    tensors = [as_tensor(value) for value in values]

    def told(*arrays: Any) -> Any:
        text = template
        for array in arrays:
            text = text.replace(placeholder, array_text(array, summarize), 1)
        return text.encode()

    return host_operation("StringFormat", told, tensors, [(string, ())], name).outputs[0]


@exported("strings.bytes_split")
def bytes_split(input: Any, name: str | None = None) -> Any:
    """Return the bytes of strings, as a sparse tensor with a row for each string.

    In TensorFlow 2 they are a ragged tensor, and those of one string a tensor.
    """
    from giulgi.compat.tensorflow.second import ragged

    def parts(text: bytes) -> list[bytes]:
        return [text[i : i + 1] for i in range(len(text))]

    if ragged.is_wanted(None):
        return ragged.parts_of_texts(_text(input), parts)
    return _split(input, [], parts, name)


@exported("strings.ngrams")
def ngrams(data: Any, ngram_width: int, separator: str = " ", name: str | None = None) -> Any:
    """Return each so many strings that follow each other, joined."""
    mark, width = _bytes(separator), int(ngram_width)

    def joined(array: Any) -> Any:
        texts = np.ravel(array).tolist()
        return np.array(
            [mark.join(texts[i : i + width]) for i in range(len(texts) - width + 1)], object
        )

    outputs = [(string, [None])]
    return host_operation("StringNGrams", joined, [_text(data)], outputs, name).outputs[0]
