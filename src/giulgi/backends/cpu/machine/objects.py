"""From LLVM's intermediate language to machine code that can be called."""

from __future__ import annotations

import os
import threading
import weakref
from functools import cache
from typing import Any

from giulgi.backends.cpu.machine.cache import FORMAT, object_cache
from giulgi.backends.cpu.machine.processor import Machine

# What LLVM does with a module before it makes machine code. The code is written as it is to be;
# what is left is to put small functions in their place, and to simplify what stands side by side
# then. LLVM's usual hundred passes take ten times as long, and gain nothing here. (The pass new_gvn
# is wrong: in loops of several rounds it takes values of the first round for those of the second.)
_PASSES = ("always_inliner", "instruction_combine")


# LLVM is used by one thread at a time. A process that forks waits until none uses it: in the child
# there would be nobody to finish, and LLVM's own lock would never open.
_using_llvm = threading.RLock()
# What LLVM holds for code that nobody needs any more. Code is dropped at any time, in any thread,
# where no lock can be taken; LLVM lets go of it when it is used next.
_dropped: list[tuple[Any, Any]] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_using_llvm.acquire,
        after_in_parent=_using_llvm.release,
        after_in_child=_using_llvm.release,
    )


def object_of(text: str, machine: Machine) -> bytes:
    """Return the machine code of a module as an object file, from the cache if it is there.

    Args:
        text: the module in LLVM's intermediate language.
        machine: the processor it is for.
    """
    kept = object_cache()
    if kept is None:
        return compile_object(text, machine)
    key = object_key(text, machine)
    code = kept.read(key)
    if code is None:
        code = compile_object(text, machine)
        kept.write(key, code)
    return code


def object_key(text: str, machine: Machine) -> str:
    """Return the digest of all that an object depends on: its name in the cache."""
    from hashlib import sha256

    import llvmlite
    from llvmlite import binding

    llvm = (llvmlite.__version__, binding.llvm_version_info)
    processor = (machine.triple, machine.cpu, machine.features)
    facts = (FORMAT, llvm, processor, _PASSES)
    return sha256(f"{facts}\n{text}".encode()).hexdigest()


def compile_object(text: str, machine: Machine) -> bytes:
    """Return the machine code of a module as an object file.

    Args:
        text: the module in LLVM's intermediate language.
        machine: the processor it is for.
    """
    with _using_llvm:
        code: bytes = machine.target_machine().emit_object(_prepared(text, machine))
    return code


def assembly_of(text: str, machine: Machine) -> str:
    """Return the machine code of a module, as people read it."""
    with _using_llvm:
        code: str = machine.target_machine().emit_assembly(_prepared(text, machine))
    return code


def _prepared(text: str, machine: Machine) -> Any:
    """Return LLVM's module, ready to become machine code."""
    from llvmlite import binding

    target_machine = machine.target_machine()
    if "windows" in machine.triple:
        # Whatever computes with floats wants this name, which is there for linkers only.
        text += "@_fltused = global i32 0\n"
    module = binding.parse_assembly(text)
    module.triple = machine.triple
    module.data_layout = str(target_machine.target_data)
    options = binding.create_pipeline_tuning_options()
    passes = binding.create_new_module_pass_manager()
    for name in _PASSES:
        getattr(passes, f"add_{name}_pass")()
    passes.run(module, binding.create_pass_builder(target_machine, options))
    return module


class Loaded:
    """Machine code in memory.

    Args:
        code: an object file.
        names: the functions that are called from outside.
    """

    def __init__(self, code: bytes, names: tuple[str, ...]) -> None:
        with _using_llvm:
            _dropped.clear()
            self._load(code, names)

    def _load(self, code: bytes, names: tuple[str, ...]) -> None:
        from llvmlite import binding

        compiler = binding.create_lljit_compiler(_plain_machine())
        library = binding.JITLibraryBuilder().add_object_img(code).add_current_process()
        for name in names:
            library.export_symbol(name)
        tracker = library.link(compiler, f"code{id(self)}")
        self.addresses: dict[str, int] = {name: tracker[name] for name in names}
        # The finalizer is what keeps the code in memory for as long as this object lives.
        weakref.finalize(self, _dropped.append, (tracker, compiler)).atexit = False


@cache
def _plain_machine() -> Any:
    """Return LLVM's simplest machine of this kind; to load an object takes no more.

    Without one, LLVM asks the processor what it can do, each time, which takes longer than loading.
    """
    from llvmlite import binding

    binding.initialize_native_target()
    return binding.Target.from_triple(binding.get_process_triple()).create_target_machine()
