"""The functions and classes of ``tensorflow``, by family: importing this fills the table."""

from importlib import import_module

from giulgi.compat import dtypes, eager, errors, graph, session, shapes, tensor, variables
from giulgi.compat.names import export

__all__ = ["dtypes", "eager", "errors", "graph", "session", "shapes", "tensor", "variables"]

# The files of this folder, each a family of names.
FAMILIES = (
    "activations",
    "arithmetic",
    "averages",
    "candidate_sampling",
    "clipping",
    "cluster",
    "compat_util",
    "devices",
    "embeddings",
    "examples_mnist",
    "flags",
    "gfile",
    "global_step",
    "initializers",
    "leaves",
    "logging",
    "nn_convolutions",
    "nn_losses",
    "optimizers",
    "schedules",
    "testing",
)

for _family in FAMILIES:
    import_module(f"{__name__}.{_family}")

# What a program of that time asks for, to decide how to go on: the last of the first line.
export("__version__", "1.15.5")
export("VERSION", "1.15.5")
export("version.VERSION", "1.15.5")
