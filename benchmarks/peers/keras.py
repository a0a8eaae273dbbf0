"""Keras, on the backend that the variable KERAS_BACKEND names."""

import keras

from benchmarks.peers.tasks import ADAM, BATCH, Peer, serve


def mlp_fit(weights):
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(512, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    adam = keras.optimizers.Adam(ADAM["rate"], ADAM["beta_1"], ADAM["beta_2"], ADAM["epsilon"])
    model.compile(adam, loss="sparse_categorical_crossentropy")
    model.set_weights(weights)
    return lambda x, y: model.fit(x, y, batch_size=BATCH, verbose=0).history["loss"][0]


if __name__ == "__main__":
    serve(Peer(versions={"Keras": keras.__version__}, mlp={"fit": mlp_fit}))
