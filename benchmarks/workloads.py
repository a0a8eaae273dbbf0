"""What is measured, of whom, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

# m, k, n, and whether the first factor is stored transposed.
Case = tuple[int, int, int, bool]
# How a network is trained: the names of the forms, by the name of the network.
Forms = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Workload:
    """What is measured.

    Attributes:
        task: what the peers' programs are asked for; None: only that they are imported.
        network: on which network, where the task is one for several.
        fresh: whether each measurement takes a fresh process.
    """

    task: str | None
    network: str = ""
    fresh: bool = False


WORKLOADS = {
    "xor": Workload("xor"),
    **{name: Workload("train", name) for name in ("mlp", "conv", "lstm", "gru", "resnet")},
    "transformer": Workload("train", "transformer"),
    "inference": Workload("inference"),
    "products": Workload("products"),
    "import": Workload(None, fresh=True),
    "first": Workload("first", "mlp", fresh=True),
    "first-conv": Workload("first", "conv", fresh=True),
    "first-lstm": Workload("first", "lstm", fresh=True),
    "memory": Workload("memory", "mlp", fresh=True),
    "memory-conv": Workload("memory", "conv", fresh=True),
    "memory-lstm": Workload("memory", "lstm", fresh=True),
}


@dataclass(frozen=True)
class Peer:
    """A framework, and where to find it.

    Attributes:
        name: what people call it.
        program: its file or folder in ``benchmarks/peers``.
        environment: the folder with its Python, among those that ``benchmarks.peers`` makes;
            None: the Python that runs the benchmarks.
        module: what a user imports.
        workloads: those that need its program running all the time.
        forms: how it trains networks in fresh processes, as its program calls them.
        variables: of the process's environment.
    """

    name: str
    program: str
    environment: str | None
    module: str
    workloads: tuple[str, ...] = ()
    forms: Forms = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def does(self, workload: str) -> bool:
        """Whether it can be measured."""
        told = WORKLOADS[workload]
        if told.task is None:
            return True
        return told.network in self.forms if told.fresh else workload in self.workloads


_TRAINING = ("mlp", "conv", "lstm", "gru", "resnet", "transformer")
_KERAS = (*_TRAINING, "inference")
_ALL = ("xor", *_KERAS, "products")
_FIT: Forms = {"mlp": ("fit",), "conv": ("fit",), "lstm": ("fit",)}

GIULGI = Peer("giulgi", "giulgi", None, "giulgi", _ALL, _FIT)

PEERS = (
    GIULGI,
    Peer("NumPy", "numpy", None, "numpy", ("products",)),
    Peer(
        "JAX",
        "jax",
        "jax",
        "jax",
        _ALL,
        {"mlp": ("jitted step", "scan"), "conv": ("jitted step",), "lstm": ("jitted step",)},
    ),
    Peer("Keras on JAX", "keras", "jax", "keras", _KERAS, _FIT, {"KERAS_BACKEND": "jax"}),
    Peer(
        "PyTorch",
        "torch",
        "torch",
        "torch",
        _ALL,
        {
            "mlp": ("eager", "compiled"),
            "conv": (
                "eager",
                "eager, channels last",
                "compiled",
                "compiled, channels last",
            ),
            "lstm": ("eager", "compiled"),
        },
    ),
    Peer("TensorFlow", "tensorflow", "tensorflow", "tensorflow", ("xor", "products")),
    Peer(
        "Keras on TensorFlow",
        "keras",
        "tensorflow",
        "keras",
        _KERAS,
        {**_FIT, "lstm": ("fit", "fit, XLA")},
        {"KERAS_BACKEND": "tensorflow"},
    ),
)


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        starts: how often all processes of a workload are started anew.
        rounds: how often each of them is measured between two starts.
        fresh_rounds: how often what needs a fresh process each time is measured.
        memory_rounds: the same for memory, which differs least.
        seconds: about how long one measurement of a small thing takes.
        pause: between two measurements, so that threads of the last one are asleep.
        steps: of an epoch, by the name of the network.
        cases: the products.
    """

    starts: int
    rounds: int
    fresh_rounds: int
    memory_rounds: int
    seconds: float
    pause: float
    steps: dict[str, int]
    cases: tuple[Case, ...]


FULL = Effort(
    starts=2,
    rounds=7,
    fresh_rounds=9,
    memory_rounds=5,
    seconds=0.2,
    pause=0.1,
    steps={"mlp": 468, "conv": 20, "lstm": 20, "gru": 20, "resnet": 20, "transformer": 100},
    cases=(
        (128, 128, 128, False),
        (256, 256, 256, False),
        (512, 512, 512, False),
        (1024, 1024, 1024, False),
        (2048, 2048, 2048, False),
        (128, 784, 512, False),
        (784, 128, 512, True),
        (128, 512, 10, False),
    ),
)
QUICK = Effort(
    starts=1,
    rounds=2,
    fresh_rounds=1,
    memory_rounds=1,
    seconds=0.001,
    pause=0.0,
    steps=dict.fromkeys(FULL.steps, 2),
    cases=((16, 16, 16, False), (8, 16, 4, True)),
)


def installed(peer: Peer, folder: Path | None) -> bool:
    """Whether there is a Python for the peer."""
    return peer.environment is None or (folder is not None and python_in(folder, peer).exists())


def python_in(folder: Path, peer: Peer) -> Path:
    """Return the Python of a peer's environment."""
    return python_of(folder / str(peer.environment))


def python_of(environment: Path) -> Path:
    """Return the Python of a virtual environment."""
    windows = environment / "Scripts" / "python.exe"
    return windows if windows.exists() else environment / "bin" / "python"
