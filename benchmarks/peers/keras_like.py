"""The networks in Keras's shape: the same program for Keras and for giulgi.

``k`` is the one or the other.
"""

from benchmarks.peers.networks import (
    ADAM,
    CONV,
    MLP,
    RECURRENT,
    RESNET,
    SGD,
    TRANSFORMER,
    positions,
    residual_blocks,
)


def training(k):
    """Return the forms of training."""
    return {
        "mlp": {"fit": fit(k, mlp, MLP["batch"])},
        "conv": {"fit": fit(k, conv, CONV["batch"])},
        "lstm": {"fit": fit(k, lstm, RECURRENT["batch"])},
        "gru": {"fit": fit(k, gru, RECURRENT["batch"])},
        "resnet": {"fit": fit(k, resnet, RESNET["batch"], sgd)},
        "transformer": {"fit": fit(k, transformer, TRANSFORMER["batch"])},
    }


def adam(k):
    return k.optimizers.Adam(ADAM["rate"], ADAM["beta_1"], ADAM["beta_2"], ADAM["epsilon"])


def sgd(k):
    return k.optimizers.SGD(SGD["rate"], SGD["momentum"])


def fit(k, build, batch, optimizer=adam, **options):
    """Return a form that trains a network by ``fit``; options are those of ``compile``."""

    def form(weights, **settings):
        model = filled(build(k, **settings), weights)
        model.compile(optimizer(k), loss="sparse_categorical_crossentropy", **options)
        return lambda x, y: model.fit(x, y, batch_size=batch, verbose=0).history["loss"][0]

    return form


def filled(model, weights):
    """Return a model with these weights."""
    for name, arrays in weights.items():
        model.get_layer(name).set_weights(arrays)
    return model


def mlp(k):
    return k.Sequential(
        [
            k.Input((MLP["inputs"],)),
            k.layers.Dense(MLP["hidden"], activation="relu", name="hidden"),
            k.layers.Dense(MLP["classes"], activation="softmax", name="classes"),
        ]
    )


def conv(k, dropout=CONV["dropout"]):
    first, second = CONV["filters"]
    return k.Sequential(
        [
            k.Input((28, 28, 1)),
            k.layers.Conv2D(first, 3, activation="relu", name="conv_0"),
            k.layers.Conv2D(second, 3, activation="relu", name="conv_1"),
            k.layers.MaxPooling2D(2),
            k.layers.Dropout(dropout[0]),
            k.layers.Flatten(),
            k.layers.Dense(CONV["dense"], activation="relu", name="hidden"),
            k.layers.Dropout(dropout[1]),
            k.layers.Dense(CONV["classes"], activation="softmax", name="classes"),
        ]
    )


def lstm(k):
    return recurrent(k, k.layers.LSTM)


def gru(k):
    return recurrent(k, k.layers.GRU)


def recurrent(k, layer):
    return k.Sequential(
        [
            k.Input((RECURRENT["steps"],), dtype="int32"),
            k.layers.Embedding(RECURRENT["words"], RECURRENT["size"], name="words"),
            layer(RECURRENT["units"], name="recurrent"),
            k.layers.Dense(RECURRENT["classes"], activation="softmax", name="classes"),
        ]
    )


def resnet(k):
    layers = k.layers

    def conv(x, filters, size, stride, name):
        return layers.Conv2D(
            filters, size, strides=stride, padding="same", use_bias=False, name=name
        )(x)

    def norm(x, name):
        return layers.BatchNormalization(
            momentum=RESNET["momentum"], epsilon=RESNET["epsilon"], name=name
        )(x)

    inputs = k.Input((RESNET["side"], RESNET["side"], 3))
    x = conv(inputs, RESNET["filters"][0], 3, 1, "stem_conv")
    x = layers.ReLU()(norm(x, "stem_norm"))
    for block in residual_blocks():
        name = block.name
        y = conv(x, block.filters, 3, block.stride, f"{name}_conv_0")
        y = layers.ReLU()(norm(y, f"{name}_norm_0"))
        y = norm(conv(y, block.filters, 3, 1, f"{name}_conv_1"), f"{name}_norm_1")
        if block.shape_changes:
            x = conv(x, block.filters, 1, block.stride, f"{name}_shortcut")
        x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(RESNET["classes"], activation="softmax", name="classes")(x)
    return k.Model(inputs, x)


def transformer(k):
    layers = k.layers
    size, heads, epsilon = (TRANSFORMER[key] for key in ("size", "heads", "epsilon"))
    words = k.Input((TRANSFORMER["steps"],), dtype="int32")
    x = layers.Embedding(TRANSFORMER["words"], size, name="words")(words) + positions()
    for number in range(TRANSFORMER["layers"]):
        name = f"encoder_{number}"
        y = layers.MultiHeadAttention(heads, size // heads, name=f"{name}_attention")(x, x)
        x = layers.Add()([x, y])
        x = layers.LayerNormalization(epsilon=epsilon, name=f"{name}_norm_0")(x)
        y = layers.Dense(TRANSFORMER["inner"], activation="relu", name=f"{name}_inner")(x)
        y = layers.Dense(size, name=f"{name}_outer")(y)
        x = layers.Add()([x, y])
        x = layers.LayerNormalization(epsilon=epsilon, name=f"{name}_norm_1")(x)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dense(TRANSFORMER["classes"], activation="softmax", name="classes")(x)
    return k.Model(words, x)
