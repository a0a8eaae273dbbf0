"""Keras, on the backend that the variable KERAS_BACKEND names. The networks: ``keras_like``."""

import keras
import numpy as np

from benchmarks.peers import keras_like
from benchmarks.peers.networks import RECURRENT
from benchmarks.peers.tasks import Peer, serve

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"


def training():
    """Return the forms of training; where XLA makes it faster on TensorFlow, that is one more."""
    forms = keras_like.training(keras)
    if ON_TENSORFLOW:
        for name, build in (("lstm", keras_like.lstm), ("gru", keras_like.gru)):
            with_xla = keras_like.fit(keras, build, RECURRENT["batch"], jit_compile=True)
            forms[name]["fit, XLA"] = with_xla
    return forms


def predicting(build):
    """Return the forms of prediction."""

    def tf_function(jit_compile):
        def form(weights):
            import tensorflow as tf

            model = keras_like.filled(build(keras), weights)
            predict = tf.function(lambda x: model(x, training=False), jit_compile=jit_compile)
            return lambda x: predict(x).numpy()

        return form

    def jitted(weights):
        import jax

        model = keras_like.filled(build(keras), weights)

        @jax.jit
        def predict(trainable, other, x):
            return model.stateless_call(trainable, other, x, training=False)[0]

        state = [
            [variable.value for variable in variables]
            for variables in (model.trainable_variables, model.non_trainable_variables)
        ]
        return lambda x: np.asarray(predict(*state, x))

    def predict_on_batch(weights):
        return keras_like.filled(build(keras), weights).predict_on_batch

    compiled = {"jitted stateless_call": jitted}
    if ON_TENSORFLOW:
        compiled = {"tf.function": tf_function(None), "tf.function, XLA": tf_function(True)}
    return {**compiled, "predict_on_batch": predict_on_batch}


if __name__ == "__main__":
    serve(
        Peer(
            versions={"Keras": keras.__version__},
            training=training(),
            inference={
                "conv": predicting(keras_like.conv),
                "lstm": predicting(keras_like.lstm),
            },
        )
    )
