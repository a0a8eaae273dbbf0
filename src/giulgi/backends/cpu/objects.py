"""From LLVM's intermediate language to machine code that can be called."""

from __future__ import annotations

from typing import Any

from giulgi.backends.cpu.machine import Machine


def compile_object(text: str, machine: Machine) -> bytes:
    """Return the machine code of a module as an object file.

    Args:
        text: the module in LLVM's intermediate language.
        machine: the processor it is for.
    """
    from llvmlite import binding

    target_machine = machine.target_machine()
    module = binding.parse_assembly(text)
    module.triple = machine.triple
    module.data_layout = str(target_machine.target_data)
    options = binding.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = False
    options.slp_vectorization = False
    options.loop_unrolling = False
    builder = binding.create_pass_builder(target_machine, options)
    builder.getModulePassManager().run(module, builder)
    code: bytes = target_machine.emit_object(module)
    return code


class Loaded:
    """Machine code in memory.

    Args:
        code: an object file.
        names: the functions that are called from outside.
    """

    def __init__(self, code: bytes, names: tuple[str, ...]) -> None:
        from llvmlite import binding

        self._compiler: Any = binding.create_lljit_compiler()
        library = binding.JITLibraryBuilder().add_object_img(code).add_current_process()
        for name in names:
            library.export_symbol(name)
        self._tracker: Any = library.link(self._compiler, f"code{id(self)}")
        self.addresses: dict[str, int] = {name: self._tracker[name] for name in names}
