"""Words as numbers: ``tf.contrib.learn.preprocessing.VocabularyProcessor``."""

from __future__ import annotations

import pickle
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from giulgi.compat.names import export
from giulgi.compat.tensorflow.system.gfile import path_of

# Words, also with ' and - inside; capitals are cut where another word begins.
_WORD = re.compile(r"[A-Z]{2,}(?=[A-Z][a-z]|[^A-Za-z]|$)|[A-Z][a-z]+(?=[A-Z])|[\w'-]+")

_UNKNOWN = "<UNK>"


def tokenizer(iterator: Iterable[str]) -> Iterator[list[str]]:
    """Yield the words of each text."""
    return (_WORD.findall(text) for text in iterator)


class CategoricalVocabulary:
    """The numbers of words, from 1 on; 0 is that of all others.

    Args:
        unknown_token: what others are called.
        support_reverse: whether words can be found by their numbers.
    """

    def __init__(self, unknown_token: str = _UNKNOWN, support_reverse: bool = True) -> None:
        del support_reverse
        self._unknown_token = unknown_token
        self._mapping: dict[Any, int] = {unknown_token: 0}
        self._reverse_mapping = [unknown_token]
        self._freq: Counter[Any] = Counter()
        self._freeze = False

    def __len__(self) -> int:
        return len(self._mapping)

    def freeze(self, freeze: bool = True) -> None:
        """Let no words be added any more."""
        self._freeze = freeze

    def get(self, category: Any) -> int:
        """Return the number of a word, which is added unless that is over."""
        if category not in self._mapping:
            if self._freeze:
                return 0
            self._mapping[category] = len(self._mapping)
            self._reverse_mapping.append(category)
        return self._mapping[category]

    def add(self, category: Any, count: int = 1) -> None:
        """Count a word."""
        if self.get(category):
            self._freq[category] += count

    def trim(self, min_frequency: int, max_frequency: int = -1) -> None:
        """Forget words that are rarer, or not; the others are numbered by how often they are."""
        words = sorted(self._freq, key=lambda word: (isinstance(word, str), word))
        words.sort(key=lambda word: self._freq[word], reverse=True)
        kept = [
            word for word in words
            if self._freq[word] > min_frequency
            and (max_frequency <= 0 or self._freq[word] < max_frequency)
        ]  # fmt: skip
        self._reverse_mapping = [self._unknown_token, *kept]
        self._mapping = {word: number for number, word in enumerate(self._reverse_mapping)}
        self._freq = Counter({word: self._freq[word] for word in kept})

    def reverse(self, class_id: int) -> Any:
        """Return the word of a number."""
        return self._reverse_mapping[class_id]


class VocabularyProcessor:
    """Makes rows of numbers of texts.

    Args:
        max_document_length: how many words of a text are taken; shorter ones end with zeros.
        min_frequency: words that are not more frequent become 0.
        vocabulary: the numbers of words; None: they are found.
        tokenizer_fn: yields the words of texts.
    """

    def __init__(
        self,
        max_document_length: int,
        min_frequency: int = 0,
        vocabulary: CategoricalVocabulary | None = None,
        tokenizer_fn: Callable[[Iterable[Any]], Iterator[Any]] | None = None,
    ) -> None:
        self.max_document_length, self.min_frequency = max_document_length, min_frequency
        self.vocabulary_ = CategoricalVocabulary() if vocabulary is None else vocabulary
        self._tokenizer = tokenizer_fn or tokenizer

    def fit(self, raw_documents: Iterable[str], unused_y: Any = None) -> VocabularyProcessor:
        """Find the words of texts."""
        del unused_y
        for words in self._tokenizer(raw_documents):
            for word in words:
                self.vocabulary_.add(word)
        if self.min_frequency > 0:
            self.vocabulary_.trim(self.min_frequency)
        self.vocabulary_.freeze()
        return self

    def fit_transform(self, raw_documents: Iterable[str], unused_y: Any = None) -> Iterator[Any]:
        """Find the words of texts, and yield the rows."""
        texts = list(raw_documents)
        return self.fit(texts, unused_y).transform(texts)

    def transform(self, raw_documents: Iterable[str]) -> Iterator[Any]:
        """Yield a row of whole numbers for each text."""
        for words in self._tokenizer(raw_documents):
            row = np.zeros(self.max_document_length, np.int64)
            for place, word in enumerate(words[: self.max_document_length]):
                row[place] = self.vocabulary_.get(word)
            yield row

    def reverse(self, documents: Iterable[Iterable[int]]) -> Iterator[str]:
        """Yield the text of each row."""
        for row in documents:
            yield " ".join(self.vocabulary_.reverse(number) for number in row)

    def save(self, filename: Any) -> None:
        """Keep it in a file."""
        Path(path_of(filename)).write_bytes(pickle.dumps(self))

    @classmethod
    def restore(cls, filename: Any) -> Any:
        """Return what was kept in a file: only read one that you wrote yourself."""
        return pickle.loads(Path(path_of(filename)).read_bytes())


for _home in ("contrib.learn.preprocessing", "contrib.learn.python.learn.preprocessing"):
    export(f"{_home}.VocabularyProcessor", VocabularyProcessor)
    export(f"{_home}.CategoricalVocabulary", CategoricalVocabulary)
    export(f"{_home}.tokenizer", tokenizer)
    export(f"{_home}.text.VocabularyProcessor", VocabularyProcessor)
    export(f"{_home}.text.tokenizer", tokenizer)
    export(f"{_home}.categorical_vocabulary.CategoricalVocabulary", CategoricalVocabulary)
