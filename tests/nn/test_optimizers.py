"""Optimizers: twenty steps beside Keras, formulas, old argument names, and refusals."""

import numpy as np
import pytest

import giulgi as gg
from golden import read

GOLDEN = read("optimizers")
KINDS = [gg.optimizers.SGD, gg.optimizers.Adagrad, gg.optimizers.RMSprop, gg.optimizers.Adam]


def close(actual, wanted):
    # A weight may pass near 0 on its way; float32 keeps sums of numbers near 1 to 1e-7.
    np.testing.assert_allclose(actual, wanted, rtol=1e-5, atol=2e-7)


def make(name):
    about = GOLDEN.cases[name]
    return getattr(gg.optimizers, about["class"])(**about["kwargs"])


def steps_of(optimizer, take):
    """Return w and b after each of the steps, which ``take`` does, from where Keras began."""
    w, b = gg.Variable(GOLDEN["initial/w"], "w"), gg.Variable(GOLDEN["initial/b"], "b")
    found = []
    for gradients in zip(GOLDEN["grads/w"], GOLDEN["grads/b"], strict=True):
        take(list(zip(gradients, (w, b), strict=True)))
        found.append((w.numpy(), b.numpy()))
    assert int(optimizer.iterations) == len(found)
    return [np.stack(values) for values in zip(*found, strict=True)]


@pytest.mark.parametrize("name", GOLDEN.cases)
def test_twenty_steps(name):
    optimizer = make(name)

    def take(pairs):
        optimizer.apply_gradients([(gg.constant(g), v) for g, v in pairs])

    w, b = steps_of(optimizer, take)
    assert len(w) == GOLDEN.meta["steps"]
    close(w, GOLDEN[f"{name}/w"])
    close(b, GOLDEN[f"{name}/b"])


@pytest.mark.parametrize("name", ["sgd_nesterov", "adam_amsgrad", "rmsprop_centered"])
def test_twenty_steps_inside_a_function(name):
    optimizer = make(name)
    variables = []

    @gg.function
    def step(w_gradient, b_gradient):
        optimizer.apply_gradients(zip((w_gradient, b_gradient), variables, strict=True))

    def take(pairs):
        variables[:] = [variable for _, variable in pairs]
        step(*(gradient for gradient, _ in pairs))

    w, b = steps_of(optimizer, take)
    close(w, GOLDEN[f"{name}/w"])
    close(b, GOLDEN[f"{name}/b"])


@pytest.mark.parametrize("kind", KINDS)
def test_defaults_are_those_of_keras(kind):
    name = kind.__name__.lower()
    about = next(a for a in GOLDEN.cases.values() if a["class"] == kind.__name__)
    made = kind()
    for key in about["config"]:
        if not hasattr(made, key) or key == "learning_rate":
            continue
        default = GOLDEN.cases[name]["config"][key]
        assert getattr(made, key) == default, key
    assert gg.optimizers.get(name).__class__ is kind


@pytest.mark.parametrize("kind", KINDS)
def test_default_learning_rate(kind):
    rate = 0.01 if kind is gg.optimizers.SGD else 0.001
    assert float(kind().learning_rate) == pytest.approx(rate)
    assert float(kind().lr) == pytest.approx(rate)


def one_step(optimizer, gradient=1.0, variable=None):
    """Return how far a variable goes for a gradient."""
    variable = gg.Variable(0.0, "w") if variable is None else variable
    before = float(variable)
    optimizer.apply_gradients([(gg.constant(gradient), variable)])
    return before - float(variable)


def test_learning_rate_is_assigned_between_steps():
    optimizer = gg.optimizers.SGD(0.5)
    assert one_step(optimizer) == 0.5
    optimizer.learning_rate = 0.25
    assert one_step(optimizer) == 0.25
    optimizer.lr = 0.125
    assert one_step(optimizer) == 0.125
    optimizer.learning_rate.assign(2.0)
    assert one_step(optimizer) == 2.0


def test_repr():
    sgd = gg.optimizers.SGD(0.25, momentum=0.9, clipnorm=1.0)
    assert repr(sgd) == "SGD(learning_rate=0.25, momentum=0.9, nesterov=False, clipnorm=1.0)"
    adam = "Adam(learning_rate=a schedule, beta_1=0.9, beta_2=0.999, epsilon=1e-07, amsgrad=False)"
    assert repr(gg.optimizers.Adam(lambda step: 0.1)) == adam


def test_learning_rate_as_a_schedule():
    optimizer = gg.optimizers.SGD(lambda step: 1.0 / (gg.cast(step, "float32") + 1))
    assert [one_step(optimizer) for _ in range(3)] == pytest.approx([1, 1 / 2, 1 / 3], rel=1e-6)
    with pytest.raises(gg.errors.ArgumentError, match="follows a schedule"):
        optimizer.learning_rate = 0.1


def test_decay_of_old():
    """The rate of step t, from 0 on, is lr / (1 + decay t)."""
    optimizer = gg.optimizers.SGD(lr=1.0, decay=0.5)
    assert [one_step(optimizer) for _ in range(3)] == pytest.approx([1, 1 / 1.5, 1 / 2], rel=1e-6)


def test_all_new_values_come_from_old_ones():
    a, b = gg.Variable(1.0, "a"), gg.Variable(2.0, "b")
    gg.optimizers.SGD(1.0).apply_gradients([(b + 0.0, a), (a + 0.0, b)])
    assert (float(a), float(b)) == (-1.0, 1.0)


def test_minimize_leaves_alone_what_the_loss_does_not_depend_on():
    a, b = gg.Variable(3.0, "a"), gg.Variable(2.0, "b")
    updates = gg.optimizers.SGD(0.1).minimize(a * a, [a, b])
    changed = [variable for variable, _ in updates]
    assert any(variable is a for variable in changed)
    assert not any(variable is b for variable in changed)


def test_one_optimizer_keeps_the_slots_of_each_variable_apart():
    optimizer = gg.optimizers.SGD(1.0, momentum=0.5)
    a, b = gg.Variable(0.0, "a"), gg.Variable(0.0, "b")
    assert one_step(optimizer, 1.0, a) == 1.0
    assert one_step(optimizer, 4.0, b) == 4.0
    assert one_step(optimizer, 0.0, a) == 0.5
    assert one_step(optimizer, 0.0, b) == 2.0
    names = [variable.name for variable in optimizer.variables]
    assert names[:2] == ["sgd/iterations", "sgd/learning_rate"]
    assert len(names) == 4


def test_float64_variables_are_trained_in_float64():
    variable = gg.Variable(1.0, "w", "float64")
    gg.optimizers.Adam(1e-3).apply_gradients([(gg.constant(1e-9, "float64"), variable)])
    assert variable.dtype == np.float64
    assert float(variable) == pytest.approx(1 - 1e-3 * 1e-9 / (1e-9 + 1e-7 / 0.001**0.5), rel=1e-9)


@pytest.mark.parametrize("value", ["adam", "Adam", gg.optimizers.Adam])
def test_get(value):
    assert isinstance(gg.optimizers.get(value), gg.optimizers.Adam)
    made = gg.optimizers.Adam(0.5)
    assert gg.optimizers.get(made) is made


@pytest.mark.parametrize(
    ("make_it", "text"),
    [
        (lambda: gg.optimizers.get("adem"), "did you mean 'adam'"),
        (lambda: gg.optimizers.SGD(learningrate=0.1), "did you mean 'learning_rate'"),
        (lambda: gg.optimizers.Adam(beta1=0.9), "did you mean 'beta_1'"),
        (lambda: gg.optimizers.SGD(-0.1), "must be a number >= 0"),
        (lambda: gg.optimizers.SGD(float("nan")), "must be a number >= 0"),
        (lambda: gg.optimizers.SGD("0.1"), "must be a number >= 0"),
        (lambda: gg.optimizers.SGD(clipnorm=1.0, clipvalue=0.5), "exclude each other"),
        (lambda: gg.optimizers.SGD().apply_gradients([]), "nothing to train"),
        (lambda: gg.optimizers.SGD(0.1, momentum=1.5), "momentum is 1.5; it is a number from 0"),
        (lambda: gg.optimizers.RMSprop(momentum="0.9"), "momentum is '0.9'; it is a number"),
        (lambda: gg.optimizers.RMSprop(rho=-0.1), "rho is -0.1; it is a number from 0 to 1"),
        (lambda: gg.optimizers.Adam(beta_1=1.0), "beta_1 is 1.0; .* up to, not including, 1"),
        (lambda: gg.optimizers.Adam(beta_2=2), "beta_2 is 2;"),
        (lambda: gg.optimizers.Adam(epsilon=-1e-7), "epsilon is -1e-07; it is a number, not below"),
        (lambda: gg.optimizers.Adagrad(initial_accumulator_value=-1), "not below 0"),
        (lambda: gg.optimizers.SGD(decay=-0.1), "decay is -0.1; it is a number, not below 0"),
        (lambda: gg.optimizers.SGD(weight_decay=-0.1), "weight_decay is -0.1"),
        (lambda: gg.optimizers.SGD(clipnorm=0), "clipnorm is 0; it is a number above 0"),
        (lambda: gg.optimizers.SGD(clipvalue=-1.0), "clipvalue is -1.0; it is a number above 0"),
        (lambda: gg.optimizers.SGD(global_clipnorm=float("nan")), "global_clipnorm is nan"),
        (lambda: gg.optimizers.SGD(0.1, lr=0.2), "lr and learning_rate are the same"),
        (lambda: gg.optimizers.Adam(learning_rate=0.1, lr=0.2), "both are given"),
    ],
)
def test_refusals(make_it, text):
    with pytest.raises(gg.errors.GiulgiError, match=text):
        make_it()


@pytest.mark.parametrize("optimizer", ["Adam", "RMSprop", "Adagrad"])
def test_no_epsilon_is_the_usual_one(optimizer):
    """As Keras 2 wrote it."""
    made = getattr(gg.optimizers, optimizer)
    assert made(epsilon=None).epsilon == made().epsilon == 1e-7


@pytest.mark.parametrize(
    "rate", [np.float32(0.5), np.array(0.5), np.float64(0.5), gg.constant(0.5)], ids=repr
)
def test_a_learning_rate_may_be_any_kind_of_number(rate):
    assert float(gg.optimizers.SGD(rate).learning_rate) == 0.5
    assert float(gg.optimizers.SGD(lr=rate).learning_rate) == 0.5
    optimizer = gg.optimizers.SGD()
    optimizer.learning_rate = rate
    assert float(optimizer.learning_rate) == 0.5


def test_a_learning_rate_that_is_set_is_checked():
    optimizer = gg.optimizers.SGD()
    for wrong in (-1.0, "0.1", np.ones(2)):
        with pytest.raises(gg.errors.ArgumentError, match="must be a number >= 0"):
            optimizer.learning_rate = wrong
