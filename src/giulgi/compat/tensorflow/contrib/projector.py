"""``tensorboard.plugins.projector``: which variables TensorBoard shows as clouds of points."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from giulgi.compat.names import exported

_HOME = "contrib.tensorboard.plugins.projector"


class _Sprite:
    """A picture of many small ones, one for each point."""

    def __init__(self) -> None:
        self.image_path = ""
        self.single_image_dim: list[int] = []


@exported(f"{_HOME}.EmbeddingInfo")
class EmbeddingInfo:
    """A variable to show.

    Attributes:
        tensor_name: its name.
        metadata_path: a file with a label for each point, one a line.
        sprite: a picture of many small ones, one for each point.
    """

    def __init__(self, **fields: Any) -> None:
        self.tensor_name = ""
        self.metadata_path = ""
        self.bookmarks_path = ""
        self.tensor_path = ""
        self.tensor_shape: list[int] = []
        self.sprite = _Sprite()
        self.__dict__.update(fields)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the file that TensorBoard reads."""
        yield "embeddings {"
        for name in ("tensor_name", "metadata_path", "bookmarks_path", "tensor_path"):
            if getattr(self, name):
                yield f'  {name}: "{getattr(self, name)}"'
        yield from (f"  tensor_shape: {size}" for size in self.tensor_shape)
        if self.sprite.image_path:
            yield "  sprite {"
            yield f'    image_path: "{self.sprite.image_path}"'
            yield from (f"    single_image_dim: {size}" for size in self.sprite.single_image_dim)
            yield "  }"
        yield "}"


class _Embeddings(list[EmbeddingInfo]):
    """The variables to show."""

    def add(self, **fields: Any) -> EmbeddingInfo:
        """Add one, and return it."""
        self.append(EmbeddingInfo(**fields))
        return self[-1]


@exported(f"{_HOME}.ProjectorConfig")
class ProjectorConfig:
    """What TensorBoard is to show.

    Attributes:
        embeddings: the variables; ``embeddings.add()`` adds one.
        model_checkpoint_path: the checkpoint that has their values; else the latest.
    """

    def __init__(self, **fields: Any) -> None:
        self.embeddings = _Embeddings()
        self.model_checkpoint_path = ""
        self.model_checkpoint_dir = ""
        self.__dict__.update(fields)

    def __str__(self) -> str:
        lines = [line for info in self.embeddings for line in info.lines()]
        for name in ("model_checkpoint_path", "model_checkpoint_dir"):
            if getattr(self, name):
                lines.insert(0, f'{name}: "{getattr(self, name)}"')
        return "\n".join(lines) + "\n"


@exported(f"{_HOME}.visualize_embeddings")
def visualize_embeddings(summary_writer: Any, config: ProjectorConfig) -> None:
    """Write down beside a writer's events what TensorBoard is to show of the checkpoints there."""
    folder = Path(getattr(summary_writer, "get_logdir", lambda: summary_writer)())
    (folder / "projector_config.pbtxt").write_text(str(config), encoding="utf-8")
