"""Makes what TensorFlow writes: checkpoints of both versions, and a file of events.

Run by hand with TensorFlow installed: python tests/formats/golden/checkpoints.py
"""

import shutil
from pathlib import Path

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
FOLDER = Path(__file__).parent


def counting(shape, dtype, partition_info):
    start = partition_info.var_offset[0] * 2
    return tf.reshape(tf.range(start, start + shape[0] * shape[1], dtype=dtype), shape)


def main():
    values = {
        "layer/kernel": np.arange(12, dtype=np.float32).reshape(3, 4),
        "layer/bias": np.array([0.5, -1.5, 2.5, 1e-3]),
        "global_step": np.int64(1234567890123),
        "flags": np.array([True, False]),
        "words": tf.constant(["ab", "", "xyz" * 50]),
        "halves": tf.constant([1.5, -2.5], tf.bfloat16),
        "empty": np.zeros((0, 3), np.int32),
    }
    variables = {
        name: tf.get_variable(name, initializer=value, use_resource=False)
        for name, value in values.items()
    }
    parts = tf.get_variable(
        "parts", [150, 2], initializer=counting,
        partitioner=tf.fixed_size_partitioner(3), use_resource=False,
    )  # fmt: skip
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(write_version=tf.train.SaverDef.V2)
        saver.save(session, str(FOLDER / "second"), write_meta_graph=False, write_state=False)
        plain = {name: variables[name] for name in ("layer/kernel", "layer/bias", "global_step")}
        saver = tf.train.Saver(plain)
        saver.save(session, str(FOLDER / "plain"), write_meta_graph=False, write_state=False)
        saver = tf.train.Saver([*plain.values(), parts], write_version=tf.train.SaverDef.V1)
        saver.save(session, str(FOLDER / "first"), write_meta_graph=False, write_state=False)
        write_events(session)


def write_events(session):
    folder = FOLDER / "events"
    shutil.rmtree(folder, ignore_errors=True)
    numbers = tf.constant([-1.5, 0.0, 0.25, 3.0, 3.0], name="numbers")
    summaries = [tf.summary.scalar("loss", numbers[3]), tf.summary.histogram("spread", numbers)]
    picture = np.array([[[[-1.0], [0.0]], [[0.5], [2.0]]]], np.float32)
    summaries.append(tf.summary.image("picture", picture))
    writer = tf.summary.FileWriter(str(folder))
    writer.add_summary(session.run(tf.summary.merge(summaries)), 7)
    writer.close()
    (found,) = folder.iterdir()
    found.rename(FOLDER / "tensorflow.events")
    folder.rmdir()


if __name__ == "__main__":
    main()
