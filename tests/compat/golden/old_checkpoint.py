"""Makes old_checkpoint*: a graph and its values in the one file of TensorFlow before 1.0.

Run by hand with TensorFlow installed: python tests/compat/golden/old_checkpoint.py
"""

from pathlib import Path

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
PATH = Path(__file__).with_suffix("")


def main():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    w = tf.get_variable("layer/w", initializer=np.arange(12, dtype="float32").reshape(3, 4))
    count = tf.Variable(np.int64(7), name="count")
    tf.add_to_collection("outputs", tf.add(tf.matmul(x, w), 1.0, name="y"))
    saver = tf.train.Saver(write_version=tf.train.SaverDef.V1)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(count.assign_add(1))
        saver.save(session, str(PATH), write_state=False)


if __name__ == "__main__":
    main()
