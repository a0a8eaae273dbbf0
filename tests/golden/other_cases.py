"""Layers that have no axes of space, of which Keras makes golden numbers; see ``spatial_cases``."""

from spatial_cases import FIRST, Case


def of_normalization() -> dict[str, Case]:
    x2, x3, x4 = (6, 5), (5, 4, 3), (3, 4, 5, 6)
    batch, plain = "BatchNormalization", {"center": False, "scale": False}
    masked = "batch_normalization_masked"
    return {
        "batch_normalization": (batch, {}, x4),
        "batch_normalization_axis": (batch, {"axis": 2, "epsilon": 0.1}, x4),
        "batch_normalization_training": (batch, {"momentum": 0.9}, x4),
        "batch_normalization_axis_training": (batch, {"axis": 1}, x4),
        "batch_normalization_plain_training": (batch, plain, x2),
        masked: (batch, {}, x3),
        f"{masked}_training": (batch, {"momentum": 0.9}, x3),
        f"{masked}_axis_training": (batch, {"axis": 1}, x3),
        f"{masked}_plain_training": (batch, plain, x3),
        "batch_normalization_frozen_training": (batch, {"trainable": False}, x3),
        "layer_normalization": ("LayerNormalization", {}, x2),
        "layer_normalization_masked": ("LayerNormalization", {}, x3),
        "layer_normalization_axes": ("LayerNormalization", {"axis": [1, 3], "epsilon": 0.1}, x4),
        "layer_normalization_unscaled": ("LayerNormalization", {"scale": False}, x4),
        "layer_normalization_uncentered": ("LayerNormalization", {"center": False, "axis": 1}, x4),
        "group_normalization": ("GroupNormalization", {"groups": 3}, x4),
        "group_normalization_axis": ("GroupNormalization", {"groups": 2, "axis": 1}, x4),
        "group_normalization_middle": ("GroupNormalization", {"groups": 5, "axis": -2}, x4),
        "group_normalization_each": ("GroupNormalization", {"groups": -1, **plain}, x4),
        "group_normalization_masked": ("GroupNormalization", {"groups": 3}, x3),
        "unit_normalization": ("UnitNormalization", {}, x3),
        "unit_normalization_axes_masked": ("UnitNormalization", {"axis": [1, 2]}, x3),
        "rms_normalization": ("RMSNormalization", {}, x3),
        "rms_normalization_axes": ("RMSNormalization", {"axis": [1, 2], "epsilon": 0.1}, x3),
        "rescaling": ("Rescaling", {"scale": 0.25, "offset": -1.5}, x3),
        "rescaling_channels": ("Rescaling", {"scale": [1, 2, 3], "offset": [0.5, 0, -1]}, x3),
    }


def of_activations() -> dict[str, Case]:
    x2, x3 = (4, 5), (2, 3, 5)
    return {
        "activation_masked": ("Activation", {"activation": "tanh"}, x3),
        "identity_masked": ("Identity", {}, x3),
        "relu": ("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}, x2),
        "relu_capped_masked": ("ReLU", {"max_value": 0.5}, x3),
        "relu_above": ("ReLU", {"threshold": 0.4}, x3),
        "leaky_relu": ("LeakyReLU", {}, x2),
        "leaky_relu_masked": ("LeakyReLU", {"negative_slope": 0.1}, x3),
        "elu": ("ELU", {"alpha": 0.7}, x2),
        "elu_default_masked": ("ELU", {}, x3),
        "prelu": ("PReLU", {}, x3),
        "prelu_shared_masked": ("PReLU", {"shared_axes": [1]}, x3),
        "softmax": ("Softmax", {"axis": 1}, x3),
        "softmax_axes": ("Softmax", {"axis": [1, 2]}, x3),
        "softmax_masked": ("Softmax", {}, x2),
    }


def of_merging() -> dict[str, Case]:
    x2, x3 = (4, 5), (2, 3, 5)
    both, dotted, steps = [x3, x3], [(2, 3, 5), (2, 4, 5)], [(3, 4, 5), (3, 6, 5)]
    three = [(3, 4, 5), (3, 4, 5), (3, 4, 5)]
    cases: dict[str, Case] = {}
    for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
        several = three[:2] if name == "Subtract" else three
        cases |= {
            name.lower(): (name, {}, both),
            f"{name.lower()}_masked": (name, {}, several),
            f"{name.lower()}_one_masked": (name, {"masks": [1]}, several),
        }
    return cases | {
        "add_three": ("Add", {}, [x3, x3, (2, 1, 5)]),
        "concatenate": ("Concatenate", {"axis": 1}, [(2, 3, 5), (2, 4, 5)]),
        "concatenate_masked": ("Concatenate", {}, three),
        "concatenate_one_masked": ("Concatenate", {"masks": [0]}, three),
        "concatenate_steps_masked": ("Concatenate", {"axis": 1}, steps),
        "concatenate_some_steps_masked": ("Concatenate", {"axis": 1, "masks": [1]}, steps),
        "dot": ("Dot", {"axes": 2}, dotted),
        "dot_masked": ("Dot", {"axes": -1}, dotted),
        "dot_axes": ("Dot", {"axes": (1, 2)}, [(2, 5, 3), (2, 4, 5)]),
        "dot_vectors": ("Dot", {"axes": 1}, [x2, x2]),
        "dot_uneven": ("Dot", {"axes": (1, 2)}, [(4, 5), (4, 3, 5)]),
        "dot_normalized": ("Dot", {"axes": 2, "normalize": True}, dotted),
    }


def of_shapes() -> dict[str, Case]:
    x3, x4 = (2, 3, 5), (2, 3, 4, 5)
    return {
        "dense": ("Dense", {"units": 4, "activation": "relu"}, (4, 5)),
        "dense_steps_masked": ("Dense", {"units": 4, "use_bias": False}, x3),
        "flatten": ("Flatten", {}, x4),
        "flatten_first": ("Flatten", FIRST, x4),
        "reshape": ("Reshape", {"target_shape": [5, 3]}, x3),
        "reshape_open": ("Reshape", {"target_shape": [2, -1, 5]}, x4),
        "permute": ("Permute", {"dims": (2, 1)}, x3),
        "permute_three": ("Permute", {"dims": (3, 1, 2)}, x4),
        "repeat_vector": ("RepeatVector", {"n": 3}, (4, 5)),
        "activity_regularization_masked": ("ActivityRegularization", {"l1": 0.1}, x3),
        "embedding_ids": ("Embedding", {"input_dim": 7, "output_dim": 4}, (3, 5)),
        "embedding_zero_ids": (
            "Embedding",
            {"input_dim": 7, "output_dim": 4, "mask_zero": True},
            (4, 9),
        ),
        "masking_ids": ("Masking", {}, (4, 9, 1)),
        "masking_value_ids": ("Masking", {"mask_value": 3.0}, (4, 9, 1)),
    }
