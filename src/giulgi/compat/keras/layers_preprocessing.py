"""Layers that prepare data: numbers, words and pictures, ``layers.experimental.preprocessing``."""

from __future__ import annotations

import inspect
import re
import string as letters
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.eager.tensors import value_of_tensor
from giulgi.compat.host import host_operation
from giulgi.compat.keras.layer import Layer
from giulgi.compat.names import export
from giulgi.compat.tensor import Tensor, as_tensor

Array = np.ndarray[Any, Any]


def _arrays(data: Any) -> list[Array]:
    """Return data, or the batches of a data set, as arrays."""
    if isinstance(data, Tensor):
        return [np.asarray(value_of_tensor(data))]
    if hasattr(data, "as_numpy_iterator"):
        return [np.asarray(x[0] if isinstance(x, tuple) else x) for x in data.as_numpy_iterator()]
    return [np.asarray(data)]


class Preparing(Layer):
    """Base of layers that prepare data: they are told by their arguments."""

    def get_config(self) -> dict[str, Any]:
        """Return what the layer was made with, and what it has seen, by name."""
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable}
        if self.batch_input_shape is not None:
            config["batch_input_shape"] = list(self.batch_input_shape)
        for name in inspect.signature(type(self).__init__).parameters:
            if name not in ("self", "options") and name in vars(self):
                config[name] = vars(self)[name]
        return config | self.seen()

    def seen(self) -> dict[str, Any]:
        """Return what :meth:`adapt` has found, by the names of arguments."""
        return {}


class Normalization(Preparing):
    """y = (x - mean) / sqrt(variance), of what :meth:`adapt` has seen.

    Args:
        axis: the axes that keep their own mean; None: one mean of all.
        mean: the mean; None: that of the data.
        variance: the variance likewise.
    """

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.axis = axis
        self._own_mean = None if mean is None else np.asarray(mean, np.float32)
        self._own_variance = None if variance is None else np.asarray(variance, np.float32)

    def adapt(self, data: Any, batch_size: Any = None, steps: Any = None) -> None:
        """Take the mean and the variance of data."""
        del batch_size, steps
        whole = np.concatenate([np.atleast_1d(x) for x in _arrays(data)], 0).astype(np.float64)
        if whole.ndim == 1 and self.axis is not None:
            whole = whole[:, None]
        kept = () if self.axis is None else tuple(np.ravel(self.axis) % whole.ndim)
        axes = tuple(i for i in range(whole.ndim) if i not in kept)
        self._own_mean = whole.mean(axes).astype(np.float32)
        self._own_variance = whole.var(axes).astype(np.float32)

    @property
    def mean(self) -> Any:
        """The mean, of one example."""
        return as_tensor(np.asarray(self._known()[0])[None])

    @property
    def variance(self) -> Any:
        """The variance, of one example."""
        return as_tensor(np.asarray(self._known()[1])[None])

    def seen(self) -> dict[str, Any]:
        """Return the mean and the variance."""
        if self._own_mean is None or self._own_variance is None:
            return {}
        return {"mean": self._own_mean.tolist(), "variance": self._own_variance.tolist()}

    def _known(self) -> tuple[Array, Array]:
        if self._own_mean is None or self._own_variance is None:
            return np.float32(0), np.float32(1)  # type: ignore[return-value]
        return self._own_mean, self._own_variance

    def call(self, inputs: Any) -> Any:
        """Return the numbers in their new scale."""
        x = gg.cast(gg.constant(inputs), "float32")
        mean, variance = self._known()
        return (x - mean) / np.maximum(np.sqrt(variance), 1e-7)


class CenterCrop(Preparing):
    """The middle of pictures."""

    def __init__(self, height: int, width: int, **options: Any) -> None:
        super().__init__(**options)
        self.height, self.width = height, width

    def call(self, inputs: Any) -> Any:
        """Return the middle."""
        x = gg.constant(inputs)
        top, left = (x.shape[-3] - self.height) // 2, (x.shape[-2] - self.width) // 2
        return x[..., top : top + self.height, left : left + self.width, :]


class _Augmenting(Preparing):
    """Base of layers that change pictures while training only."""

    def __init__(self, *, seed: int | None = None, **options: Any) -> None:
        for name in ("fill_mode", "interpolation", "fill_value", "data_format"):
            options.pop(name, None)
        super().__init__(**options)
        self.seed = seed

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Return pictures, changed while training."""
        x = gg.constant(inputs)
        if not training:
            return x
        if x.ndim == 3:
            return self.changed(gg.expand_dims(x, 0))[0]
        return self.changed(x)

    def changed(self, x: gg.Tensor) -> gg.Tensor:
        """Return pictures that are changed."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it changes")

    def drawn(self, x: gg.Tensor, low: float = 0.0, high: float = 1.0) -> gg.Tensor:
        """Return a random number for each picture, of the shape (batch, 1, 1, 1)."""
        shape = gg.concat([gg.shape(x)[:1], gg.constant(np.ones(3, np.int64))])
        return gg.random.uniform(shape, low, high)


def _range(factor: Any, symmetric: bool = True) -> tuple[float, float]:
    if isinstance(factor, (tuple, list)):
        return float(factor[0]), float(factor[1])
    return (-float(factor) if symmetric else 0.0), float(factor)


class RandomFlip(_Augmenting):
    """Pictures mirrored, each with the probability 1/2.

    Args:
        mode: "horizontal", "vertical", or "horizontal_and_vertical".
        seed: has no meaning.
    """

    def __init__(
        self, mode: str = "horizontal_and_vertical", seed: Any = None, **options: Any
    ) -> None:
        super().__init__(seed=seed, **options)
        self.mode = mode

    def changed(self, x: gg.Tensor) -> gg.Tensor:
        """Return pictures, some mirrored."""
        for axis, name in ((2, "horizontal"), (1, "vertical")):
            if name in self.mode:
                x = gg.where(self.drawn(x) < 0.5, gg.flip(x, axis), x)
        return x


class _Moved(_Augmenting):
    """Base of layers that move the points of pictures by a matrix: the nearest point is taken."""

    def places(self, x: gg.Tensor, rows: gg.Tensor, columns: gg.Tensor) -> Any:
        """Return from where, measured from the middle, points are taken."""
        raise NotImplementedError(f"{type(self).__name__} does not say where points go")

    def changed(self, x: gg.Tensor) -> gg.Tensor:
        """Return pictures whose points are moved; what comes from outside is that at the border."""
        height, width = int(x.shape[1]), int(x.shape[2])
        middle = (height - 1) / 2, (width - 1) / 2
        rows = gg.constant((np.arange(height, dtype=np.float32) - middle[0])[None, :, None, None])
        columns = gg.constant((np.arange(width, dtype=np.float32) - middle[1])[None, None, :, None])
        down, right = self.places(x, rows, columns)
        down = gg.clip(gg.round(down + middle[0]), 0, height - 1)
        right = gg.clip(gg.round(right + middle[1]), 0, width - 1)
        flat = gg.reshape(x, (-1, height * width, x.shape[3]))
        place = gg.cast(down * width + right, "int32")
        place = gg.reshape(
            place + gg.zeros_like(gg.cast(x[..., :1], "int32")), (-1, height * width)
        )
        count = gg.shape(flat)[0]
        start = gg.reshape(gg.cast(gg.arange(count), "int32") * (height * width), (-1, 1))
        taken = gg.gather(gg.reshape(flat, (-1, x.shape[3])), place + start)
        return gg.reshape(taken, gg.shape(x))


class RandomRotation(_Moved):
    """Pictures turned by up to a part of a whole turn."""

    def __init__(self, factor: Any, seed: Any = None, **options: Any) -> None:
        super().__init__(seed=seed, **options)
        self.factor = factor

    def places(self, x: gg.Tensor, rows: gg.Tensor, columns: gg.Tensor) -> Any:
        """Return from where points are taken."""
        low, high = _range(self.factor)
        angle = self.drawn(x, low, high) * float(2 * np.pi)
        sin, cos = gg.sin(angle), gg.cos(angle)
        return rows * cos - columns * sin, rows * sin + columns * cos


class RandomZoom(_Moved):
    """Pictures larger or smaller by up to a factor."""

    def __init__(
        self, height_factor: Any, width_factor: Any = None, seed: Any = None, **options: Any
    ) -> None:
        super().__init__(seed=seed, **options)
        self.height_factor, self.width_factor = height_factor, width_factor

    def places(self, x: gg.Tensor, rows: gg.Tensor, columns: gg.Tensor) -> Any:
        """Return from where points are taken."""
        tall = self.drawn(x, *_range(self.height_factor)) + 1.0
        wide = tall
        if self.width_factor is not None:
            wide = self.drawn(x, *_range(self.width_factor)) + 1.0
        return rows * tall + columns * 0.0, columns * wide + rows * 0.0


class RandomTranslation(_Moved):
    """Pictures moved by up to a part of their size."""

    def __init__(
        self, height_factor: Any, width_factor: Any, seed: Any = None, **options: Any
    ) -> None:
        super().__init__(seed=seed, **options)
        self.height_factor, self.width_factor = height_factor, width_factor

    def places(self, x: gg.Tensor, rows: gg.Tensor, columns: gg.Tensor) -> Any:
        """Return from where points are taken."""
        down = self.drawn(x, *_range(self.height_factor)) * float(x.shape[1])
        right = self.drawn(x, *_range(self.width_factor)) * float(x.shape[2])
        return rows - down + columns * 0.0, columns - right + rows * 0.0


class RandomContrast(_Augmenting):
    """(x - mean) * factor + mean, with a random factor from 1 - a to 1 + b."""

    def __init__(self, factor: Any, seed: Any = None, **options: Any) -> None:
        super().__init__(seed=seed, **options)
        self.factor = factor

    def changed(self, x: gg.Tensor) -> gg.Tensor:
        """Return pictures of another contrast."""
        low, high = _range(self.factor)
        mean = gg.mean(x, (1, 2), keepdims=True)
        return (x - mean) * (self.drawn(x, low, high) + 1.0) + mean


# Words


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
        for array in _arrays(data):
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
        for array in _arrays(data):
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
        super().__init__(*args, oov_token=oov_token, **options)


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


class CategoryEncoding(Preparing):
    """Classes as vectors of 0 and 1, or of how often each occurs.

    Args:
        num_tokens: how many classes there are.
        output_mode: "one_hot", "multi_hot" ("binary") or "count".
    """

    def __init__(
        self, num_tokens: int | None = None, output_mode: str = "multi_hot", **options: Any
    ) -> None:
        num_tokens = options.pop("max_tokens", num_tokens)
        options.pop("sparse", None)
        super().__init__(**options)
        self.num_tokens, self.output_mode = num_tokens, output_mode

    def adapt(self, data: Any) -> None:
        """Take the number of classes of data."""
        self.num_tokens = int(max(x.max() for x in _arrays(data))) + 1

    def call(self, inputs: Any) -> Any:
        """Return vectors."""
        x = gg.cast(gg.constant(inputs), "int32")
        if x.ndim == 2 and x.shape[1] == 1 and self.output_mode == "one_hot":
            x = x[:, 0]
        hot = gg.one_hot(x, self.num_tokens, dtype="float32")
        if self.output_mode == "one_hot" or x.ndim < 2:
            return hot
        return gg.sum(hot, 1) if self.output_mode == "count" else gg.max(hot, 1)


class Discretization(Preparing):
    """Numbers as those of the bins that they fall into.

    Args:
        bin_boundaries: where bins meet; None: :meth:`adapt` finds them.
        num_bins: how many bins :meth:`adapt` makes, of as many numbers each.
    """

    def __init__(
        self, bin_boundaries: Sequence[float] | None = None, num_bins: int | None = None,
        **options: Any,
    ) -> None:  # fmt: skip
        bin_boundaries = options.pop("bins", bin_boundaries)
        super().__init__(**options)
        self.bin_boundaries, self.num_bins = bin_boundaries, num_bins

    def adapt(self, data: Any) -> None:
        """Find where bins meet."""
        whole = np.concatenate([x.reshape(-1) for x in _arrays(data)])
        shares = np.linspace(0, 1, int(self.num_bins or 2) + 1)[1:-1]
        self.bin_boundaries = np.quantile(whole, shares).tolist()

    def call(self, inputs: Any) -> Any:
        """Return the numbers of bins."""
        x = gg.expand_dims(gg.constant(inputs), -1)
        bounds = np.array(self.bin_boundaries, np.float32)
        return gg.sum(gg.cast(gg.cast(x, "float32") >= bounds, "int64"), -1)


_CLASSES: tuple[Callable[..., Any], ...] = (
    Normalization, CenterCrop, RandomFlip, RandomRotation, RandomZoom, RandomTranslation,
    RandomContrast, TextVectorization, StringLookup, IntegerLookup, CategoryEncoding,
    Discretization,
)  # fmt: skip
for _class in _CLASSES:
    export(f"layers.{_class.__name__}", _class, of="keras")
export("layers.PreprocessingLayer", Layer, of="keras")
