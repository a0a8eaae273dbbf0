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
    "checkpoints",
    "clipping",
    "cluster",
    "compat_util",
    "contrib_losses",
    "contrib_metrics",
    "control_flow",
    "coordination",
    "creation",
    "dataset",
    "dataset_iterators",
    "dataset_readers",
    "debugging",
    "devices",
    "differentiation",
    "embeddings",
    "examples_mnist",
    "file_operations",
    "flags",
    "functional",
    "gfile",
    "global_step",
    "graph_def",
    "hooks",
    "hooks_saving",
    "indexed_slices",
    "indexing",
    "initializers",
    "input_queues",
    "layers_conv",
    "layers_core",
    "layers_pool",
    "leaves",
    "linear_algebra",
    "logging",
    "loops",
    "losses",
    "meta_graph",
    "metrics",
    "monitored",
    "nn_convolutions",
    "nn_losses",
    "nn_normalization",
    "nn_pooling",
    "optimizer",
    "optimizers",
    "parsing",
    "parsing_examples",
    "queues",
    "random",
    "readers",
    "records",
    "recurrent_cells",
    "recurrent_loops",
    "recurrent_lstm",
    "recurrent_wrappers",
    "reductions",
    "saver",
    "schedules",
    "segments",
    "solving",
    "sparse",
    "sparse_operations",
    "special",
    "stateful",
    "strings",
    "summary",
    "summary_writer",
    "supervisor",
    "tensor_arrays",
    "testing",
)

for _family in FAMILIES:
    import_module(f"{__name__}.{_family}")

# What a program of that time asks for, to decide how to go on: the last of the first line.
export("__version__", "1.15.5")
export("VERSION", "1.15.5")
export("version.VERSION", "1.15.5")
