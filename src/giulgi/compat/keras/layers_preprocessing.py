"""Layers that prepare data: numbers, words and pictures, ``layers.experimental.preprocessing``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.eager.tensors import value_of_tensor
from giulgi.compat.keras.layer import Layer
from giulgi.compat.names import export
from giulgi.compat.tensors.tensor import Tensor, as_tensor

Array = np.ndarray[Any, Any]


def arrays_of(data: Any) -> list[Array]:
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
        whole = np.concatenate([np.atleast_1d(x) for x in arrays_of(data)], 0).astype(np.float64)
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
        tall, wide = int(x.shape[-3] or 0), int(x.shape[-2] or 0)
        top, left = (tall - self.height) // 2, (wide - self.width) // 2
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
        height, width = int(x.shape[1] or 0), int(x.shape[2] or 0)
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
        down = self.drawn(x, *_range(self.height_factor)) * float(x.shape[1] or 0)
        right = self.drawn(x, *_range(self.width_factor)) * float(x.shape[2] or 0)
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
        self.num_tokens = int(max(x.max() for x in arrays_of(data))) + 1

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
        whole = np.concatenate([x.reshape(-1) for x in arrays_of(data)])
        shares = np.linspace(0, 1, int(self.num_bins or 2) + 1)[1:-1]
        self.bin_boundaries = np.quantile(whole, shares).tolist()

    def call(self, inputs: Any) -> Any:
        """Return the numbers of bins."""
        x = gg.expand_dims(gg.constant(inputs), -1)
        bounds = np.array(self.bin_boundaries, np.float32)
        return gg.sum(gg.cast(gg.cast(x, "float32") >= bounds, "int64"), -1)


_CLASSES: tuple[Callable[..., Any], ...] = (
    Normalization, CenterCrop, RandomFlip, RandomRotation, RandomZoom, RandomTranslation,
    RandomContrast, CategoryEncoding,
    Discretization,
)  # fmt: skip
for _class in _CLASSES:
    export(f"layers.{_class.__name__}", _class, of="keras")
export("layers.PreprocessingLayer", Layer, of="keras")
