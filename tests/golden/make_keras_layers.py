"""Make the golden numbers of layers, with real Keras 3 on JAX.

For each case: the weights, the inputs, what the layer gives, and for a cotangent of that the
gradients of the inputs and of the weights; and the state before and after, if there is one. Run
it in the environment of ``make_keras_golden.py``::

    /tmp/keras-venv/bin/python tests/golden/make_keras_layers.py
"""

import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from make_keras_golden import Arrays, f32, save

Case = tuple[str, dict[str, Any], Any]
FIRST = {"data_format": "channels_first"}


def of_convolutions() -> dict[str, Case]:
    x1, x2, x3 = (2, 9, 4), (2, 7, 8, 4), (2, 5, 4, 6, 2)
    conv2 = {"filters": 6, "kernel_size": 3}
    return {
        "conv1d": ("Conv1D", {"filters": 5, "kernel_size": 3}, x1),
        "conv1d_same_strided": (
            "Conv1D",
            {"filters": 5, "kernel_size": 4, "padding": "same", "strides": 2},
            x1,
        ),
        "conv1d_causal": (
            "Conv1D",
            {"filters": 5, "kernel_size": 3, "padding": "causal", "dilation_rate": 2},
            x1,
        ),
        "conv2d": ("Conv2D", {**conv2, "activation": "tanh"}, x2),
        "conv2d_same": ("Conv2D", {**conv2, "padding": "same", "use_bias": False}, x2),
        "conv2d_strided": ("Conv2D", {**conv2, "kernel_size": (3, 2), "strides": (2, 1)}, x2),
        "conv2d_same_strided": ("Conv2D", {**conv2, "padding": "same", "strides": 2}, x2),
        "conv2d_dilated": ("Conv2D", {**conv2, "dilation_rate": (2, 3)}, x2),
        "conv2d_groups": ("Conv2D", {**conv2, "groups": 2}, x2),
        "conv2d_first": ("Conv2D", {**conv2, **FIRST, "padding": "same"}, (2, 4, 7, 8)),
        "conv3d": ("Conv3D", {"filters": 3, "kernel_size": 2, "strides": (1, 2, 1)}, x3),
        "depthwise1d": ("DepthwiseConv1D", {"kernel_size": 3, "padding": "same"}, x1),
        "depthwise2d": ("DepthwiseConv2D", {"kernel_size": 3}, x2),
        "depthwise2d_multiplied": (
            "DepthwiseConv2D",
            {"kernel_size": 3, "depth_multiplier": 2, "strides": 2},
            x2,
        ),
        "separable1d": ("SeparableConv1D", {"filters": 5, "kernel_size": 3}, x1),
        "separable2d": (
            "SeparableConv2D",
            {**conv2, "depth_multiplier": 2, "padding": "same"},
            x2,
        ),
    }


def of_transposed() -> dict[str, Case]:
    conv2 = {"filters": 3, "kernel_size": 3}
    x2 = (2, 4, 5, 4)
    return {
        "transposed1d": (
            "Conv1DTranspose",
            {"filters": 3, "kernel_size": 4, "strides": 2},
            (2, 5, 4),
        ),
        "transposed2d": ("Conv2DTranspose", conv2, x2),
        "transposed2d_strided": ("Conv2DTranspose", {**conv2, "strides": 2}, x2),
        "transposed2d_same": ("Conv2DTranspose", {**conv2, "strides": 2, "padding": "same"}, x2),
        "transposed2d_even": (
            "Conv2DTranspose",
            {"filters": 3, "kernel_size": 4, "strides": 2, "padding": "same"},
            x2,
        ),
        "transposed2d_short": (
            "Conv2DTranspose",
            {"filters": 3, "kernel_size": 2, "strides": 3, "padding": "same"},
            x2,
        ),
        "transposed2d_output_padding": (
            "Conv2DTranspose",
            {**conv2, "strides": 2, "padding": "same", "output_padding": (1, 0)},
            x2,
        ),
        "transposed2d_dilated": ("Conv2DTranspose", {**conv2, "dilation_rate": 2}, x2),
        "transposed3d": (
            "Conv3DTranspose",
            {"filters": 2, "kernel_size": 2, "strides": 2},
            (2, 3, 2, 3, 2),
        ),
    }


def of_pooling() -> dict[str, Case]:
    x1, x2, x3 = (2, 9, 3), (2, 7, 8, 3), (2, 5, 4, 6, 2)
    cases: dict[str, Case] = {}
    for kind in ("Max", "Average"):
        own = kind.lower()
        cases |= {
            f"{own}1d": (f"{kind}Pooling1D", {"pool_size": 3}, x1),
            f"{own}1d_same": (
                f"{kind}Pooling1D",
                {"pool_size": 3, "strides": 2, "padding": "same"},
                x1,
            ),
            f"{own}2d": (f"{kind}Pooling2D", {"pool_size": 2}, x2),
            f"{own}2d_overlapping": (f"{kind}Pooling2D", {"pool_size": 3, "strides": 2}, x2),
            f"{own}2d_same": (f"{kind}Pooling2D", {"pool_size": 2, "padding": "same"}, x2),
            f"{own}2d_first": (f"{kind}Pooling2D", {"pool_size": 2, **FIRST}, (2, 3, 6, 8)),
            f"{own}3d": (f"{kind}Pooling3D", {"pool_size": 2}, x3),
            f"global_{own}1d": (f"Global{kind}Pooling1D", {}, x1),
            f"global_{own}2d": (f"Global{kind}Pooling2D", {}, x2),
            f"global_{own}2d_first": (f"Global{kind}Pooling2D", {"keepdims": True, **FIRST}, x2),
            f"global_{own}3d": (f"Global{kind}Pooling3D", {}, x3),
        }
    return cases


def of_borders() -> dict[str, Case]:
    x1, x2, x3 = (2, 6, 3), (2, 5, 6, 3), (2, 4, 3, 5, 2)
    cases: dict[str, Case] = {}
    for kind, what in (("ZeroPadding", "padding"), ("Cropping", "cropping")):
        own = kind.lower()
        cases |= {
            f"{own}1d": (f"{kind}1D", {what: (1, 2)}, x1),
            f"{own}2d": (f"{kind}2D", {what: (1, 2)}, x2),
            f"{own}2d_pairs": (f"{kind}2D", {what: ((1, 0), (0, 2))}, x2),
            f"{own}2d_first": (f"{kind}2D", {what: 1, **FIRST}, x2),
            f"{own}3d": (f"{kind}3D", {what: 1}, x3),
        }
    return cases | {
        "upsampling1d": ("UpSampling1D", {"size": 3}, x1),
        "upsampling2d": ("UpSampling2D", {"size": (2, 3)}, x2),
        "upsampling3d": ("UpSampling3D", {"size": 2}, x3),
    }


def of_normalization() -> dict[str, Case]:
    x2, x4 = (6, 5), (3, 4, 5, 6)
    return {
        "batch_normalization": ("BatchNormalization", {}, x4),
        "batch_normalization_training": ("BatchNormalization", {"momentum": 0.9}, x4),
        "batch_normalization_axis_training": ("BatchNormalization", {"axis": 1}, x4),
        "batch_normalization_plain_training": (
            "BatchNormalization",
            {"center": False, "scale": False},
            x2,
        ),
        "layer_normalization": ("LayerNormalization", {}, x2),
        "layer_normalization_axes": ("LayerNormalization", {"axis": [1, 3], "epsilon": 0.1}, x4),
        "layer_normalization_unscaled": ("LayerNormalization", {"scale": False}, x4),
    }


def of_the_rest() -> dict[str, Case]:
    x2, x3 = (4, 5), (2, 3, 5)
    both, dotted = [x3, x3], [(2, 3, 5), (2, 4, 5)]
    cases: dict[str, Case] = {
        "relu": ("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}, x2),
        "leaky_relu": ("LeakyReLU", {}, x2),
        "elu": ("ELU", {"alpha": 0.7}, x2),
        "prelu": ("PReLU", {}, x3),
        "prelu_shared": ("PReLU", {"shared_axes": [1]}, x3),
        "softmax": ("Softmax", {"axis": 1}, x3),
        "permute": ("Permute", {"dims": (2, 1)}, x3),
        "repeat_vector": ("RepeatVector", {"n": 3}, x2),
        "concatenate": ("Concatenate", {"axis": 1}, [(2, 3, 5), (2, 4, 5)]),
        "dot": ("Dot", {"axes": 2}, dotted),
        "dot_axes": ("Dot", {"axes": (1, 2)}, [(2, 5, 3), (2, 4, 5)]),
        "dot_vectors": ("Dot", {"axes": 1}, [x2, x2]),
        "dot_normalized": ("Dot", {"axes": 2, "normalize": True}, dotted),
        "add_three": ("Add", {}, [x3, x3, (2, 1, 5)]),
    }
    for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
        cases[name.lower()] = (name, {}, both)
    return cases


def of_recurrent() -> dict[str, Case]:
    x, ids = (3, 5, 4), (3, 5)
    cases: dict[str, Case] = {}
    for kind in ("SimpleRNN", "LSTM", "GRU"):
        own, states = kind.lower(), 2 if kind == "LSTM" else 1
        every = {"units": 6, "return_sequences": True}
        backwards = {**every, "go_backwards": True}
        initial = [x, *[(3, 6)] * states]
        cases |= {
            own: (kind, {"units": 6}, x),
            f"{own}_sequences": (kind, every, x),
            f"{own}_states": (kind, {**every, "return_state": True}, x),
            f"{own}_backwards": (kind, backwards, x),
            f"{own}_no_bias": (kind, {"units": 6, "use_bias": False, "activation": "relu"}, x),
            f"{own}_initial": (kind, {"units": 6, "return_state": True}, initial),
            f"{own}_masked": (kind, {"units": 6}, x),
            f"{own}_sequences_masked": (kind, every, x),
            f"{own}_backwards_masked": (kind, backwards, x),
            f"{own}_zeros_masked": (kind, {**every, "zero_output_for_mask": True}, x),
        }
    inner = ["LSTM", {"units": 6, "return_sequences": True}]
    last = ["GRU", {"units": 6}]
    return cases | {
        "lstm_sigmoid": ("LSTM", {"units": 6, "recurrent_activation": "hard_sigmoid"}, x),
        "gru_before": ("GRU", {"units": 6, "reset_after": False}, x),
        "gru_before_sequences": (
            "GRU",
            {"units": 6, "reset_after": False, "return_sequences": True, "use_bias": False},
            x,
        ),
        "bidirectional": ("Bidirectional", {"layer": inner}, x),
        "bidirectional_last": ("Bidirectional", {"layer": last}, x),
        "bidirectional_sum": ("Bidirectional", {"layer": inner, "merge_mode": "sum"}, x),
        "bidirectional_mul": ("Bidirectional", {"layer": last, "merge_mode": "mul"}, x),
        "bidirectional_ave": ("Bidirectional", {"layer": inner, "merge_mode": "ave"}, x),
        "bidirectional_both": ("Bidirectional", {"layer": last, "merge_mode": None}, x),
        "bidirectional_masked": ("Bidirectional", {"layer": inner}, x),
        "bidirectional_states": (
            "Bidirectional",
            {"layer": ["LSTM", {"units": 6, "return_state": True}]},
            x,
        ),
        "distributed": ("TimeDistributed", {"layer": ["Dense", {"units": 6}]}, x),
        "distributed_pictures": (
            "TimeDistributed",
            {"layer": ["Conv2D", {"filters": 2, "kernel_size": 2}]},
            (2, 3, 4, 5, 1),
        ),
        "pictures_over_time": (
            "ConvLSTM2D",
            {"filters": 3, "kernel_size": 3, "padding": "same", "return_sequences": True},
            (2, 3, 5, 4, 2),
        ),
        "pictures_strided": (
            "ConvLSTM2D",
            {"filters": 3, "kernel_size": 2, "strides": 2, "recurrent_activation": "relu"},
            (2, 3, 5, 6, 2),
        ),
        "embedding_ids": ("Embedding", {"input_dim": 7, "output_dim": 4}, ids),
    }


def of_attention() -> dict[str, Case]:
    pair, three = [(2, 3, 4), (2, 5, 4)], [(2, 3, 4), (2, 5, 6), (2, 5, 4)]
    heads = {"num_heads": 2, "key_dim": 3}
    causal = {"call": {"use_causal_mask": True}}
    scores = {"call": {"return_attention_scores": True}}
    return {
        "attention": ("Attention", {}, pair),
        "attention_scaled": ("Attention", {"use_scale": True}, three),
        "attention_concat": ("Attention", {"score_mode": "concat", "use_scale": True}, three),
        "attention_causal": ("Attention", {**causal}, [(2, 5, 4), (2, 5, 4)]),
        "attention_scores": ("Attention", {**scores}, pair),
        "additive": ("AdditiveAttention", {}, pair),
        "additive_plain": ("AdditiveAttention", {"use_scale": False}, three),
        "heads": ("MultiHeadAttention", heads, pair),
        "heads_of_three": ("MultiHeadAttention", {**heads, "value_dim": 5, **scores}, three),
        "heads_no_bias": ("MultiHeadAttention", {**heads, "use_bias": False}, pair),
        "heads_output": ("MultiHeadAttention", {**heads, "output_shape": 7}, pair),
        "heads_causal": ("MultiHeadAttention", {**heads, **causal}, [(2, 5, 4), (2, 5, 4)]),
        "heads_scores": ("MultiHeadAttention", {**heads, **scores}, pair),
    }


def made(kind: str, kwargs: dict[str, Any]) -> Any:
    """Return a layer, perhaps around another."""
    inner = {"layer": made(*kwargs["layer"])} if "layer" in kwargs else {}
    return getattr(keras.layers, kind)(**{**kwargs, **inner})


def joined(y: Any) -> Any:
    """Return all outputs of a layer as one."""
    parts = y if isinstance(y, (list, tuple)) else [y]
    return jnp.concatenate([jnp.ravel(part) for part in parts]) if len(parts) > 1 else parts[0]


def evaluated(case: Case, rng: np.random.Generator, name: str) -> Arrays:
    """Return weights, input, result and gradients of a layer."""
    kind, kwargs, shape = case
    of_call = kwargs.get("call", {})
    layer = made(kind, {key: value for key, value in kwargs.items() if key != "call"})
    is_initial, is_apart = name.endswith("_initial"), kind == "MultiHeadAttention"
    if is_apart:
        layer.build(*shape)
    else:
        layer.build(shape[0] if is_initial else shape)
    weights = [f32(rng.normal(size=w.shape) / 2) for w in layer.trainable_weights]
    state = [f32(1 + rng.uniform(size=w.shape)) for w in layer.non_trainable_weights]
    shapes = shape if isinstance(shape, list) else [shape]
    # The state of random numbers is a variable of Keras, but no weight.
    own = {id(w): value for w, value in zip(layer.non_trainable_weights, state, strict=True)}
    kept = [own.get(id(v), v.value) for v in layer.non_trainable_variables]
    xs = [f32(rng.normal(size=one)) for one in shapes]
    if name.endswith("_ids"):
        xs = [f32(rng.integers(0, 7, one)) for one in shapes]
    options: dict[str, Any] = {"training": True} if name.endswith("_training") else {}
    options |= of_call
    if name.endswith("_masked"):
        options["mask"] = rng.random(shape[:2]) < 0.6

    def apply(xs: Any, weights: Any) -> Any:
        inputs = xs if isinstance(shape, list) and not is_initial else xs[0]
        first = {"initial_state": xs[1:]} if is_initial else {}
        given = xs if is_apart else [inputs]
        y, after = layer.stateless_call(weights, kept, *given, **options, **first)
        return joined(y), after

    first, arrays = [jnp.asarray(x) for x in xs], [jnp.asarray(w) for w in weights]
    y, pullback, after = jax.vjp(apply, first, arrays, has_aux=True)
    cotangent = f32(rng.normal(size=y.shape))
    dxs, dweights = pullback(jnp.asarray(cotangent))
    found = {"y": y, "cotangent": cotangent}
    if "mask" in options:
        found["mask"] = options["mask"]
    for number, (x, dx) in enumerate(zip(xs, dxs, strict=True)):
        found |= {f"x_{number}": x, f"dx_{number}": dx}
    for number, (weight, gradient) in enumerate(zip(weights, dweights, strict=True)):
        found |= {f"weight_{number}": weight, f"gradient_{number}": gradient}
    changed = zip(layer.non_trainable_variables, after, strict=True)
    then_of = {id(v): then for v, then in changed}
    after = [then_of[id(w)] for w in layer.non_trainable_weights]
    for number, (before, then) in enumerate(zip(state, after, strict=True)):
        found |= {f"state_{number}": before, f"then_{number}": then}
    return {key: np.asarray(value) for key, value in found.items()}


def main() -> None:
    rng = np.random.default_rng(11)
    cases = of_convolutions() | of_transposed() | of_pooling() | of_borders()
    cases |= of_normalization() | of_the_rest() | of_recurrent() | of_attention()
    arrays: Arrays = {}
    about: dict[str, Any] = {}
    for name, case in cases.items():
        found = evaluated(case, rng, name)
        arrays |= {f"{name}/{key}": value for key, value in found.items()}
        about[name] = {"class": case[0], "kwargs": case[1]}
        for what in ("x", "weight", "state"):
            about[name][what] = sum(key.startswith(f"{what}_") for key in found)
    save("layers", arrays, about)


if __name__ == "__main__":
    main()
