"""Keras, on the backend that the variable KERAS_BACKEND names."""

import keras

from benchmarks.peers.tasks import ADAM, BATCH, CONV, LSTM, Peer, serve


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


def conv_fit():
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            *(layers.Conv2D(filters, 3, activation="relu") for filters in CONV["filters"]),
            layers.MaxPooling2D(2),
            layers.Dropout(CONV["dropout"][0]),
            layers.Flatten(),
            layers.Dense(CONV["dense"], activation="relu"),
            layers.Dropout(CONV["dropout"][1]),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", loss="sparse_categorical_crossentropy")
    return lambda x, y: model.fit(x, y, batch_size=BATCH, verbose=0).history["loss"][0]


def lstm_fit():
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((LSTM["steps"],), dtype="int32"),
            layers.Embedding(LSTM["words"], LSTM["size"]),
            layers.LSTM(LSTM["units"]),
            layers.Dense(LSTM["classes"], activation="softmax"),
        ]
    )
    model.compile("adam", loss="sparse_categorical_crossentropy")
    batch = LSTM["batch"]
    return lambda x, y: model.fit(x, y, batch_size=batch, verbose=0).history["loss"][0]


if __name__ == "__main__":
    serve(
        Peer(
            versions={"Keras": keras.__version__},
            mlp={"fit": mlp_fit},
            conv={"fit": conv_fit},
            lstm={"fit": lstm_fit},
        )
    )
