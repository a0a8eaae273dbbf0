"""The short table that the READMEs show, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.measure import Series
from benchmarks.peers.tasks import prediction_name
from benchmarks.report import figure, rows_text
from benchmarks.results import Results, median, ratio_of
from benchmarks.topics import TOPICS

LANGUAGES = ("en", "ko")
# Each peer that has a column, and whose figures stand there: the best of them.
_COLUMNS = {
    "JAX": ("JAX",),
    "Keras on JAX": ("Keras on JAX",),
    "PyTorch": ("PyTorch",),
    "TensorFlow, Keras": ("TensorFlow", "Keras on TensorFlow"),
    "NumPy": ("NumPy",),
}
_STEPS = ("jitted step", "eager", "tf.function step")


@dataclass(frozen=True)
class _Row:
    """A line of the table.

    Attributes:
        labels: what it says, in English and in Korean.
        workload: what was measured.
        form: how giulgi does it.
        case: on what.
        others: the forms of the peers that count; None: all.
    """

    labels: tuple[str, str]
    workload: str
    form: str
    case: str = ""
    others: tuple[str, ...] | None = None


_ROWS = (
    _Row(
        ("XOR, a step, all steps in one call", "XOR 한 스텝 (한 번의 호출로 모든 스텝)"),
        "xor",
        "function.repeat",
    ),
    _Row(
        ("XOR, a step, one call each", "XOR 한 스텝 (스텝마다 한 번씩 호출)"),
        "xor",
        "function",
        others=_STEPS,
    ),
    _Row(("MNIST, a step", "MNIST 한 스텝"), "mlp", "fit"),
    _Row(("MNIST, convolutional, a step", "MNIST 합성곱 신경망 한 스텝"), "conv", "fit"),
    _Row(("LSTM, a step", "LSTM 한 스텝"), "lstm", "fit"),
    _Row(("GRU, a step", "GRU 한 스텝"), "gru", "fit"),
    _Row(("residual network, a step", "잔차 신경망 한 스텝"), "resnet", "fit"),
    _Row(("transformer, a step", "트랜스포머 한 스텝"), "transformer", "fit"),
    _Row(
        ("convolutional, prediction for 1", "합성곱 신경망 예측 (1개)"),
        "inference",
        "function",
        prediction_name("conv", 1),
    ),
    _Row(
        ("convolutional, prediction for 128", "합성곱 신경망 예측 (128개)"),
        "inference",
        "function",
        prediction_name("conv", 128),
    ),
    _Row(
        ("LSTM, prediction for 1", "LSTM 예측 (1개)"),
        "inference",
        "function",
        prediction_name("lstm", 1),
    ),
    _Row(
        ("LSTM, prediction for 128", "LSTM 예측 (128개)"),
        "inference",
        "function",
        prediction_name("lstm", 128),
    ),
    _Row(
        ("product 512 x 512 x 512", "행렬 곱 512 x 512 x 512"),
        "products",
        "function",
        "512x512 @ 512x512",
    ),
    _Row(
        ("product 2048 x 2048 x 2048", "행렬 곱 2048 x 2048 x 2048"),
        "products",
        "function",
        "2048x2048 @ 2048x2048",
    ),
    _Row(("import", "임포트"), "import", ""),
    _Row(
        ("first step, nothing kept on disk", "첫 스텝 (디스크에 남은 것이 없을 때)"),
        "first",
        "fit, empty cache",
    ),
    _Row(
        ("first step, convolutional", "첫 스텝, 합성곱 신경망"),
        "first-conv",
        "fit, empty cache",
    ),
    _Row(("first step, LSTM", "첫 스텝, LSTM"), "first-lstm", "fit, empty cache"),
    _Row(("memory, MNIST", "메모리, MNIST"), "memory", "fit"),
    _Row(("memory, MNIST, convolutional", "메모리, MNIST 합성곱 신경망"), "memory-conv", "fit"),
    _Row(("memory, LSTM", "메모리, LSTM"), "memory-lstm", "fit"),
)


def summary(results: Results, language: str) -> str:
    """Return giulgi's figures, and how many times as much the best form of each peer takes."""
    rows = [_cells(results, row, LANGUAGES.index(language)) for row in _ROWS]
    return rows_text(["", "giulgi", *_COLUMNS], [row for row in rows if row])


def _cells(results: Results, row: _Row, language: int) -> list[str]:
    found = results.of(row.workload, row.case)
    base = [s for s in found if (s.peer, s.form) == ("giulgi", row.form)]
    if not base:
        return []
    cells = [row.labels[language], _own_figure(results, base[0])]
    for peers in _COLUMNS.values():
        ratios = [
            ratio_of(s, base[0])
            for s in found
            if s.peer in peers and (row.others is None or s.form in row.others)
        ]
        cells.append(f"{figure(min(ratios))}×" if ratios else "")
    return cells


def _own_figure(results: Results, series: Series) -> str:
    if series.workload == "products":
        return f"{results.flops(series) / 1e9:.0f} GFLOP/s"
    topic = TOPICS[series.workload]
    return f"{figure(topic.factor * median(series))} {topic.unit}"
