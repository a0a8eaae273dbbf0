"""``tf.contrib.layers``: layers whose arguments may come from scopes.

Their variables are ``weights`` and ``biases``, in scopes such as ``fully_connected`` and ``Conv``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import export, exported
from giulgi.compat.tensorflow.contrib.contrib_framework import add_arg_scope, model_variable
from giulgi.compat.tensorflow.math.arguments import numbers
from giulgi.compat.tensorflow.math.initializers import Zeros, xavier_initializer
from giulgi.compat.tensorflow.nn.activations import relu
from giulgi.compat.tensorflow.nn.layers_core import chosen, product
from giulgi.compat.tensorflow.nn.layers_core import flatten as flat
from giulgi.compat.tensorflow.nn.nn_convolutions import bias_add, convolution, depthwise_conv2d
from giulgi.compat.tensorflow.nn.nn_convolutions import conv2d_transpose as transposed
from giulgi.compat.tensorflow.nn.nn_convolutions import dropout as dropped
from giulgi.compat.tensorflow.nn.nn_convolutions import separable_conv2d as separable
from giulgi.compat.tensorflow.nn.nn_pooling import avg_pool, max_pool
from giulgi.compat.tensors.tensor import Tensor, as_tensor
from giulgi.compat.variables.scopes import variable_scope

# What was put out under which names, for collections that become dicts: dropout at rest puts out
# what it takes, which then has two.
_aliases: WeakKeyDictionary[Tensor, list[str]] = WeakKeyDictionary()


def aliases_of(tensor: Tensor) -> list[str]:
    """Return the names of the layers that put a tensor out."""
    return _aliases.get(tensor, [tensor.op.name])


def layer(*names: str) -> Callable[[Any], Any]:
    """Return a decorator that makes a function a layer of contrib and slim, with scopes."""

    def decorate(function: Any) -> Any:
        made = add_arg_scope(function)
        for name in names:
            export(f"contrib.layers.{name}", made)
            export(f"contrib.slim.{name}", made)
        return made

    return decorate


@contextmanager
def opened(scope: Any, default: str, reuse: Any = None) -> Iterator[Any]:
    """Open the scope of a layer."""
    with variable_scope(scope, default, reuse=reuse) as found:
        yield found


def collected(collections: Any, scope: Any, y: Any) -> Any:
    """Return what a layer puts out, which joins collections."""
    return collect_named_outputs(collections, scope.original_name_scope.rstrip("/"), y)


@exported(
    "contrib.layers.utils.collect_named_outputs", "contrib.slim.utils.collect_named_outputs"
)  # fmt: skip
def collect_named_outputs(collections: Any, alias: str, outputs: Any) -> Any:
    """Return what a layer puts out, which joins collections under a name."""
    if collections:
        if isinstance(outputs, Tensor):
            _aliases.setdefault(outputs, []).append(alias)
        get_default_graph().add_to_collections(collections, outputs)
    return outputs


def variables_in(collections: Any, name: str) -> list[Any]:
    """Return the collections that a variable joins: all of them, or those told for its name."""
    if isinstance(collections, dict):
        collections = collections.get(name)
    if collections is None:
        return []
    return [collections] if isinstance(collections, str) else list(collections)


def _finished(
    y: Any, width: int, activation_fn: Any, normalizer_fn: Any, normalizer_params: Any,
    biases_initializer: Any, biases_regularizer: Any, collections: Any, trainable: bool,
    data_format: Any = None,
) -> Any:  # fmt: skip
    """Return activation(normalised), or activation(y + biases) where nothing normalises."""
    if normalizer_fn is not None:
        params = dict(normalizer_params or {})
        y = normalizer_fn(y, **params)
    elif biases_initializer is not None:
        biases = model_variable(
            "biases", [width], initializer=biases_initializer, regularizer=biases_regularizer,
            collections=variables_in(collections, "biases"), trainable=trainable,
        )  # fmt: skip
        y = bias_add(y, biases, data_format)
    return y if activation_fn is None else activation_fn(y)


def weights_of(
    name: str, shape: Any, initializer: Any, regularizer: Any, collections: Any, trainable: bool
) -> Any:
    """Return a variable of the model, made where it is not there."""
    return model_variable(
        name, shape, initializer=initializer, regularizer=regularizer,
        collections=variables_in(collections, name), trainable=trainable,
    )  # fmt: skip


@layer("fully_connected")
def fully_connected(
    inputs: Any, num_outputs: int, activation_fn: Any = relu, normalizer_fn: Any = None,
    normalizer_params: Any = None, weights_initializer: Any = None,
    weights_regularizer: Any = None, biases_initializer: Any = Zeros,
    biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None,
    outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
) -> Any:  # fmt: skip
    """Return activation(inputs weights + biases), or normalised in place of the biases.

    Args:
        inputs: (..., width)
        num_outputs: the width of the result.
        activation_fn: a function; by default relu; None: linear.
        normalizer_fn: what normalises, such as ``batch_norm``; there are no biases then.
        normalizer_params: its arguments.
        weights_initializer: makes the first weights; None: Glorot's uniform numbers.
        weights_regularizer: makes a loss of the weights.
        biases_initializer: makes the first biases; None: there are none.
        biases_regularizer: makes a loss of the biases.
        reuse: whether the variables are to be there already.
        variables_collections: those that the variables join.
        outputs_collections: those that the result joins.
        trainable: whether optimizers are to change the variables.
        scope: the scope; None: "fully_connected".
    """
    with opened(scope, "fully_connected", reuse) as found:
        x = as_tensor(inputs)
        width = x.shape.as_list()[-1]
        weights = weights_of(
            "weights", [width, num_outputs], weights_initializer or xavier_initializer(),
            weights_regularizer, variables_collections, trainable,
        )  # fmt: skip
        y = _finished(
            product(x, weights), num_outputs, activation_fn, normalizer_fn, normalizer_params,
            biases_initializer, biases_regularizer, variables_collections, trainable,
        )  # fmt: skip
        return collected(outputs_collections, found, y)


export("contrib.layers.relu", fully_connected)


@exported("contrib.layers.linear")
def linear(*args: Any, **options: Any) -> Any:
    """Return inputs weights + biases; see :func:`fully_connected`."""
    return fully_connected(*args, **{"activation_fn": None, **options})


def _sizes(value: Any, rank: int) -> list[int]:
    known: list[int] = np.ravel(numbers(value, "a size")).tolist()
    return known * rank if len(known) == 1 else known


def channels_of(x: Any, data_format: Any) -> int:
    """Return the number of channels.

    Raises:
        ValueError: if it is not known.
    """
    sizes = x.shape.as_list()
    known = sizes[1 if str(data_format).startswith("NC") else -1]
    if known is None:
        raise ValueError("The channel dimension of the inputs should be defined. Found `None`.")
    return int(known)


@layer("conv2d", "convolution", "convolution2d", "conv1d", "conv3d")
def conv2d(
    inputs: Any, num_outputs: int, kernel_size: Any, stride: Any = 1, padding: str = "SAME",
    data_format: Any = None, rate: Any = 1, activation_fn: Any = relu, normalizer_fn: Any = None,
    normalizer_params: Any = None, weights_initializer: Any = None,
    weights_regularizer: Any = None, biases_initializer: Any = Zeros,
    biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None,
    outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
) -> Any:  # fmt: skip
    """Return activation(convolution + biases); see :func:`fully_connected`.

    Args:
        inputs: (batch, *space, channels)
        num_outputs: the number of filters.
        kernel_size: what a filter sees, along all axes of space or along each.
        stride: how far it moves.
        padding: "SAME" or "VALID".
        data_format: None, or "NCHW" if the channels come first.
        rate: how far apart the taps are.
    """
    with opened(scope, "Conv", reuse) as found:
        x = as_tensor(inputs)
        rank = (x.shape.ndims or 4) - 2
        weights = weights_of(
            "weights", [*_sizes(kernel_size, rank), channels_of(x, data_format), num_outputs],
            weights_initializer or xavier_initializer(), weights_regularizer,
            variables_collections, trainable,
        )  # fmt: skip
        y = convolution(
            x, weights, padding, _sizes(stride, rank), _sizes(rate, rank),
            f"Conv{max(rank, 2)}D", data_format,
        )  # fmt: skip
        y = _finished(
            y, num_outputs, activation_fn, normalizer_fn, normalizer_params, biases_initializer,
            biases_regularizer, variables_collections, trainable, data_format,
        )  # fmt: skip
        return collected(outputs_collections, found, y)


@layer("conv2d_transpose", "convolution2d_transpose")
def conv2d_transpose(
    inputs: Any, num_outputs: int, kernel_size: Any, stride: Any = 1, padding: str = "SAME",
    data_format: Any = "NHWC", activation_fn: Any = relu, normalizer_fn: Any = None,
    normalizer_params: Any = None, weights_initializer: Any = None,
    weights_regularizer: Any = None, biases_initializer: Any = Zeros,
    biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None,
    outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
) -> Any:  # fmt: skip
    """Return activation(transposed convolution + biases); see :func:`conv2d`."""
    with opened(scope, "Conv2d_transpose", reuse) as found:
        x = as_tensor(inputs)
        taps, steps = _sizes(kernel_size, 2), _sizes(stride, 2)
        weights = weights_of(
            "weights", [*taps, num_outputs, channels_of(x, data_format)],
            weights_initializer or xavier_initializer(), weights_regularizer,
            variables_collections, trainable,
        )  # fmt: skip
        y = transposed(
            x, weights, _made_larger(x, taps, steps, padding, num_outputs), [1, *steps, 1], padding
        )
        y = _finished(
            y, num_outputs, activation_fn, normalizer_fn, normalizer_params, biases_initializer,
            biases_regularizer, variables_collections, trainable,
        )  # fmt: skip
        return collected(outputs_collections, found, y)


def _made_larger(x: Any, taps: Any, steps: Any, padding: str, width: int) -> list[Any]:
    """Return the shape of a transposed convolution of pictures of known sizes."""
    sizes = x.shape.as_list()
    if None in sizes[1:3]:
        raise ValueError("conv2d_transpose needs pictures whose height and width are known")
    extra = [max(t - s, 0) if padding.upper() == "VALID" else 0
             for t, s in zip(taps, steps, strict=True)]  # fmt: skip
    space = [n * s + e for n, s, e in zip(sizes[1:3], steps, extra, strict=True)]
    return [sizes[0] or -1, *space, width]


@layer("separable_conv2d", "separable_convolution2d")
def separable_conv2d(
    inputs: Any, num_outputs: Any, kernel_size: Any, depth_multiplier: int = 1, stride: Any = 1,
    padding: str = "SAME", data_format: Any = "NHWC", rate: Any = 1, activation_fn: Any = relu,
    normalizer_fn: Any = None, normalizer_params: Any = None, weights_initializer: Any = None,
    pointwise_initializer: Any = None, weights_regularizer: Any = None,
    biases_initializer: Any = Zeros, biases_regularizer: Any = None, reuse: Any = None,
    variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True,
    scope: Any = None,
) -> Any:  # fmt: skip
    """Return each channel convolved by itself, then mixed; see :func:`conv2d`.

    With ``num_outputs`` None the channels are not mixed.
    """
    with opened(scope, "SeparableConv2d", reuse) as found:
        x = as_tensor(inputs)
        channels, first = channels_of(x, data_format), weights_initializer or xavier_initializer()
        each = weights_of(
            "depthwise_weights", [*_sizes(kernel_size, 2), channels, depth_multiplier], first,
            weights_regularizer, variables_collections, trainable,
        )  # fmt: skip
        steps, rates = [1, *_sizes(stride, 2), 1], _sizes(rate, 2)
        width = channels * depth_multiplier if num_outputs is None else num_outputs
        if num_outputs is None:
            y = depthwise_conv2d(x, each, steps, padding, rates)
        else:
            mixture = weights_of(
                "pointwise_weights", [1, 1, channels * depth_multiplier, num_outputs],
                pointwise_initializer or first, weights_regularizer, variables_collections,
                trainable,
            )  # fmt: skip
            y = separable(x, each, mixture, steps, padding, rates)
        y = _finished(
            y, width, activation_fn, normalizer_fn, normalizer_params, biases_initializer,
            biases_regularizer, variables_collections, trainable,
        )  # fmt: skip
        return collected(outputs_collections, found, y)


@layer("max_pool2d")
def max_pool2d(
    inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = "VALID",
    data_format: Any = "NHWC", outputs_collections: Any = None, scope: Any = None,
) -> Any:  # fmt: skip
    """Return the greatest element of each window."""
    with opened(scope, "MaxPool2D") as found:
        y = max_pool(inputs, _sizes(kernel_size, 2), _sizes(stride, 2), padding, data_format)
        return collected(outputs_collections, found, y)


@layer("avg_pool2d")
def avg_pool2d(
    inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = "VALID",
    data_format: Any = "NHWC", outputs_collections: Any = None, scope: Any = None,
) -> Any:  # fmt: skip
    """Return the mean of each window."""
    with opened(scope, "AvgPool2D") as found:
        y = avg_pool(inputs, _sizes(kernel_size, 2), _sizes(stride, 2), padding, data_format)
        return collected(outputs_collections, found, y)


@layer("flatten")
def flatten(inputs: Any, outputs_collections: Any = None, scope: Any = None) -> Any:
    """Return all axes behind the first as one."""
    with opened(scope, "Flatten") as found:
        return collected(outputs_collections, found, flat(inputs))


@layer("dropout")
def dropout(
    inputs: Any, keep_prob: Any = 0.5, noise_shape: Any = None, is_training: Any = True,
    outputs_collections: Any = None, scope: Any = None, seed: Any = None,
) -> Any:  # fmt: skip
    """Return inputs / keep_prob where a random number says so and 0 elsewhere, in training."""
    with opened(scope, "Dropout") as found:
        y = chosen(is_training, lambda: dropped(inputs, keep_prob, noise_shape, seed), inputs)
        return collected(outputs_collections, found, y)


export("contrib.layers.bias_add", bias_add)
