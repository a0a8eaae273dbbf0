"""First values of variables."""

from __future__ import annotations

from typing import Any

import giulgi as gg
from giulgi.compat.dtypes import DType


def default_initializer(dtype: DType) -> Any:
    """Return what makes the first value of a variable where none is given."""
    if dtype.is_floating:

        def glorot(shape: Any, dtype: DType) -> gg.Tensor:
            return gg.initializers.GlorotUniform()(tuple(shape), dtype.numpy_dtype)

        return glorot
    return lambda shape, dtype: gg.zeros(tuple(shape), dtype.numpy_dtype)
