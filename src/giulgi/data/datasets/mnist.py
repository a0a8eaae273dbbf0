"""MNIST: 70,000 grey pictures of handwritten digits.

Source: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits,
http://yann.lecun.com/exdb/mnist/ (1998); licence CC BY-SA 3.0. The four original files come with
giulgi.

A file in the idx format is a header of big-endian 32-bit integers followed by the numbers
themselves. The header is a magic number (in its last two bytes: 8 for unsigned bytes, and how
many axes there are) and then the length of each axis.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib

import numpy as np
import numpy.typing as npt

from giulgi.data import shipped

__all__ = ["load_data"]

Bytes = npt.NDArray[np.uint8]

_GROUP = "mnist"
_UNSIGNED_BYTES = 8


def load_data(path: str = "mnist.npz") -> tuple[tuple[Bytes, Bytes], tuple[Bytes, Bytes]]:
    """Return MNIST as ``(x_train, y_train), (x_test, y_test)``, as Keras does.

    Args:
        path: not used. Keras keeps its download there; here the data comes with the package.
            The argument exists so that programs written for Keras run.

    Returns:
        * ``x_train``: uint8 (60000, 28, 28), and ``x_test``: uint8 (10000, 28, 28): rows of
          pixels from 0 (background) to 255 (ink);
        * ``y_train``: uint8 (60000,), and ``y_test``: uint8 (10000,): the digits, 0 to 9.

        The arrays are new at each call, so they may be changed in place.

    Raises:
        DataFileError: (a ValueError) if a file is missing or damaged.
    """
    train = (
        _read_idx("train-images-idx3-ubyte.gz", (60_000, 28, 28)),
        _read_idx("train-labels-idx1-ubyte.gz", (60_000,)),
    )
    test = (
        _read_idx("t10k-images-idx3-ubyte.gz", (10_000, 28, 28)),
        _read_idx("t10k-labels-idx1-ubyte.gz", (10_000,)),
    )
    return train, test


def _read_idx(file: str, shape: tuple[int, ...]) -> Bytes:
    """Return the array of one idx file, which must have exactly this shape."""
    content = _unpack(file)
    header = struct.Struct(f">{1 + len(shape)}I")
    expected_size = header.size + math.prod(shape)
    if len(content) != expected_size:
        raise shipped.damaged(
            _GROUP,
            file,
            f"should hold {expected_size:,} bytes when unpacked, and holds {len(content):,}.",
        )
    magic, *lengths = header.unpack_from(content)
    expected_magic = _UNSIGNED_BYTES << 8 | len(shape)
    if magic != expected_magic:
        raise shipped.damaged(
            _GROUP,
            file,
            f"should begin with the magic number {expected_magic}, and begins with {magic}.",
        )
    if tuple(lengths) != shape:
        raise shipped.damaged(
            _GROUP, file, f"should hold an array of shape {shape}, and holds {tuple(lengths)}."
        )
    # frombuffer looks into `content`, which cannot be written to; the copy can.
    return np.frombuffer(content, np.uint8, offset=header.size).reshape(shape).copy()


def _unpack(file: str) -> bytes:
    """Return the content of a gzip file; gzip's own checksum finds any changed byte."""
    packed = shipped.read(_GROUP, file)
    try:
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        raise shipped.damaged(
            _GROUP, file, f"should be a complete gzip file, and is not ({error})."
        ) from error
