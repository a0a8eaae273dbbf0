"""The names of ``keras``, by family: importing this fills the table."""

from importlib import import_module

from giulgi.compat.names import export

# The files of this folder, each a family of names.
FAMILIES: tuple[str, ...] = (
    "applications",
    "applications_deep",
    "applications_dense",
    "applications_nasnet",
    "applications_plain",
    "architecture",
    "backend_ctc",
    "backend_functions",
    "backend_math",
    "backend_more",
    "backend_nn",
    "backend_session",
    "callbacks",
    "callbacks_tensorboard",
    "constraints",
    "datasets",
    "datasets_of_files",
    "eager_network",
    "estimators",
    "extras",
    "initializations",
    "inputs",
    "layers",
    "layers_former",
    "layers_local",
    "layers_preprocessing",
    "layers_words",
    "losses",
    "merging",
    "metrics",
    "metrics_counts",
    "metrics_objects",
    "metrics_means",
    "models",
    "optimizers",
    "parts",
    "plotting",
    "preprocessing_generator",
    "preprocessing_iterators",
    "preprocessing_pictures",
    "preprocessing_sequence",
    "preprocessing_text",
    "saving",
    "schedules_cosine",
    "serialization",
    "utils",
    "wrappers",
)

# Both stand-ins use each other: whichever is imported first, TensorFlow's begins.
import_module("giulgi.compat.tensorflow")
for _family in FAMILIES:
    import_module(f"{__name__}.{_family}")

export("__version__", "2.3.1", of="keras")
