"""Functions of ``keras.backend`` that few programs call, beside NumPy."""

import numpy as np
import pytest

X = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")


@pytest.fixture
def backend():
    import keras

    return keras.backend


@pytest.mark.parametrize("is_last", [True, False])
def test_a_convolution_transposed_spreads_what_it_is_given(backend, is_last):
    kernel = np.random.default_rng(1).normal(size=(2, 2, 5, 3)).astype("float32")
    wanted = np.zeros((2, 8, 8, 5))
    for i in range(4):
        for j in range(4):
            spread = np.einsum("nc,abdc->nabd", X[:, i, j], kernel)
            wanted[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] += spread
    x = X if is_last else X.transpose(0, 3, 1, 2)
    shape = (2, 8, 8, 5) if is_last else (2, 5, 8, 8)
    order = "channels_last" if is_last else "channels_first"
    x, kernel = backend.variable(x), backend.variable(kernel)
    found = backend.eval(backend.conv2d_transpose(x, kernel, shape, (2, 2), "same", order))
    found = found if is_last else found.transpose(0, 2, 3, 1)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_convolutions_of_each_channel(backend):
    kernel = np.random.default_rng(2).normal(size=(1, 1, 3, 2)).astype("float32")
    found = backend.eval(backend.depthwise_conv2d(backend.variable(X), backend.variable(kernel)))
    wanted = np.einsum("nhwc,cm->nhwcm", X, kernel[0, 0]).reshape(2, 4, 4, 6)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_a_batch_is_normalized(backend):
    given = backend.variable(X), backend.ones((3,)), backend.zeros((3,)), [0, 1, 2]
    found, mean, _ = backend.normalize_batch_in_training(*given)
    wanted = (X - X.mean((0, 1, 2))) / np.sqrt(X.var((0, 1, 2)) + 1e-3)
    np.testing.assert_allclose(backend.eval(found), wanted, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(backend.eval(mean), X.mean((0, 1, 2)), rtol=1e-3, atol=1e-5)


def test_elements_are_joined_from_the_last(backend):
    joined = backend.foldr(lambda a, b: a - b, backend.constant([1.0, 2.0, 4.0]))
    assert backend.eval(joined) == 4 - 2 - 1


def test_zeros_of_any_shape_and_causal_convolutions(backend):
    for shape in (3, [3], np.array([3])):
        np.testing.assert_array_equal(backend.eval(backend.zeros(shape)), np.zeros(3))
    x = backend.placeholder((None, 4, 1))
    ones = backend.ones((backend.shape(x)[0], 2))
    row = np.arange(4.0).reshape(1, 4, 1)
    causal = backend.conv1d(
        x, backend.constant(np.ones((2, 1, 1))), padding="causal", dilation_rate=2
    )
    found = backend.function([x], [ones, causal])([row])
    np.testing.assert_array_equal(found[0], [[1, 1]])
    np.testing.assert_array_equal(found[1].ravel(), [0, 1, 2, 4])


def test_names_that_were_meant_to_be_kerass_own():
    from keras import backend
    from keras.applications.imagenet_utils import _obtain_input_shape
    from keras.backend.common import _EPSILON
    from keras.backend.tensorflow_backend import _to_tensor
    from keras.engine.topology import get_source_inputs
    from keras.layers import Dense, Dropout, Input
    from keras.layers.core import Layer

    assert issubclass(Dense, Layer)
    assert backend.eval(_to_tensor(_EPSILON, "float32")) == np.float32(1e-7)
    x = Input((3,))
    assert get_source_inputs(Dense(2)(Dropout(0.5)(x))) == [x]
    assert _obtain_input_shape(None, 224, 32, require_flatten=True) == (224, 224, 3)
    assert _obtain_input_shape(None, 224, 32, include_top=False) == (None, None, 3)
    with pytest.raises(ValueError, match="at least 32x32"):
        _obtain_input_shape((16, 16, 3), 224, 32)
