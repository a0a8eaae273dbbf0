"""Irish tunes, character by character: a recurrent network learns what comes next, and composes.

    python examples/music.py

The tunes are written in ABC notation, which is text. A tenth of them is held out. What counts is
how many bits the next character takes on average, if it is coded by what the network expects.
Beside it stands what needs no network: how often each character follows the two before it.
"""

from __future__ import annotations

import gzip
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

import giulgi as gg

FILE = Path(__file__).parent / "data" / "oneills-1850.abc.gz"
LENGTH = 64  # The network is trained on so many characters at a time.
KEPT = ("T:", "M:", "L:", "K:")  # Title, metre, unit and key; other headings are left out.


def load() -> list[str]:
    """Return the tunes, each with its title, metre, unit, key and notes."""
    with gzip.open(FILE, "rt", encoding="latin-1") as file:
        tunes = file.read().split("\nX:")
    found = []
    for tune in tunes:
        lines = [line.strip() for line in tune.splitlines()[1:]]
        kept = [line for line in lines if line and (line[1:2] != ":" or line.startswith(KEPT))]
        found.append("\n".join(kept) + "\n\n")
    return found


def windows(text: str, numbers: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of characters as numbers, and for each character the one that follows."""
    codes = np.array([numbers[c] for c in text if c in numbers])
    rows = (len(codes) - 1) // LENGTH
    x = codes[: rows * LENGTH].reshape(rows, LENGTH)
    return x, codes[1 : rows * LENGTH + 1].reshape(rows, LENGTH)


def network(characters: int) -> gg.Sequential:
    """Return a network that tells for each place how likely each character comes next."""
    model = gg.Sequential(
        [
            gg.Input((None,), dtype="int64"),
            gg.layers.Embedding(characters, 32),
            gg.layers.LSTM(160, return_sequences=True),
            gg.layers.Dense(characters, activation="softmax"),
        ]
    )
    model.compile(gg.optimizers.Adam(0.005), "sparse_categorical_crossentropy")
    return model


def bits_by_counting(text: str, held_out: str, characters: int) -> float:
    """Return the bits of a character, by how often it followed the two before it."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for i in range(len(text) - 2):
        seen[text[i : i + 2]][text[i + 2]] += 1
    bits = 0.0
    for i in range(len(held_out) - 2):
        counts = seen[held_out[i : i + 2]]
        # Each is counted half a time more, so that nothing is impossible.
        bits -= np.log2((counts[held_out[i + 2]] + 0.5) / (counts.total() + 0.5 * characters))
    return bits / (len(held_out) - 2)


def composed(model: gg.Sequential, characters: list[str], start: str, seed: int = 1) -> str:
    """Return a tune that the network makes up: each character drawn as likely as it says."""
    random = np.random.default_rng(seed)
    numbers = {c: i for i, c in enumerate(characters)}
    text = start
    while len(text) < 600 and not text.endswith("\n\n"):
        last = np.array([[numbers[c] for c in text[-LENGTH:]]])
        likely = model.predict(last, verbose=0)[0, -1].astype("float64")
        text += characters[random.choice(len(characters), p=likely / likely.sum())]
    return text


def main() -> None:
    """Train, print the bits of a character, and a tune."""
    gg.set_seed(0)
    tunes = load()
    order = np.random.default_rng(0).permutation(len(tunes))
    count = len(tunes) * 9 // 10
    text, held_out = ("".join(tunes[i] for i in part) for part in (order[:count], order[count:]))
    characters = sorted(set(text))
    numbers = {c: i for i, c in enumerate(characters)}
    x, y = windows(text, numbers)
    model = network(len(characters))
    model.fit(x, y, batch_size=64, epochs=8)

    nats = model.evaluate(*windows(held_out, numbers), verbose=0)
    print(f"\nBits of a character, of {len(tunes) - count} tunes that were held out:")
    print(f"  by the two before it    {bits_by_counting(text, held_out, len(characters)):.2f}")
    print(f"  by the network          {nats / np.log(2):.2f}")
    print("\nA tune that the network makes up:\n")
    print(composed(model, characters, "T: A New Tune\nM: 6/8\nL: 1/8\nK:G\n"))


if __name__ == "__main__":
    main()
