"""Settings of sessions, and clusters of one process."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from giulgi.compat.names import exported

_Makers = Mapping[str, Callable[[], Any]]
_Values = Mapping[str, Any]


class _Settings:
    """Attributes that may be set to anything, and hold settings of their own where they do.

    None of them changes what is computed: threads, devices and memory are giulgi's own affair.
    """

    _nested: ClassVar[_Makers] = {}
    _defaults: ClassVar[_Values] = {}

    def __init__(self, **settings: Any) -> None:
        for name, make in self._nested.items():
            setattr(self, name, make())
        for name, value in self._defaults.items():
            setattr(self, name, value)
        for name, value in settings.items():
            setattr(self, name, value)

    def CopyFrom(self, other: Any) -> None:  # noqa: N802 - TensorFlow's name
        """Take the settings of another."""
        self.__dict__.clear()
        self.__dict__.update(other.__dict__)

    MergeFrom = CopyFrom

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({told})"


@exported("GPUOptions")
class GPUOptions(_Settings):
    """Settings of graphics processors, which have no meaning."""

    _defaults: ClassVar[_Values] = {
        "allow_growth": False, "per_process_gpu_memory_fraction": 0.0, "allocator_type": "",
        "visible_device_list": "", "force_gpu_compatible": False,
    }  # fmt: skip


@exported("OptimizerOptions")
class OptimizerOptions(_Settings):
    """Settings of the compiler of graphs, which have no meaning."""

    L0, L1 = -1, 0
    DEFAULT, OFF, ON_1, ON_2 = 0, -1, 1, 2
    _defaults: ClassVar[_Values] = {
        "opt_level": 0,
        "global_jit_level": 0,
        "do_function_inlining": False,
    }


@exported("GraphOptions")
class GraphOptions(_Settings):
    """Settings of graphs, which have no meaning."""

    _nested: ClassVar[_Makers] = {
        "optimizer_options": OptimizerOptions,
        "rewrite_options": _Settings,
    }
    _defaults: ClassVar[_Values] = {
        "enable_bfloat16_sendrecv": False,
        "infer_shapes": False,
        "build_cost_model": 0,
    }


@exported("ConfigProto")
class ConfigProto(_Settings):
    """Settings of a session, which have no meaning: threads and devices are giulgi's own."""

    _nested: ClassVar[_Makers] = {
        "gpu_options": GPUOptions, "graph_options": GraphOptions, "device_count": dict,
        "device_filters": list, "experimental": _Settings, "session_inter_op_thread_pool": list,
    }  # fmt: skip
    _defaults: ClassVar[_Values] = {
        "log_device_placement": False, "allow_soft_placement": False, "operation_timeout_in_ms": 0,
        "intra_op_parallelism_threads": 0, "inter_op_parallelism_threads": 0,
    }  # fmt: skip


@exported("RunOptions")
class RunOptions(_Settings):
    """Settings of a run, which have no meaning."""

    NO_TRACE, SOFTWARE_TRACE, HARDWARE_TRACE, FULL_TRACE = 0, 1, 2, 3
    _nested: ClassVar[_Makers] = {
        "debug_options": _Settings,
        "experimental": _Settings,
    }
    _defaults: ClassVar[_Values] = {
        "trace_level": 0,
        "timeout_in_ms": 0,
        "output_partition_graphs": False,
    }


class _Traces(_Settings):
    """What devices did in a run: nothing is taken down here."""

    _nested: ClassVar[_Makers] = {"dev_stats": list}


@exported("RunMetadata")
class RunMetadata(_Settings):
    """What is told of a run: nothing; ``giulgi run --profile`` tells where time goes."""

    _nested: ClassVar[_Makers] = {
        "step_stats": _Traces,
        "partition_graphs": list,
    }

    def SerializeToString(self) -> bytes:  # noqa: N802 - TensorFlow's name
        """Return nothing, which is what is known."""
        return b""


@exported("python.client.timeline.Timeline")
class Timeline:
    """A trace of what was told of a run: an empty one; see :class:`RunMetadata`."""

    def __init__(self, step_stats: Any, graph: Any = None) -> None:
        del step_stats, graph

    def generate_chrome_trace_format(self, *_: Any, **__: Any) -> str:
        """Return the trace as Chrome reads it."""
        return '{"traceEvents": []}'


@exported("train.ClusterSpec")
class ClusterSpec:
    """The addresses of the tasks of each job.

    Args:
        cluster: for each job a list of addresses, or a dict by number; or another ClusterSpec.
    """

    def __init__(self, cluster: Any) -> None:
        if isinstance(cluster, ClusterSpec):
            cluster = cluster.as_dict()
        if not isinstance(cluster, Mapping):
            raise TypeError(
                "`cluster` must be a dictionary mapping one or more job names to lists of network "
                f"addresses, or a ClusterSpec: {cluster!r}"
            )
        self._jobs: dict[str, dict[int, str]] = {
            job: dict(tasks) if isinstance(tasks, Mapping) else dict(enumerate(tasks))
            for job, tasks in cluster.items()
        }

    @property
    def jobs(self) -> list[str]:
        """The names of all jobs."""
        return list(self._jobs)

    def as_dict(self) -> dict[str, list[str]]:
        """Return the addresses of each job."""
        return {job: list(tasks.values()) for job, tasks in self._jobs.items()}

    def as_cluster_def(self) -> ClusterSpec:
        """Return its description: itself."""
        return self

    def num_tasks(self, job_name: str) -> int:
        """Return how many tasks a job has."""
        return len(self._of(job_name))

    def task_indices(self, job_name: str) -> list[int]:
        """Return the numbers of a job's tasks."""
        return sorted(self._of(job_name))

    def task_address(self, job_name: str, task_index: int) -> str:
        """Return the address of a task."""
        tasks = self._of(job_name)
        if task_index not in tasks:
            raise ValueError(f"No task with index {task_index} in job {job_name!r}")
        return tasks[task_index]

    def job_tasks(self, job_name: str) -> list[str]:
        """Return the addresses of a job."""
        return list(self._of(job_name).values())

    def _of(self, job: str) -> dict[int, str]:
        if job not in self._jobs:
            raise ValueError(f"No such job in cluster: {job!r}")
        return self._jobs[job]

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClusterSpec) and self._jobs == other._jobs

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"ClusterSpec({self.as_dict()!r})"


@exported("train.Server")
class Server:
    """A server of one process: sessions whose target is its own run here.

    The other tasks of a cluster are not asked for anything, so a worker trains alone, as if it
    were the first to arrive; a warning says so.

    Args:
        server_or_cluster_def: the cluster.
        job_name: the job of this process.
        task_index: the task of this process.
        protocol: has no meaning.
        config: has no meaning.
        start: has no meaning.
    """

    def __init__(
        self,
        server_or_cluster_def: Any,
        job_name: str | None = None,
        task_index: int | None = None,
        protocol: str | None = None,
        config: Any = None,
        start: bool = True,
    ) -> None:
        del protocol, config, start
        cluster = ClusterSpec(server_or_cluster_def)
        tasks = [(job, task) for job in cluster.jobs for task in cluster.task_indices(job)]
        if len(tasks) > 1:
            warnings.warn(
                f"tf.train.Server: the cluster has {len(tasks)} tasks, but giulgi runs in one "
                "process: this one computes all by itself, and the others are not used.",
                stacklevel=2,
            )
        self.job_name, self.task_index = job_name, task_index
        self.server_def = _Settings(
            cluster=cluster, job_name=job_name or "", task_index=task_index or 0, protocol="grpc"
        )

    @staticmethod
    def create_local_server(config: Any = None, start: bool = True) -> Server:
        """Return a server of this process alone."""
        del config, start
        return Server({"local": ["localhost:0"]}, "local", 0)

    @property
    def target(self) -> str:
        """What a session connects to: this process."""
        return ""

    def start(self) -> None:
        """Do nothing: this process is running."""

    def join(self) -> None:
        """Return at once: nobody else can ask for anything."""


@exported("train.replica_device_setter")
def replica_device_setter(*_: Any, **__: Any) -> Callable[[Any], str]:
    """Return a function for ``tf.device`` that places nothing: there is one process."""
    return lambda operation: ""
