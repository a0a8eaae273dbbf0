"""The processor that is compiled for: its vectors, its registers, and LLVM's view of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any


@dataclass(frozen=True)
class Machine:
    """A processor, as far as the compiler needs to know it.

    Attributes:
        triple: LLVM's name of processor family and operating system.
        cpu: LLVM's name of the processor.
        features: LLVM's list of what it can do and cannot, such as ``+avx2,-avx512f``.
    """

    triple: str
    cpu: str
    features: str

    @cached_property
    def _has(self) -> frozenset[str]:
        said = self.features.split(",")
        return frozenset(feature[1:] for feature in said if feature.startswith("+"))

    @property
    def is_arm(self) -> bool:
        """Whether it is a 64-bit Arm processor."""
        return self.triple.startswith(("aarch64", "arm64"))

    @property
    def vector_bytes(self) -> int:
        """The number of bytes in a vector register."""
        if "avx512f" in self._has:
            return 64
        return 32 if "avx" in self._has else 16

    @property
    def vector_registers(self) -> int:
        """The number of vector registers."""
        return 32 if "avx512f" in self._has or self.is_arm else 16

    @property
    def has_fma(self) -> bool:
        """Whether a * b + c is one instruction, rounded once."""
        return self.is_arm or "fma" in self._has or "avx512f" in self._has

    def lanes(self, element_bytes: int) -> int:
        """The number of elements of a size in a vector register."""
        return self.vector_bytes // element_bytes

    def target_machine(self) -> Any:
        """Return LLVM's code generator for the processor."""
        return _target_machine(self)


@cache
def _target_machine(machine: Machine) -> Any:
    from llvmlite import binding

    if machine.is_arm:
        binding.initialize_all_targets()
        binding.initialize_all_asmprinters()
    else:
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
    target = binding.Target.from_triple(machine.triple)
    return target.create_target_machine(
        cpu=machine.cpu, features=machine.features, opt=3, reloc="pic", codemodel="small"
    )


@cache
def host() -> Machine:
    """Return the processor that this runs on."""
    from llvmlite import binding

    features = binding.get_host_cpu_features().flatten()
    return Machine(binding.get_process_triple(), binding.get_host_cpu_name(), features)
