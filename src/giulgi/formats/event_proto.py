"""What TensorBoard reads: events, and summaries of values, distributions, pictures and sounds."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from typing import Any

import numpy as np

from giulgi.formats.graph_proto import TensorProto
from giulgi.formats.messages import Message

Array = np.ndarray[Any, Any]


class HistogramProto(Message):
    """A distribution: how many values are below each limit, and not below the one before."""

    FIELDS = {
        "min": (1, "double"), "max": (2, "double"), "num": (3, "double"), "sum": (4, "double"),
        "sum_squares": (5, "double"), "bucket_limit": (6, ["double"]), "bucket": (7, ["double"]),
    }  # fmt: skip


class PluginData(Message):
    """Which page of TensorBoard shows a value."""

    FIELDS = {"plugin_name": (1, "string"), "content": (2, "bytes")}


class SummaryMetadata(Message):
    """What is told of the values of a tag."""

    PluginData = PluginData
    FIELDS = {
        "plugin_data": (1, PluginData), "display_name": (2, "string"),
        "summary_description": (3, "string"), "data_class": (4, "enum"),
    }  # fmt: skip


class Image(Message):
    """A picture, as PNG."""

    FIELDS = {
        "height": (1, "int32"), "width": (2, "int32"), "colorspace": (3, "int32"),
        "encoded_image_string": (4, "bytes"),
    }  # fmt: skip


class Audio(Message):
    """A sound, as WAV."""

    FIELDS = {
        "sample_rate": (1, "float"), "num_channels": (2, "int64"), "length_frames": (3, "int64"),
        "encoded_audio_string": (4, "bytes"), "content_type": (5, "string"),
    }  # fmt: skip


class Value(Message):
    """A value under a tag."""

    FIELDS = {
        "node_name": (7, "string"), "tag": (1, "string"), "metadata": (9, SummaryMetadata),
        "simple_value": (2, "float"), "image": (4, Image), "histo": (5, HistogramProto),
        "audio": (6, Audio), "tensor": (8, TensorProto),
    }  # fmt: skip
    CHOICES = {"value": ("simple_value", "image", "histo", "audio", "tensor")}


class Summary(Message):
    """Values under their tags."""

    Value, Image, Audio = Value, Image, Audio
    FIELDS = {"value": (1, [Value])}


class SessionLog(Message):
    """What happened to a session."""

    STATUS_UNSPECIFIED, START, STOP, CHECKPOINT = 0, 1, 2, 3
    FIELDS = {"status": (1, "enum"), "checkpoint_path": (2, "string"), "msg": (3, "string")}


class TaggedRunMetadata(Message):
    """What was told of a run."""

    FIELDS = {"tag": (1, "string"), "run_metadata": (2, "bytes")}


class Event(Message):
    """Something that happened at a time and step."""

    FIELDS = {
        "wall_time": (1, "double"), "step": (2, "int64"), "file_version": (3, "string"),
        "graph_def": (4, "bytes"), "summary": (5, Summary), "session_log": (7, SessionLog),
        "tagged_run_metadata": (8, TaggedRunMetadata), "meta_graph_def": (9, "bytes"),
    }  # fmt: skip
    CHOICES = {
        "what": (
            "file_version", "graph_def", "summary", "session_log", "tagged_run_metadata",
            "meta_graph_def",
        )
    }  # fmt: skip


# Pictures and sounds


def png(picture: Array) -> bytes:
    """Return a picture of bytes as PNG.

    Args:
        picture: of shape (height, width, channels), with 1 channel for grey, 2 for grey and how
            opaque, 3 for red, green and blue, 4 for all these.
    """
    height, width, channels = picture.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = np.ascontiguousarray(picture, np.uint8).reshape(height, width * channels)
    # Before each row stands how it was changed: not at all.
    data = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1).tobytes()
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, part) for name, part in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + check


def image_of(picture: Array) -> Image:
    """Return a picture of shape (height, width, channels).

    Floats are stretched: with none below 0, so that the greatest becomes 255; else so that 0 is
    in the middle, and what is farthest from it 0 or 255.
    """
    pixels = np.asarray(picture)
    if pixels.dtype != np.uint8:
        pixels = _as_bytes(pixels.astype(np.float64))
    height, width, channels = pixels.shape
    return Image(
        height=height, width=width, colorspace=channels, encoded_image_string=png(pixels)
    )  # fmt: skip


def _as_bytes(picture: Array) -> Array:
    is_number = np.isfinite(picture)
    numbers = picture[is_number]
    least, most = (numbers.min(), numbers.max()) if numbers.size else (0.0, 0.0)
    if least < 0:
        far = max(-least, most)
        scaled = np.where(is_number, picture, 0.0) * (127.0 / far) + 128.0
    else:
        scaled = np.where(is_number, picture, 0.0) * (255.0 / most if most > 0 else 0.0)
    found = np.clip(scaled, 0, 255).astype(np.uint8)
    if not is_number.all():
        found[~is_number.all(axis=-1)] = _NO_NUMBER[: found.shape[-1]]
    return found


_NO_NUMBER = np.array([255, 0, 0, 255], np.uint8)  # Red, as TensorBoard shows it.


def audio_of(sound: Array, sample_rate: float) -> Audio:
    """Return a sound of shape (frames, channels), of floats from -1 to 1."""
    frames, channels = sound.shape
    samples = (np.clip(sound, -1, 1) * 32767).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(channels)
        written.setsampwidth(2)
        written.setframerate(int(sample_rate))
        written.writeframes(samples.tobytes())
    return Audio(
        sample_rate=sample_rate, num_channels=channels, length_frames=frames,
        encoded_audio_string=file.getvalue(), content_type="audio/wav",
    )  # fmt: skip
