"""Layers: their formulas, their weights, how they are nested and shared, and what they refuse."""

import copy

import numpy as np
import pytest

import giulgi as gg

L = gg.layers
X = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0]], np.float32)
KERNEL = np.array([[1.0, 0.0], [0.5, -1.0], [0.0, 2.0]], np.float32)
BIAS = np.array([0.25, -3.0], np.float32)


def built(layer, x=X):
    layer(x)
    return layer


class Scale(L.Layer):
    """A layer of a user's own: y = factor * x, one factor for each feature."""

    def __init__(self, start="ones", **options):
        super().__init__(**options)
        self.start = start

    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), self.start, name="factor")

    def call(self, x):
        return self.factor * x


class Block(L.Layer):
    """Layers inside a layer, in all the places where they may be kept."""

    def __init__(self, **options):
        super().__init__(**options)
        self.first = L.Dense(4, activation="relu")
        self.others = [L.Dense(3), {"last": L.Dense(2, use_bias=False)}]

    def call(self, x):
        return self.others[1]["last"](self.others[0](self.first(x)))


# ------------------------------------------------------------------------------------- Dense


@pytest.mark.parametrize("activation", [None, "relu", "tanh", gg.tanh])
def test_dense(activation):
    layer = built(L.Dense(2, activation=activation))
    layer.set_weights([KERNEL, BIAS])
    y = X @ KERNEL + BIAS
    wanted = {None: y, "relu": np.maximum(y, 0)}.get(activation, np.tanh(y))
    np.testing.assert_allclose(layer(X).numpy(), wanted, rtol=1e-6)
    assert [v.name.split("/")[-1] for v in layer.variables] == ["kernel", "bias"]


def test_dense_without_bias():
    layer = built(L.Dense(2, use_bias=False))
    layer.set_weights([KERNEL])
    np.testing.assert_allclose(layer(X).numpy(), X @ KERNEL, rtol=1e-6)
    assert layer.bias is None
    assert layer.count_params() == 6


def test_dense_on_more_axes_works_on_the_last():
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)
    layer = built(L.Dense(2), x)
    kernel, bias = layer.get_weights()
    np.testing.assert_allclose(layer(x).numpy(), x @ kernel + bias, rtol=1e-5, atol=1e-6)


def test_dense_takes_whole_numbers_and_float64():
    layer = L.Dense(2, kernel_initializer="ones")
    y = layer(np.array([[1, 2, 3]], np.uint8))
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y.numpy(), [[6, 6]])
    wide = built(L.Dense(2, dtype="float64"))
    assert wide.kernel.dtype == np.float64
    assert wide(X).dtype == np.float64


def test_rows_written_as_lists_are_one_array():
    layer = built(L.Dense(2))
    np.testing.assert_array_equal(layer(X.tolist()).numpy(), layer(X).numpy())
    model = gg.Sequential([gg.Input((3,)), layer])
    np.testing.assert_array_equal(model(X.tolist()).numpy(), layer(X).numpy())


def test_initial_values_are_chosen_by_name_object_and_function():
    layer = L.Dense(
        2,
        kernel_initializer=gg.initializers.Constant(0.5),
        bias_initializer=lambda shape, dtype: gg.full(shape, 2.0, dtype=dtype),
    )
    np.testing.assert_array_equal(layer(X).numpy(), X.sum(1, keepdims=True) * 0.5 + [[2, 2]])
    kernel, bias = built(L.Dense(2)).get_weights()
    assert kernel.any()
    assert not bias.any()


# ------------------------------------------------------------------ layers without weights


@pytest.mark.parametrize(
    ("activation", "function"), [("relu", gg.activations.relu), (gg.exp, gg.exp)]
)
def test_activation(activation, function):
    np.testing.assert_array_equal(L.Activation(activation)(X).numpy(), function(X).numpy())


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [((2, 3, 4), (2, 12)), ((2,), (2, 1)), ((2, 3), (2, 3)), ((0, 3, 2), (0, 6))],
)
def test_flatten(shape, wanted):
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    np.testing.assert_array_equal(L.Flatten()(x).numpy(), x.reshape(wanted))


@pytest.mark.parametrize("example", [(28, 28), (3,), (None, 4), ()])
def test_flatten_before_the_batch_is_known(example):
    x = gg.Input(example)
    y = L.Flatten()(x)
    sizes = [5 if size is None else size for size in example]
    fed = np.arange(2 * np.prod(sizes, dtype=int), dtype=np.float32).reshape(2, *sizes)
    np.testing.assert_array_equal(y.numpy({x: fed}), fed.reshape(2, -1))
    assert y.shape == (None, None if None in example else int(np.prod(example, dtype=int)))


@pytest.mark.parametrize(
    ("target", "wanted"),
    [((4, 3), (4, 3)), ((-1, 2), (6, 2)), ((12,), (12,)), ((2, 2, -1), (2, 2, 3))],
)
@pytest.mark.parametrize("symbolic", [True, False])
def test_reshape(target, wanted, symbolic):
    x = np.arange(24, dtype=np.float32).reshape(2, 12)
    if symbolic:
        entry = gg.Input((12,))
        y = L.Reshape(target)(entry)
        assert y.shape == (None, *wanted)
        value = y.numpy({entry: x})
    else:
        value = L.Reshape(target)(x).numpy()
    np.testing.assert_array_equal(value, x.reshape(2, *wanted))


def test_input_layer_tells_the_shape_of_the_examples():
    model = gg.Sequential([L.InputLayer((3,)), L.Dense(2)])
    assert model.built
    assert model.inputs[0].shape == (None, 3)
    fixed = gg.Sequential([L.InputLayer((3,), batch_size=5), L.Dense(2)])
    assert fixed.outputs[0].shape == (5, 2)


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({"input_shape": (3,)}, (None, 3)),
        ({"input_shape": 3}, (None, 3)),
        ({"input_dim": 3}, (None, 3)),
        ({"batch_input_shape": (5, 3)}, (5, 3)),
    ],
)
def test_the_first_layer_tells_the_shape_of_the_examples(options, shape):
    model = gg.Sequential([L.Dense(2, **options)])
    assert model.inputs[0].shape == shape
    assert model.get_weights()[0].shape == (3, 2)


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({"shape": (3,)}, (None, 3)),
        ({"shape": 3}, (None, 3)),
        ({"shape": ()}, (None,)),
        ({"shape": (3,), "batch_size": 4}, (4, 3)),
        ({"batch_shape": (None, None, 3)}, (None, None, 3)),
        ({"shape": (2,), "dtype": "int32"}, (None, 2)),
    ],
)
def test_input(options, shape):
    x = gg.Input(**options, name="pixels")
    assert x.shape == shape
    assert x.dtype == options.get("dtype", "float32")
    assert x.name == "pixels"
    assert gg.Input((2,)).name != gg.Input((2,)).name


# ----------------------------------------------------------------------------------- dropout

ONES = np.ones((200, 100), np.float32)


def test_dropout_in_training():
    """A share is 0, and the rest grows so that the mean stays."""
    y = L.Dropout(0.3)(ONES, training=True).numpy()
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.7)}
    sigma = np.sqrt(0.3 * 0.7 / ONES.size)
    assert (y == 0).mean() == pytest.approx(0.3, abs=5 * sigma)
    assert y.mean() == pytest.approx(1, abs=5 * sigma / 0.7)


@pytest.mark.parametrize("training", [False, None])
def test_dropout_out_of_training(training):
    np.testing.assert_array_equal(L.Dropout(0.3)(ONES, training=training).numpy(), ONES)


def test_dropout_at_its_ends():
    np.testing.assert_array_equal(L.Dropout(0)(ONES, training=True).numpy(), ONES)
    np.testing.assert_array_equal(L.Dropout(1)(ONES, training=True).numpy(), 0 * ONES)


def test_flatten_gives_the_same_rows_for_either_place_of_the_channels():
    last = np.arange(24.0).reshape(2, 2, 3, 2)
    first = np.moveaxis(last, -1, 1)
    wanted = last.reshape(2, 12)
    np.testing.assert_array_equal(L.Flatten(data_format="channels_last")(last).numpy(), wanted)
    np.testing.assert_array_equal(L.Flatten(data_format="channels_first")(first).numpy(), wanted)
    rows = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(L.Flatten(data_format="channels_first")(rows).numpy(), rows)
    with pytest.raises(gg.errors.UnknownArgumentError, match="data_format named 'first'"):
        L.Flatten(data_format="first")


def test_dropout_of_whole_rows():
    y = L.Dropout(0.5, noise_shape=(None, 1))(ONES, training=True).numpy()
    assert (y == y[:, :1]).all()
    assert set(np.unique(y[:, 0])) == {0, 2}


def test_dropout_with_a_seed_of_its_own():
    first, again = (L.Dropout(0.5, seed=7)(ONES, training=True).numpy() for _ in range(2))
    other = L.Dropout(0.5, seed=8)(ONES, training=True).numpy()
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_dropout_with_a_seed_of_its_own_leaves_out_other_units_at_each_call():
    def masks(seed):
        layer = L.Dropout(0.5, seed=seed)
        return [layer(ONES, training=True).numpy() for _ in range(3)]

    first = masks(7)
    for i, mask in enumerate(first):
        np.testing.assert_array_equal(mask, masks(7)[i])
        assert not any(np.array_equal(mask, other) for other in first[i + 1 :] + masks(8))


def test_a_copy_of_dropout_with_a_seed_goes_on_as_its_original():
    layer = L.Dropout(0.5, seed=7)
    layer(ONES, training=True)
    copied = copy.deepcopy(layer)
    np.testing.assert_array_equal(
        copied(ONES, training=True).numpy(), layer(ONES, training=True).numpy()
    )


def test_each_use_of_dropout_leaves_out_other_units():
    layer = L.Dropout(0.5)
    x = gg.Input((100,))
    model = gg.Model(x, [layer(x), layer(x)])
    first, second = model(ONES, training=True)
    assert not np.array_equal(first.numpy(), second.numpy())


def test_gradient_of_dropout_flows_where_the_unit_was_kept():
    x = gg.constant(ONES)
    y = L.Dropout(0.5, seed=1)(x, training=True)
    np.testing.assert_array_equal(gg.gradients(y, x).numpy(), y.numpy())


# ------------------------------------------------------------------------- training or not


class Phased(L.Layer):
    """Says in which phase it is."""

    def call(self, x, training=False):
        return x + (100 if training else 1)


class Inside(L.Layer):
    """Has a layer inside that differs in training, and does not itself."""

    def __init__(self):
        super().__init__()
        self.inner = Phased()

    def call(self, x):
        return self.inner(x)


@pytest.mark.parametrize("kind", [Phased, Inside])
@pytest.mark.parametrize(("training", "added"), [(True, 100), (False, 1), (None, 1)])
def test_phase_reaches_the_layers_inside(kind, training, added):
    np.testing.assert_array_equal(kind()(X, training=training).numpy(), X + added)


@pytest.mark.parametrize("kind", [Phased, Inside])
def test_a_network_holds_both_phases(kind):
    x = gg.Input((3,))
    model = gg.Model(x, kind()(x))
    for training, added in ((True, 100), (False, 1), (None, 1)):
        np.testing.assert_array_equal(model(X, training=training).numpy(), X + added)
    np.testing.assert_array_equal(model.predict(X, verbose=0), X + 1)


def test_a_phase_told_to_a_layer_is_kept_by_the_network():
    x = gg.Input((3,))
    model = gg.Model(x, Phased()(x, training=True))
    np.testing.assert_array_equal(model.predict(X, verbose=0), X + 100)


# -------------------------------------------------------------------- layers of one's own


def test_custom_layer():
    layer = Scale(name="scale")
    assert not layer.built
    np.testing.assert_array_equal(layer(X).numpy(), X)
    assert layer.built
    layer.factor.assign([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(layer(X).numpy(), X * [1, 2, 3])
    assert layer.factor.name == "scale/factor"
    assert layer.count_params() == 3


def test_weights_made_in_init():
    class Shift(L.Layer):
        def __init__(self):
            super().__init__()
            self.by = self.add_weight((), "ones", name="by")

        def call(self, x):
            return x + self.by

    layer = Shift()
    np.testing.assert_array_equal(layer(X).numpy(), X + 1)
    assert len(layer.get_weights()) == 1


def test_layer_in_layer():
    block = Block(name="block")
    x = gg.Input((3,))
    model = gg.Model(x, block(x))
    assert [w.shape for w in block.get_weights()] == [(3, 4), (4,), (4, 3), (3,), (3, 2)]
    assert model.layers[1:] == [block]
    assert all(v.name.startswith("block/dense") for v in block.variables)
    np.testing.assert_allclose(model.predict(X, verbose=0), block(X).numpy(), rtol=1e-6)


def test_a_shared_layer_has_one_set_of_weights():
    left, right = gg.Input((3,)), gg.Input((3,))
    shared = L.Dense(2, name="shared")
    model = gg.Model([left, right], shared(left) - shared(right))
    assert model.layers[2:] == [shared]
    assert len(model.get_weights()) == 2
    np.testing.assert_allclose(model.predict([X, X], verbose=0), 0 * X[:, :2], atol=1e-6)
    other = model.predict([X, 2 * X], verbose=0)
    np.testing.assert_allclose(other, -X @ shared.get_weights()[0], rtol=1e-5)


def test_a_layer_with_several_inputs_and_outputs():
    class Both(L.Layer):
        def call(self, inputs):
            a, b = inputs
            return {"sum": a + b, "product": a * b}

    a, b = gg.Input((3,)), gg.Input((3,))
    model = gg.Model([a, b], Both()([a, b]))
    answer = model.predict([X, 2 * X], verbose=0)
    np.testing.assert_array_equal(answer["sum"], 3 * X)
    np.testing.assert_array_equal(answer["product"], 2 * X**2)


def test_a_layer_adds_losses_and_updates_while_training():
    class Counting(L.Layer):
        def build(self, input_shape):
            self.steps = self.add_weight((), "zeros", name="steps", trainable=False)

        def call(self, x):
            self.add_update(self.steps, self.steps + 1)
            self.add_loss(gg.sum(x) * 0.5)
            return x

    layer = Counting()
    model = gg.Sequential([gg.Input((3,)), layer, L.Dense(2, kernel_initializer="zeros")])
    model.compile("sgd", "mse")
    assert model.evaluate(X, X[:, :2] * 0, verbose=0) == pytest.approx(X.sum() * 0.5)
    assert float(layer.steps) == 0
    model.fit(X, X[:, :2], batch_size=1, epochs=2, verbose=0)
    assert float(layer.steps) == 4


class PhasedCounting(L.Layer):
    """Its losses and updates are others while training."""

    def build(self, input_shape):
        self.steps = self.add_weight((), "zeros", name="steps", trainable=False)

    def call(self, x, training=False):
        self.add_loss(gg.constant(5.0 if training else 3.0))
        if training:
            self.add_loss(gg.constant(0.5))
            self.add_update(self.steps, self.steps + 1)
        else:
            self.add_update(self.steps, self.steps + 100)
        return x


def test_losses_and_updates_of_the_phase_that_it_is():
    layer = PhasedCounting()
    model = gg.Sequential([gg.Input((3,)), layer, L.Dense(2)])
    model.compile("sgd", lambda y, p: 0 * p)
    assert model.evaluate(X, X[:, :2], verbose=0) == pytest.approx(3)
    assert model.train_on_batch(X, X[:, :2]) == pytest.approx(5.5)
    assert float(layer.steps) == 1
    layer(X, training=True)
    assert float(layer.steps) == 2, "outside of networks an update happens now"


def test_losses_of_layers_inside_are_counted_once():
    class Network(gg.Model):
        def __init__(self):
            super().__init__()
            self.hidden = L.Dense(
                2, kernel_initializer="ones", activity_regularizer=gg.regularizers.L1(1.0)
            )
            self.dropout = L.Dropout(0.5)

        def call(self, x, training=False):
            return self.dropout(self.hidden(x), training=training)

    model = Network()
    model.compile("sgd", lambda y, p: 0 * p)
    wanted = np.abs(X.sum(axis=1)).sum() * 2 / len(X)
    assert model.evaluate(X, X[:, :2], verbose=0) == pytest.approx(wanted, rel=1e-6)
    assert model.train_on_batch(X, X[:, :2]) == pytest.approx(wanted, rel=1e-6)


# ----------------------------------------------------------------------------------- weights


def test_names_are_numbered():
    first, second = L.Dense(1), L.Dense(1)
    number = int(first.name.removeprefix("dense").removeprefix("_") or 0)
    assert second.name == f"dense_{number + 1}"
    assert L.Dense(1, name="mine").name == "mine"

    class MyOwnLayer(L.Layer):
        pass

    assert MyOwnLayer().name.startswith("my_own_layer")


def test_get_and_set_weights():
    block = built(Block())
    weights = [np.full(w.shape, i, np.float32) for i, w in enumerate(block.get_weights())]
    block.set_weights(weights)
    for given, got in zip(weights, block.get_weights(), strict=True):
        np.testing.assert_array_equal(given, got)
    given = block.get_weights()
    given[0][:] = 77
    assert block.get_weights()[0].max() == 0, "what get_weights returned is a copy"


def test_set_weights_changes_nothing_if_one_does_not_fit():
    layer = built(L.Dense(2))
    layer.set_weights([KERNEL, BIAS])
    with pytest.raises(gg.errors.ShapeError, match=r"kernel.*\(3, 2\).*\(2, 3\)"):
        layer.set_weights([KERNEL.T, BIAS])
    with pytest.raises(gg.errors.ShapeError, match="bias"):
        layer.set_weights([2 * KERNEL, np.zeros(3)])
    with pytest.raises(gg.errors.DataError, match="2 weights, and 1"):
        layer.set_weights([KERNEL])
    np.testing.assert_array_equal(layer.get_weights()[0], KERNEL)


def test_a_frozen_layer_is_not_trained():
    frozen, free = L.Dense(2, trainable=False), L.Dense(1)
    model = gg.Sequential([gg.Input((3,)), frozen, free])
    model.compile("sgd", "mse")
    assert frozen.trainable_variables == []
    assert len(frozen.non_trainable_variables) == 2
    assert model.trainable_variables == free.trainable_variables
    before = model.get_weights()
    model.fit(X, X[:, :1], verbose=0)
    after = model.get_weights()
    np.testing.assert_array_equal(before[0], after[0])
    assert not np.array_equal(before[2], after[2])


def test_the_order_of_weights_does_not_depend_on_what_is_frozen():
    model = gg.Sequential([gg.Input((3,)), L.Dense(2), L.Dense(1)])
    before = [v.name for v in model.weights]
    model.layers[0].trainable = False
    assert [v.name for v in model.weights] == before
    assert [v.name for v in model.trainable_weights] == before[2:]
    assert [v.name for v in model.non_trainable_weights] == before[:2]
    model.trainable = False
    assert model.trainable_weights == []


def test_variables_that_are_not_trained_come_behind_those_that_are():
    class Mixed(L.Layer):
        def build(self, input_shape):
            self.fixed = self.add_weight((1,), name="fixed", trainable=False)
            self.free = self.add_weight((1,), name="free")

        def call(self, x):
            return x

    layer = built(Mixed())
    assert [v.name.split("/")[-1] for v in layer.weights] == ["free", "fixed"]


def test_freezing_takes_effect_at_the_next_compile():
    model = gg.Sequential([gg.Input((3,)), L.Dense(2), L.Dense(1)])
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.train_on_batch(X, X[:, :1])
    np.testing.assert_array_equal(before[0], model.get_weights()[0])
    model.layers[0].trainable = True
    model.compile("sgd", "mse")
    model.train_on_batch(X, X[:, :1])
    assert not np.array_equal(before[0], model.get_weights()[0])


# ---------------------------------------------------------------------------------- refusals


class Unprepared(L.Layer):
    def __init__(self):
        pass


class Speechless(L.Layer):
    pass


class Returnless(L.Layer):
    def call(self, x):
        x + 1


@pytest.mark.parametrize(
    ("make_it", "text"),
    [
        (lambda: L.Dense(0), "at least one"),
        (lambda: L.Dense(2.5), "whole number"),
        (lambda: L.Dense("8"), "whole number"),
        (lambda: L.Dense(8, activaton="relu"), "did you mean 'activation'"),
        (lambda: L.Dense(8, activation="rellu"), "did you mean 'relu'"),
        (lambda: L.Dense(8, kernel_initializer="glorot")(X), "there is no initializer"),
        (lambda: L.Dense(8, kernel_regularizer="l5"), "there is no regularizer"),
        (lambda: L.Dense(8)(X[0, 0]), "gg.Input"),
        (lambda: L.Dense(8)(gg.Input((None,))), "size of the last axis"),
        (lambda: L.Dense(8)(gg.Input(())), r"x\[:, None\]"),
        (lambda: built(L.Dense(8))(X[:, :2]), r"\(batch, 3\)"),
        (lambda: built(L.Dense(8))(X[0]), r"x\[None\]"),
        (lambda: L.Dropout(50), "from 0 to 1"),
        (lambda: L.Reshape((5,))(X), "3 numbers in each example, 5 in the target"),
        (lambda: L.Reshape((-1, -1))(X), "does not fit"),
        (lambda: L.Flatten(gg.Input((3,))), r"Flatten\(...\)\(x\)"),
        (lambda: L.Dense(gg.Input((3,))), r"Dense\(...\)\(x\)"),
        (lambda: Unprepared()(X), r"super\(\).__init__\(\)"),
        (lambda: Speechless()(gg.Input((3,))), "does not say what it computes"),
        (lambda: Returnless()(gg.Input((3,))), "end its call with: return y"),
        (lambda: L.Dense(2)(np.array(["a", "b"])), "dtype <U1"),
    ],
)
def test_refusals(make_it, text):
    with pytest.raises(gg.errors.GiulgiError, match=text):
        make_it()


def test_an_error_tells_the_path_of_layers():
    class Outer(L.Layer):
        def __init__(self):
            super().__init__(name="outer")
            self.inner = L.Dense(2, name="inner")

        def call(self, x):
            return self.inner(x)

    outer = built(Outer())
    with pytest.raises(gg.errors.ShapeError) as caught:
        outer(X[:, :2])
    assert caught.value.layer == "outer/inner"
