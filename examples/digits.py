"""Handwritten digits: a dense network and a convolutional one, on digits in place and moved.

    python examples/digits.py

Both learn from 60,000 pictures of 28 x 28 pixels, and are asked about 10,000 others. In all of them
the digit is in the middle, so both are asked again with each digit moved by up to three pixels. At
last the convolutional network learns from moved digits as well. Beside the networks stands what
needs none: the three pictures most alike, which vote.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import giulgi as gg

MOST = 3  # A digit is moved by so many pixels at most, up or down and to the left or right.
ALIKE = 3  # So many pictures vote.


def load() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return pictures, from 0 to 1 and with an axis for their one channel, and their digits."""
    train, test = gg.datasets.mnist.load_data()
    return scaled(*train), scaled(*test)


def scaled(pictures: np.ndarray, digits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return bytes as numbers from 0 to 1, and the digits as they are."""
    return pictures[..., None] / np.float32(255), digits


def moved(pictures: np.ndarray, seed: int) -> np.ndarray:
    """Return each picture moved by a random number of pixels, from -MOST to MOST in each axis."""
    _, height, width, _ = pictures.shape
    wide = np.pad(pictures, ((0, 0), (MOST, MOST), (MOST, MOST), (0, 0)))
    corners = np.random.default_rng(seed).integers(0, 2 * MOST + 1, (len(pictures), 2))
    return np.stack(
        [
            picture[top : top + height, left : left + width]
            for picture, (top, left) in zip(wide, corners, strict=True)
        ]
    )


def directions(pictures: np.ndarray) -> np.ndarray:
    """Return pictures of half the height and width as vectors of length 1."""
    count, height, width, _ = pictures.shape
    small = pictures.reshape(count, height // 2, 2, width // 2, 2).mean(axis=(2, 4))
    vectors = small.reshape(count, -1)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def by_the_nearest(known: np.ndarray, digits: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return for each picture the digit that most of the ALIKE nearest known ones show."""
    known, asked = directions(known), directions(asked)
    found = []
    for start in range(0, len(asked), 500):  # All at once would take gigabytes.
        cosines = asked[start : start + 500] @ known.T
        nearest = np.argpartition(cosines, -ALIKE, axis=1)[:, -ALIKE:]
        votes = np.zeros((len(cosines), 10))
        # A vote counts as much as the pictures are alike, so that a draw goes to the more alike.
        rows = np.arange(len(cosines))[:, None]
        np.add.at(votes, (rows, digits[nearest]), cosines[rows, nearest])
        found.append(votes.argmax(axis=1))
    return np.concatenate(found)


def dense_network() -> gg.Sequential:
    """Return a network that takes a picture as 784 numbers, in no order."""
    model = gg.Sequential(
        [
            gg.Input((28, 28, 1)),
            gg.layers.Flatten(),
            gg.layers.Dense(512, activation="relu"),
            gg.layers.Dropout(0.4),
            gg.layers.Dense(512, activation="relu"),
            gg.layers.Dropout(0.4),
            gg.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def convolutional_network() -> gg.Sequential:
    """Return a network that looks for the same small shapes everywhere in a picture."""
    model = gg.Sequential(
        [
            gg.Input((28, 28, 1)),
            gg.layers.Conv2D(32, 3, activation="relu"),
            gg.layers.Conv2D(64, 3, activation="relu"),
            gg.layers.MaxPooling2D(2),
            gg.layers.Dropout(0.25),
            gg.layers.Flatten(),
            gg.layers.Dense(128, activation="relu"),
            gg.layers.Dropout(0.5),
            gg.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main() -> None:
    """Train both, and print how often each is right about pictures that it has not seen."""
    gg.set_seed(0)
    (x, y), (x_test, truth) = load()
    asked = (x_test, moved(x_test, seed=1))
    shares = {}

    def ask(name: str, answer: Callable[[np.ndarray], np.ndarray]) -> None:
        shares[name] = [np.mean(answer(pictures) == truth) for pictures in asked]

    def ask_network(name: str, model: gg.Sequential) -> None:
        ask(name, lambda pictures: model.predict(pictures, 128, verbose=0).argmax(axis=1))

    ask("the three most alike", lambda pictures: by_the_nearest(x, y, pictures))
    dense, convolutional = dense_network(), convolutional_network()
    print(f"The dense network, with {dense.count_params():,} weights:")
    dense.fit(x, y, batch_size=128, epochs=12)
    ask_network("the dense network", dense)
    print(f"\nThe convolutional network, with {convolutional.count_params():,} weights:")
    convolutional.fit(x, y, batch_size=128, epochs=5)
    ask_network("the convolutional network", convolutional)
    print("\nThe convolutional network goes on, with moved pictures:")
    convolutional.fit(moved(x, seed=2), y, batch_size=128, epochs=2)
    ask_network("the same, after moved pictures", convolutional)

    print(f"\nRight about {len(truth):,} pictures that were held out:  in place     moved")
    for name, (in_place, elsewhere) in shares.items():
        print(f"  {name:<45} {in_place:>8.2%}  {elsewhere:>8.2%}")


if __name__ == "__main__":
    main()
