"""Layers at the beginning of sequences: vectors for numbers of words, and masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph import ops
from giulgi.graph.shapes import shape_text
from giulgi.graph.tensor import Tensor
from giulgi.nn import initializers, regularizers
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.weighted import whole_number
from giulgi.signatures import called_as, names_checked


class Embedding(Layer):
    """y = embeddings[x]: a vector for each number, such as that of a word.

    Shapes: x (...) of whole numbers from 0 to input_dim - 1 -> y (..., output_dim); embeddings
    (input_dim, output_dim).

    Args:
        input_dim: how many different numbers there are.
        output_dim: the size of the vectors.
        embeddings_initializer: the first vectors.
        embeddings_regularizer: a penalty of the vectors.
        mask_zero: whether 0 only fills up sequences: then what follows is given a mask.
        weights: the first vectors as a matrix, or as a list of it, if they are known already.
        input_length: is accepted, and makes no difference.
        options: of every :class:`Layer`.

    Raises:
        ArgumentError: if one of the first two is no whole number >= 1.
        PlaceError: when it runs, if a number is too large.
    """

    one_input = True

    @names_checked
    @called_as("Embedding(1000, 64)")
    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        input_length: Any = None,
        **options: Any,
    ) -> None:
        if input_length is not None and "input_shape" not in options:
            options["input_shape"] = (input_length,)
        super().__init__(**options)
        example = "Embedding(1000, 64) has 1000 vectors of 64 numbers"
        self.input_dim = whole_number(self, "input_dim", input_dim, example)
        self.output_dim = whole_number(self, "output_dim", output_dim, example)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.mask_zero = mask_zero
        if weights is not None:
            self.embeddings_initializer = initializers.Constant(self._matrix(weights))

    def _matrix(self, weights: Any) -> np.ndarray[Any, Any]:
        """Return the first vectors, which are given as a matrix or as a list of it."""
        fix = "Embedding(*matrix.shape, weights=[matrix])"
        try:
            listed = isinstance(weights, (list, tuple)) and len(weights) == 1
            matrix = np.asarray(weights[0] if listed else weights)
            if listed and matrix.ndim < 2:  # One vector, in a matrix that is written as lists.
                matrix = matrix[None]
        except ValueError:
            raise ShapeError(
                "weights is no matrix: its rows are of different lengths.", op="Embedding", fix=fix
            ) from None
        if matrix.shape != (self.input_dim, self.output_dim):
            raise ShapeError(
                f"the layer has {self.input_dim} vectors of {self.output_dim} numbers, and weights "
                f"is {shape_text(matrix.shape)}.",
                op="Embedding",
                fix=fix,
            )
        return matrix

    def build(self, input_shape: Any) -> None:
        """Make the vectors."""
        self.embeddings = self.add_weight(
            (self.input_dim, self.output_dim), self.embeddings_initializer,
            name="embeddings", regularizer=self.embeddings_regularizer,
        )  # fmt: skip

    def call(self, x: Tensor) -> Tensor:
        """Return the vector of each number."""
        if x.dtype.kind == "b":
            raise ArgumentError(
                "an embedding takes whole numbers, not bools.", op="Embedding", fix="x.astype(int)"
            )
        return ops.gather(self.embeddings, ops.cast(x, "int64"))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Tensor | None:
        """Return where the numbers are not 0, if 0 only fills up."""
        return ops.not_equal(inputs, 0) if self.mask_zero else None


class Masking(Layer):
    """y = x, with zeros in the steps that only fill up: those whose features are all mask_value.

    Shapes: x (batch, steps, features) -> y of the same shape. What follows is given a mask.

    Args:
        mask_value: the number that fills up.
        options: of every :class:`Layer`.
    """

    one_input = True

    @layer_arguments
    def __init__(self, mask_value: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.mask_value = mask_value

    def call(self, x: Tensor) -> Tensor:
        """Return the inputs, and zeros in masked steps."""
        return ops.where(self._counts(x)[..., None], x, 0)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Tensor:
        """Return which steps have a feature that is not the mask value."""
        return self._counts(inputs)

    def _counts(self, x: Tensor) -> Tensor:
        return ops.any(ops.not_equal(x, self.mask_value), axis=-1)
