"""``keras.preprocessing.text``: words as numbers."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from giulgi.compat.names import exported

_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
Array = np.ndarray[Any, Any]


@exported("preprocessing.text.text_to_word_sequence", of="keras")
def text_to_word_sequence(
    text: str, filters: str = _FILTERS, lower: bool = True, split: str = " "
) -> list[str]:
    """Return the words of a text.

    Args:
        text: the text.
        filters: the characters that count as ends of words.
        lower: whether capitals become small.
        split: what stands between words.
    """
    text = text.lower() if lower else text
    text = text.translate({ord(character): split for character in filters})
    return [word for word in text.split(split) if word]


@exported("preprocessing.text.hashing_trick", of="keras")
def hashing_trick(
    text: str,
    n: int,
    hash_function: Any = None,
    filters: str = _FILTERS,
    lower: bool = True,
    split: str = " ",
) -> list[int]:
    """Return the words of a text as numbers from 1 to n - 1, by a function of their letters."""
    number: Callable[[str], int] = hash if hash_function is None else hash_function
    if hash_function == "md5":

        def number(word: str) -> int:
            return int(hashlib.md5(word.encode()).hexdigest(), 16)

    words = text_to_word_sequence(text, filters, lower, split)
    return [number(word) % (n - 1) + 1 for word in words]


@exported("preprocessing.text.one_hot", of="keras")
def one_hot(
    text: str, n: int, filters: str = _FILTERS, lower: bool = True, split: str = " "
) -> list[int]:
    """Return the words of a text as numbers from 1 to n - 1; equal words get equal ones."""
    return hashing_trick(text, n, hash, filters, lower, split)


@exported("preprocessing.text.Tokenizer", of="keras")
class Tokenizer:
    """Numbers words by how often they are: 1 is the most frequent, and 0 none.

    Args:
        num_words: only words with smaller numbers are kept; None: all.
        filters: the characters that count as ends of words.
        lower: whether capitals become small.
        split: what stands between words.
        char_level: whether each character is a word.
        oov_token: stands for words that are not known; it has the number 1 then.
        document_count: how many texts were seen before.
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = _FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: Any = None,
        document_count: int = 0,
        **options: Any,
    ) -> None:
        self.num_words = options.get("nb_words", num_words)
        self.filters, self.lower, self.split = filters, lower, split
        self.char_level, self.oov_token = char_level, oov_token
        self.document_count = document_count
        self.word_counts: OrderedDict[str, int] = OrderedDict()
        self.word_docs: dict[str, int] = defaultdict(int)
        self.index_docs: dict[int, int] = defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def _words(self, text: Any) -> list[str]:
        if not isinstance(text, str):
            return [word.lower() if self.lower and isinstance(word, str) else word for word in text]
        if self.char_level:
            return list(text.lower() if self.lower else text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Any) -> None:
        """Number the words of texts."""
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        by_count = sorted(self.word_counts.items(), key=lambda pair: pair[1], reverse=True)
        first = [] if self.oov_token is None else [self.oov_token]
        known = [*first, *(word for word, _ in by_count)]
        self.word_index = {word: number for number, word in enumerate(known, start=1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Sequence[Sequence[int]]) -> None:
        """Count in how many sequences each number is."""
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] += 1

    def texts_to_sequences(self, texts: Any) -> list[list[int]]:
        """Return the words of each text as numbers; unknown ones are left out."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Any) -> Iterator[list[int]]:
        """Yield the words of each text as numbers."""
        unknown = self.word_index.get(self.oov_token) if self.oov_token is not None else None
        limit = self.num_words
        for text in texts:
            found = []
            for word in self._words(text):
                number = self.word_index.get(word)
                if number is None or (limit and number >= limit):
                    number = unknown
                if number is not None:
                    found.append(number)
            yield found

    def sequences_to_texts(self, sequences: Any) -> list[str]:
        """Return numbers as words again."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Any) -> Iterator[str]:
        """Yield numbers as words again."""
        for sequence in sequences:
            words = []
            for number in sequence:
                word = self.index_word.get(number)
                if word is None or (self.num_words and number >= self.num_words):
                    word = self.oov_token
                if word is not None:
                    words.append(word)
            yield " ".join(words)

    def texts_to_matrix(self, texts: Any, mode: str = "binary") -> Array:
        """Return a row for each text; see :meth:`sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Any, mode: str = "binary") -> Array:
        """Return a row for each sequence, with a column for each number.

        Args:
            sequences: lists of numbers.
            mode: "binary": whether it is there; "count": how often; "freq": in which share;
                "tfidf": how often, less for numbers that are in many.
        """
        if not self.num_words and not self.word_index:
            raise ValueError("Specify a dimension (`num_words` argument), or fit on some text data "
                             "first.")  # fmt: skip
        if mode not in ("binary", "count", "freq", "tfidf"):
            raise ValueError("Unknown vectorization mode:", mode)
        width = self.num_words or len(self.word_index) + 1
        matrix = np.zeros((len(sequences), width))
        for row, sequence in zip(matrix, sequences, strict=True):
            numbers, counts = np.unique([n for n in sequence if n < width], return_counts=True)
            for number, count in zip(numbers.astype(int), counts, strict=True):
                row[number] = self._entry(mode, number, count, len(sequence))
        return matrix

    def _entry(self, mode: str, number: int, count: int, length: int) -> float:
        if mode == "count":
            return float(count)
        if mode == "freq":
            return count / length
        if mode == "binary":
            return 1.0
        rareness = np.log(1 + self.document_count / (1 + self.index_docs.get(number, 0)))
        return float((1 + np.log(count)) * rareness)

    def get_config(self) -> dict[str, Any]:
        """Return its settings and what it has counted."""
        counted = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        plain = ("num_words", "filters", "lower", "split", "char_level", "oov_token",
                 "document_count")  # fmt: skip
        config = {name: getattr(self, name) for name in plain}
        return config | {name: json.dumps(getattr(self, name)) for name in counted}

    def to_json(self, **options: Any) -> str:
        """Return its settings and what it has counted as JSON."""
        return json.dumps({"class_name": "Tokenizer", "config": self.get_config()}, **options)


@exported("preprocessing.text.tokenizer_from_json", of="keras")
def tokenizer_from_json(json_string: str) -> Tokenizer:
    """Return the tokenizer that :meth:`Tokenizer.to_json` wrote."""
    config = json.loads(json_string)["config"]
    loaded = {
        name: json.loads(config.pop(name))
        for name in ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
    }
    made = Tokenizer(**config)
    made.word_counts, made.word_index = OrderedDict(loaded["word_counts"]), loaded["word_index"]
    made.word_docs = defaultdict(int, loaded["word_docs"])
    made.index_docs = defaultdict(int, {int(k): v for k, v in loaded["index_docs"].items()})
    made.index_word = {int(k): v for k, v in loaded["index_word"].items()}
    return made
