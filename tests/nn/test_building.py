"""When the weights of layers are made, what a failed attempt leaves, and which are penalised."""

import numpy as np
import pytest

import giulgi as gg

L = gg.layers
QUIET = {"verbose": 0}


class Scale(L.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")

    def call(self, x):
        return self.factor * x


class ScaleAndShift(Scale):
    def build(self, input_shape):
        super().build(input_shape)
        self.built_by_super = self.built
        self.shift = self.add_weight((input_shape[-1],), "zeros", name="shift")

    def call(self, x):
        return super().call(x) + self.shift


class Pair(L.Layer):
    """Two layers that only inputs of size 3 pass."""

    def __init__(self):
        super().__init__()
        self.first = L.Dense(2)
        self.second = Scale()

    def call(self, x):
        return self.second(self.first(x) + gg.zeros((2,))) + gg.zeros((x.shape[-1] - 1,))


# ------------------------------------------------------------------------------------ building


@pytest.mark.parametrize("make", [lambda: L.Dense(2), Scale, ScaleAndShift])
def test_weights_that_are_set_after_build_stay_at_the_first_call(make):
    layer = make()
    layer.build((None, 3))
    assert layer.built
    weights = [np.full_like(w, 7.0) for w in layer.get_weights()]
    layer.set_weights(weights)
    layer(np.ones((1, 3)))
    assert len(layer.get_weights()) == len(weights)
    assert all((w == 7.0).all() for w in layer.get_weights())


def test_a_layer_is_built_once_its_own_build_is_done():
    layer = ScaleAndShift()
    layer.build((None, 3))
    assert not layer.built_by_super
    assert layer.built


def test_weights_have_the_same_names_whoever_calls_build():
    built, called = (L.Dense(2, name="own") for _ in range(2))
    built.build((None, 3))
    called(np.ones((1, 3)))
    assert [v.name for v in built.variables] == [v.name for v in called.variables]
    assert built.kernel.name == "own/kernel"


def test_errors_of_a_build_that_the_user_calls_tell_the_layer():
    with pytest.raises(gg.errors.ShapeError) as caught:
        L.Dense(2, name="own").build((None, None))
    assert caught.value.layer == "own"


def test_a_sequential_whose_first_build_failed_can_be_built_for_other_inputs():
    model = gg.Sequential([L.Dense(4), L.Reshape((2, 2)), L.Reshape((5,))])
    model.compile("sgd", "mse")
    wrong, right = np.ones((8, 6)), np.ones((8, 3))
    with pytest.raises(gg.errors.ShapeError):
        model.fit(wrong, np.ones((8, 5)), **QUIET)
    assert not model.built
    assert not model.layers[0].built
    assert model.weights == []
    model.pop()
    model.fit(right, np.ones((8, 2, 2)), **QUIET)
    assert model.layers[0].kernel.shape == (3, 4)


def test_a_failed_build_leaves_no_penalty_behind():
    model = gg.Sequential([L.Dense(4, kernel_regularizer="l2"), L.Reshape((5,))])
    with pytest.raises(gg.errors.ShapeError):
        model.build((None, 6))
    model.pop()
    model.build((None, 3))
    assert len(model.penalty_losses()) == 1


def test_a_layer_whose_first_call_failed_can_be_called_on_other_inputs():
    layer = Pair()
    with pytest.raises(gg.errors.ShapeError):
        layer(np.ones((1, 6)))
    assert not layer.built
    assert not layer.first.built
    assert layer(np.ones((1, 3))).shape == (1, 2)


def test_what_was_built_before_stays_when_something_around_it_fails():
    shared = L.Dense(4)
    shared.build((None, 3))
    model = gg.Sequential([shared, L.Reshape((5,))])
    kernel = shared.kernel
    with pytest.raises(gg.errors.ShapeError):
        model.build((None, 3))
    assert shared.built
    assert shared.kernel is kernel


def test_a_sequential_is_not_built_without_a_shape():
    model = gg.Sequential([L.Dense(2)])
    with pytest.raises(gg.errors.ArgumentError, match="the shape of the inputs is not known"):
        model.build()
    with pytest.raises(gg.errors.ArgumentError, match="has no layers"):
        gg.Sequential().build((None, 3))


# ----------------------------------------------------------------------------------- penalties


def penalty(model):
    return float(sum(model.penalty_losses(), start=gg.constant(0.0)))


def penalised(**options):
    """A layer with the penalty 6: 0.5 for each of twelve ones."""
    return L.Dense(4, kernel_initializer="ones", kernel_regularizer=gg.regularizers.L1(0.5),
                   **options)  # fmt: skip


def test_a_layer_shared_by_two_networks_is_penalised_once():
    shared = penalised()
    left, right = (gg.Sequential([gg.Input((3,)), shared, L.Dense(1)]) for _ in range(2))
    x = gg.Input((3,))
    assert penalty(gg.Model(x, left(x) + right(x))) == 6.0


def test_weights_frozen_through_a_network_around_them_have_no_penalty():
    inner = gg.Sequential([gg.Input((3,)), penalised()], trainable=False)
    model = gg.Sequential([gg.Input((3,)), inner, L.Dense(1)])
    assert penalty(model) == 0.0
    assert penalty(inner.layers[0]) == 6.0  # By itself it is trained.


def test_trainable_goes_on_to_the_layers_inside():
    inner = gg.Sequential([gg.Input((3,)), penalised()])
    model = gg.Sequential([gg.Input((3,)), inner, L.Dense(1)])
    model.trainable = False
    assert not inner.trainable
    assert not inner.layers[0].trainable
    assert penalty(inner) == 0.0
    assert inner.trainable_variables == []
    model.trainable = True
    assert inner.layers[0].trainable
    assert len(model.trainable_variables) == 4


def test_a_layer_may_be_trained_again_alone():
    """As in Keras: the network around it must be trainable, too."""
    inner = gg.Sequential([gg.Input((3,)), L.Dense(2), L.Dense(1)])
    inner.trainable = False
    inner.layers[1].trainable = True
    assert len(inner.layers[1].trainable_variables) == 2
    assert inner.trainable_variables == []


# ---------------------------------------------------------------- data where a layer is made


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda x: L.Flatten(x), "a tensor"),
        (lambda x: L.Dense(x), "a tensor"),
        (lambda x: L.Dense(2, activation=x), "a tensor"),
        (lambda x: L.Flatten(inputs=x), "a tensor"),
        (lambda x: Scale(x), "a tensor"),
        (lambda x: L.Flatten(np.ones((2, 3))), "an array"),
        (lambda x: L.Dense(np.ones(3)), "an array"),
        (lambda x: L.Flatten([[1, 2], [3, 4]]), "a list"),
        (lambda x: L.Dense([x, x]), "a list"),
    ],
)
def test_data_where_a_layer_is_made(make, kind):
    with pytest.raises(
        gg.errors.ArgumentError, match=f"is given {kind} where it is made"
    ) as caught:
        make(gg.Input((3,)))
    assert "two pairs of brackets" in caught.value.fix


@pytest.mark.parametrize(
    "make",
    [
        lambda: L.Reshape([3, 1]),
        lambda: L.Reshape(np.array([3, 1])),
        lambda: L.Dropout(0.5, noise_shape=[None, 1]),
        lambda: L.Dense(2, input_shape=[3]),
        lambda: L.Dense(2, kernel_initializer=gg.initializers.Constant(np.ones((3, 2)))),
    ],
)
def test_shapes_are_no_data(make):
    assert make()(np.ones((2, 3))).shape is not None


def test_a_layer_of_ones_own_may_be_made_of_arrays():
    class Standardise(L.Layer):
        def __init__(self, mean):
            super().__init__()
            self.mean = mean

        def call(self, x):
            return x - self.mean

    assert float(gg.sum(Standardise(np.ones((1, 3)))(np.ones((2, 3))))) == 0
