"""What lay in ``tf.contrib``."""
