"""Data that comes with giulgi, and what is done to data before training.

``datasets``
    MNIST and small tables, read from files inside the package: no network is needed.
``preprocessing``
    One-hot labels and scaling to unit length.

Where each file comes from, and its licence, is told in ``files/LICENSES.md``.
"""

from giulgi.data import datasets, preprocessing
from giulgi.data.shipped import DataFileError

__all__ = ["DataFileError", "datasets", "preprocessing"]
