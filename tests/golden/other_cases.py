"""Layers that have no axes of space, of which Keras makes golden numbers; see ``spatial_cases``."""

from spatial_cases import Case


def of_normalization() -> dict[str, Case]:
    x2, x3, x4 = (6, 5), (5, 4, 3), (3, 4, 5, 6)
    return {
        "batch_normalization": ("BatchNormalization", {}, x4),
        "batch_normalization_training": ("BatchNormalization", {"momentum": 0.9}, x4),
        "batch_normalization_axis_training": ("BatchNormalization", {"axis": 1}, x4),
        "batch_normalization_plain_training": (
            "BatchNormalization",
            {"center": False, "scale": False},
            x2,
        ),
        "batch_normalization_masked": ("BatchNormalization", {}, x3),
        "batch_normalization_masked_training": ("BatchNormalization", {"momentum": 0.9}, x3),
        "batch_normalization_masked_axis_training": ("BatchNormalization", {"axis": 1}, x3),
        "batch_normalization_masked_plain_training": (
            "BatchNormalization",
            {"center": False, "scale": False},
            x3,
        ),
        "batch_normalization_frozen_training": ("BatchNormalization", {"trainable": False}, x3),
        "layer_normalization_masked": ("LayerNormalization", {}, x3),
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
