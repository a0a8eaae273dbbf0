"""English to Korean: a network reads a phrase, and writes another while it looks back at the first.

    python examples/translation.py

The phrases are those of the menus and dialogues of LibreOffice. The encoder reads English words in
both directions; the decoder writes Korean character by character, a syllable each, and attention
tells it for each which words matter. A tenth of the English phrases is held out. Each is there
once, but another may be like it, or have the same translation; how far that helps shows the first
of two methods without a network: the translation of the phrase with the most words in common. The
other is a dictionary, counted from which words go together, that translates word by word.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np

import giulgi as gg

FILE = Path(__file__).parent / "data" / "en-ko-software.tsv.gz"
CHARACTERS = 24  # Longer translations are left out, and so are phrases of more than 40 letters.
FILL, START, END, UNKNOWN, FIRST = 0, 1, 2, 3, 4
# What tells keys, as in "Save _As" and "(_A)", and what stands at the end, as in "Name:".
NO_PART = re.compile(r"\s*\(_?[A-Z]\)|_|[.:…]+$")
UNITS = 96
EPOCHS = 15


def load() -> list[tuple[str, str]]:
    """Return pairs of an English phrase, in lower case, and its Korean translation."""
    with gzip.open(FILE, "rt", encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t") for line in file]
    pairs: dict[str, str] = {}
    for english, korean in lines:
        english, korean = NO_PART.sub("", english).lower(), NO_PART.sub("", korean)
        if (
            re.fullmatch(r"[a-z][a-z ,.'?!/()-]{,39}", english)
            and re.fullmatch(r"[가-힣 ,.'?!/()-]+", korean)
            and len(korean) <= CHARACTERS
        ):
            pairs.setdefault(english, korean)
    return list(pairs.items())


def in_words(phrase: str) -> list[str]:
    """Return the words of a phrase, and the signs between them."""
    return re.findall(r"[a-z']+|[^a-z' ]", phrase)


def numbered(phrases: Sequence[Sequence[str]], at_least: int = 1) -> dict[str, int]:
    """Return a number for each word, or character, that is there so many times."""
    counts = Counter(part for phrase in phrases for part in phrase)
    known = [part for part, count in counts.most_common() if count >= at_least]
    return {part: number for number, part in enumerate(known, start=FIRST)}


def encoded(phrases: Sequence[Sequence[str]], numbers: dict[str, int]) -> np.ndarray:
    """Return phrases as rows of numbers, each from START to END, filled up to one length."""
    rows = np.full((len(phrases), max(map(len, phrases)) + 2), FILL)
    for row, phrase in zip(rows, phrases, strict=True):
        row[: len(phrase) + 2] = [START, *(numbers.get(part, UNKNOWN) for part in phrase), END]
    return rows


def network(words: int, characters: int) -> tuple[gg.Model, gg.Model]:
    """Return a network to be trained, and one of the same layers that tells where it looks.

    Given a phrase and the beginning of its translation, the first tells for each place how likely
    each character comes next, and the second how much each word counted for that.
    """
    phrase, begun = gg.Input((None,), dtype="int64"), gg.Input((None,), dtype="int64")
    x = gg.layers.Embedding(words + FIRST, 128, mask_zero=True)(phrase)
    gru = gg.layers.GRU(UNITS, return_sequences=True, return_state=True)
    read, *ends = gg.layers.Bidirectional(gru)(gg.layers.Dropout(0.4)(x))
    first = gg.layers.Dense(2 * UNITS, activation="tanh")(gg.layers.Concatenate()(ends))

    y = gg.layers.Embedding(characters + FIRST, 64, mask_zero=True)(begun)
    gru = gg.layers.GRU(2 * UNITS, return_sequences=True)
    y = gru(gg.layers.Dropout(0.4)(y), initial_state=[first])
    found, weights = gg.layers.Attention()([y, read], return_attention_scores=True)
    y = gg.layers.Concatenate()([y, found])
    y = gg.layers.Dropout(0.4)(gg.layers.Dense(2 * UNITS, activation="tanh")(y))
    likely = gg.layers.Dense(characters + FIRST, activation="softmax")(y)

    model = gg.Model([phrase, begun], likely)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model, gg.Model([phrase, begun], weights)


def translated(model: gg.Model, rows: np.ndarray, characters: Sequence[str]) -> list[str]:
    """Return a translation of each phrase: always the character that is most likely, until END."""
    begun = np.full((len(rows), CHARACTERS + 2), FILL)
    begun[:, 0] = START
    for place in range(CHARACTERS + 1):
        likely = model.predict([rows, begun], batch_size=128, verbose=0)
        begun[:, place + 1] = likely[:, place].argmax(axis=-1)
    lengths = [np.argmax(row == END) if END in row else len(row) for row in begun]
    return [
        "".join(characters[number - FIRST] for number in row[1:length])
        for row, length in zip(begun, lengths, strict=True)
    ]


def nearest(phrase: Sequence[str], others: Sequence[set[str]]) -> int:
    """Return the place of the phrase with the largest share of words in common."""
    own = set(phrase)
    return int(np.argmax([len(own & other) / len(own | other) for other in others]))


def dictionary(pairs: Sequence[tuple[Sequence[str], Sequence[str]]]) -> dict[str, str]:
    """Return for each English word the Korean one that it most probably becomes.

    Each Korean word comes from one of the English words beside it, at first from any of them. How
    often each is then what becomes of which tells it better, and so on: the first of the models of
    Brown et al., Computational Linguistics 19 (1993).
    """
    chance: dict[tuple[str, str], float] = defaultdict(lambda: 1.0)
    for _ in range(8):
        together: dict[tuple[str, str], float] = defaultdict(float)
        alone: dict[str, float] = defaultdict(float)
        for english, korean in pairs:
            for new in korean:
                total = sum(chance[new, old] for old in english)
                for old in english:
                    together[new, old] += chance[new, old] / total
                    alone[old] += chance[new, old] / total
        chance = defaultdict(float, {k: n / alone[k[1]] for k, n in together.items()})
    best: dict[str, tuple[float, str]] = {}
    for (new, old), value in chance.items():
        best[old] = max(best.get(old, (0.0, "")), (value, new))
    return {old: new for old, (_, new) in best.items()}


def character_score(guess: str, truth: str) -> float:
    """Return the share of characters, and of twos and threes of them, in common; without spaces."""
    scores = []
    for size in (1, 2, 3):
        a, b = (
            Counter(text[i : i + size] for i in range(len(text) - size + 1))
            for text in (guess.replace(" ", ""), truth.replace(" ", ""))
        )
        if b:
            scores.append(2 * (a & b).total() / (a.total() + b.total()))
    return float(np.mean(scores))


def report(guesses: dict[str, list[str]], truth: Sequence[str], seen: set[str]) -> None:
    """Print how good translations are; and apart, where it is of no phrase trained on."""
    new = np.array([text not in seen for text in truth])
    print(f"\n{len(truth)} phrases were held out; of {new.sum()} the translation is new, too:\n")
    print(f"{'':<24}{'characters in common':>22}{'exactly right':>16}{'if new':>9}")
    for label, guess in guesses.items():
        both = list(zip(guess, truth, strict=True))
        score = np.mean([character_score(*pair) for pair in both])
        right = np.array([a.replace(" ", "") == b.replace(" ", "") for a, b in both])
        print(f"  {label:<22}{score:>22.1%}{right.mean():>16.1%}{right[new].mean():>9.1%}")


def main() -> None:
    """Train, and print how good the translations of held-out phrases are, and some of them."""
    gg.set_seed(0)
    pairs = load()
    pairs = [pairs[i] for i in np.random.default_rng(0).permutation(len(pairs))]
    count = len(pairs) * 9 // 10
    english, korean = [in_words(a) for a, _ in pairs], [b for _, b in pairs]
    new, truth = english[count:], korean[count:]
    english, korean = english[:count], korean[:count]
    words, characters = numbered(english, at_least=2), numbered(korean)
    x, y = encoded(english, words), encoded(korean, characters)

    model, looks = network(len(words), len(characters))
    slower = gg.callbacks.LearningRateScheduler(lambda epoch: 0.004 * (1 - epoch / EPOCHS))
    begun = np.where(y == END, FILL, y)[:, :-1]  # Behind END there is nothing to be told.
    model.fit([x, begun], y[:, 1:], batch_size=64, epochs=EPOCHS, callbacks=[slower])

    sets = [set(phrase) for phrase in english]
    found = dictionary([(a, b.split()) for a, b in zip(english, korean, strict=True)])
    own = translated(model, encoded(new, words), list(characters))
    guesses = {
        "of the nearest phrase": [korean[nearest(phrase, sets)] for phrase in new],
        "word by word": [" ".join(found.get(word, "") for word in phrase) for phrase in new],
        "of the network": own,
    }
    report(guesses, truth, set(korean))
    print("\nSome phrases, what the network makes of them, and their translation:\n")
    for phrase, guess, text in list(zip(new, own, truth, strict=True))[:20]:
        print(f"  {' '.join(phrase):<40} {guess} | {text}")
    print("\nSome that it got right, and the word that it looked at most for each character:\n")
    right = [i for i in range(len(new)) if own[i] == truth[i] and len(new[i]) > 2]
    for i in right[:4]:
        rows = [encoded([new[i]], words), encoded([own[i]], characters)]
        most = looks.predict(rows, verbose=0)[0, : len(own[i])].argmax(axis=-1)
        read = ["(start)", *new[i], "(end)"]
        looked = [(c, k) for c, k in zip(own[i], most, strict=True) if c != " "]
        runs = groupby(looked, key=itemgetter(1))
        print("  " + "  ".join("".join(c for c, _ in run) + f" {read[k]}" for k, run in runs))


if __name__ == "__main__":
    main()
