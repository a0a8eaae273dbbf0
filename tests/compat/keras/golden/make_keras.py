"""Write models and what they give, with Keras 3: ``python make_keras.py`` where it is installed."""

from pathlib import Path

import keras
import numpy as np

HERE = Path(__file__).parent
L = keras.layers


def sequential():
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            L.Conv2D(2, (3, 3), activation="relu", padding="same", strides=2),
            L.BatchNormalization(),
            L.Flatten(),
            L.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x = np.random.default_rng(0).normal(size=(8, 6, 6, 1)).astype("float32")
    model.fit(x, np.arange(8) % 3, epochs=2, verbose=0)
    return model, [x]


def branches():
    a, b = keras.Input((3,)), keras.Input((5, 2))
    steps = L.LSTM(4, return_sequences=True)(b)
    last = L.Bidirectional(L.GRU(2, reset_after=False))(steps)
    joined = L.concatenate([L.Dense(2, activation="tanh")(a), last])
    random = np.random.default_rng(1)
    shapes = ((4, 3), (4, 5, 2))
    arrays = [random.normal(size=shape).astype("float32") for shape in shapes]
    return keras.Model([a, b], L.Dense(2)(joined)), arrays


def main():
    kept = {}
    for make in (sequential, branches):
        keras.utils.set_random_seed(3)
        model, inputs = make()
        name = make.__name__
        model.save(HERE / f"keras_{name}.h5")
        kept |= {f"{name}/x{i}": x for i, x in enumerate(inputs)}
        kept[f"{name}/y"] = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    np.savez_compressed(HERE / "keras_files.npz", **kept)


if __name__ == "__main__":
    main()
