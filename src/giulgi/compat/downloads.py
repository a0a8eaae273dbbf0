"""Files that programs expect to be downloaded: data sets and weights that are published."""

from __future__ import annotations

import os
from pathlib import Path

from giulgi.compat.shipped import made, shipped

# A publisher that does not answer within so many seconds is taken for one that cannot be reached.
_PATIENCE = 20


def required(path: Path, what: str, origin: str = "", checksum: str | None = None) -> Path:
    """Return the path of a file; if it is not there, it is downloaded as TensorFlow did.

    Args:
        path: where it is kept.
        what: what it is, for people.
        origin: the address at which it is published; nothing: it cannot be downloaded.
        checksum: such as ``"md5:..."``; None: the file is taken as it comes.

    Raises:
        FileNotFoundError: if it cannot be had; it says where to put it.
    """
    if path.exists():
        return path
    own = shipped(origin)
    if own is not None:
        return _written(path, own.read_bytes())
    why = _fetched(path, origin, checksum) if origin.startswith(("http://", "https://")) else ""
    if path.exists():
        return path
    content = made(origin)
    if content is not None:
        return _written(path, content)
    source = f" It is published at {origin}" if origin else ""
    raise FileNotFoundError(
        f"{what} is not on this machine{why}. Put the file {path.name} into {path.parent}.{source}"
    )


def _written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _fetched(path: Path, origin: str, checksum: str | None) -> str:
    """Download a file; return why it could not be done."""
    try:
        import pooch
    except ModuleNotFoundError:
        return ", and pooch, which downloads it, is not installed: pip install 'giulgi[programs]'"
    pooch.get_logger().setLevel("WARNING")
    print(f"Downloading data from {origin}")
    downloader = pooch.HTTPDownloader(progressbar=True, timeout=_PATIENCE)
    try:
        pooch.retrieve(origin, checksum, path.name, os.fspath(path.parent), downloader=downloader)
    except (OSError, ValueError) as error:
        # What requests raises are OSErrors; a file that is not as it should be is a ValueError.
        return f", and cannot be downloaded ({type(error).__name__})"
    return ""
