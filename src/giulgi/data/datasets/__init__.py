"""Data sets that come with giulgi: MNIST's pictures of digits, and small tables.

(x_train, y_train), (x_test, y_test) = gg.datasets.mnist.load_data()

iris = gg.datasets.load("iris")
iris.features, iris.target, iris.feature_names, iris.class_names

gg.datasets.names()        # the names of all tables
"""

from giulgi.data.datasets import mnist, tables
from giulgi.data.datasets.tables import Table, load, names

__all__ = ["Table", "load", "mnist", "names", "tables"]
