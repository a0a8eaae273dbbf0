"""The lecture's examples with giulgi's own API, row by row; every figure is the lecture's."""

import math

import numpy as np
import pytest

import giulgi as gg

# --------------------------------------- row 4: define operations, run the graph, get values


def test_row_4_two_constants_are_added_in_a_session():
    a = gg.constant(10, name="a")
    b = gg.constant(20, name="b")
    total = a + b
    with gg.Session() as session:
        assert session.run(total) == 30
        assert session.run([a, b, total]) == [10, 20, 30]


# ------------------------------- row 5: placeholder, variable, assignment, first value, feed


def test_row_5_what_is_fed_is_added_to_and_assigned():
    x = gg.placeholder("int32", (), name="x")
    z = gg.Variable(0, name="z", dtype="int32")
    assignment = gg.assign(z, x + 20)
    with gg.Session() as session:
        assert session.run(z) == 0
        assert session.run(assignment, {x: 10}) == 30
        assert session.run(z) == 30
    with gg.Session() as other:
        assert other.run(z) == 0, "each session has values of its own"


def test_row_5_nothing_is_assigned_by_what_is_not_run():
    x = gg.placeholder("int32", (), name="x")
    z = gg.Variable(7, name="z", dtype="int32")
    plus = x + 20
    gg.assign(z, plus)
    with gg.Session() as session:
        assert session.run(plus, {x: 10}) == 30
        assert session.run(z) == 7
        with pytest.raises(gg.errors.FeedError, match="'x' is needed and not fed"):
            session.run(plus)


# --------------------------------------------------------- row 6: ranks, shapes and dtypes

CUBE = [[[2], [4], [6]], [[8], [10], [12]], [[14], [16], [18]]]


@pytest.mark.parametrize(
    ("value", "rank", "shape"),
    [
        (483, 0, ()),
        ([1.1, 2.2, 3.3], 1, (3,)),
        ([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 2, (3, 3)),
        (CUBE, 3, (3, 3, 1)),
        (np.zeros(5), 1, (5,)),
        (np.zeros((3, 4)), 2, (3, 4)),
        (np.zeros((1, 4, 3)), 3, (1, 4, 3)),
        (np.zeros((1, 2, 3, 4, 5)), 5, (1, 2, 3, 4, 5)),
    ],
)
def test_row_6_rank_and_shape(value, rank, shape):
    tensor = gg.constant(value)
    assert tensor.ndim == rank
    assert tensor.shape == shape
    assert int(gg.rank(tensor)) == rank
    assert gg.shape(tensor).tolist() == list(shape)


@pytest.mark.parametrize(
    ("dtype", "bits", "name"),
    [
        (gg.float32, 32, "float32"),
        (gg.float64, 64, "float64"),
        (gg.int8, 8, "int8"),
        (gg.int16, 16, "int16"),
        (gg.int32, 32, "int32"),
        (gg.int64, 64, "int64"),
    ],
)
def test_row_6_dtypes(dtype, bits, name):
    for tensor in (gg.constant([1, 2], dtype), gg.cast(gg.constant([1, 2]), name)):
        assert tensor.dtype == dtype
        assert tensor.dtype.itemsize * 8 == bits
        assert tensor.dtype.name == name
        assert tensor.tolist() == [1, 2]


# ------------------------------------------------------------ row 7: automatic derivatives

DERIVATIVES = {
    "square": (lambda x: x**2, lambda x: 2 * x),
    "cube": (lambda x: x**3 - 4 * x, lambda x: 3 * x**2 - 4),
    "exp": (gg.exp, math.exp),
    "log": (gg.log, lambda x: 1 / x),
    "sin": (gg.sin, math.cos),
    "sqrt": (gg.sqrt, lambda x: 0.5 / math.sqrt(x)),
    "tanh": (gg.tanh, lambda x: 1 - math.tanh(x) ** 2),
    "sigmoid": (gg.sigmoid, lambda x: math.exp(-x) / (1 + math.exp(-x)) ** 2),
    "quotient": (lambda x: x / (1 + x), lambda x: 1 / (1 + x) ** 2),
    "chain": (lambda x: gg.sin(x**2), lambda x: 2 * x * math.cos(x**2)),
    "power": (lambda x: x**x, lambda x: x**x * (math.log(x) + 1)),
}
POINTS = [0.25, 1.0, 1.75, 3.0]


@pytest.mark.parametrize("name", DERIVATIVES)
def test_row_7_derivative_is_that_of_the_formula(name):
    function, derivative = DERIVATIVES[name]
    x = gg.placeholder("float64", (None,), name="x")
    slope = gg.gradients(function(x), x)
    with gg.Session() as session:
        found = session.run(slope, {x: POINTS})
    np.testing.assert_allclose(found, [derivative(p) for p in POINTS], rtol=1e-12)


def test_row_7_derivatives_by_several_variables():
    """Of the squared error of a line by its slope and shift."""
    a, b = gg.Variable(3.0, "a", "float64"), gg.Variable(76.0, "b", "float64")
    error = gg.mean((a * HOURS + b - SCORES) ** 2)
    by_a, by_b = gg.gradients(error, [a, b])
    residual = 3 * HOURS + 76 - SCORES
    assert float(by_a) == pytest.approx(2 * np.mean(residual * HOURS), rel=1e-12)
    assert float(by_b) == pytest.approx(2 * np.mean(residual), rel=1e-12)


# ----------------------------------- rows 15, 16: hours of learning and scores, a line by them

HOURS = np.array([2.0, 4.0, 6.0, 8.0])
SCORES = np.array([81.0, 93.0, 91.0, 97.0])
PREDICTIONS = [83.6, 88.2, 92.8, 97.4]


def test_row_15_least_squares_by_formula():
    x, y = gg.constant(HOURS), gg.constant(SCORES)
    dx, dy = x - gg.mean(x), y - gg.mean(y)
    above, below = gg.sum(dx * dy), gg.sum(dx**2)
    assert (float(above), float(below)) == (46, 20)
    a = above / below
    b = gg.mean(y) - a * gg.mean(x)
    assert float(a) == pytest.approx(2.3, rel=1e-12)
    assert float(b) == pytest.approx(79, rel=1e-12)
    np.testing.assert_allclose((a * x + b).numpy(), PREDICTIONS, rtol=1e-12)


def test_row_15_least_squares_by_training():
    model = gg.Sequential([gg.layers.Dense(1, input_dim=1)])
    model.compile(gg.optimizers.SGD(0.01, momentum=0.9), loss="mse")
    model.fit(HOURS, SCORES, epochs=600, verbose=0)
    kernel, bias = model.get_weights()
    assert kernel.item() == pytest.approx(2.3, abs=1e-3)
    assert bias.item() == pytest.approx(79, abs=1e-2)
    np.testing.assert_allclose(model.predict(HOURS, verbose=0)[:, 0], PREDICTIONS, atol=1e-2)


def test_row_16_errors_of_a_guess():
    guess = 3 * gg.constant(HOURS) + 76
    assert guess.tolist() == [82, 88, 94, 100]
    assert (guess - SCORES).tolist() == [1, -5, 3, 3]
    mse = gg.mean((guess - SCORES) ** 2)
    assert float(mse) == 11
    assert float(gg.sqrt(mse)) == pytest.approx(3.3166, abs=5e-5)
    assert float(gg.losses.mean_squared_error(SCORES, guess)) == 11
    assert float(gg.losses.MeanSquaredError()(SCORES, guess)) == 11


def test_row_16_a_network_that_guesses_so_evaluates_to_eleven():
    model = gg.Sequential([gg.layers.Dense(1, input_dim=1)])
    model.compile("sgd", loss="mse", metrics=["mse", "mae"])
    model.set_weights([[[3.0]], [76.0]])
    assert model.evaluate(HOURS, SCORES, verbose=0) == pytest.approx([11, 11, 3], rel=1e-6)


# ------------------------------------------------------------ row 17: several explanations


def generated(seed=0, rows=50):
    x = np.random.default_rng(seed).uniform(-1, 1, size=(rows, 2))
    return x, x @ [2.5, -1.5] + 4


def test_row_17_coefficients_by_training():
    x, y = generated()
    model = gg.Sequential([gg.layers.Dense(1, input_shape=(2,))])
    model.compile(gg.optimizers.SGD(0.3), loss="mse")
    model.fit(x, y, batch_size=50, epochs=200, verbose=0)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(kernel[:, 0], [2.5, -1.5], atol=1e-4)
    np.testing.assert_allclose(bias, [4], atol=1e-4)


def test_row_17_coefficients_by_descent_in_the_open():
    x, y = generated()
    weights, shift = gg.Variable(np.zeros(2), "weights"), gg.Variable(0.0, "shift", "float64")

    @gg.function
    def step(x, y):
        error = gg.mean((x @ weights + shift - y) ** 2)
        by_weights, by_shift = gg.gradients(error, [weights, shift])
        weights.assign_sub(0.5 * by_weights)
        shift.assign_sub(0.5 * by_shift)
        return error

    for _ in range(300):
        error = step(x, y)
    np.testing.assert_allclose(weights.numpy(), [2.5, -1.5], rtol=1e-9)
    assert float(shift) == pytest.approx(4, rel=1e-9)
    assert float(error) == pytest.approx(0, abs=1e-12)


# ---------------------------------------------------------------- row 18: gradient descent


@pytest.mark.parametrize("name", DERIVATIVES)
def test_row_18_the_derivative_is_the_limit_of_the_difference_quotient(name):
    """Each tenth of the step leaves about a tenth of the difference."""
    function, _ = DERIVATIVES[name]
    x = gg.constant(1.5, "float64")
    slope = float(gg.gradients(function(x), x))
    quotients = [float((function(x + h) - function(x)) / h) for h in (1e-2, 1e-3, 1e-4, 1e-5)]
    differences = np.abs(np.array(quotients) - slope)
    assert differences[-1] < 1e-3 * max(1, abs(slope))
    np.testing.assert_allclose(differences[:-1] / differences[1:], 10, rtol=0.1)


def test_row_18_steps_against_the_slope_end_where_it_is_zero():
    a, b = gg.Variable(0.0, "a", "float64"), gg.Variable(0.0, "b", "float64")

    @gg.function
    def step():
        error = gg.mean((a * HOURS + b - SCORES) ** 2)
        slopes = gg.gradients(error, [a, b])
        for variable, slope in zip((a, b), slopes, strict=True):
            variable.assign_sub(0.03 * slope)
        return error, *slopes

    errors = [float(step()[0]) for _ in range(2500)]
    assert float(a) == pytest.approx(2.3, abs=1e-6)
    assert float(b) == pytest.approx(79, abs=1e-6)
    assert [float(slope) for slope in step()[1:]] == pytest.approx([0, 0], abs=1e-6)
    assert errors[0] > errors[100] > errors[1000] > errors[-1]


# ------------------------------------------------ rows 21 to 23: classes and probabilities


def test_row_21_one_hot_and_back():
    assert int(gg.argmax([0, 0, 1, 0])) == 2
    rows = [[1, 0, 0, 0], [0, 0, 1, 0]]
    assert gg.argmax(rows, axis=1).tolist() == [0, 2]
    assert gg.one_hot([0, 2], 4).tolist() == rows
    assert gg.one_hot(2, 4).tolist() == [0, 0, 1, 0]


def test_row_22_softmax_of_large_numbers():
    found = gg.activations.softmax(np.array([1, 2, 788, 789], np.float32))
    np.testing.assert_allclose(found.numpy(), [0, 0, 0.268941, 0.731059], atol=5e-7)
    layer = gg.layers.Activation("softmax")
    np.testing.assert_array_equal(
        layer(gg.constant([[1.0, 2, 788, 789]]))[0].numpy(), found.numpy()
    )


@pytest.mark.parametrize("scale", [1, 10])
def test_row_23_cross_entropy_by_hand_and_from_logits(scale):
    random = np.random.default_rng(7)
    logits = scale * random.normal(size=(5, 4))
    labels = np.array([0, 3, 2, 2, 1])
    rows = gg.one_hot(labels, 4, dtype="float64")
    hypothesis = gg.activations.softmax(gg.constant(logits))
    by_hand = gg.mean(-gg.sum(rows * gg.log(hypothesis), axis=1))
    fused = gg.mean(gg.losses.categorical_crossentropy(rows, logits, from_logits=True))
    sparse = gg.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, logits)
    assert float(fused) == pytest.approx(float(by_hand), rel=1e-12)
    assert float(sparse) == pytest.approx(float(by_hand), rel=1e-12)


def test_row_23_only_the_fused_one_survives_large_logits():
    """By hand the logarithm of 0 is infinite; from the logits it is their distance."""
    logits = np.array([[1.0, 2.0, 788.0, 789.0]], np.float32)
    by_hand = -gg.log(gg.activations.softmax(logits))[0, 0]
    fused = gg.losses.sparse_categorical_crossentropy([0], logits, from_logits=True)
    assert float(by_hand) == math.inf
    assert float(fused[0]) == pytest.approx(788 + math.log1p(math.exp(-1)), rel=1e-6)


# ------------------------------------------------------ rows 30, 32: momentum, optimizers


@pytest.mark.parametrize("nesterov", [False, True])
def test_row_30_momentum_by_formula_and_by_name(nesterov):
    """V <- gamma V - eta g, W <- W + V; with nesterov W <- W + gamma V - eta g."""
    eta, gamma = 0.1, 0.9
    optimizer = gg.optimizers.SGD(lr=eta, momentum=gamma, nesterov=nesterov)
    w = gg.Variable(np.array([1.0, -2.0]), "w")
    by_hand, v = np.array([1.0, -2.0]), np.zeros(2)
    rate = np.float64(np.float32(eta))  # the optimizer keeps its rate in 32 bits
    for _ in range(25):
        slope = 2 * by_hand + 1
        v = gamma * v - rate * slope
        by_hand = by_hand + (gamma * v - rate * slope if nesterov else v)
        loss = gg.sum(w**2 + w)
        optimizer.apply_gradients([(gg.gradients(loss, w), w)])
        np.testing.assert_allclose(w.numpy(), by_hand, rtol=1e-10, atol=1e-12)


def test_row_30_momentum_reaches_the_line_sooner():
    """With the same rate and as many epochs the error is smaller."""
    errors = []
    for momentum in (0.0, 0.9):
        model = gg.Sequential([gg.layers.Dense(1, input_dim=1, kernel_initializer="zeros")])
        model.compile(gg.optimizers.SGD(lr=0.01, momentum=momentum), loss="mse")
        errors.append(model.fit(HOURS, SCORES, epochs=100, verbose=0).history["loss"][-1])
    assert errors[1] < 0.1 * errors[0]


OPTIMIZERS = {
    "SGD": lambda: gg.optimizers.SGD(lr=0.1),
    "momentum": lambda: gg.optimizers.SGD(lr=0.1, momentum=0.9),
    "NAG": lambda: gg.optimizers.SGD(lr=0.1, momentum=0.9, nesterov=True),
    "Adagrad": lambda: gg.optimizers.Adagrad(lr=0.01, epsilon=1e-6),
    "RMSprop": lambda: gg.optimizers.RMSprop(lr=0.001, rho=0.9, epsilon=1e-08, decay=0.0),
    "Adam": lambda: gg.optimizers.Adam(
        lr=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-08, decay=0.0
    ),
}
RATES = {"Adagrad": 0.01, "RMSprop": 0.001, "Adam": 0.001}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_row_32_optimizers_are_accepted_as_written(name):
    optimizer = OPTIMIZERS[name]()
    assert float(optimizer.lr) == pytest.approx(RATES.get(name, 0.1))
    assert float(optimizer.learning_rate) == pytest.approx(RATES.get(name, 0.1))
    x, y = generated()
    model = gg.Sequential([gg.layers.Dense(1, input_shape=(2,))])
    model.compile(optimizer, loss="mse")
    losses = model.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_row_32_the_first_step_is_that_of_the_formula(name):
    """From w = 0 with the slope g = 3."""
    g, rate = 3.0, RATES.get(name, 0.1)
    wanted = {
        "SGD": rate * g,
        "momentum": rate * g,
        "NAG": 1.9 * rate * g,
        "Adagrad": rate * g / math.sqrt(0.1 + g**2 + 1e-6),
        "RMSprop": rate * g / math.sqrt(0.1 * g**2 + 1e-8),
        "Adam": rate * g / (g + 1e-8 / math.sqrt(0.001)),
    }[name]
    w = gg.Variable(0.0, "w", "float64")
    OPTIMIZERS[name]().apply_gradients([(gg.constant(g, "float64"), w)])
    assert -float(w) == pytest.approx(wanted, rel=1e-6)
