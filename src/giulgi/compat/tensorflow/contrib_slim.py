"""What ``slim`` takes over from elsewhere."""

from __future__ import annotations

from giulgi.compat.names import advise, export
from giulgi.compat.tensorflow.global_step import get_global_step, get_or_create_global_step
from giulgi.compat.tensorflow.initializers import variance_scaling_initializer, xavier_initializer

export("contrib.slim.get_global_step", get_global_step)
export("contrib.slim.get_or_create_global_step", get_or_create_global_step)
export("contrib.slim.xavier_initializer", xavier_initializer)
export("contrib.slim.initializers.xavier_initializer", xavier_initializer)
export("contrib.slim.variance_scaling_initializer", variance_scaling_initializer)

advise(
    "contrib.slim.nets",
    "Networks that are ready made, such as inception_v3, are not there: build the network with "
    "slim's layers, or use tf.keras.applications.",
)
advise("contrib.slim.dataset", "Read examples with tf.data.")
advise("contrib.slim.tfexample_decoder", "Read examples with tf.data and tf.parse_single_example.")
