"""Weights of tf.keras that are saved as TensorFlow's checkpoints, by a program of its own."""

import subprocess
import sys

PROGRAM = """
import numpy as np
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(3,))])
model.save_weights("kept/first.ckpt")
weights = model.get_weights()
model.set_weights([w + 1 for w in weights])
model.load_weights(tf.train.latest_checkpoint("kept"))
print(all(map(np.array_equal, model.get_weights(), weights)))
"""


def test_the_folder_is_made_and_the_newest_is_found(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "giulgi", "run", "program.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == "True", done.stderr
