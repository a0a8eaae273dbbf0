"""Makes ``expressions.npz``: what TensorFlow 2.21 gives for each line of ``expressions.txt``.

cd tests/compat; PYTHONPATH=. /path/to/python/with/tensorflow golden/expressions.py
"""

from pathlib import Path

import numpy as np
import tensorflow.compat.v1 as tf
from math_values import CASES, computed

tf.disable_eager_execution()
found = {}
for number, case in enumerate(CASES):
    for place, array in enumerate(computed(tf, case)):
        found[f"{number}_{place}"] = array
np.savez_compressed(Path(__file__).with_suffix(".npz"), **found)
