"""The measurements: round after round, everybody once in each, so that drift hits all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import giulgi as gg
from benchmarks.peers.networks import MLP
from benchmarks.processes import PeerError, Process, import_seconds, once
from benchmarks.workloads import GIULGI, WORKLOADS, Effort, Peer

# By how much the losses of peers may differ, as shares of the first one. Adam's epsilon is placed
# differently, words that come again are taken apart on TensorFlow, and the windows of convolutions
# with a stride stand elsewhere in PyTorch (see README.md).
_TOLERANCES = (1e-4, 2e-3)
_WIDER = {"xor": (1e-3,), "transformer": (1e-4, 0.01), "resnet": (0.02, 0.02)}


@dataclass
class Series:
    """The measurements of one thing.

    Attributes:
        workload: one of ``WORKLOADS``.
        peer: who.
        form: how, such as ``fit``.
        case: on what, such as the sizes of a product.
        values: one for each round: seconds, or bytes.
    """

    workload: str
    peer: str
    form: str
    case: str
    values: list[float] = field(default_factory=list)


class Measurements:
    """Measures peers side by side.

    Args:
        peers: whom.
        folder: where their environments are.
        effort: how much.
        say: called with what is being done.
    """

    def __init__(
        self, peers: Sequence[Peer], folder: Path | None, effort: Effort, say: Callable[[str], None]
    ) -> None:
        self.peers = peers
        self.folder = folder
        self.effort = effort
        self.say = say
        self.series: dict[tuple[str, str, str, str], Series] = {}
        self.versions: dict[str, str] = {}
        self.notes: list[str] = []

    def run(self, workloads: Sequence[str]) -> None:
        """Measure these workloads."""
        with TemporaryDirectory() as temporary:
            self._caches = Path(temporary)
            self._data = self._caches / "digits.npz"
            write_digits(self._data, max(self.effort.steps[name] for name in ("mlp", "conv")))
            for workload in workloads:
                peers = [peer for peer in self.peers if peer.does(workload)]
                if WORKLOADS[workload].task is None:
                    self._imports(peers)
                elif WORKLOADS[workload].fresh:
                    self._in_fresh_processes(workload, peers)
                else:
                    for _ in range(self.effort.starts):
                        self._in_rounds(workload, peers)

    def _add(self, workload: str, peer: str, form: str, case: str, value: float) -> None:
        key = (workload, peer, form, case)
        self.series.setdefault(key, Series(*key)).values.append(value)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.say(text)
            self.notes.append(text)

    # Processes that stay

    def _in_rounds(self, workload: str, peers: Sequence[Peer]) -> None:
        processes: list[Process] = []
        turns: list[tuple[Process, str]] = []
        checks: dict[str, list[float]] = {}
        ended: set[Process] = set()
        try:
            for peer in peers:
                self.say(f"{workload}: {peer.name} gets ready")
                processes.append(Process(peer, self.folder, self._request(workload)))
                turns += self._ready(workload, processes[-1], checks)
            self._compare(workload, checks)
            for number in range(self.effort.rounds):
                self.say(f"{workload}: round {number + 1} of {self.effort.rounds}")
                first = number * len(turns) // self.effort.rounds
                for process, name in turns[first:] + turns[:first]:
                    if process in ended:
                        continue
                    time.sleep(self.effort.pause)
                    form, _, case = name.partition("|")
                    try:
                        value = process.ask(name)
                    except (PeerError, BrokenPipeError) as error:
                        self._note(f"{workload}: {process.peer.name} ended: {error}")
                        ended.add(process)
                        continue
                    self._add(workload, process.peer.name, form, case, value)
        finally:
            for process in processes:
                process.end()

    def _ready(
        self, workload: str, process: Process, checks: dict[str, list[float]]
    ) -> list[tuple[Process, str]]:
        """Wait until a process is ready; return what it can measure."""
        name = process.peer.name
        try:
            told = process.answer()
        except PeerError as error:
            self._note(f"{workload}: {name} failed: {error}")
            return []
        self.versions |= told["versions"]
        for form, why in told["notes"].items():
            self._note(f"{workload}: {name}, {form} failed: {why}")
        checks |= {f"{name}, {f}": c for f, c in told["checks"].items() if c}
        return [(process, form) for form in told["checks"]]

    def _compare(self, workload: str, checks: dict[str, list[float]]) -> None:
        """Note whose training went another way: it does other work."""
        if not checks:
            return
        usual = np.median(list(checks.values()), axis=0)
        allowed = np.array(_WIDER.get(workload, _TOLERANCES)) * usual[0]
        for who, losses in checks.items():
            if np.any(np.abs(losses - usual) > allowed):
                told, others = (", ".join(f"{x:.4g}" for x in xs) for xs in (losses, usual))
                self._note(f"{workload}: {who} has losses of {told}, others {others}")

    def _request(self, workload: str, form: str = "", cache: str = "objects") -> dict[str, object]:
        told = WORKLOADS[workload]
        return {
            "workload": told.task,
            "network": told.network,
            "form": form,
            "data": str(self._data),
            "seconds": self.effort.seconds,
            "cases": self.effort.cases,
            "steps": self.effort.steps.get(told.network),
            "cache": str(self._caches / cache),
        }

    # Fresh processes

    def _imports(self, peers: Sequence[Peer]) -> None:
        for number in range(self.effort.fresh_rounds + 1):
            self.say(f"import: round {number} of {self.effort.fresh_rounds}")
            for peer in peers:
                seconds = import_seconds(peer, self.folder)
                if number:  # The first time, files are read from disk and compiled to bytecode.
                    self._add("import", peer.name, "", "", seconds)

    def _in_fresh_processes(self, workload: str, peers: Sequence[Peer]) -> None:
        effort = self.effort
        task = WORKLOADS[workload].task
        rounds = effort.memory_rounds if task == "memory" else effort.fresh_rounds
        failed: set[tuple[str, str]] = set()
        for number in range(rounds + 1):
            self.say(f"{workload}: round {number} of {rounds}")
            for peer in peers:
                for form, state in _states(peer, workload):
                    if (peer.name, form) in failed:
                        continue
                    cache = f"{workload}-{number}" if state == "empty cache" else f"{workload}-full"
                    request = self._request(workload, form, cache)
                    try:
                        value = once(peer, self.folder, request)
                    except PeerError as error:
                        self._note(f"{workload}: {peer.name}, {form} failed: {error}")
                        failed.add((peer.name, form))
                        continue
                    if number:
                        said = f"{form}, {state}" if state else form
                        self._add(workload, peer.name, said, "", value)


def _states(peer: Peer, workload: str) -> list[tuple[str, str]]:
    """Return pairs of a form and what of it is on disk already."""
    states = ("",)
    told = WORKLOADS[workload]
    if told.task == "first" and peer is GIULGI:
        states = ("empty cache", "full cache")
    return [(form, state) for form in peer.forms[told.network] for state in states]


def write_digits(path: Path, batches: int) -> None:
    """Write MNIST as float32 rows from 0 to 1, and int32 digits: so many batches."""
    (x, y), _ = gg.datasets.mnist.load_data()
    examples = batches * MLP["batch"]
    x, y = x[:examples].reshape(examples, -1), y[:examples]
    np.savez(path, x=x / np.float32(255), y=y.astype("int32"))
