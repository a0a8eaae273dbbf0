"""What is in the picture? A convolutional network looks, and a recurrent one writes the name.

    python examples/captions.py

The pictures are emoji, 32 by 32 pixels; each has a name of its own. What the first network makes of
a picture is where the second begins, which then writes word by word until it says "end". A fifth
of the pictures is held out, and the names they get are compared with their own.

Many pictures are variants of one: a man, a woman and a person running; the hours of a clock. Where
one of them is trained on, the others are easy. So they are counted apart from pictures of which no
variant was trained on; and of pictures that are the same in each pixel only the first is taken.
Beside the network stands what needs none: the most frequent words, and the name of the nearest
picture that was trained on. As names differ, the nearest is hardly ever exactly right, where a
network may put "woman" and "farmer" together. But of what it has never seen it cannot know the
name: two words in three are in one name only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import giulgi as gg

FILE = Path(__file__).parent / "data" / "twemoji-32.npz"
LENGTH = 8  # Longer names are cut off.
FILL, START, END, FIRST_WORD = 0, 1, 2, 3
STATE = 192  # How many numbers go from the picture to the first word, and from word to word.
EPOCHS = 60
# Pictures are variants of one if their names are the same without these.
VARIANTS = re.compile(
    "(wo)?m[ae]ns?|person|people|adult|older|boy|girl|child|facing|right|[0-9]"
    "|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
)


def load() -> tuple[np.ndarray, list[list[str]]]:
    """Return the pictures, with numbers from 0 to 1, and the words of their names."""
    with np.load(FILE) as data:
        pictures, names = data["images"], data["captions"]
    _, first = np.unique(pictures, axis=0, return_index=True)
    first.sort()
    words = [re.findall(r"[a-z0-9’]+", str(names[i]))[:LENGTH] for i in first]
    return pictures[first].astype(np.float32) / 255, words


def kind(name: Sequence[str]) -> tuple[str, ...]:
    """Return what is the same in the names of all variants; or the name, if nothing is left."""
    return tuple(word for word in name if not VARIANTS.fullmatch(word)) or tuple(name)


def encoded(names: Sequence[Sequence[str]], numbers: dict[str, int]) -> np.ndarray:
    """Return names as rows of numbers, from START to END."""
    rows = np.full((len(names), LENGTH + 2), FILL)
    for row, name in zip(rows, names, strict=True):
        row[: len(name) + 2] = [START, *(numbers[word] for word in name), END]
    return rows


def network(words: int) -> tuple[gg.Model, gg.Model, gg.Model]:
    """Return a network to be trained, and its two halves, which share its weights.

    The whole tells of a picture, and of each word of its name, how likely each word comes next.
    The first half makes a state of a picture. The second, given a state and a word, tells how
    likely each word comes next, and the new state.
    """
    picture = gg.Input((32, 32, 3))
    x = picture
    for filters in (32, 64, 128):
        x = gg.layers.Conv2D(filters, 3, padding="same")(x)
        x = gg.layers.BatchNormalization()(gg.layers.MaxPooling2D()(x))
        x = gg.layers.Activation("relu")(x)
    x = gg.layers.Dropout(0.4)(gg.layers.Flatten()(x))
    # Without the normalization the states of all pictures soon become the same: 1 or -1.
    x = gg.layers.BatchNormalization()(gg.layers.Dense(STATE)(x))
    seen = gg.layers.Activation("tanh")(x)

    embedding = gg.layers.Embedding(words + FIRST_WORD, 64, mask_zero=True)
    gru = gg.layers.GRU(STATE, return_sequences=True, return_state=True)
    dropout = gg.layers.Dropout(0.4)
    dense = gg.layers.Dense(words + FIRST_WORD, activation="softmax")
    said, state = gg.Input((None,), dtype="int64"), gg.Input((STATE,))
    outputs, _ = gru(dropout(embedding(said)), initial_state=[seen])
    whole = gg.Model([picture, said], dense(dropout(outputs)))
    outputs, after = gru(dropout(embedding(said)), initial_state=[state])
    halves = gg.Model(picture, seen), gg.Model([state, said], [dense(dropout(outputs)), after])

    whole.compile("adam", "sparse_categorical_crossentropy")
    return whole, *halves


def written(
    looks: gg.Model, writes: gg.Model, pictures: np.ndarray, words: Sequence[str]
) -> list[list[str]]:
    """Return a name for each picture: always the word that is most likely, until END."""
    state = looks.predict(pictures, verbose=0)
    last = np.full((len(pictures), 1), START)
    steps = []
    for _ in range(LENGTH):
        likely, state = writes.predict([state, last], verbose=0)
        last = likely.argmax(axis=-1)
        steps.append(last)
    names = []
    for row in np.concatenate(steps, axis=1):
        length = np.argmax(row == END) if END in row else LENGTH
        names.append([words[number - FIRST_WORD] for number in row[:length]])
    return names


def nearest(pictures: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """Return for each that is held out the place of the picture with the most similar pixels."""
    a, b = pictures.reshape(len(pictures), -1), held_out.reshape(len(held_out), -1)
    return ((a * a).sum(axis=1) - 2 * b @ a.T).argmin(axis=1)


def word_score(name: Sequence[str], truth: Sequence[str]) -> float:
    """Return the share of words that two names have in common, their F1."""
    return 2 * (Counter(name) & Counter(truth)).total() / (len(name) + len(truth))


def report(guesses: dict[str, list[list[str]]], truth: Sequence[list[str]]) -> None:
    """Print how good names are, and some of the last guesses."""
    print(f"{'':<26}{'words in common':>18}{'exactly right':>16}")
    for label, guess in guesses.items():
        both = list(zip(guess, truth, strict=True))
        score, right = (
            np.mean([word_score(*pair) for pair in both]),
            np.mean([a == b for a, b in both]),
        )
        print(f"  {label:<24}{score:>18.1%}{right:>16.1%}")
    print("\n  What the network says, and the name:")
    for name, own in both[:12]:
        print(f"    {' '.join(name):<38} {' '.join(own)}")


def main() -> None:
    """Train, and print how good the names of held-out pictures are, and some of them."""
    gg.set_seed(0)
    pictures, names = load()
    order = np.random.default_rng(0).permutation(len(names))
    pictures, names = pictures[order], [names[i] for i in order]
    count = len(names) * 4 // 5
    (x, held_out), (names, truth) = np.split(pictures, [count]), (names[:count], names[count:])
    frequent = Counter(word for name in names for word in name)
    words = sorted(frequent)
    rows = encoded(names, {word: number for number, word in enumerate(words, start=FIRST_WORD)})

    whole, looks, writes = network(len(words))
    slower = gg.callbacks.LearningRateScheduler(lambda epoch: 0.003 * (1 - epoch / EPOCHS))
    said = np.where(rows == END, FILL, rows)[:, :-1]  # Behind END there is nothing to be told.
    whole.fit([x, said], rows[:, 1:], batch_size=64, epochs=EPOCHS, callbacks=[slower])

    two = [word for word, _ in frequent.most_common(2)]
    guesses = {
        f'always "{" ".join(two)}"': [two] * len(truth),
        "the nearest picture's": [names[i] for i in nearest(x, held_out)],
        "the network's": written(looks, writes, held_out, words),
    }
    kinds, known = {kind(name) for name in names}, set(words)
    variant = np.array([kind(name) in kinds for name in truth])
    print(f"\n{len(truth)} pictures were held out.")
    for title, places in (("a", np.flatnonzero(variant)), ("no", np.flatnonzero(~variant))):
        own = [truth[i] for i in places]
        new = sum(not known.issuperset(name) for name in own)
        print(
            f"\n{len(own)} of which {title} variant was trained on; {new} names have new words:\n"
        )
        report({label: [guess[i] for i in places] for label, guess in guesses.items()}, own)


if __name__ == "__main__":
    main()
