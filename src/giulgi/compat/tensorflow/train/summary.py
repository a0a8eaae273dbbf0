"""``tf.summary``: operations whose values are summaries as bytes, for TensorBoard."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from giulgi.compat.errors import InvalidArgumentError
from giulgi.compat.graphs.graph import Collections, get_default_graph, is_modern
from giulgi.compat.names import export, exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.tensorflow.train.summary_writer import get_step, now_written
from giulgi.compat.tensors.dtypes import string
from giulgi.compat.tensors.tensor import Tensor, as_tensor
from giulgi.formats import summary_bytes
from giulgi.formats.event_proto import (
    Event,
    HistogramProto,
    SessionLog,
    Summary,
    SummaryMetadata,
    Value,
    audio_of,
    image_of,
)
from giulgi.formats.graph_proto import array_proto

for _path, _message in {
    "Summary": Summary,
    "summary.Summary": Summary,
    "core.framework.summary_pb2.Summary": Summary,
    "Event": Event,
    "summary.Event": Event,
    "core.util.event_pb2.Event": Event,
    "SessionLog": SessionLog,
    "summary.SessionLog": SessionLog,
    "SummaryMetadata": SummaryMetadata,
    "HistogramProto": HistogramProto,
    "core.framework.summary_pb2.HistogramProto": HistogramProto,
}.items():
    export(_path, _message)

_NOT_IN_NAMES = re.compile(r"[^-/\w.]")

#: Makes the summary, as bytes, of a tag and an array.
Maker = Callable[[str, np.ndarray[Any, Any]], bytes]


def _summary(
    type: str, make: Maker, name: str, tensor: Any, collections: Any, family: str | None = None,
    step: Any = None,
) -> Any:  # fmt: skip
    """Return an operation whose value is a summary, under a name that becomes its tag.

    With a step it is written at once, as TensorFlow 2 does; see :func:`now_written`.
    """
    own = _NOT_IN_NAMES.sub("_", str(name).removeprefix("/"))
    own = own if family is None else f"{family}/{own}"
    given = as_tensor(tensor)
    step = get_step() if step is None and is_modern() else step
    if step is not None:
        return now_written(lambda array: make(own, array), given, step)
    return _operation(type, make, lambda tag: tag, own, given, collections)


def _operation(
    type: str, make: Maker, tag_of: Callable[[str], str], name: str, tensor: Tensor,
    collections: Any,
) -> Tensor:  # fmt: skip
    def summarize(array: Any) -> bytes:
        return make(tag_of(made.name), np.asarray(array))

    made = host_operation(type, summarize, [tensor], [(string, [])], name)
    chosen = [Collections.SUMMARIES] if collections is None else collections
    get_default_graph().add_to_collections(chosen, made.outputs[0])
    return made.outputs[0]


# Values of one tag


def _scalar(tag: str, array: Any) -> bytes:
    if array.size != 1:
        raise InvalidArgumentError(
            None, None, f"tf.summary.scalar({tag!r}) takes one number, not shape {array.shape}"
        )
    return summary_bytes.scalar(tag, float(array.reshape(-1)[0]))


def _histogram(tag: str, array: Any) -> bytes:
    try:
        return summary_bytes.histogram(tag, array)
    except ValueError as error:
        raise InvalidArgumentError(None, None, f"{error} for: {tag}") from None


def _written(values: Sequence[Value]) -> bytes:
    return Summary(value=values).SerializeToString()


def _text(tag: str, array: Any) -> bytes:
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
    return _written([Value(tag=tag, metadata=metadata, tensor=array_proto(array))])


def _images(max_outputs: int, ending: str = "/image") -> Maker:
    def make(tag: str, array: Any) -> bytes:
        if array.ndim != 4 or array.shape[-1] not in (1, 2, 3, 4):
            raise InvalidArgumentError(
                None, None, f"{tag}: pictures have shape (number, height, width, 1, 3 or 4), not "
                f"{array.shape}",
            )  # fmt: skip
        pictures = [image_of(picture) for picture in array[:max_outputs]]
        own = tag + ending
        names = [own] if max_outputs == 1 else [f"{own}/{i}" for i in range(len(pictures))]
        pairs = zip(names, pictures, strict=False)
        return _written([Value(tag=n, image=x) for n, x in pairs])

    return make


def _sounds(sample_rate: float, max_outputs: int) -> Maker:
    def make(tag: str, array: Any) -> bytes:
        sounds = [
            audio_of(sound if sound.ndim == 2 else sound[:, None], sample_rate)
            for sound in array[:max_outputs]
        ]
        own = f"{tag}/audio"
        names = [own] if max_outputs == 1 else [f"{own}/{i}" for i in range(len(sounds))]
        return _written([Value(tag=n, audio=x) for n, x in zip(names, sounds, strict=False)])

    return make


# What programs call


@exported("summary.scalar")
def scalar(
    name: str, tensor: Any = None, collections: Any = None, family: str | None = None,
    step: Any = None, data: Any = None, description: str | None = None,
) -> Any:  # fmt: skip
    """Return an operation whose value is the summary of one number.

    Args:
        name: its tag, within the open scope of names.
        tensor: the number.
        collections: those that the operation joins; None: that of :func:`merge_all`.
        family: what the tag begins with.
        step: the step, to write it at once, as in TensorFlow 2.
        data: the number, by its name in TensorFlow 2.
        description: has no meaning.
    """
    del description
    given = data if tensor is None else tensor
    return _summary("ScalarSummary", _scalar, name, given, collections, family, step)


@exported("summary.histogram")
def histogram(
    name: str, values: Any = None, collections: Any = None, family: str | None = None,
    step: Any = None, data: Any = None, buckets: Any = None, description: str | None = None,
) -> Any:  # fmt: skip
    """Return an operation whose value is the distribution of numbers; see :func:`scalar`."""
    del buckets, description
    given = data if values is None else values
    return _summary("HistogramSummary", _histogram, name, given, collections, family, step)


@exported("summary.image")
def image(
    name: str, tensor: Any = None, max_outputs: int = 3, collections: Any = None,
    family: str | None = None, step: Any = None, data: Any = None, description: str | None = None,
) -> Any:  # fmt: skip
    """Return an operation whose value is pictures; see :func:`scalar`.

    Args:
        name: their tag.
        tensor: pictures of shape (number, height, width, channels).
        max_outputs: how many of them are kept.
        collections: those that the operation joins.
        family: what the tag begins with.
        step: the step, to write them at once.
        data: the pictures, by their name in TensorFlow 2.
        description: has no meaning.
    """
    del description
    given = data if tensor is None else tensor
    make = _images(max_outputs)
    return _summary("ImageSummary", make, name, given, collections, family, step)


@exported("summary.audio")
def audio(
    name: str, tensor: Any = None, sample_rate: Any = None, max_outputs: int = 3,
    collections: Any = None, family: str | None = None, step: Any = None, data: Any = None,
) -> Any:  # fmt: skip
    """Return an operation whose value is sounds of shape (number, frames[, channels])."""
    given = data if tensor is None else tensor
    make = _sounds(float(sample_rate), max_outputs)
    return _summary("AudioSummaryV2", make, name, given, collections, family, step)


@exported("summary.text")
def text(
    name: str, tensor: Any = None, collections: Any = None, step: Any = None, data: Any = None,
) -> Any:  # fmt: skip
    """Return an operation whose value is text; see :func:`scalar`."""
    given = data if tensor is None else tensor
    return _summary("TensorSummaryV2", _text, name, given, collections, None, step)


@exported("summary.tensor_summary")
def tensor_summary(
    name: str, tensor: Any, summary_description: Any = None, collections: Any = None,
    summary_metadata: Any = None, family: str | None = None, display_name: Any = None,
) -> Any:  # fmt: skip
    """Return an operation whose value is an array under a tag."""
    del summary_description, display_name

    def make(tag: str, array: Any) -> bytes:
        told = Value(tag=tag, metadata=summary_metadata, tensor=array_proto(array))
        return _written([told])

    return _summary("TensorSummaryV2", make, name, tensor, collections, family)


@exported("summary.merge", "merge_summary")
def merge(inputs: Sequence[Any], collections: Any = None, name: str | None = None) -> Tensor:
    """Return an operation whose value is several summaries as one."""
    found = [as_tensor(x) for x in inputs]

    def joined(*summaries: Any) -> bytes:
        # Messages one after another are one message of the values of all.
        return b"".join(np.asarray(summary, object).item() for summary in summaries)

    with get_default_graph().name_scope(name or "Merge"):
        own = name or "MergeSummary"
        made = host_operation("MergeSummary", joined, found, [(string, [])], own)
    if collections:
        get_default_graph().add_to_collections(collections, made.outputs[0])
    return made.outputs[0]


@exported("summary.merge_all", "merge_all_summaries")
def merge_all(
    key: str = Collections.SUMMARIES, scope: str | None = None, name: str | None = None
) -> Tensor | None:
    """Return an operation whose value is all summaries of a collection; None if there are none."""
    found = get_default_graph().get_collection(key, scope)
    return merge(found, name=name) if found else None


@exported("summary.get_summary_description")
def get_summary_description(node_def: Any) -> Any:
    """Return what is told of a summary: nothing."""
    del node_def
    return SummaryMetadata()


# The names of TensorFlow 0.x


def _with_tags(
    type: str, make: Maker, tags: Any, values: Any, collections: Any, name: str | None
) -> Tensor:
    """Return an operation whose tag is given whole, whatever scope of names is open."""
    tag = tags.decode() if isinstance(tags, bytes) else tags
    return _operation(type, make, lambda _: tag, name or type, as_tensor(values), collections)


@exported("scalar_summary")
def scalar_summary(
    tags: Any, values: Any, collections: Any = None, name: str | None = None
) -> Tensor:
    """Return an operation whose value is the summary of a number, or of one for each tag."""
    if isinstance(tags, (list, tuple, np.ndarray)):
        names = [str(tag) for tag in np.reshape(tags, -1)]

        def make(_: str, array: Any) -> bytes:
            pairs = zip(names, array.reshape(-1), strict=True)
            return b"".join(summary_bytes.scalar(tag, float(value)) for tag, value in pairs)

        return _with_tags("ScalarSummary", make, "", values, collections, name)
    return _with_tags("ScalarSummary", _scalar, tags, values, collections, name)


@exported("histogram_summary")
def histogram_summary(
    tag: Any, values: Any, collections: Any = None, name: str | None = None
) -> Tensor:
    """Return an operation whose value is the distribution of numbers."""
    return _with_tags("HistogramSummary", _histogram, tag, values, collections, name)


@exported("image_summary")
def image_summary(
    tag: Any, tensor: Any, max_images: int = 3, collections: Any = None, name: str | None = None
) -> Tensor:
    """Return an operation whose value is pictures."""
    return _with_tags("ImageSummary", _images(max_images), tag, tensor, collections, name)


@exported("audio_summary")
def audio_summary(
    tag: Any, tensor: Any, sample_rate: float, max_outputs: int = 3, collections: Any = None,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """Return an operation whose value is sounds."""
    make = _sounds(float(sample_rate), max_outputs)
    return _with_tags("AudioSummaryV2", make, tag, tensor, collections, name)
