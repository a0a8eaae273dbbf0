"""What is measured, of whom, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

# m, k, n, and whether the first factor is stored transposed.
Case = tuple[int, int, int, bool]

WORKLOADS = ("xor", "mlp", "conv", "lstm", "products", "import", "first", "memory")


@dataclass(frozen=True)
class Peer:
    """A framework, and where to find it.

    Attributes:
        name: what people call it.
        program: its file in ``benchmarks/peers``.
        environment: the folder with its Python, among those that ``benchmarks.peers`` makes;
            None: the Python that runs the benchmarks.
        module: what a user imports.
        workloads: those that need its program running all the time.
        forms: how it trains the MNIST network, as its program calls them.
        variables: of the process's environment.
    """

    name: str
    program: str
    environment: str | None
    module: str
    workloads: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def does(self) -> tuple[str, ...]:
        """All its workloads."""
        return (*self.workloads, "import", *(("first", "memory") if self.forms else ()))


_ALL = ("xor", "mlp", "conv", "lstm", "products")
GIULGI = Peer("giulgi", "giulgi", None, "giulgi", _ALL, ("fit",))

PEERS = (
    GIULGI,
    Peer("NumPy", "numpy", None, "numpy", ("products",)),
    Peer(
        "JAX",
        "jax",
        "jax",
        "jax",
        _ALL,
        ("jitted step", "scan"),
    ),
    Peer(
        "Keras on JAX",
        "keras",
        "jax",
        "keras",
        ("mlp", "conv", "lstm"),
        ("fit",),
        {"KERAS_BACKEND": "jax"},
    ),
    Peer("PyTorch", "torch", "torch", "torch", _ALL, ("eager", "compiled")),
    Peer("TensorFlow", "tensorflow", "tensorflow", "tensorflow", ("xor", "products")),
    Peer(
        "Keras on TensorFlow",
        "keras",
        "tensorflow",
        "keras",
        ("mlp", "conv", "lstm"),
        ("fit",),
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
        examples: of the MNIST network; whole batches.
        pictures: of the convolutional network; whole batches.
        sequences: of the recurrent network; whole batches.
        cases: the products.
    """

    starts: int
    rounds: int
    fresh_rounds: int
    memory_rounds: int
    seconds: float
    pause: float
    examples: int
    pictures: int
    sequences: int
    cases: tuple[Case, ...]


FULL = Effort(
    starts=2,
    rounds=7,
    fresh_rounds=9,
    memory_rounds=5,
    seconds=0.2,
    pause=0.1,
    examples=468 * 128,
    pictures=20 * 128,
    sequences=20 * 100,
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
    examples=2 * 128,
    pictures=2 * 128,
    sequences=2 * 100,
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
