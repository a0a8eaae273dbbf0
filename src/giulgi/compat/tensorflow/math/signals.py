"""``tf.signal``: sounds cut into frames, windows, and their spectra."""

from __future__ import annotations

from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import TABLES, export, exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import kind, numbers, static
from giulgi.compat.tensorflow.math.complex_numbers import irfft, rfft
from giulgi.compat.tensors.dtypes import float32
from giulgi.compat.tensors.tensor import as_expression, as_tensor


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
    if not isinstance(size, int):
        return _frames_of_any_length(x, length, step, pad_end, pad_value)
    count = -(-size // step) if pad_end else max(1 + (size - length) // step, 0)
    missing = (count - 1) * step + length - size if count else 0
    if missing > 0:
        x = gg.pad(x, [(0, 0)] * (len(x.shape) - 1) + [(0, missing)], value=pad_value)
    places = np.arange(count)[:, None] * step + np.arange(length)
    return gg.gather(x, gg.constant(places), axis=-1)


def _frames_of_any_length(
    x: gg.Tensor, length: int, step: int, pad_end: bool, pad_value: Any
) -> gg.Tensor:
    """Return :func:`frame` of a signal whose length is known only when it is fed."""
    size = gg.cast(gg.size(x, -1), "int64")
    if pad_end:  # As much as any length may need.
        x = gg.pad(x, [(0, 0)] * (len(x.shape) - 1) + [(0, length)], value=pad_value)
        count = (size + (step - 1)) // step
    else:
        count = gg.maximum((size - length) // step + 1, 0)
    first = gg.expand_dims(gg.arange(count) * step, 1)
    return gg.gather(x, first + gg.constant(np.arange(length)), axis=-1)


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


@exported("signal.overlap_and_add", "contrib.signal.overlap_and_add")
def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Any:
    """Return (..., length): the sum of frames, each so many steps behind the one before."""
    x, step = as_tensor(signal), int(numbers(frame_step, "frame_step"))

    def added(frames: Any) -> Any:
        count, width = frames.shape[-2:]
        whole = np.zeros((*frames.shape[:-2], max(count - 1, 0) * step + width), frames.dtype)
        for place in range(count):
            whole[..., place * step : place * step + width] += frames[..., place, :]
        return whole

    sizes = None if x.sizes is None else list(x.sizes)
    if sizes is not None:
        count, width = sizes[-2:]
        whole = None if count is None or width is None else (count - 1) * step + width
        sizes[-2:] = [whole]
    return host_operation("OverlapAndAdd", added, [x], [(x.dtype, sizes)], name).outputs[0]


@exported("signal.inverse_stft_window_fn", "contrib.signal.inverse_stft_window_fn")
def inverse_stft_window_fn(
    frame_step: Any, forward_window_fn: Any = hann_window, name: str | None = None
) -> Any:
    """Return what makes the window for :func:`inverse_stft` that undoes that of :func:`stft`.

    Each number of the window is over the sum of the squares of all that come upon one place.
    """
    step = int(numbers(frame_step, "frame_step"))

    def window(frame_length: Any, dtype: Any = float32) -> Any:
        length = int(numbers(frame_length, "frame_length"))
        values = static(forward_window_fn(length, dtype=dtype))
        if values is None:
            raise ValueError("the window must be known when the graph is built")
        squares = np.pad(values**2, (0, -length % step)).reshape(-1, step).sum(axis=0)
        sums = np.tile(squares, -(-length // step))[:length]
        return TABLES["tensorflow"]["constant"]((values / sums).astype(kind(dtype)))

    return window


@exported("signal.inverse_stft", "contrib.signal.inverse_stft")
def inverse_stft(
    stfts: Any, frame_length: Any, frame_step: Any, fft_length: Any = None,
    window_fn: Any = hann_window, name: str | None = None,
) -> Any:  # fmt: skip
    """Return signals of the spectra of their frames; see :func:`stft`.

    The frames are multiplied by a window and added. That of :func:`inverse_stft_window_fn` gives
    back what was transformed.
    """
    length = int(numbers(frame_length, "frame_length"))
    if fft_length is None:
        fft_length = 1 << max(length - 1, 0).bit_length()
    pieces = irfft(stfts, [fft_length])[..., :length]
    missing = length - int(numbers(fft_length, "fft_length"))
    if missing > 0:
        edges = [[0, 0]] * (pieces.shape.ndims - 1)
        pieces = TABLES["tensorflow"]["pad"](pieces, [*edges, [0, missing]])
    if window_fn is not None:
        pieces = pieces * window_fn(length, dtype=pieces.dtype)
    return overlap_and_add(pieces, frame_step, name)


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


def _cosines(count: int) -> np.ndarray[Any, Any]:
    """Return the (count, count) matrix of 2 cos(pi k (2 n + 1) / (2 count))."""
    n, k = np.arange(count)[:, None], np.arange(count)
    return 2 * np.cos(np.pi * k * (2 * n + 1) / (2 * count))


@operation("signal.dct", "spectral.dct", "contrib.spectral.dct", type="Dct")
def dct(
    input: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None,
    name: str | None = None,
) -> gg.Tensor:  # fmt: skip
    """Return 2 sum over n of x[n] cos(pi k (2 n + 1) / (2 N)): the cosine transform of kind 2.

    Args:
        input: the signals, along the last axis.
        type: 2, or 3, which is the transposed transform without the factor of the first number.
        n: how many numbers of each signal count; a shorter one is filled up with zeros.
        axis: the last.
        norm: "ortho" to keep lengths as they are.

    Raises:
        ValueError: for another norm, or fewer numbers than 1.
    """
    if norm not in (None, "ortho"):
        raise ValueError(f"Unknown normalization. Expected None or 'ortho', got: {norm}")
    if n is not None and n < 1:
        raise ValueError("n should be a positive integer or None")
    x = as_expression(input)
    if n is not None:
        missing = max(n - (x.shape[-1] or n), 0)
        x = gg.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, missing)])[..., :n]
    count = x.shape[-1]
    if type not in (2, 3) or axis != -1 or count is None:
        raise NotImplementedError("tf.spectral.dct takes types 2 and 3, along a last axis of a "
                                  "size that is known")  # fmt: skip
    matrix = _cosines(count)
    if norm == "ortho":
        matrix = matrix * np.sqrt(1 / (2 * count))
        matrix[:, 0] *= np.sqrt(0.5)
    if type == 3:
        matrix = matrix.T
        if norm != "ortho":
            matrix[0] /= 2
    return x @ gg.constant(matrix.astype(x.dtype.name), x.dtype)


@operation(
    "signal.mfccs_from_log_mel_spectrograms", "contrib.signal.mfccs_from_log_mel_spectrograms",
    type="Mfccs",
)  # fmt: skip
def mfccs_from_log_mel_spectrograms(
    log_mel_spectrograms: Any, name: str | None = None
) -> gg.Tensor:
    """Return the cosine transform of the bins of the last axis over sqrt(2 bins)."""
    x = as_expression(log_mel_spectrograms)
    bins = x.shape[-1]
    if bins is None:
        raise ValueError("the number of mel bins must be known when the graph is built")
    matrix = _cosines(bins) / np.sqrt(2 * bins)
    return x @ gg.constant(matrix.astype(x.dtype.name), x.dtype)
