"""``gg.datasets.mnist``: the pictures of digits, read in ``giulgi.data.datasets.mnist``."""

import sys
from types import ModuleType
from typing import NoReturn

from giulgi.data.datasets.mnist import load_data

__all__ = ["load_data"]


class _DataSet(ModuleType):
    """A module that says what is called in it, to who calls the module itself."""

    def __call__(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError(
            "gg.datasets.mnist is a module, and its function is called: "
            "(x_train, y_train), (x_test, y_test) = gg.datasets.mnist.load_data()"
        )


sys.modules[__name__].__class__ = _DataSet
