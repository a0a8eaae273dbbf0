"""``keras.backend`` beside NumPy."""

import numpy as np
import pytest

A = np.random.default_rng(2).normal(size=(3, 4)).astype("float32")
B = np.random.default_rng(3).normal(size=(3, 4)).astype("float32")
C = np.random.default_rng(4).normal(size=(2, 3, 4)).astype("float32")
D = np.random.default_rng(5).normal(size=(2, 4, 5)).astype("float32")


@pytest.fixture
def backend():
    import keras

    return keras.backend


CASES = {
    "abs": ((A,), np.abs(A)),
    "square": ((A,), A**2),
    "exp": ((A,), np.exp(A)),
    "sqrt": ((A**2,), np.abs(A)),
    "sign": ((A,), np.sign(A)),
    "pow": ((A, 3), A**3),
    "maximum": ((A, B), np.maximum(A, B)),
    "minimum": ((A, 0.0), np.minimum(A, 0)),
    "greater": ((A, B), A > B),
    "clip": ((A, -0.5, 0.5), np.clip(A, -0.5, 0.5)),
    "sum": ((A, 1), A.sum(1)),
    "mean": ((A,), A.mean()),
    "prod": ((A, 0), A.prod(0)),
    "std": ((A, 1), A.std(1)),
    "var": ((A,), A.var()),
    "argmax": ((A,), A.argmax(-1)),
    "any": ((A > 1, 0), (A > 1).any(0)),
    "all": ((A > -2, 1), (A > -2).all(1)),
    "cumsum": ((A, 1), A.cumsum(1)),
    "dot": ((A, B.T), A @ B.T),
    "batch_dot": ((C, D), C @ D),
    "transpose": ((A,), A.T),
    "reshape": ((A, (4, 3)), A.reshape(4, 3)),
    "permute_dimensions": ((C, (2, 0, 1)), C.transpose(2, 0, 1)),
    "batch_flatten": ((C,), C.reshape(2, 12)),
    "flatten": ((C,), C.ravel()),
    "expand_dims": ((A, 1), A[:, None]),
    "squeeze": ((A[:, None], 1), A),
    "concatenate": (([A, B],), np.concatenate([A, B], -1)),
    "stack": (([A, B],), np.stack([A, B])),
    "repeat": ((A, 2), np.stack([A, A], 1)),
    "repeat_elements": ((A, 2, 1), A.repeat(2, 1)),
    "tile": ((A, (2, 1)), np.tile(A, (2, 1))),
    "reverse": ((A, 1), A[:, ::-1]),
    "gather": ((A, [2, 0]), A[[2, 0]]),
    "one_hot": ((np.array([2, 0]), 3), np.eye(3)[[2, 0]]),
    "zeros_like": ((A,), 0 * A),
    "l2_normalize": ((A, 1), A / np.linalg.norm(A, axis=1, keepdims=True)),
    "softmax": ((A,), np.exp(A) / np.exp(A).sum(-1, keepdims=True)),
    "relu": ((A, 0.1), np.where(A > 0, A, 0.1 * A)),
    "hard_sigmoid": ((A,), np.clip(0.2 * A + 0.5, 0, 1)),
    "cast": ((A, "int32"), A.astype("int32")),
    "shape": ((C,), [2, 3, 4]),
    "slice": ((A, [1, 0], [2, 3]), A[1:3, :3]),
    "temporal_padding": ((C,), np.pad(C, [(0, 0), (1, 1), (0, 0)])),
}


@pytest.mark.parametrize("name", CASES)
def test_a_function(backend, name):
    given, wanted = CASES[name]
    np.testing.assert_allclose(
        backend.eval(getattr(backend, name)(*given)), wanted, rtol=1e-4, atol=1e-5
    )


def test_batch_dot_along_given_axes(backend):
    np.testing.assert_allclose(
        backend.eval(backend.batch_dot(C, C, axes=2)), np.einsum("abz,acz->abc", C, C), rtol=1e-4
    )
    np.testing.assert_allclose(
        backend.eval(backend.batch_dot(A, B, axes=1)),
        (A * B).sum(1, keepdims=True),
        rtol=1e-4,
        atol=1e-6,
    )


def test_variables(backend):
    x = backend.variable(A)
    np.testing.assert_array_equal(backend.get_value(x), A)
    backend.set_value(x, B)
    np.testing.assert_array_equal(backend.get_value(x), B)
    assert backend.int_shape(x) == (3, 4)
    assert backend.ndim(x) == 2
    assert backend.eval(backend.zeros((2, 3))).shape == (2, 3)
    assert backend.count_params(x) == 12


def test_functions_and_their_updates(backend):
    x, total = backend.placeholder((None, 4)), backend.variable(0.0)
    f = backend.function([x], [backend.sum(x)], updates=[backend.update_add(total, 1.0)])
    np.testing.assert_allclose(f([A])[0], A.sum(), rtol=1e-5)
    f([A])
    assert backend.get_value(total) == 2.0


def test_gradients(backend):
    x = backend.placeholder((None, 4))
    (found,) = backend.gradients(backend.sum(backend.square(x)), [x])
    np.testing.assert_allclose(backend.function([x], [found])([A])[0], 2 * A, rtol=1e-6)


def test_choosing(backend):
    np.testing.assert_array_equal(
        backend.eval(backend.switch(backend.variable(1.0) > 0.5, A, B)), A
    )
    np.testing.assert_array_equal(
        backend.eval(backend.switch(backend.constant(A) > 0, A, B)), np.where(A > 0, A, B)
    )


def test_a_loop(backend):
    def step(x, states):
        new = states[0] + x
        return new * 2.0, [new]

    last, every, states = backend.rnn(step, backend.constant(C), [backend.zeros((2, 4))])
    np.testing.assert_allclose(backend.eval(every), 2 * C.cumsum(1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(backend.eval(last), 2 * C.sum(1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(backend.eval(states[0]), C.sum(1), rtol=1e-4, atol=1e-5)


def test_the_phase_of_learning(backend):
    from keras.layers import Dropout, Input

    x = Input((100,))
    y = Dropout(0.5)(x)
    f = backend.function([x, backend.learning_phase()], [y])
    ones = np.ones((2, 100))
    np.testing.assert_array_equal(f([ones, 0])[0], ones)
    assert 0.2 < np.mean(f([ones, 1])[0] == 0) < 0.8


def test_settings(backend):
    assert backend.image_data_format() == "channels_last"
    assert backend.image_dim_ordering() == "tf"
    assert backend.epsilon() == 1e-7
    assert backend.floatx() == "float32"
    assert backend.backend() == "tensorflow"


def test_the_loss_of_alignments_is_that_of_tensorflow(backend):
    state = np.random.RandomState(0)
    p = state.rand(3, 7, 5)
    p /= p.sum(-1, keepdims=True)
    labels = state.randint(0, 4, (3, 3))
    steps, counts = np.array([[7], [6], [5]]), np.array([[3], [2], [1]])
    given = [backend.constant(x, dtype="int64") for x in (labels, steps, counts)]
    loss = backend.ctc_batch_cost(given[0], backend.constant(p), given[1], given[2])
    # By tf.compat.v1.nn.ctc_loss of TensorFlow 2.21.
    np.testing.assert_allclose(backend.eval(loss)[:, 0], [7.7911, 5.61736, 6.14864], rtol=1e-5)
    found, likely = backend.ctc_decode(backend.constant(p), backend.constant(steps[:, 0], "int64"))
    wanted = [[1, 3, 0, 2, 1, -1], [3, 2, 0, 2, 1, 2], [2, 3, 3, -1, -1, -1]]
    np.testing.assert_array_equal(backend.eval(found[0]), wanted)
    np.testing.assert_allclose(backend.eval(likely)[:, 0], [8.033602, 5.886923, 5.530582], 1e-5)


def test_products_of_four_axes_are_of_matrices(backend):
    a, b = np.random.rand(2, 3, 4, 5), np.random.rand(2, 3, 6, 5)
    product = backend.batch_dot(backend.constant(a), backend.constant(b), axes=[3, 3])
    np.testing.assert_allclose(backend.eval(product), a @ b.swapaxes(2, 3), rtol=1e-5)
    column = backend.batch_dot(backend.constant(a[..., 0]), backend.constant(a), axes=[2, 2])
    wanted = np.einsum("bij,bijk->bik", a[..., 0], a)
    np.testing.assert_allclose(backend.eval(column), wanted, rtol=1e-5)
