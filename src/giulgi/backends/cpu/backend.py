"""The backend that compiles, and keeps what it compiled."""

from __future__ import annotations

from functools import partial

from giulgi.backends.base import Batched, Computation, Executable
from giulgi.backends.cpu.fingerprint import digest, fingerprint
from giulgi.backends.cpu.machine.cache import object_cache
from giulgi.backends.cpu.machine.objects import Loaded, object_key
from giulgi.backends.cpu.machine.processor import Machine, host
from giulgi.backends.cpu.running.executable import ENTRIES, NativeExecutable
from giulgi.backends.cpu.running.frame import Frame, frame_and_code
from giulgi.backends.cpu.running.mixed import MixedExecutable, is_worth_mixing, stages_of
from giulgi.backends.cpu.running.rounds import Rounds
from giulgi.backends.cpu.running.sized import SizedExecutable, sizes_of
from giulgi.backends.explanation import Explanation
from giulgi.backends.reference import ReferenceBackend
from giulgi.recent import Recent

# Of so many loops the code is kept, whatever programs they are in.
_REMEMBERED_LOOPS = 64


class CpuBackend:
    """Compiles computations to native code for the processor that it runs on.

    Args:
        machine: the processor; None: this one.
    """

    name = "cpu"

    def __init__(self, machine: Machine | None = None) -> None:
        self._machine = machine
        self._reference = ReferenceBackend()

    @property
    def machine(self) -> Machine:
        """The processor that is compiled for."""
        return self._machine or host()

    def compile(self, computation: Computation, batched: Batched | None = None) -> Executable:
        """Return the computation as native code, from the cache if it is there.

        What cannot be compiled, such as a shape that depends on data, is left to the reference;
        the rest is compiled all the same, if it is worth it.
        """
        found = self._translated(computation, batched)
        if found is None:
            return self._mixed(computation, batched)
        frame, code = found
        return NativeExecutable(computation, frame, Loaded(code, ENTRIES), batched)

    def _mixed(self, computation: Computation, batched: Batched | None) -> Executable:
        sizes = sizes_of(computation)
        if sizes:
            staged = partial(self._staged, computation, batched)
            return SizedExecutable(computation, sizes, self.compile, staged, batched)
        return self._staged(computation, batched)

    def _staged(self, computation: Computation, batched: Batched | None) -> Executable:
        from giulgi.backends.cpu.compiler import is_native

        stages = stages_of(computation, is_native)
        if not is_worth_mixing(stages, is_native):
            return self._reference.compile(computation, batched)
        return MixedExecutable(computation, stages, is_native, self.compile, batched)

    def _translated(
        self, computation: Computation, batched: Batched | None
    ) -> tuple[Frame, bytes] | None:
        kept = object_cache()
        own = None if kept is None else fingerprint(computation, batched)
        key = None if own is None else object_key(own, self.machine)
        if kept is not None and key is not None:
            content = kept.read(key)
            found = None if content is None else frame_and_code(content)
            if found is not None:
                return found
        # The compiler is not needed, nor its many files read, where everything is in the cache.
        from giulgi.backends.cpu.compiler import translated

        made = translated(computation, self.machine, batched)
        if made is not None and kept is not None and key is not None:
            frame, code = made
            if frame.is_small:
                kept.write(key, frame.with_code(code))
        return made

    def explain(self, computation: Computation, batched: Batched | None = None) -> Explanation:
        """Return the graph, its groups, their memory, LLVM's language and assembly."""
        from giulgi.backends.cpu.compiler import explained

        return explained(computation, self.machine, batched)


class LoopsBackend(CpuBackend):
    """Interprets computations, but for their loops, which are compiled once for all lengths."""

    name = "loops"

    def __init__(self) -> None:
        super().__init__()
        self._loops: Recent[str, Executable] = Recent(_REMEMBERED_LOOPS)

    def compile(self, computation: Computation, batched: Batched | None = None) -> Executable:
        """Return the computation with the loops in native code."""
        from giulgi.backends.cpu.compiler import is_native

        return Rounds(computation, is_native, self._loop, batched)

    def _loop(self, step: Computation, batched: Batched | None) -> Executable:
        """Return the code of a step of a loop."""
        key = digest(step, batched)
        if key is None:
            return super().compile(step, batched)
        return self._loops.get(key, lambda: super(LoopsBackend, self).compile(step, batched))
