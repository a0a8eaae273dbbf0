"""Modules made of the table of names, and how ``import tensorflow`` finds them."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

from giulgi.compat.eager.mode import note_name, watch_cells
from giulgi.compat.graphs.graph import is_modern
from giulgi.compat.names import ADVICE, TABLES
from giulgi.names import meant

# Other paths under which names are found, too: the longest that fits is taken.
_ALIASES = {
    "tensorflow.compat.v1": "tensorflow",
    "tensorflow.compat.v2": "tensorflow",
    "tensorflow.keras": "keras",
    "tensorflow.compat.v1.keras": "keras",
    "tensorflow.optimizers": "keras.optimizers",
    "keras.backend.tensorflow_backend": "keras.backend",
    "keras.backend.common": "keras.backend",
    "keras.utils.multi_gpu_utils": "keras.utils",
    "keras.layers.experimental.preprocessing": "keras.layers",
    "keras.layers.experimental": "keras.layers",
    "keras.optimizers.legacy": "keras.optimizers",
    "keras.callbacks.experimental": "keras.callbacks",
    "tensorflow.contrib.keras": "keras",
    "tensorflow.contrib.keras.api.keras": "keras",
    "tensorflow.contrib.keras.python.keras": "keras",
    "tensorflow.python.keras": "keras",
    "tensorflow.python.keras.api.keras": "keras",
    "tensorflow.contrib.eager.python.tfe": "tensorflow.contrib.eager",
    "tensorflow.python.ops.rnn_cell": "tensorflow.nn.rnn_cell",
    "tensorflow.python.ops.rnn_cell_impl": "tensorflow.nn.rnn_cell",
    "tensorflow.models.rnn.rnn_cell": "tensorflow.nn.rnn_cell",
    "tensorflow.models.rnn.rnn": "tensorflow.python.ops.rnn",
    "tensorflow.models.rnn.seq2seq": "tensorflow.nn.seq2seq",
    "tensorflow.python.ops.seq2seq": "tensorflow.nn.seq2seq",
    "tensorflow.contrib.rnn.python.ops.rnn_cell": "tensorflow.contrib.rnn",
    "tensorflow.contrib.layers.python.layers": "tensorflow.contrib.layers",
    "tensorflow.contrib.layers.python.layers.layers": "tensorflow.contrib.layers",
    "tensorflow.contrib.layers.python.layers.initializers": "tensorflow.contrib.layers",
    "tensorflow.contrib.layers.python.layers.regularizers": "tensorflow.contrib.layers",
    "tensorflow.contrib.layers.python.layers.utils": "tensorflow.contrib.layers.utils",
    "tensorflow.contrib.framework.python.ops": "tensorflow.contrib.framework",
    "tensorflow.contrib.framework.python.ops.variables": "tensorflow.contrib.framework",
    "tensorflow.contrib.rnn.python.ops.core_rnn_cell": "tensorflow.contrib.rnn",
    "tensorflow.contrib.rnn.python.ops.core_rnn": "tensorflow.contrib.rnn",
    "tensorflow.contrib.legacy_seq2seq.python.ops.seq2seq": "tensorflow.contrib.legacy_seq2seq",
    "tensorflow.python.platform.gfile": "tensorflow.gfile",
    "tensorflow.python.platform.tf_logging": "tensorflow.logging",
    "tensorflow.python.platform.flags": "tensorflow.flags",
    "tensorflow.python.platform.app": "tensorflow.app",
    "tensorflow.python.framework.errors": "tensorflow.errors",
    "tensorflow.python.framework.errors_impl": "tensorflow.errors",
    "tensorflow.python.util.compat": "tensorflow.compat",
    "tensorflow.python.training.saver": "tensorflow.train",
    "tensorflow.python.training.training": "tensorflow.train",
    "tensorflow.python.summary.summary": "tensorflow.summary",
    "tensorflow.python.layers.core": "tensorflow.layers",
    "tensorflow.python.layers.layers": "tensorflow.layers",
    "tensorflow.python.saved_model": "tensorflow.saved_model",
    "tensorflow.python.estimator": "tensorflow.estimator",
    "tensorflow.contrib.slim.python.slim": "tensorflow.contrib.slim",
    "tensorflow.contrib.slim.layers": "tensorflow.contrib.layers",
    "tensorflow.contrib.slim.metrics": "tensorflow.contrib.metrics",
    "tensorflow.python.ops.distributions": "tensorflow.distributions",
    "tensorflow.python.ops.losses.losses": "tensorflow.losses",
    "tensorflow.python.ops.losses.losses_impl": "tensorflow.losses",
    "tensorflow.python.ops.losses.util": "tensorflow.losses",
    "tensorflow.python.ops.losses": "tensorflow.losses",
    "tensorflow.python.ops.metrics": "tensorflow.metrics",
    "tensorflow.python.ops.metrics_impl": "tensorflow.metrics",
    "tensorflow.python.ops.distributions.normal": "tensorflow.distributions",
    "tensorflow.python.ops.image_ops": "tensorflow.image",
    "tensorflow.python.layers.base": "tensorflow.layers",
    "tensorflow.python.layers.convolutional": "tensorflow.layers",
    "tensorflow.python.layers.normalization": "tensorflow.layers",
    "tensorflow.python.layers.pooling": "tensorflow.layers",
    "tensorflow.python.data.ops.dataset_ops": "tensorflow.data",
    "tensorflow.python.data.ops.iterator_ops": "tensorflow.data",
    "tensorflow.python.data.ops": "tensorflow.data",
    "tensorflow.python.data": "tensorflow.data",
    "tensorflow.python.platform.test": "tensorflow.test",
    "tensorflow.python.platform.googletest": "tensorflow.test",
    "tensorflow.python.lib.io.tf_record": "tensorflow.python_io",
    "tensorflow.python.summary.writer.writer": "tensorflow.summary",
    "tensorflow.python.estimator.inputs.inputs": "tensorflow.estimator.inputs",
    "tensorflow.python.framework.graph_util_impl": "tensorflow.python.framework.graph_util",
    "tensorflow.contrib.framework.python.ops.arg_scope": "tensorflow.contrib.framework",
    "tensorflow.contrib.rnn.python.ops.core_rnn_cell_impl": "tensorflow.nn.rnn_cell",
    "tensorflow.contrib.rnn.python.ops.rnn": "tensorflow.contrib.rnn",
    "tensorflow.contrib.lookup.lookup_ops": "tensorflow.contrib.lookup",
    "tensorflow.contrib.learn.python.learn.learn_io": "tensorflow.contrib.learn.io",
    "tensorflow.contrib.learn.python.learn.monitors": "tensorflow.contrib.learn.monitors",
    "tensorflow.contrib.learn.python.learn.estimators": "tensorflow.contrib.learn",
    **{
        f"tensorflow.contrib.learn.python.learn.estimators.{name}": "tensorflow.contrib.learn"
        for name in (
            "dnn",
            "dnn_linear_combined",
            "estimator",
            "linear",
            "metric_key",
            "model_fn",
            "prediction_key",
            "run_config",
        )
    },
    "tensorflow.python.estimator.model_fn": "tensorflow.estimator",
    "tensorflow.python.estimator.run_config": "tensorflow.estimator",
    "tensorflow.contrib.losses.python.losses.loss_ops": "tensorflow.contrib.losses",
    "tensorflow.contrib.losses.python.metric_learning": "tensorflow.contrib.losses.metric_learning",
    "tensorflow.contrib.metrics.python.ops.metric_ops": "tensorflow.contrib.metrics",
    "tensorflow.contrib.seq2seq.python.ops.attention_wrapper": "tensorflow.contrib.seq2seq",
    "tensorflow.contrib.seq2seq.python.ops.basic_decoder": "tensorflow.contrib.seq2seq",
    "tensorflow.contrib.seq2seq.python.ops.beam_search_decoder": "tensorflow.contrib.seq2seq",
    "tensorflow.contrib.seq2seq.python.ops.decoder": "tensorflow.contrib.seq2seq",
    "tensorflow.contrib.seq2seq.python.ops.helper": "tensorflow.contrib.seq2seq",
    "tensorflow.contrib.seq2seq.python.ops.loss": "tensorflow.contrib.seq2seq",
}

# Modules of TensorFlow's inside, of whose functions most are public elsewhere.
_INSIDES = {
    "tensorflow.python.ops": ("tensorflow", "tensorflow.nn", "tensorflow.train"),
    "tensorflow.python.framework": ("tensorflow", "tensorflow.python.framework.ops"),
    "tensorflow.python.training": ("tensorflow.train", "tensorflow"),
    "tensorflow.python": ("tensorflow",),
    "tensorflow.core": ("tensorflow", "tensorflow.train"),
    "tensorflow.contrib.framework.python": ("tensorflow.contrib.framework",),
    "tensorflow.contrib.learn.python": ("tensorflow.contrib.learn",),
    "tensorflow.contrib.opt.python": ("tensorflow.contrib.opt",),
}
# Modules in which TensorFlow 2 has what its Keras has, under the same names.
_OF_KERAS = {
    "tensorflow.losses": "keras.losses",
    "tensorflow.metrics": "keras.metrics",
    "tensorflow.initializers": "keras.initializers",
}
_DEEPER_INSIDES = tuple(own for own in _INSIDES if ".contrib." in own)


def _canonical(path: str) -> str:
    """Return the path of a module under which the table has its names."""
    fitting = [alias for alias in _ALIASES if path == alias or path.startswith(f"{alias}.")]
    if not fitting:
        return path
    longest = max(fitting, key=len)
    return _canonical(_ALIASES[longest] + path[len(longest) :])


def _table(path: str) -> tuple[dict[str, Any], str]:
    """Return the table of a library, and a path without the library's name."""
    library, _, rest = path.partition(".")
    return TABLES[library], rest


def names_in(path: str) -> list[str]:
    """Return the names that a module has itself, and its submodules."""
    table, prefix = _table(_canonical(path))
    start = f"{prefix}." if prefix else ""
    return sorted({name[len(start) :].split(".")[0] for name in table if name.startswith(start)})


def is_module(path: str) -> bool:
    """Whether there is a module of a path."""
    canonical = _canonical(path)
    if canonical.split(".")[0] not in TABLES:
        return False
    # Of the inside there are folders of modules, ``tensorflow.python.ops.array_ops``; what stands
    # in one of these, and is not known, is a function that is not there.
    inside = any(
        path == own or (path.startswith(f"{own}.") and path.count(".") <= own.count(".") + 2)
        for own in ("tensorflow.python", "tensorflow.core", *_DEEPER_INSIDES)
    )
    inside = inside or any(alias.startswith(f"{path}.") for alias in _ALIASES)
    table, own = _table(canonical)
    return (own not in table and bool(names_in(path))) or (inside and own not in table)


class StandIn(ModuleType):
    """A module of a stand-in: its names come from the table, and programs may set others."""

    def __init__(self, name: str) -> None:
        super().__init__(name, f"giulgi's stand-in for {name}.")
        self.__path__: list[str] = []
        self.__file__ = f"<giulgi's stand-in for {name}>"

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return [own for own in names_in(self.__name__) if not own.startswith("_")]
        if name.startswith("__") and name != "__version__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        path = f"{self.__name__}.{name}"
        if self.__name__ == "tensorflow":
            note_name(name)
        found = self._found(name)
        if found:
            setattr(self, name, found[0])
            return found[0]
        if is_module(path):
            return importlib.import_module(path)
        raise AttributeError(missing(path))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function of the module's own name: ``keras.layers.merge`` was one before."""
        return getattr(self, self.__name__.rpartition(".")[2])(*args, **kwargs)

    def _found(self, name: str) -> tuple[Any, ...]:
        """Return what a name stands for, alone; nothing, if it is not there or a module."""
        first = [_OF_KERAS[self.__name__]] if self.__name__ in _OF_KERAS and is_modern() else []
        for parent in (*first, self.__name__, *self._parents()):
            table, own = _table(_canonical(f"{parent}.{name}"))
            if own in table:
                return (table[own],)
            if parent == self.__name__ and names_in(f"{parent}.{name}"):
                return ()  # A module of its own comes before what is public elsewhere.
        return ()

    def _parents(self) -> Sequence[str]:
        """Return the modules in which the names of TensorFlow's inside are public."""
        fitting = [own for own in _INSIDES if self.__name__.startswith(own)]
        return _INSIDES[max(fitting, key=len)] if fitting else ()

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *names_in(self.__name__)})


def missing(path: str) -> str:
    """Return what is said of a name that is not there."""
    canonical = _canonical(path)
    library, _, own = canonical.partition(".")
    module, _, name = path.rpartition(".")
    problem = f"{path} is not there: giulgi's stand-in does not have it"
    advice = ADVICE[library].get(own)
    if advice is None:
        near = [f"{module}.{other}" for other in meant(name, names_in(module) or [""]) if other]
        advice = f"Did you mean {' or '.join(near)}?" if near else ""
    return f"{problem}. {advice}".strip()


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of the stand-ins before any that are installed."""

    def find_spec(
        self, fullname: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if fullname.split(".")[0] not in TABLES:
            return None
        load_tables()
        if not (fullname in TABLES or is_module(fullname)):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """A stand-in has nothing to be carried out."""


def load_tables() -> None:
    """Import what fills the tables of names."""
    importlib.import_module("giulgi.compat.tensorflow")
    importlib.import_module("giulgi.compat.keras")


_finder = _Finder()


def install(heal: bool = False) -> None:
    """Let ``import tensorflow`` and ``import keras`` find giulgi's stand-ins from now on.

    Args:
        heal: whether to bring back, too, what NumPy, pandas and other libraries have removed since;
            see :mod:`giulgi.compat.healing`.
    """
    if heal:
        importlib.import_module("giulgi.compat.healing").install()
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
        watch_cells()
    for name in [*_installed()]:
        if not isinstance(sys.modules[name], StandIn):
            del sys.modules[name]


def uninstall() -> None:
    """Let ``import tensorflow`` find again what is installed, if anything is."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for name in [*_installed()]:
        if isinstance(sys.modules[name], StandIn):
            del sys.modules[name]


def _installed() -> Iterator[str]:
    return (name for name in list(sys.modules) if name.split(".")[0] in TABLES)
