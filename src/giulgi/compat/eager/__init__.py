"""Computing at once, as TensorFlow 2 does, and TensorFlow 1 after ``enable_eager_execution``.

=========  ================================================================================
mode       whether a program computes at once
tensors    tensors that have a value, and the graph that they are built in
lazy       how values are computed: all that was built since someone last looked, in one go
tape       ``tf.GradientTape``
functions  ``tf.function``: a program of what a function does
=========  ================================================================================
"""

from giulgi.compat.eager.mode import (
    executing_eagerly,
    implicit_session,
    value_of,
)

__all__ = ["executing_eagerly", "implicit_session", "value_of"]
