"""The optimizers of ``tf.train``: their numbers and names are TensorFlow's."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.compat.cases_of_optimizers import (
    OPTIMIZERS,
    TABLE_OPTIMIZERS,
    names_in_scopes,
    run,
    run_table,
)

GOLDEN = json.loads(
    (Path(__file__).parent / "golden" / "optimizers.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_are_those_of_tensorflow(tf, name):
    found, expected = run(tf, name), GOLDEN[name]
    np.testing.assert_allclose(found["values"], expected["values"], rtol=2e-5, atol=1e-6)
    assert found["names"] == expected["names"]
    assert found["steps"] == expected["steps"]


@pytest.mark.parametrize("name", TABLE_OPTIMIZERS)
def test_tables_move_as_in_tensorflow(tf, name):
    found = run_table(tf, name)
    expected = GOLDEN[f"table {name}"]
    np.testing.assert_allclose(found["values"], expected["values"], rtol=2e-5, atol=1e-6)


def test_names_are_those_of_tensorflow(tf):
    assert names_in_scopes(tf) == GOLDEN["names in scopes"]


def test_the_learning_rate_is_a_tensor_of_the_optimizer(tf):
    epoch = tf.placeholder(tf.float32)
    falling, fixed = tf.train.AdamOptimizer(0.5 / epoch), tf.train.MomentumOptimizer(0.25, 0.9)
    with tf.Session() as session:
        assert session.run(falling._lr_t, {epoch: 4.0}) == 0.125
        assert session.run(fixed._learning_rate_tensor) == 0.25
