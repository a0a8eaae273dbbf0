"""``tf.contrib.layers``: normalisation, embeddings, and layers upon layers."""

from __future__ import annotations

from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import Collections, get_default_graph
from giulgi.compat.names import export
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.contrib.contrib_framework import key_of, model_variable
from giulgi.compat.tensorflow.contrib.contrib_layers import (
    channels_of,
    collected,
    layer,
    opened,
    variables_in,
    weights_of,
)
from giulgi.compat.tensorflow.math.initializers import Ones, Zeros
from giulgi.compat.tensorflow.nn.embeddings import embedding_lookup
from giulgi.compat.tensorflow.nn.layers_core import batch_normalised, moved
from giulgi.compat.tensors.tensor import as_expression, as_tensor, record


@layer("batch_norm")
def batch_norm(
    inputs: Any, decay: Any = 0.999, center: bool = True, scale: bool = False,
    epsilon: float = 0.001, activation_fn: Any = None, param_initializers: Any = None,
    param_regularizers: Any = None, updates_collections: Any = Collections.UPDATE_OPS,
    is_training: Any = True, reuse: Any = None, variables_collections: Any = None,
    outputs_collections: Any = None, trainable: bool = True, batch_weights: Any = None,
    fused: Any = None, data_format: Any = "NHWC", zero_debias_moving_mean: bool = False,
    scope: Any = None, renorm: bool = False, **_: Any,
) -> Any:  # fmt: skip
    """Return inputs normalised by channel; see :class:`tf.layers.BatchNormalization`.

    Args:
        inputs: (batch, ..., channels)
        decay: how slowly the running means move.
        center: whether there is a beta.
        scale: whether there is a gamma.
        epsilon: what is added to the variance.
        activation_fn: a function of the result; None: none.
        param_initializers: what makes beta, gamma, moving_mean and moving_variance first.
        param_regularizers: what makes losses of beta and gamma.
        updates_collections: the collection of what keeps the running means; None: it is done
            whenever the result is computed.
        is_training: whether the moments are those of the batch.
        reuse: whether the variables are to be there already.
        variables_collections: those that the variables join.
        outputs_collections: those that the result joins.
        trainable: whether optimizers are to change beta and gamma.
        batch_weights: must be None.
        fused: has no meaning.
        data_format: "NHWC", or "NCHW" if the channels come first.
        zero_debias_moving_mean: must be False.
        scope: the scope; None: "BatchNorm".
        renorm: must be False.
    """
    if batch_weights is not None or renorm:
        raise NotImplementedError("batch_norm with batch_weights or renorm is not there")
    del fused, zero_debias_moving_mean
    first, penalty = dict(param_initializers or {}), dict(param_regularizers or {})
    with opened(scope, "BatchNorm", reuse) as found:
        x = as_tensor(inputs)
        axis = 1 if str(data_format).startswith("NC") else -1

        def made(name: str, default: Any, is_trained: bool) -> Any:
            return model_variable(
                name, [channels_of(x, data_format)], initializer=first.get(name, default),
                regularizer=penalty.get(name), trainable=is_trained,
                collections=variables_in(variables_collections, name),
            )  # fmt: skip

        beta = made("beta", Zeros, trainable) if center else None
        gamma = made("gamma", Ones, trainable) if scale else None
        means = made("moving_mean", Zeros, False), made("moving_variance", Ones, False)
        normalised: Any = batch_normalised(x, gamma, beta, *means, is_training, axis, epsilon)
        y, *moments = normalised
        updates = []
        if not (is_training is False or is_training is None):
            updates = [moved(v, m, decay, is_training) for v, m in zip(means, moments, strict=True)]
        if updates and updates_collections is None:
            controls = [update.op for update in updates]
            y = record("Identity", None, [y], [y.expression], controls=controls).outputs[0]
        else:
            for update in updates:
                get_default_graph().add_to_collections(updates_collections, update)
        y = y if activation_fn is None else activation_fn(y)
        return collected(outputs_collections, found, y)


export("contrib.layers.batch_normalization", batch_norm)


@operation(type="layer_norm")
def _layer_normalised(x: Any, gamma: Any, beta: Any, begin: int) -> gg.Tensor:
    value = as_expression(x)
    rank = len(value.shape)
    axes = tuple(range(begin % rank, rank))
    middle = gg.mean(value, axes, keepdims=True)
    spread = gg.mean(gg.square(value - middle), axes, keepdims=True)
    y = (value - middle) * gg.rsqrt(spread + 1e-12)
    y = y if gamma is None else y * as_expression(gamma)
    return y if beta is None else y + as_expression(beta)


@layer("layer_norm")
def layer_norm(
    inputs: Any, center: bool = True, scale: bool = True, activation_fn: Any = None,
    reuse: Any = None, variables_collections: Any = None, outputs_collections: Any = None,
    trainable: bool = True, begin_norm_axis: int = 1, begin_params_axis: int = -1,
    scope: Any = None,
) -> Any:  # fmt: skip
    """Return each example normalised over its axes (Ba, Kiros, Hinton, arXiv:1607.06450)."""
    with opened(scope, "LayerNorm", reuse) as found:
        x = as_tensor(inputs)
        shape = x.shape.as_list()[begin_params_axis:]

        def made(name: str, initializer: Any) -> Any:
            return weights_of(name, shape, initializer, None, variables_collections, trainable)

        beta = made("beta", Zeros) if center else None
        gamma = made("gamma", Ones) if scale else None
        y = _layer_normalised(x, gamma, beta, begin_norm_axis)
        y = y if activation_fn is None else activation_fn(y)
        return collected(outputs_collections, found, y)


@layer("one_hot_encoding")
def one_hot_encoding(
    labels: Any, num_classes: int, on_value: float = 1.0, off_value: float = 0.0,
    outputs_collections: Any = None, scope: Any = None,
) -> Any:  # fmt: skip
    """Return rows that are 1 at the place of the label and 0 elsewhere."""
    with opened(scope, "OneHotEncoding") as found:
        return collected(
            outputs_collections, found, _one_hot(labels, num_classes, on_value, off_value)
        )


@operation(type="one_hot")
def _one_hot(labels: Any, count: int, on: float, off: float) -> gg.Tensor:
    places = as_expression(labels)
    if places.dtype.kind not in "iu":
        places = gg.cast(places, "int64")
    return gg.one_hot(places, int(count), on_value=on, off_value=off)


@layer("embed_sequence")
def embed_sequence(
    ids: Any, vocab_size: Any = None, embed_dim: Any = None, unique: bool = False,
    initializer: Any = None, regularizer: Any = None, trainable: bool = True, scope: Any = None,
    reuse: Any = None,
) -> Any:  # fmt: skip
    """Return the rows of a table for ids (batch, time): (batch, time, embed_dim)."""
    if not (reuse or (vocab_size and embed_dim)):
        raise ValueError(f"Must specify vocab size and embedding dimension when not reusing. Got "
                         f"vocab_size={vocab_size} and embed_dim={embed_dim}")  # fmt: skip
    with opened(scope, "EmbedSequence", reuse):
        table = model_variable(
            "embeddings", None if reuse and not vocab_size else [vocab_size, embed_dim],
            initializer=initializer, regularizer=regularizer, trainable=trainable,
        )  # fmt: skip
        return embedding_lookup(table, ids)


@layer("stack")
def stack(inputs: Any, layer: Any, stack_args: Any, **kwargs: Any) -> Any:
    """Return a layer applied again and again, with the arguments of a list."""
    scope = kwargs.pop("scope", None)
    with opened(scope, "Stack"):
        y, name = inputs, scope or key_of(layer).__name__
        for place, args in enumerate(stack_args, start=1):
            several = args if isinstance(args, (list, tuple)) else [args]
            y = layer(y, *several, **kwargs, scope=f"{name}_{place}")
        return y


@layer("repeat")
def repeat(inputs: Any, repetitions: int, layer: Any, *args: Any, **kwargs: Any) -> Any:
    """Return a layer applied again and again, with the same arguments."""
    scope = kwargs.pop("scope", None)
    name = scope or key_of(layer).__name__
    with opened(scope, "Repeat"):
        y = inputs
        for place in range(1, int(repetitions) + 1):
            y = layer(y, *args, **kwargs, scope=f"{name}_{place}")
        return y
