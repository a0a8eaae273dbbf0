"""``tf.distribute``: strategies, each of one device; and what programs ask of a TPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from giulgi.compat.names import export, exported
from giulgi.compat.tensorflow.math.reductions import reduce_mean, reduce_sum


class ReduceOp:
    """How values of several devices become one."""

    SUM = "SUM"
    MEAN = "MEAN"


class ReplicaContext:
    """Where a step is computed: the one device there is.

    Attributes:
        replica_id_in_sync_group: its number.
        num_replicas_in_sync: how many there are.
    """

    replica_id_in_sync_group = 0
    num_replicas_in_sync = 1

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy

    def all_reduce(self, reduce_op: Any, value: Any) -> Any:
        """Return the value: it is that of all devices."""
        del reduce_op
        return value

    def merge_call(self, merge_fn: Callable[..., Any], args: Any = (), kwargs: Any = None) -> Any:
        """Return what a function gives for the strategy and values."""
        return merge_fn(self.strategy, *args, **(kwargs or {}))


class Strategy:
    """A way to share training among devices, of which there is one.

    Attributes:
        num_replicas_in_sync: how many devices there are.
    """

    num_replicas_in_sync = 1

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        del args, kwargs
        self.extended = self

    @contextmanager
    def scope(self) -> Iterator[Strategy]:
        """Return a context in which models are made."""
        outer = _current[0]
        _current[0] = self
        try:
            yield self
        finally:
            _current[0] = outer

    def run(self, fn: Callable[..., Any], args: Any = (), kwargs: Any = None, **_: Any) -> Any:
        """Return what a function gives."""
        return fn(*args, **(kwargs or {}))

    experimental_run_v2 = run

    def reduce(self, reduce_op: Any, value: Any, axis: int | None = None) -> Any:
        """Return the value of all devices; along an axis the sum or mean."""
        if axis is None:
            return value
        is_sum = getattr(reduce_op, "value", reduce_op) in (ReduceOp.SUM, "sum")
        combine: Any = reduce_sum if is_sum else reduce_mean
        return combine(value, axis=axis)

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """Return the data set."""
        del options
        return dataset

    def experimental_distribute_datasets_from_function(
        self, dataset_fn: Callable[..., Any], options: Any = None
    ) -> Any:
        """Return the data set that a function makes."""
        del options
        return dataset_fn(InputContext())

    distribute_datasets_from_function = experimental_distribute_datasets_from_function

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """Return the values of all devices."""
        return (value,)

    def unwrap(self, value: Any) -> list[Any]:
        """Return the values of all devices."""
        return [value]

    def make_dataset_iterator(self, dataset: Any) -> Any:
        """Return an iterator of a data set."""
        return iter(dataset)


class InputContext:
    """Which part of the data a program reads: all of them."""

    num_input_pipelines = num_replicas_in_sync = 1
    input_pipeline_id = 0

    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """Return the size of batches."""
        return global_batch_size


_current: list[Strategy | None] = [None]
_default = Strategy()


@exported("distribute.get_strategy")
def get_strategy() -> Strategy:
    """Return the strategy in whose scope the program is, or that of one device."""
    return _current[0] or _default


@exported("distribute.has_strategy")
def has_strategy() -> bool:
    """Whether the program is in the scope of a strategy."""
    return _current[0] is not None


@exported("distribute.get_replica_context")
def get_replica_context() -> ReplicaContext:
    """Return where a step is computed."""
    return ReplicaContext(get_strategy())


@exported("distribute.in_cross_replica_context")
def in_cross_replica_context() -> bool:
    """Whether the program is where values of several devices meet."""
    return _current[0] is not None


for _name in (
    "MirroredStrategy", "OneDeviceStrategy", "MultiWorkerMirroredStrategy",
    "experimental.MultiWorkerMirroredStrategy", "experimental.CentralStorageStrategy",
    "experimental.ParameterServerStrategy",
):  # fmt: skip
    _fields = {"__doc__": Strategy.__doc__, "__module__": __name__}
    export(f"distribute.{_name}", type(_name.split(".")[-1], (Strategy,), _fields))
export("distribute.Strategy", Strategy)
export("distribute.ReduceOp", ReduceOp)
export("distribute.InputContext", InputContext)
export("distribute.ReplicaContext", ReplicaContext)


class _Unused:
    """What a strategy of several devices would be told."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        del args, kwargs


for _name in ("HierarchicalCopyAllReduce", "NcclAllReduce", "ReductionToOneDevice",
              "experimental.CommunicationOptions"):  # fmt: skip
    export(f"distribute.{_name}", type(_name.split(".")[-1], (_Unused,), {"__module__": __name__}))


# There is no TPU: programs ask, and go on without


@exported(
    "distribute.cluster_resolver.TPUClusterResolver", "contrib.cluster_resolver.TPUClusterResolver"
)
class TPUClusterResolver:
    """Looks for a TPU.

    Raises:
        ValueError: as TensorFlow does where there is none.
    """

    def __init__(self, tpu: Any = None, *args: Any, **kwargs: Any) -> None:
        del args, kwargs
        if not tpu:
            raise ValueError("Please provide a TPU Name to connect to.")
        raise ValueError(f"Could not look up TPU metadata (name={tpu!r}): there is no TPU here.")

    @classmethod
    def connect(cls, tpu: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Look for a TPU."""
        return cls(tpu, *args, **kwargs)


@exported("distribute.TPUStrategy", "distribute.experimental.TPUStrategy")
def tpu_strategy(*_: Any, **__: Any) -> Strategy:
    """Say that there is no TPU."""
    raise ValueError("there is no TPU: use tf.distribute.get_strategy()")


@exported(
    "config.experimental_connect_to_cluster", "config.experimental_connect_to_host",
    "tpu.experimental.initialize_tpu_system",
)  # fmt: skip
def connect(*_: Any, **__: Any) -> None:
    """Say that there is no other machine."""
    raise ValueError("there is no TPU and no other machine here: the program computes on this one")
