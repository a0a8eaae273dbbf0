"""Makes training.json: rates, limits and means of TensorFlow.

Run by hand with TensorFlow installed: python tests/compat/golden/training.py
"""

import json
from pathlib import Path

import tensorflow.compat.v1 as tf
from tensorflow.python.training.moving_averages import assign_moving_average
from tests.compat import cases_of_training as cases

tf.disable_v2_behavior()
if __name__ == "__main__":
    found = {name: getattr(cases, name)(tf) for name in ("schedules", "clipping", "averages")}
    found["assigned averages"] = cases.assigned_averages(tf, assign_moving_average)
    text = json.dumps(found, indent=1)
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")
