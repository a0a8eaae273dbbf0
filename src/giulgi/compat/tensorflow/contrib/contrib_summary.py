"""``tf.contrib.summary``: summaries that are written as they are computed, in steps that count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import TABLES, export, exported
from giulgi.compat.tensorflow.train.summary_writer import create_file_writer, flush

# Whether a summary is written now, as the innermost context says. Without one it is not.
_conditions: list[Callable[[], bool]] = [lambda: False]


@contextmanager
def _where(condition: Callable[[], bool]) -> Iterator[None]:
    _conditions.append(condition)
    try:
        yield
    finally:
        _conditions.remove(condition)


@exported("contrib.summary.always_record_summaries")
def always_record_summaries() -> Any:
    """Return a context in which summaries are written."""
    return _where(lambda: True)


@exported("contrib.summary.never_record_summaries")
def never_record_summaries() -> Any:
    """Return a context in which no summary is written."""
    return _where(lambda: False)


@exported("contrib.summary.record_summaries_every_n_global_steps")
def record_summaries_every_n_global_steps(n: int, global_step: Any = None) -> Any:
    """Return a context in which summaries are written in each n-th step."""
    return _where(lambda: int(_step(global_step)) % n == 0)


@exported("contrib.summary.should_record_summaries")
def should_record_summaries() -> bool:
    """Whether a summary would be written now."""
    return _conditions[-1]()


def _step(step: Any) -> Any:
    return TABLES["tensorflow"]["train.get_or_create_global_step"]() if step is None else step


def _written(kind: str, *args: Any, step: Any, **options: Any) -> None:
    """Write a summary if the context says so.

    Raises:
        NotImplementedError: in a graph, which computes nothing as it is built.
    """
    if not get_default_graph().makes_tensors:
        raise NotImplementedError(
            f"tf.contrib.summary.{kind} writes as it computes, after tf.enable_eager_execution(): "
            f"in a graph take tf.summary.{kind}, and write what it gives by tf.summary.FileWriter"
        )
    if should_record_summaries():
        TABLES["tensorflow"][f"summary.{kind}"](*args, step=_step(step), **options)


@exported("contrib.summary.scalar")
def scalar(name: str, tensor: Any, family: str | None = None, step: Any = None) -> None:
    """Write one number under a tag, for a step; None: the global step."""
    _written("scalar", name, tensor, family=family, step=step)


@exported("contrib.summary.histogram")
def histogram(name: str, tensor: Any, family: str | None = None, step: Any = None) -> None:
    """Write the distribution of numbers; see :func:`scalar`."""
    _written("histogram", name, tensor, family=family, step=step)


@exported("contrib.summary.image")
def image(
    name: str, tensor: Any, bad_color: Any = None, max_images: int = 3, family: str | None = None,
    step: Any = None,
) -> None:  # fmt: skip
    """Write pictures of shape (number, height, width, channels); see :func:`scalar`."""
    del bad_color
    _written("image", name, tensor, max_images, family=family, step=step)


@exported("contrib.summary.audio")
def audio(
    name: str, tensor: Any, sample_rate: Any, max_outputs: int, family: str | None = None,
    step: Any = None,
) -> None:  # fmt: skip
    """Write sounds of shape (number, frames[, channels]); see :func:`scalar`."""
    _written("audio", name, tensor, sample_rate, max_outputs, family=family, step=step)


export("contrib.summary.create_summary_file_writer", create_file_writer)
export("contrib.summary.flush", flush)
