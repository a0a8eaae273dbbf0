"""What computes: one processor. ``tf.config``, and what tells of builds and devices."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any, NamedTuple

from giulgi.compat.names import advise, export, exported


class PhysicalDevice(NamedTuple):
    """Something that computes."""

    name: str
    device_type: str


class LogicalDevice(NamedTuple):
    """Something that computes, as a program names it."""

    name: str
    device_type: str


@exported("DeviceSpec", "python.framework.device.DeviceSpec")
class DeviceSpec:
    """Which device is meant: what ``tf.device`` is given is read, and there is one processor.

    Args:
        job: the job of a cluster.
        replica: the number of the replica.
        task: the number of the task.
        device_type: "CPU" or "GPU".
        device_index: the number of the device.
    """

    def __init__(
        self,
        job: str | None = None,
        replica: int | None = None,
        task: int | None = None,
        device_type: str | None = None,
        device_index: int | None = None,
    ) -> None:
        self.job, self.replica, self.task = job, replica, task
        self.device_type, self.device_index = device_type, device_index

    @classmethod
    def from_string(cls, spec: str) -> DeviceSpec:
        """Return what is meant by text such as "/job:worker/task:1/device:GPU:0"."""
        found = cls()
        for part in filter(None, spec.split("/")):
            kind, _, rest = part.partition(":")
            if kind in ("job", "replica", "task"):
                setattr(found, kind, rest if kind == "job" else int(rest))
            else:
                name, _, number = (rest if kind == "device" else part).partition(":")
                found.device_type = name.upper()
                found.device_index = int(number) if number.isdigit() else None
        return found

    def to_string(self) -> str:
        """Return the text that says the same."""
        told = {"job": self.job, "replica": self.replica, "task": self.task}
        text = "".join(f"/{key}:{value}" for key, value in told.items() if value is not None)
        if self.device_type is None:
            return text
        number = "*" if self.device_index is None else self.device_index
        return f"{text}/device:{self.device_type}:{number}"


_CPU = PhysicalDevice("/physical_device:CPU:0", "CPU")

# What the options of devices and threads are set to; nothing asks for them but the program.
_settings: dict[str, Any] = {}


def _on(module: str) -> tuple[str, str]:
    """Return a name in ``tf.config`` and in ``tf.config.experimental``."""
    return f"config.{module}", f"config.experimental.{module}"


@exported(*_on("list_physical_devices"), *_on("get_visible_devices"))
def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """Return what computes: the processor, unless another kind is asked for."""
    return [_CPU] if device_type in (None, "CPU") else []


@exported(*_on("list_logical_devices"))
def list_logical_devices(device_type: str | None = None) -> list[LogicalDevice]:
    """Return what computes: the processor, unless another kind is asked for."""
    return [LogicalDevice("/device:CPU:0", "CPU")] if device_type in (None, "CPU") else []


@exported("config.experimental.get_memory_growth")
def get_memory_growth(device: Any) -> bool:
    """Whether memory is taken as it is needed: it always is."""
    del device
    return True


@exported("config.experimental.get_device_details")
def get_device_details(device: Any) -> dict[str, Any]:
    """Return what else is known of a device: nothing."""
    del device
    return {}


@exported(*_on("get_virtual_device_configuration"), "config.get_logical_device_configuration")
def get_virtual_device_configuration(device: Any) -> None:
    """Return how a device is divided: it is not."""
    del device


def _unused(name: str) -> Any:
    """Return a function that takes note of nothing: it is about devices that are not there."""

    def take(*_: Any, **__: Any) -> None:
        return None

    take.__name__ = name.rpartition(".")[2]
    take.__doc__ = "Take note of nothing: there is one processor, which is used as it is."
    return take


for _name in ("set_visible_devices", "set_virtual_device_configuration",
              "set_logical_device_configuration"):  # fmt: skip
    _function = _unused(_name)
    for _path in _on(_name):
        export(_path, _function)
for _name in ("experimental.set_memory_growth", "set_soft_device_placement",
              "experimental.set_synchronous_execution", "optimizer.set_jit",
              "optimizer.set_experimental_options",
              "experimental.enable_tensor_float_32_execution"):  # fmt: skip
    export(f"config.{_name}", _unused(_name))


class VirtualDeviceConfiguration:
    """How a device is to be divided; see :class:`PhysicalDevice`: there is nothing to divide."""

    def __init__(self, memory_limit: Any = None, experimental_priority: Any = None) -> None:
        self.memory_limit, self.experimental_priority = memory_limit, experimental_priority


export("config.experimental.VirtualDeviceConfiguration", VirtualDeviceConfiguration)
export("config.LogicalDeviceConfiguration", VirtualDeviceConfiguration)
export("config.PhysicalDevice", PhysicalDevice)
export("config.LogicalDevice", LogicalDevice)


@exported("config.threading.set_intra_op_parallelism_threads")
def set_intra_op_parallelism_threads(num_threads: int) -> None:
    """Take note of a number of threads; giulgi measures how many are best."""
    _settings["intra"] = num_threads


@exported("config.threading.get_intra_op_parallelism_threads")
def get_intra_op_parallelism_threads() -> int:
    """Return what was set; 0: nothing."""
    return int(_settings.get("intra", 0))


@exported("config.threading.set_inter_op_parallelism_threads")
def set_inter_op_parallelism_threads(num_threads: int) -> None:
    """Take note of a number of threads; giulgi measures how many are best."""
    _settings["inter"] = num_threads


@exported("config.threading.get_inter_op_parallelism_threads")
def get_inter_op_parallelism_threads() -> int:
    """Return what was set; 0: nothing."""
    return int(_settings.get("inter", 0))


for _name in ("experimental_connect_to_cluster", "experimental_connect_to_host"):
    advise(f"config.{_name}", "There are no other machines and no TPUs: use the default strategy.")


# Builds


@exported("test.is_built_with_cuda", "test.is_built_with_gpu_support", "test.is_built_with_rocm")
def is_built_with_cuda() -> bool:
    """Whether graphics processors can be used: they cannot."""
    return False


@exported("test.is_built_with_xla")
def is_built_with_xla() -> bool:
    """Whether programs are compiled by XLA: by giulgi's own compiler."""
    return False


@exported("test.is_gpu_available")
def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: Any = None) -> bool:
    """Whether there is a graphics processor that is used: there is none."""
    del cuda_only, min_cuda_compute_capability
    return False


@exported("test.gpu_device_name")
def gpu_device_name() -> str:
    """Return the name of a graphics processor: there is none."""
    return ""


def _memory() -> int:
    """Return the bytes of memory of this machine, if it tells."""
    try:
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        return 0


@exported("python.client.device_lib.list_local_devices")
def list_local_devices(session_config: Any = None) -> list[Any]:
    """Return what computes: the processor."""
    del session_config
    return local_devices("/device:CPU:0")


def local_devices(name: str) -> list[Any]:
    """Return the devices, of which there is one, by this name."""
    return [
        SimpleNamespace(
            name=name,
            device_type="CPU",
            memory_limit=_memory(),
            incarnation=0,
            physical_device_desc="",
        )
    ]


for _path in ("sysconfig.get_include", "sysconfig.get_lib", "sysconfig.get_compile_flags",
              "sysconfig.get_link_flags", "load_op_library"):  # fmt: skip
    advise(_path, "Operations in C++ cannot be added; write them with giulgi's, or tf.py_func.")
