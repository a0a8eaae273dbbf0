"""Makes optimizers.json: what TensorFlow's optimizers do with two weights in five steps.

Run by hand with TensorFlow installed: python tests/compat/golden/optimizers.py
"""

import json
from pathlib import Path

import tensorflow.compat.v1 as tf
from tests.compat.cases_of_optimizers import (
    OPTIMIZERS,
    STEPS,
    TABLE_OPTIMIZERS,
    names_in_scopes,
    run,
    run_table,
)

tf.disable_v2_behavior()
if __name__ == "__main__":
    found = {name: run(tf, name) for name in OPTIMIZERS}
    found |= {f"table {name}": run_table(tf, name) for name in TABLE_OPTIMIZERS}
    found["names in scopes"] = names_in_scopes(tf)
    text = json.dumps(found, indent=1)
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(found)} optimizers, {STEPS} steps")
