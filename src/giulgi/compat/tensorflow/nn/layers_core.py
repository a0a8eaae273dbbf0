"""``tf.layers``: dense layers, dropout, flattening, and normalisation of batches."""

from __future__ import annotations

from math import prod
from typing import Any

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import static
from giulgi.compat.tensorflow.math.initializers import Ones, Zeros
from giulgi.compat.tensorflow.nn.activations import activation_of
from giulgi.compat.tensorflow.nn.layer_base import Layer, named_initializer
from giulgi.compat.tensorflow.nn.nn_convolutions import bias_add
from giulgi.compat.tensorflow.nn.nn_convolutions import dropout as dropped
from giulgi.compat.tensorflow.nn.nn_normalization import normalised
from giulgi.compat.tensors.tensor import Tensor, alike, as_expression, as_tensor, record


@operation(type="MatMul")
def product(x: Any, kernel: Any, name: str | None = None) -> gg.Tensor:
    """Return the products of the last axis of x with the columns of a matrix."""
    value, matrix = alike(x, kernel)
    return gg.matmul(value, matrix)


def require_known(layer: str, size: Any) -> int:
    """Return the size of the last axis.

    Raises:
        ValueError: if it is not known.
    """
    if size is None:
        raise ValueError(
            f"The last dimension of the inputs to `{layer}` should be defined. Found `None`."
        )
    return int(size)


@exported("layers.Dense", "layers.core.Dense")
class Dense(Layer):
    """y = activation(x kernel + bias).

    Args:
        units: the width of y.
        activation: a function, or the name of one; None: y is linear.
        use_bias: whether there is a bias.
        kernel_initializer: makes the first kernel; None: as the scope says.
        bias_initializer: makes the first bias.
        kernel_regularizer: makes a loss of the kernel.
        bias_regularizer: makes a loss of the bias.
        activity_regularizer: makes a loss of y.
        kernel_constraint: what the kernel is kept to.
        bias_constraint: what the bias is kept to.
        trainable: whether optimizers are to change the variables.
        name: its name.
        options: of every :class:`Layer`.
    """

    def __init__(
        self, units: int, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = None, bias_initializer: Any = Zeros,
        kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None,
        bias_constraint: Any = None, trainable: bool = True, name: str | None = None,
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(trainable, name, activity_regularizer=activity_regularizer, **options)
        self.units = int(units)
        self.activation = activation_of(activation)
        self.use_bias = use_bias
        self.kernel_initializer = named_initializer(kernel_initializer)
        self.bias_initializer = named_initializer(bias_initializer)
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint
        self.kernel: Any = None
        self.bias: Any = None

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias."""
        width = require_known("Dense", input_shape.as_list()[-1])
        self.kernel = self.add_variable(
            "kernel", [width, self.units], None, self.kernel_initializer, self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )  # fmt: skip
        if self.use_bias:
            self.bias = self.add_variable(
                "bias", [self.units], None, self.bias_initializer, self.bias_regularizer,
                constraint=self.bias_constraint,
            )  # fmt: skip
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return activation(x kernel + bias)."""
        y = product(inputs, self.kernel)
        if self.bias is not None:
            y = bias_add(y, self.bias)
        return y if self.activation is None else self.activation(y)


@exported("layers.dense")
def dense(
    inputs: Any, units: int, activation: Any = None, use_bias: bool = True,
    kernel_initializer: Any = None, bias_initializer: Any = Zeros, kernel_regularizer: Any = None,
    bias_regularizer: Any = None, activity_regularizer: Any = None, kernel_constraint: Any = None,
    bias_constraint: Any = None, trainable: bool = True, name: str | None = None,
    reuse: Any = None,
) -> Any:  # fmt: skip
    """Return activation(x kernel + bias); see :class:`Dense`."""
    layer = Dense(
        units, activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
        bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, trainable,
        name, _scope=name, _reuse=reuse,
    )  # fmt: skip
    return layer(inputs)


# Dropout


def _choice(training: Any) -> Any:
    """Return whether it is training: a bool if that is known, else a single bool of the graph."""
    if training is None:
        return False
    known = static(training)
    if known is not None:
        return bool(known)
    return gg.reshape(gg.cast(as_expression(training), "bool"), ())


@operation(type="cond")
def _chosen(training: Any, then: Any, otherwise: Any) -> gg.Tensor:
    return gg.where(_choice(training), as_expression(then), as_expression(otherwise))


def chosen(training: Any, then: Any, otherwise: Any) -> Any:
    """Return what is computed in training, or else the other.

    Args:
        training: a bool, a number or a tensor.
        then: a function that returns what is computed in training.
        otherwise: a tensor.
    """
    known = False if training is None else static(training)
    if known is not None:
        return then() if bool(known) else as_tensor(otherwise)
    return _chosen(training, then(), otherwise)


@exported("layers.Dropout")
class Dropout(Layer):
    """x / (1 - rate) where a random number says so, and 0 elsewhere; without training x.

    Args:
        rate: the share that is left out.
        noise_shape: the shape of what is drawn.
        seed: a whole number for numbers of its own.
        name: its name.
        options: of every :class:`Layer`.
    """

    def __init__(
        self, rate: Any = 0.5, noise_shape: Any = None, seed: Any = None,
        name: str | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(name=name, **options)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def call(self, inputs: Any, training: Any = False) -> Any:
        """Return x with elements left out, in training."""
        return chosen(
            training,
            lambda: dropped(inputs, None, self.noise_shape, self.seed, rate=self.rate),
            inputs,
        )


@exported("layers.dropout")
def dropout(
    inputs: Any, rate: Any = 0.5, noise_shape: Any = None, seed: Any = None,
    training: Any = False, name: str | None = None,
) -> Any:  # fmt: skip
    """Return x with a share of its elements left out in training; see :class:`Dropout`."""
    return Dropout(rate, noise_shape, seed, name)(inputs, training=training)


# Flattening


@operation(type="Reshape")
def _flat(x: Any) -> gg.Tensor:
    value = as_expression(x)
    sizes = value.known_shape
    if sizes is None:
        return gg.reshape(value, (gg.shape(value)[0], -1))
    if None not in sizes[1:]:
        return gg.reshape(value, (-1 if sizes[0] is None else sizes[0], prod(sizes[1:])))  # type: ignore[arg-type]
    return gg.reshape(value, (gg.shape(value)[0] if sizes[0] is None else sizes[0], -1))


@exported("layers.Flatten")
class Flatten(Layer):
    """All axes behind the first as one."""

    def __init__(self, data_format: Any = None, name: str | None = None, **options: Any) -> None:
        super().__init__(name=name, **options)
        self.data_format = data_format

    def call(self, inputs: Any) -> Any:
        """Return (batch, elements)."""
        return _flat(inputs)


@exported("layers.flatten")
def flatten(inputs: Any, name: str | None = None, data_format: Any = None) -> Any:
    """Return all axes behind the first as one."""
    return Flatten(data_format, name)(inputs)


# Normalisation of batches


@operation(type="FusedBatchNorm")
def batch_normalised(
    x: Any, gamma: Any, beta: Any, moving_mean: Any, moving_variance: Any, training: Any,
    axis: int, epsilon: float,
) -> tuple[gg.Tensor, gg.Tensor, gg.Tensor]:  # fmt: skip
    """Return x normalised by channel, and the mean and variance for the running means.

    Where pictures are normalised, the variance that is returned is the unbiased one, as in
    TensorFlow.
    """
    value = as_expression(x)
    rank = len(value.shape)
    channel = axis % rank
    shape = tuple(-1 if place == channel else 1 for place in range(rank))
    mean, variance = as_expression(moving_mean), as_expression(moving_variance)
    is_training = _choice(training)
    batch_mean, batch_variance = mean, variance
    if is_training is not False:
        axes = tuple(place for place in range(rank) if place != channel)
        middle = gg.mean(value, axes, keepdims=True)
        batch_mean = gg.reshape(middle, (-1,))
        batch_variance = gg.reshape(gg.mean(gg.square(value - middle), axes), (-1,))
        if is_training is not True:
            mean = gg.where(is_training, batch_mean, mean)
            variance = gg.where(is_training, batch_variance, variance)
        else:
            mean, variance = batch_mean, batch_variance
        if rank == 4:
            count = gg.cast(gg.size(value, axes), value.dtype)
            batch_variance = batch_variance * (count / gg.maximum(count - 1, 1))
    parts = [
        None if part is None else gg.reshape(as_expression(part), shape) for part in (beta, gamma)
    ]
    y = normalised(
        value, gg.reshape(mean, shape), gg.reshape(variance, shape), parts[0], parts[1], epsilon
    )
    return y, batch_mean, batch_variance


def moved(variable: Any, value: Any, momentum: Any, training: Any) -> Tensor:
    """Return the running mean after a batch, which is assigned when it is run, in training."""
    old = variable.as_tensor()
    share = 1 - as_expression(momentum, "float32")
    new = old.expression - (old.expression - gg.stop_gradient(value.expression)) * share
    is_training = _choice(training)
    inputs = [old, value]
    if not isinstance(is_training, bool):
        new = gg.where(is_training, new, old.expression)
        inputs.append(as_tensor(training))
    return record("AssignMovingAvg", None, inputs, [new], assigns=[(variable, new)]).outputs[0]


@exported("layers.BatchNormalization")
class BatchNormalization(Layer):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, by channel.

    In training the moments are those of the batch, and running means of them are kept: what keeps
    them is in the collection of updates. Else the running means are used.

    Args:
        axis: that of the channels.
        momentum: how slowly the running means move.
        epsilon: what is added to the variance.
        center: whether there is a beta.
        scale: whether there is a gamma.
        beta_initializer: makes the first beta; and so the others.
        gamma_initializer: likewise.
        moving_mean_initializer: likewise.
        moving_variance_initializer: likewise.
        beta_regularizer: makes a loss of beta.
        gamma_regularizer: makes a loss of gamma.
        beta_constraint: what beta is kept to.
        gamma_constraint: what gamma is kept to.
        renorm: must be False.
        renorm_clipping: has no meaning.
        renorm_momentum: has no meaning.
        fused: has no meaning.
        trainable: whether optimizers are to change beta and gamma.
        virtual_batch_size: must be None.
        adjustment: must be None.
        name: its name.
        options: of every :class:`Layer`.
    """

    def __init__(
        self, axis: Any = -1, momentum: Any = 0.99, epsilon: float = 1e-3, center: bool = True,
        scale: bool = True, beta_initializer: Any = Zeros, gamma_initializer: Any = Ones,
        moving_mean_initializer: Any = Zeros, moving_variance_initializer: Any = Ones,
        beta_regularizer: Any = None, gamma_regularizer: Any = None, beta_constraint: Any = None,
        gamma_constraint: Any = None, renorm: bool = False, renorm_clipping: Any = None,
        renorm_momentum: float = 0.99, fused: Any = None, trainable: bool = True,
        virtual_batch_size: Any = None, adjustment: Any = None, name: str | None = None,
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(trainable, name, **options)
        del renorm_clipping, renorm_momentum, fused
        if renorm or virtual_batch_size is not None or adjustment is not None:
            raise NotImplementedError(
                "batch_normalization with renorm, virtual_batch_size or adjustment is not there: "
                "use it without"
            )
        self.axis = int(axis[0] if isinstance(axis, (list, tuple)) else axis)
        self.momentum, self.epsilon = momentum, epsilon
        self.center, self.scale = center, scale
        self.initializers = {
            "gamma": gamma_initializer, "beta": beta_initializer,
            "moving_mean": moving_mean_initializer, "moving_variance": moving_variance_initializer,
        }  # fmt: skip
        self.regularizers = {"beta": beta_regularizer, "gamma": gamma_regularizer}
        self.constraints = {"beta": beta_constraint, "gamma": gamma_constraint}
        self.gamma = self.beta = self.moving_mean = self.moving_variance = None

    def build(self, input_shape: Any) -> None:
        """Make beta and gamma, and the running means."""
        width = input_shape.as_list()[self.axis]
        if width is None:
            raise ValueError(f"There are undefined dimensions in the normalised axis {self.axis}")

        def made(name: str, trainable: bool = True) -> Any:
            return self.add_variable(
                name, [width], None, named_initializer(self.initializers[name]),
                self.regularizers.get(name), trainable, self.constraints.get(name),
            )  # fmt: skip

        if self.scale:
            self.gamma = made("gamma")
        if self.center:
            self.beta = made("beta")
        self.moving_mean = made("moving_mean", False)
        self.moving_variance = made("moving_variance", False)
        self.built = True

    def call(self, inputs: Any, training: Any = False) -> Any:
        """Return x normalised, with the moments of the batch in training."""
        y, mean, variance = batch_normalised(
            inputs, self.gamma, self.beta, self.moving_mean, self.moving_variance, training,
            self.axis, self.epsilon,
        )  # fmt: skip
        if _choice(training) is not False:
            self.add_update(
                [
                    moved(self.moving_mean, mean, self.momentum, training),
                    moved(self.moving_variance, variance, self.momentum, training),
                ]
            )
        return y


@exported("layers.batch_normalization")
def batch_normalization(
    inputs: Any, axis: Any = -1, momentum: Any = 0.99, epsilon: float = 1e-3,
    center: bool = True, scale: bool = True, beta_initializer: Any = Zeros,
    gamma_initializer: Any = Ones, moving_mean_initializer: Any = Zeros,
    moving_variance_initializer: Any = Ones, beta_regularizer: Any = None,
    gamma_regularizer: Any = None, beta_constraint: Any = None, gamma_constraint: Any = None,
    training: Any = False, trainable: bool = True, name: str | None = None, reuse: Any = None,
    renorm: bool = False, renorm_clipping: Any = None, renorm_momentum: float = 0.99,
    fused: Any = None, virtual_batch_size: Any = None, adjustment: Any = None,
) -> Any:  # fmt: skip
    """Return x normalised by channel; see :class:`BatchNormalization`."""
    layer = BatchNormalization(
        axis, momentum, epsilon, center, scale, beta_initializer, gamma_initializer,
        moving_mean_initializer, moving_variance_initializer, beta_regularizer, gamma_regularizer,
        beta_constraint, gamma_constraint, renorm, renorm_clipping, renorm_momentum, fused,
        trainable, virtual_batch_size, adjustment, name, _scope=name, _reuse=reuse,
    )  # fmt: skip
    return layer(inputs, training=training)
