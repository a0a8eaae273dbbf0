"""Layers that make numbers of words: ``TextVectorization``, ``StringLookup``, ``IntegerLookup``."""

from __future__ import annotations

import re
import string as letters
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from giulgi.compat.keras.layers_preprocessing import Preparing, arrays_of
from giulgi.compat.names import export
from giulgi.compat.operations.host import host_operation
from giulgi.compat.tensors.tensor import Tensor, as_tensor

Array = np.ndarray[Any, Any]


def _words(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


_MARKS = re.compile(f"[{re.escape(letters.punctuation)}]")


class TextVectorization(Preparing):
    """Texts as sequences of the numbers of their words, the most frequent first.

    Args:
        max_tokens: how many numbers there are at most, those of nothing (0) and of unknown words
            (1) counted.
        standardize: what is done to a text first: a function, None, or the way of Keras: small
            letters, and no punctuation.
        split: how it is parted: "whitespace", "character", None, or a function.
        ngrams: of how many words groups are counted, too.
        output_mode: "int", "multi_hot" ("binary"), "count" or "tf_idf".
        output_sequence_length: how long sequences are; None: as the longest.
        vocabulary: the words; None: :meth:`adapt` finds them.
    """

    takes_texts = True

    def __init__(
        self, max_tokens: int | None = None, standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace", ngrams: Any = None, output_mode: str = "int",
        output_sequence_length: int | None = None, pad_to_max_tokens: bool = False,
        vocabulary: Sequence[str] | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(**options)
        self.max_tokens, self.standardize, self.split = max_tokens, standardize, split
        self.ngrams, self.output_mode = ngrams, output_mode
        self.output_sequence_length = output_sequence_length
        self.pad_to_max_tokens = pad_to_max_tokens
        self._vocabulary: list[str] = []
        self._weights_of_words: Array | None = None
        if vocabulary is not None:
            self.set_vocabulary(vocabulary)

    def adapt(self, data: Any, batch_size: Any = None, steps: Any = None) -> None:
        """Take the most frequent words of texts; of equally frequent ones the greater first."""
        del batch_size, steps
        counts: Counter[str] = Counter()
        texts, found = 0, Counter[str]()
        for array in arrays_of(data):
            for words in self._parted(array):
                counts.update(words)
                found.update(set(words))
                texts += 1
        order = sorted(counts, key=lambda word: (counts[word], word), reverse=True)
        most = None if self.max_tokens is None else self.max_tokens - self._reserved
        self._vocabulary = order[:most]
        self._weights_of_words = np.array(
            [np.log(1 + texts / (1 + found[word])) for word in self._vocabulary], np.float32
        )

    @property
    def _reserved(self) -> int:
        return 2 if self.output_mode == "int" else 1

    def seen(self) -> dict[str, Any]:
        """Return the words."""
        return {"vocabulary": list(self._vocabulary)} if self._vocabulary else {}

    def set_vocabulary(self, vocabulary: Sequence[str], *_: Any) -> None:
        """Take words."""
        self._vocabulary = [_words(w) for w in vocabulary if _words(w) not in ("", "[UNK]")]

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """Return the words by their numbers."""
        front = ["", "[UNK]"][2 - self._reserved :] if include_special_tokens else []
        return [*front, *self._vocabulary]

    def vocabulary_size(self) -> int:
        """Return how many numbers there are."""
        return len(self.get_vocabulary())

    vocab_size = vocabulary_size

    def _parted(self, array: Array) -> list[list[str]]:
        return [self._parts(text) for text in self._standard(np.asarray(array).reshape(-1))]

    def _standard(self, texts: Array) -> list[str]:
        if callable(self.standardize):
            found = self.standardize(as_tensor(np.array(texts, object)))
            return [_words(x) for x in np.asarray(found.numpy()).reshape(-1)]
        made = [_words(x) for x in texts]
        if self.standardize is None:
            return made
        return [_MARKS.sub("", text.lower()) for text in made]

    def _parts(self, text: str) -> list[str]:
        if self.split in ("whitespace", None):
            words = text.split() if self.split else [text]
        elif self.split == "character":
            words = list(text)
        else:
            words = [_words(x) for x in np.asarray(self.split(as_tensor(text)).numpy()).reshape(-1)]
        if self.ngrams is None:
            return words
        sizes = range(1, self.ngrams + 1) if isinstance(self.ngrams, int) else self.ngrams
        return [
            " ".join(words[i : i + size]) for size in sizes for i in range(len(words) - size + 1)
        ]

    def _numbers(self, array: Any) -> Array:
        table = {word: i + self._reserved for i, word in enumerate(self._vocabulary)}
        unknown = self._reserved - 1
        rows = [[table.get(w, unknown) for w in words] for words in self._parted(np.asarray(array))]
        if self.output_mode == "int":
            length = self.output_sequence_length or max((len(row) for row in rows), default=0)
            made = np.zeros((len(rows), length), np.int64)
            for place, row in enumerate(rows):
                made[place, : len(row[:length])] = row[:length]
            return made if np.ndim(array) else made[0]
        return self._counted(rows, np.ndim(array) > 0)

    def _counted(self, rows: list[list[int]], is_batch: bool) -> Array:
        width = self.max_tokens if self.pad_to_max_tokens else len(self.get_vocabulary())
        made = np.zeros((len(rows), int(width or 0)), np.float32)
        for place, row in enumerate(rows):
            np.add.at(made[place], row, 1.0)
        if self.output_mode in ("binary", "multi_hot"):
            made = (made > 0).astype(np.float32)
        if self.output_mode in ("tf_idf", "tf-idf") and self._weights_of_words is not None:
            known = self._weights_of_words
            every = np.concatenate([[known.mean() if known.size else 1.0], known])
            made[:, : len(every)] *= every
        return made if is_batch else made[0]

    def __call__(self, inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return the numbers of texts."""
        x = as_tensor(inputs)
        is_int = self.output_mode == "int"
        width = self.output_sequence_length if is_int else len(self.get_vocabulary())
        batch = (x.sizes or (None,))[:1] if x.sizes != () else ()
        made = host_operation(
            "TextVectorization", self._numbers, [x],
            [("int64" if is_int else "float32", (*batch, width))],
        )  # fmt: skip
        return made.outputs[0]


class StringLookup(Preparing):
    """Words, or whole numbers, as numbers from 0 on; those that are not known come first.

    Args:
        max_tokens: how many numbers there are at most.
        num_oov_indices: how many numbers stand for what is not known.
        mask_token: what stands for nothing, and has the number 0; None: nothing does.
        oov_token: what stands for what is not known.
        vocabulary: what is known; None: :meth:`adapt` finds it.
        invert: whether numbers become words.
        output_mode: "int", "one_hot", "multi_hot" or "count".
    """

    _of_words = takes_texts = True

    def __init__(
        self, max_tokens: int | None = None, num_oov_indices: int = 1, mask_token: Any = None,
        oov_token: Any = "[UNK]", vocabulary: Any = None, invert: bool = False,
        output_mode: str = "int", **options: Any,
    ) -> None:  # fmt: skip
        for name in ("encoding", "sparse", "pad_to_max_tokens", "max_values", "mask_value",
                     "oov_value"):  # fmt: skip
            options.pop(name, None)
        super().__init__(**options)
        self.max_tokens, self.num_oov_indices = max_tokens, num_oov_indices
        self.mask_token, self.oov_token = mask_token, oov_token
        self.invert, self.output_mode = invert, output_mode
        self._known: list[Any] = []
        if vocabulary is not None:
            self.set_vocabulary(vocabulary)

    def _token(self, value: Any) -> Any:
        return _words(value) if self._of_words else int(value)

    def seen(self) -> dict[str, Any]:
        """Return what is known."""
        return {"vocabulary": list(self._known)} if self._known else {}

    def set_vocabulary(self, vocabulary: Any) -> None:
        """Take what is known."""
        array = vocabulary.numpy() if isinstance(vocabulary, Tensor) else vocabulary
        special = (self.mask_token, self.oov_token)
        self._known = [t for t in map(self._token, array) if t not in special]

    def adapt(self, data: Any, batch_size: Any = None, steps: Any = None) -> None:
        """Take what is in data, the most frequent first."""
        del batch_size, steps
        counts: Counter[Any] = Counter()
        for array in arrays_of(data):
            counts.update(map(self._token, array.reshape(-1)))
        counts.pop(self.mask_token, None)
        order = sorted(counts, key=lambda token: (counts[token], token), reverse=True)
        most = None if self.max_tokens is None else self.max_tokens - self._front
        self._known = order[:most]

    @property
    def _front(self) -> int:
        return self.num_oov_indices + (self.mask_token is not None)

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """Return what is known, by its numbers."""
        front = [] if self.mask_token is None else [self.mask_token]
        front += [self.oov_token] * self.num_oov_indices
        return [*front, *self._known] if include_special_tokens else list(self._known)

    def vocabulary_size(self) -> int:
        """Return how many numbers there are."""
        return len(self.get_vocabulary())

    vocab_size = vocabulary_size

    def _looked_up(self, array: Any) -> Array:
        flat = np.asarray(array).reshape(-1)
        if self.invert:
            every = self.get_vocabulary()
            found = [every[int(i)] if 0 <= int(i) < len(every) else self.oov_token for i in flat]
            return np.array(found, object if self._of_words else np.int64).reshape(np.shape(array))
        table = {token: place + self._front for place, token in enumerate(self._known)}
        if self.mask_token is not None:
            table[self.mask_token] = 0
        unknown = 0 if self.mask_token is None else 1
        numbers = np.array([table.get(self._token(x), unknown) for x in flat], np.int64)
        numbers = numbers.reshape(np.shape(array))
        return (
            numbers
            if self.output_mode == "int"
            else encoded(numbers, self.vocabulary_size(), self.output_mode)
        )

    def __call__(self, inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return numbers, or what they stand for."""
        x = as_tensor(inputs)
        kind = (
            ("string" if self._of_words else "int64")
            if self.invert
            else ("int64" if self.output_mode == "int" else "float32")
        )
        sizes = x.sizes if self.output_mode == "int" else (*(x.sizes or ())[:1], None)
        return host_operation("Lookup", self._looked_up, [x], [(kind, sizes)]).outputs[0]


class IntegerLookup(StringLookup):
    """Whole numbers as numbers from 0 on; see :class:`StringLookup`."""

    _of_words = takes_texts = False

    def __init__(self, *args: Any, oov_token: int = -1, **options: Any) -> None:
        options["oov_token"] = oov_token
        super().__init__(*args, **options)


def encoded(numbers: Array, width: int, mode: str) -> Array:
    """Return classes as vectors: of one for each number, or of one for each row of numbers."""
    flat = np.asarray(numbers, np.int64)
    if mode == "one_hot":
        flat = flat[..., 0] if flat.ndim > 1 and flat.shape[-1] == 1 else flat
        return np.eye(width, dtype=np.float32)[flat]
    rows = flat.reshape(-1, 1) if flat.ndim < 2 else flat
    if flat.ndim == 1 and mode != "count":
        rows = flat.reshape(-1, 1)
    made = np.zeros((len(rows), width), np.float32)
    for place, row in enumerate(rows):
        np.add.at(made[place], row, 1.0)
    return made if mode == "count" else (made > 0).astype(np.float32)


for _class in (TextVectorization, StringLookup, IntegerLookup):
    export(f"layers.{_class.__name__}", _class, of="keras")
