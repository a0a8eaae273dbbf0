"""``tf.signal``: sounds cut into frames, windows, and their spectra."""

from __future__ import annotations

from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import TABLES, export, exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import kind, numbers
from giulgi.compat.tensorflow.math.complex_numbers import rfft
from giulgi.compat.tensors.dtypes import float32
from giulgi.compat.tensors.tensor import as_expression


def _window(first: float, name: str) -> Any:
    def apply(
        window_length: Any, periodic: Any = True, dtype: Any = float32, name: str | None = None
    ) -> Any:
        del name
        count = int(numbers(window_length, "window_length"))
        along = np.arange(count) / max(count if periodic and count % 2 == 0 else count - 1, 1)
        values = np.ones(1) if count == 1 else first - (1 - first) * np.cos(2 * np.pi * along)
        return TABLES["tensorflow"]["constant"](values.astype(kind(dtype)))

    apply.__name__ = name
    apply.__doc__ = f"Return {first} - {1 - first:.2f} cos(2 pi n / N), as a window of a frame."
    return exported(f"signal.{name}", f"contrib.signal.{name}")(apply)


hann_window = _window(0.5, "hann_window")
hamming_window = _window(0.54, "hamming_window")


@operation("signal.frame", "contrib.signal.frame", type="frame")
def frame(
    signal: Any, frame_length: Any, frame_step: Any, pad_end: bool = False, pad_value: Any = 0,
    axis: int = -1, name: str | None = None,
) -> gg.Tensor:  # fmt: skip
    """Return pieces of a signal along its last axis, each so many steps behind the one before."""
    x = as_expression(signal)
    length, step = (int(numbers(n, "a length")) for n in (frame_length, frame_step))
    if axis not in (-1, len(x.shape) - 1):
        raise NotImplementedError("tf.signal.frame is there along the last axis")
    size = x.shape[-1]
    if size is None:
        raise ValueError("the length of the signal must be known when the graph is built")
    count = -(-size // step) if pad_end else max(1 + (size - length) // step, 0)
    missing = (count - 1) * step + length - size if count else 0
    if missing > 0:
        x = gg.pad(x, [(0, 0)] * (len(x.shape) - 1) + [(0, missing)], value=pad_value)
    places = np.arange(count)[:, None] * step + np.arange(length)
    return gg.gather(x, gg.constant(places), axis=-1)


@exported("signal.stft", "contrib.signal.stft")
def stft(
    signals: Any, frame_length: Any, frame_step: Any, fft_length: Any = None,
    window_fn: Any = hann_window, pad_end: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """Return the spectra of frames, (..., frames, fft_length / 2 + 1)."""
    length = int(numbers(frame_length, "frame_length"))
    if fft_length is None:
        fft_length = 1 << max(length - 1, 0).bit_length()
    pieces = frame(signals, length, frame_step, pad_end)
    if window_fn is not None:
        pieces = pieces * window_fn(length, dtype=pieces.dtype)
    return rfft(pieces, [fft_length], name)


@exported("signal.linear_to_mel_weight_matrix", "contrib.signal.linear_to_mel_weight_matrix")
def linear_to_mel_weight_matrix(
    num_mel_bins: int = 20, num_spectrogram_bins: Any = 129, sample_rate: Any = 8000,
    lower_edge_hertz: float = 125.0, upper_edge_hertz: float = 3800.0, dtype: Any = float32,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Return (spectrogram bins, mel bins): triangles that are evenly spaced in mel.

    mel(f) = 1127 ln(1 + f / 700).
    """
    del name
    bins = int(numbers(num_spectrogram_bins, "num_spectrogram_bins"))
    rate = float(numbers(sample_rate, "sample_rate"))

    def mel(hertz: Any) -> Any:
        return 1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0)

    of_bins = mel(np.linspace(0.0, rate / 2, bins)[1:])[:, None]
    edges = np.linspace(mel(lower_edge_hertz), mel(upper_edge_hertz), num_mel_bins + 2)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (of_bins - low) / (middle - low), (high - of_bins) / (high - middle)
    weights = np.maximum(0, np.minimum(rising, falling))
    whole = np.pad(weights, [(1, 0), (0, 0)])  # The constant part belongs to none.
    return TABLES["tensorflow"]["constant"](whole.astype(kind(dtype)))


export("contrib.signal.rfft", rfft)
