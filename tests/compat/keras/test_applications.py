"""Networks for pictures: as many weights as Keras's, and the numbers that those give."""

import numpy as np
import pytest


def _drawn(weights):
    """Return weights as the script drew them that asked Keras 3, by their shapes alone."""
    rng = np.random.RandomState(0)
    found = []
    for shape in map(np.shape, weights):
        drawn = rng.randn(*shape)
        if len(shape) == 1:
            drawn = np.abs(drawn) * 0.05 + 0.5
        else:
            drawn /= np.sqrt(np.prod(shape[:-1])) if shape[-1] != 1 else 3
        found.append(drawn.astype(np.float32))
    return found


@pytest.mark.parametrize(
    ("name", "shape", "count", "expected"),
    [
        ("DenseNet121", (32, 32, 3), 7_037_504, None),
        ("MobileNetV2", (33, 47, 3), 2_257_984, [0.099, 0.083, 0.424]),
        ("NASNetMobile", (32, 32, 3), 4_269_716, None),
    ],
)
def test_networks_have_the_numbers_of_keras(name, shape, count, expected):
    import keras

    build = getattr(keras.applications, name)
    model = build(weights=None, include_top=False, input_shape=shape, pooling="avg")
    assert model.count_params() == count
    if expected is not None:
        model.set_weights(_drawn(model.get_weights()))
        y = model.predict(np.random.RandomState(1).rand(1, *shape).astype(np.float32))[0]
        np.testing.assert_allclose(y[:3] / np.abs(y).max(), expected, atol=1e-3)
