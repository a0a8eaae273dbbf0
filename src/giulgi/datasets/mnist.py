"""``gg.datasets.mnist``: the pictures of digits, read in ``giulgi.data.datasets.mnist``."""

from giulgi.data.datasets.mnist import load_data

__all__ = ["load_data"]
