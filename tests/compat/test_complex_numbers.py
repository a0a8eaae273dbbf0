"""Complex numbers, Fourier transforms and spectra, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

_A = np.array([[1 + 2j, 3 - 1j], [0.5j, -2]], np.complex64)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda tf, a: a * a + 1j, _A * _A + 1j),
        (lambda tf, a: (2.0 - a) / a, (2 - _A) / _A),
        (lambda tf, a: tf.exp(-a), np.exp(-_A)),
        (lambda tf, a: tf.abs(a), np.abs(_A)),
        (lambda tf, a: tf.real(a) + tf.imag(a), _A.real + _A.imag),
        (lambda tf, a: tf.angle(a), np.angle(_A)),
        (lambda tf, a: tf.conj(a), _A.conj()),
        (lambda tf, a: tf.complex(tf.real(a), tf.imag(a)), _A),
        (lambda tf, a: tf.reduce_sum(a, 1), _A.sum(1)),
        (lambda tf, a: tf.matmul(a, a, adjoint_b=True), _A @ _A.conj().T),
        (lambda tf, a: tf.transpose(a), _A.T),
        (lambda tf, a: tf.concat([a, a[:1]], 0), np.concatenate([_A, _A[:1]])),
        (lambda tf, a: tf.reshape(a, [4]), _A.reshape(4)),
        (lambda tf, a: tf.cast(a, tf.float32), _A.real),
        (lambda tf, a: tf.cast([1.0, 2.0], tf.complex64), np.array([1, 2], np.complex64)),
        (lambda tf, a: tf.to_complex64([1.0, 2.0]), np.array([1, 2], np.complex64)),
        (lambda tf, a: tf.fft(a), np.fft.fft(_A)),
        (lambda tf, a: tf.ifft2d(tf.fft2d(a)), _A),
        (lambda tf, a: tf.abs(tf.fft2d(a)), np.abs(np.fft.fft2(_A))),
        (lambda tf, a: tf.signal.rfft([1.0, 2.0, 4.0]), np.fft.rfft([1, 2, 4])),
        (lambda tf, a: tf.signal.irfft(tf.signal.rfft([1.0, 2.0, 4.0, 3.0])), [1, 2, 4, 3]),
        (lambda tf, a: tf.equal(a, a), np.ones((2, 2), bool)),
        (lambda tf, a: tf.zeros_like(a, tf.float32), np.zeros((2, 2), np.float32)),
        (lambda tf, a: tf.zeros([2], tf.complex64), np.zeros(2, np.complex64)),
        (lambda tf, a: tf.fill([2], 1 + 2j), np.full(2, 1 + 2j)),
        (lambda tf, a: tf.ones_like(a), np.ones((2, 2), np.complex64)),
        (lambda tf, a: tf.ones_like([1.0, 2.0], tf.complex64), np.ones(2, np.complex64)),
    ],
)
def test_values_are_those_of_numpy(tf: Any, build: Any, expected: Any) -> None:
    fed = tf.placeholder(tf.complex64, [2, 2])
    for a in (tf.constant(_A), fed):
        made = build(tf, a)
        with tf.Session() as session:
            found = session.run(made, {fed: _A})
        assert made.shape.as_list() == list(np.shape(expected))
        assert made.dtype == found.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_how_soon_points_leave_the_mandelbrot_set(tf: Any) -> None:
    z = (np.mgrid[-1.0:1.0:5j, -2.0:1.0:7j] * np.array([1j, 1]).reshape(2, 1, 1)).sum(0)
    x = tf.constant(z.astype(np.complex64))
    v, n = tf.Variable(x), tf.Variable(tf.zeros_like(x, tf.float32))
    new = v * v + x
    step = tf.group(v.assign(new), n.assign_add(tf.cast(tf.abs(new) < 4, tf.float32)))
    expected, value = np.zeros(z.shape), z
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(5):
            session.run(step)
            value = value * value + z
            expected += np.abs(value) < 4
        np.testing.assert_array_equal(session.run(n), expected)


def test_dtypes_of_complex_numbers(tf: Any) -> None:
    assert tf.constant(1 + 2j).dtype == tf.complex128
    assert tf.complex64.is_complex
    assert tf.complex64.real_dtype == tf.float32
    with pytest.raises(TypeError):
        tf.constant(_A) + tf.constant(1.0)


def test_spectra_of_frames(tf: Any) -> None:
    x = np.sin(0.5 * np.arange(40)).astype(np.float32)
    frames = np.stack([x[i : i + 16] for i in range(0, 25, 8)])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(16) / 16)
    with tf.Session() as session:
        found, cut = session.run([tf.signal.stft(x, 16, 8), tf.signal.frame(x, 16, 8)])
    np.testing.assert_array_equal(cut, frames)
    np.testing.assert_allclose(found, np.fft.rfft(frames * window), atol=1e-5)


def test_triangles_of_mel(tf: Any) -> None:
    made = tf.signal.linear_to_mel_weight_matrix(5, 17, 8000, 100.0, 3000.0)
    with tf.Session() as session:
        weights = session.run(made)
    # Numbers of TensorFlow 2.21.
    assert weights.shape == (17, 5)
    np.testing.assert_array_equal(weights[0], 0)
    np.testing.assert_allclose(weights[1:3, :2], [[0.67327, 0], [0.41147, 0.58853]], atol=1e-5)


def test_spectra_become_signals_again(tf: Any) -> None:
    x = np.sin(0.3 * np.arange(100)).astype(np.float32)
    fed = tf.placeholder(tf.float32, [None])
    window = tf.contrib.signal.inverse_stft_window_fn(5)
    with tf.Session() as session:
        for signal in (fed, tf.constant(x)):
            spectra = tf.contrib.signal.stft(signal, 20, 5, 32)
            found = tf.contrib.signal.inverse_stft(spectra, 20, 5, 32, window_fn=window)
            np.testing.assert_allclose(session.run(found, {fed: x})[15:85], x[15:85], atol=1e-5)
            plain = tf.contrib.signal.inverse_stft(spectra, 20, 5, 32)
            # Four windows of Hann's, squared, come upon each place: 4 * 3 / 8.
            np.testing.assert_allclose(
                session.run(plain, {fed: x})[15:85], 1.5 * x[15:85], atol=1e-5
            )
        added = tf.contrib.signal.overlap_and_add(np.arange(12.0).reshape(3, 4), 2)
        assert session.run(added).tolist() == [0, 1, 6, 8, 14, 16, 10, 11]
        pieces = tf.contrib.signal.frame(fed, 5, 2, pad_end=True, pad_value=-1.0)
        found = session.run(pieces, {fed: np.arange(4)})
    assert found.tolist() == [[0, 1, 2, 3, -1], [2, 3, -1, -1, -1]]


def test_complex_numbers_fill_tensors(tf: Any) -> None:
    with tf.Session() as session:
        for value in (1 + 2j, tf.constant(1 + 2j)):
            assert session.run(tf.fill([2], value)).tolist() == [1 + 2j] * 2


def test_cosine_transforms_are_those_of_scipy(tf):
    fft = pytest.importorskip("scipy.fft")
    x = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    for kind in (2, 3):
        for norm in (None, "ortho"):
            expected = fft.dct(x, kind, norm=norm)
            found = tf.spectral.dct(x, kind, norm=norm)
            mfccs = tf.contrib.signal.mfccs_from_log_mel_spectrograms(x)
            with tf.Session() as session:
                np.testing.assert_allclose(session.run(found), expected, atol=1e-5)
                np.testing.assert_allclose(session.run(mfccs), fft.dct(x) / np.sqrt(16), atol=1e-5)


def test_a_cosine_transform_of_fewer_or_more_numbers(tf):
    fft = pytest.importorskip("scipy.fft")
    x = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    with tf.Session() as session:
        for n in (3, 8):
            found = session.run(tf.spectral.dct(x, n=n))
            np.testing.assert_allclose(found, fft.dct(x, n=n), atol=1e-5)
    with pytest.raises(ValueError, match="normalization"):
        tf.spectral.dct(x, norm="bad")
