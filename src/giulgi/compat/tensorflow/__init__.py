"""The functions and classes of ``tensorflow``, by family: importing this fills the table."""

from importlib import import_module

from giulgi.compat import (
    dtypes,
    eager,
    errors,
    graph,
    graph_functions,
    session,
    shapes,
    tensor,
    variable_scopes,
    variables,
)
from giulgi.compat.names import export

__all__ = [
    "dtypes", "eager", "errors", "graph", "graph_functions", "session", "shapes", "tensor",
    "variable_scopes", "variables",
]  # fmt: skip

# The files of this folder, each a family of names.
FAMILIES = (
    "activations",
    "arithmetic",
    "arrays",
    "averages",
    "candidate_sampling",
    "clipping",
    "cluster",
    "compat_util",
    "creation",
    "dataset",
    "dataset_iterators",
    "devices",
    "differentiation",
    "embeddings",
    "examples_mnist",
    "flags",
    "gfile",
    "global_step",
    "indexing",
    "initializers",
    "layers_conv",
    "layers_core",
    "layers_pool",
    "leaves",
    "linear_algebra",
    "logging",
    "nn_convolutions",
    "nn_losses",
    "nn_normalization",
    "nn_pooling",
    "optimizer",
    "optimizers",
    "random",
    "reductions",
    "schedules",
    "testing",
)

for _family in FAMILIES:
    import_module(f"{__name__}.{_family}")

# What a program of that time asks for, to decide how to go on: the last of the first line.
export("__version__", "1.15.5")
export("VERSION", "1.15.5")
export("version.VERSION", "1.15.5")
