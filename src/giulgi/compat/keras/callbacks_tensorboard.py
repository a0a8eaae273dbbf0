"""``TensorBoard``: what is reported while training, in files that TensorBoard shows."""

from __future__ import annotations

import os
from typing import Any

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.train.summary_writer import FileWriter
from giulgi.formats.distributions import histogram_of
from giulgi.formats.event_proto import Summary, Value


@exported("callbacks.TensorBoard", "callbacks.tensorboard_v1.TensorBoard", of="keras")
class TensorBoard(gg.callbacks.Callback):
    """Writes losses and metrics after each epoch, the graph, and histograms of weights.

    Args:
        log_dir: the folder.
        histogram_freq: after how many epochs there are histograms; 0: never.
        batch_size: has no meaning.
        write_graph: whether the graph is written.
        write_grads: has no meaning: gradients live within the training step alone.
        write_images: has no meaning: weights are shown as histograms.
        update_freq: "epoch", "batch", or after how many examples there is a report.
        options: have no meaning.
    """

    def __init__(
        self,
        log_dir: Any = "./logs",
        histogram_freq: int = 0,
        batch_size: int | None = 32,
        write_graph: bool = True,
        write_grads: bool = False,
        write_images: bool = False,
        update_freq: Any = "epoch",
        **options: Any,
    ) -> None:
        del batch_size, write_grads, write_images, options
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq, self.write_graph = int(histogram_freq), write_graph
        self.update_freq = update_freq
        self._writer: FileWriter | None = None
        self._seen = 0
        if update_freq != "epoch":  # Else nothing has to be done after each batch.
            self.on_batch_end = self._after_batch  # type: ignore[method-assign]

    @property
    def writer(self) -> FileWriter:
        """What writes the file."""
        if self._writer is None:
            self._writer = FileWriter(self.log_dir)
        return self._writer

    def on_train_begin(self, logs: Any = None) -> None:
        """Write the graph."""
        if self.write_graph:
            from giulgi.compat.graphs.graph import get_default_graph

            self.writer.add_graph(get_default_graph())

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write what is reported."""
        self._report(logs or {}, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            values = [
                Value(tag=variable.name, histo=histogram_of(variable.numpy()))
                for variable in self.model.variables
            ]
            self.writer.add_summary(Summary(value=values), epoch)
        self.writer.flush()

    def _after_batch(self, batch: int, logs: Any = None) -> None:
        """Write what is reported, if it is time."""
        said = logs or {}
        self._seen += 1
        if self.update_freq == "batch" or self._seen % max(1, int(self.update_freq)) == 0:
            self._report({f"batch_{name}": value for name, value in said.items()}, self._seen)

    def _report(self, logs: dict[str, Any], step: int) -> None:
        values = [
            Value(tag=name, simple_value=float(value))
            for name, value in logs.items()
            if name not in ("batch", "size")
        ]
        if values:
            self.writer.add_summary(Summary(value=values), step)

    def on_train_end(self, logs: Any = None) -> None:
        """Finish the file."""
        self.writer.close()
        self._writer = None
