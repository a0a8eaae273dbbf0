"""``tf.Module``, saved models as folders, and small names of TensorFlow 2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.functions import name_scope
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import export, exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.system.compat_util import as_bytes
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.tensor import Tensor, as_expression, as_tensor, constant_array
from giulgi.compat.variables.variable import Variable
from giulgi.formats.graph_proto import TensorProto, array_of, array_proto
from giulgi.names import snake_case
from giulgi.tree import flatten


@exported("Module")
class Module:
    """Something with variables, which are found among its attributes.

    Args:
        name: its name; None: that of its class.
    """

    def __init__(self, name: str | None = None) -> None:
        self._name = name or snake_case(type(self).__name__)

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.__dict__.get("_name", snake_case(type(self).__name__)))

    @property
    def name_scope(self) -> Any:
        """A context that puts names under its own."""
        return name_scope(self.name)

    @classmethod
    def with_name_scope(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return a method within the scope of its name."""

        def apply(self: Any, *args: Any, **kwargs: Any) -> Any:
            with self.name_scope:
                return method(self, *args, **kwargs)

        return apply

    @property
    def variables(self) -> tuple[Any, ...]:
        """All variables of its own and of the modules in it."""
        return tuple(dict.fromkeys(_variables(self, set())))

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """The variables that are trained."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def non_trainable_variables(self) -> tuple[Any, ...]:
        """The variables that are not trained."""
        return tuple(v for v in self.variables if not v.trainable)

    @property
    def submodules(self) -> tuple[Any, ...]:
        """The modules in it."""
        return tuple(x for x in _things(self, set()) if isinstance(x, Module) and x is not self)


def _things(thing: Any, seen: set[int]) -> Iterator[Any]:
    """Yield what is among the attributes of a module, by their names."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    yield thing
    if isinstance(thing, Module):
        for name in sorted(vars(thing)):
            for leaf in flatten(vars(thing)[name])[0]:
                yield from _things(leaf, seen)


def variables_of(thing: Any) -> list[Any]:
    """Return all variables among the attributes of something, and of the modules in it."""
    return list(_variables(thing, set()))


def _variables(thing: Any, seen: set[int]) -> Iterator[Any]:
    for leaf in _things(thing, seen):
        if isinstance(leaf, (Variable, gg.Variable)):
            yield leaf
        elif isinstance(leaf, gg.layers.Layer):
            yield from leaf.weights


class _Options:
    """Options of saving and loading, which have no meaning here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        del args, kwargs


export("saved_model.SaveOptions", type("SaveOptions", (_Options,), {"__module__": __name__}))
export("saved_model.LoadOptions", type("LoadOptions", (_Options,), {"__module__": __name__}))


# Small names


class VariableAggregation:
    """How a variable of several devices is one."""

    NONE, SUM, MEAN, ONLY_FIRST_REPLICA = "none", "sum", "mean", "only_first_replica"


class VariableSynchronization:
    """When a variable of several devices becomes one."""

    AUTO, NONE, ON_WRITE, ON_READ = "auto", "none", "on_write", "on_read"


export("VariableAggregation", VariableAggregation)
export("VariableSynchronization", VariableSynchronization)
export("version.GIT_VERSION", "giulgi")


@exported("nn.compute_average_loss")
def compute_average_loss(
    per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None
) -> Any:
    """Return the sum of the losses of examples, divided by the number of all examples."""
    loss = as_tensor(per_example_loss)
    if sample_weight is not None:
        loss = loss * as_tensor(sample_weight, loss.dtype)
    expression = loss.expression
    count = gg.size(expression) if global_batch_size is None else global_batch_size
    return as_tensor(gg.sum(expression) / gg.cast(gg.constant(count), expression.dtype))


@exported("nn.scale_regularization_loss")
def scale_regularization_loss(regularization_loss: Any) -> Any:
    """Return penalties as they count on each device, of which there is one."""
    return as_tensor(regularization_loss)


@exported(
    "make_tensor_proto", "compat.v1.make_tensor_proto", "contrib.util.make_tensor_proto",
    "python.framework.tensor_util.make_tensor_proto",
)  # fmt: skip
def make_tensor_proto(values: Any, dtype: Any = None, shape: Any = None) -> TensorProto:
    """Return values as a message, of some dtype and shape; one number fills a shape."""
    array = constant_array(values, None if dtype is None else as_dtype(dtype))
    if array.dtype.kind in "USO":
        array = np.asarray(np.vectorize(as_bytes, otypes=[object])(array), object)
    if shape is not None:
        array = np.broadcast_to(array, shape) if array.size == 1 else array.reshape(shape)
    return array_proto(array)


@exported("make_ndarray", "contrib.util.make_ndarray", "python.framework.tensor_util.MakeNdarray")
def make_ndarray(tensor: Any) -> Any:
    """Return the values of a message, or of a tensor, as an array."""
    return array_of(tensor) if isinstance(tensor, TensorProto) else np.asarray(tensor.numpy())


@exported("inside_function")
def inside_function() -> bool:
    """Whether a function of ``tf.function`` is traced."""
    graph = get_default_graph()
    return graph.makes_tensors and not graph.is_eager


@exported("recompute_grad")
def recompute_grad(f: Any) -> Any:
    """Return the function: what its gradients need is kept, or computed again, as is best."""
    return f


@exported("config.functions_run_eagerly")
def functions_run_eagerly() -> bool:
    """Whether functions are called as they are."""
    from giulgi.compat.eager.functions import _runs_python

    return _runs_python[0]


@exported("config.experimental.enable_op_determinism")
def enable_op_determinism() -> None:
    """Do nothing: the same program gives the same results."""


@exported("autograph.set_verbosity")
def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """Do nothing: no function is converted."""
    del level, alsologtostdout


for _name in ("debugging.enable_check_numerics", "debugging.disable_check_numerics",
              "debugging.set_log_device_placement", "debugging.experimental.enable_dump_debug_info",
              "profiler.experimental.start", "profiler.experimental.stop"):  # fmt: skip

    def _nothing(*_: Any, **__: Any) -> None:
        """Do nothing: it is about how TensorFlow computes."""

    export(_name, _nothing)


@operation("linalg.matrix_transpose", type="MatrixTranspose")
def matrix_transpose(a: Any, name: str | None = None, conjugate: bool = False) -> Any:
    """Return matrices with their last two axes exchanged."""
    x = as_expression(a)
    axes = [*range(x.ndim - 2), x.ndim - 1, x.ndim - 2]
    return gg.transpose(x, axes)


@exported("linalg.normalize")
def normalize(tensor: Any, ord: Any = "euclidean", axis: Any = None, name: Any = None) -> Any:
    """Return a tensor divided by its norm, and the norm."""
    from giulgi.compat.tensorflow.math.linear_algebra import norm

    x = as_tensor(tensor)
    found: Any = norm
    length = found(x, ord=ord, axis=axis, keepdims=True, name=name)
    return x / length, length


def _by_numpy(path: str, function: Callable[..., Any]) -> None:
    """Give a name to a function of arrays, which has a value at once only."""

    def apply(tensor: Any, *args: Any, name: str | None = None, **kwargs: Any) -> Any:
        del name
        x: Any = as_tensor(tensor)
        if not isinstance(x, Tensor) or not x.is_eager:
            raise NotImplementedError(f"tf.{path} is there for tensors with a value only")
        return as_tensor(np.asarray(function(x.numpy(), *args, **kwargs)))

    apply.__name__ = path.split(".")[-1]
    apply.__doc__ = f"Return what NumPy's {function.__name__} gives."
    export(path, apply)


_by_numpy("linalg.pinv", np.linalg.pinv)
_by_numpy("linalg.matrix_rank", lambda x, *a, **k: np.int32(np.linalg.matrix_rank(x, *a, **k)))


# Random numbers of generators


@exported("random.Generator", "random.experimental.Generator")
class Generator:
    """Draws random numbers, and goes on from draw to draw.

    Args:
        seed: where it begins; None: somewhere.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._generator = np.random.Generator(np.random.Philox(seed))

    @classmethod
    def from_seed(cls, seed: int, alg: Any = None) -> Generator:
        """Return a generator that begins at a seed."""
        del alg
        return cls(int(seed))

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> Generator:
        """Return a generator that begins somewhere."""
        del alg
        return cls()

    def reset_from_seed(self, seed: int) -> None:
        """Begin at a seed."""
        self._generator = np.random.Generator(np.random.Philox(int(seed)))

    def normal(
        self, shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = "float32",
        name: str | None = None,
    ) -> Any:  # fmt: skip
        """Return normally distributed numbers."""
        del name
        drawn = self._generator.standard_normal(_sizes(shape)) * float(stddev) + float(mean)
        return as_tensor(drawn.astype(as_dtype(dtype).numpy_dtype))

    def uniform(
        self, shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32",
        name: str | None = None,
    ) -> Any:  # fmt: skip
        """Return evenly distributed numbers."""
        del name
        own = as_dtype(dtype)
        drawn: Any
        if own.is_integer:
            drawn = self._generator.integers(int(minval), int(maxval), _sizes(shape))
        else:
            drawn = self._generator.uniform(float(minval), float(1 if maxval is None else maxval),
                                            _sizes(shape))  # fmt: skip
        return as_tensor(np.asarray(drawn, own.numpy_dtype))

    def split(self, count: int = 1) -> list[Generator]:
        """Return other generators."""
        return [Generator(int(self._generator.integers(2**62))) for _ in range(count)]


def _sizes(shape: Any) -> tuple[int, ...]:
    return tuple(int(n) for n in np.ravel(np.asarray(shape)))


_global: list[Generator] = []


@exported("random.get_global_generator", "random.experimental.get_global_generator")
def get_global_generator() -> Generator:
    """Return the generator of the program."""
    if not _global:
        _global.append(Generator())
    return _global[0]
