"""What slim and ``tf.contrib.layers`` have beside layers: checkpoints, summaries, collections."""

from __future__ import annotations

import re
from typing import Any

from giulgi.compat.graphs.functions import name_scope
from giulgi.compat.graphs.graph import Collections, get_default_graph
from giulgi.compat.names import TABLES, advise, export, exported
from giulgi.compat.tensorflow.contrib.contrib_layers import aliases_of
from giulgi.compat.tensorflow.control.control_flow import smart_cond
from giulgi.compat.tensorflow.data.queues import FIFOQueue, PaddingFIFOQueue, QueueBase
from giulgi.compat.tensorflow.math.initializers import (
    variance_scaling_initializer,
    xavier_initializer,
)
from giulgi.compat.tensorflow.train import summary
from giulgi.compat.tensorflow.train.global_step import get_global_step, get_or_create_global_step
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import as_tensor

export("contrib.slim.get_global_step", get_global_step)
export("contrib.layers.utils.smart_cond", smart_cond)
export("contrib.slim.get_or_create_global_step", get_or_create_global_step)
export("contrib.slim.xavier_initializer", xavier_initializer)
export("contrib.slim.initializers.xavier_initializer", xavier_initializer)
export("contrib.slim.variance_scaling_initializer", variance_scaling_initializer)

_READY_MADE = (
    "Networks that are ready made, such as inception_v3, are not there: build the network with "
    "slim's layers, or use tf.keras.applications."
)
advise("contrib.slim.nets", _READY_MADE)
advise("contrib.slim.python.slim.nets", _READY_MADE)
advise("contrib.slim.dataset", "Read examples with tf.data.")
advise("contrib.slim.tfexample_decoder", "Read examples with tf.data and tf.parse_single_example.")


@exported(
    "contrib.slim.utils.convert_collection_to_dict",
    "contrib.layers.utils.convert_collection_to_dict",
)
def convert_collection_to_dict(collection: Any, clear_collection: bool = False) -> dict[str, Any]:
    """Return what layers put out, which joined a collection, by their names."""
    graph = get_default_graph()
    found = {name: x for x in graph.get_collection(collection) for name in aliases_of(x)}
    if clear_collection:
        graph.clear_collection(collection)
    return found


def _known_size(place: int, which: str) -> None:
    """Export a function that returns the first, or last, size of a shape."""

    def size(shape: Any, min_rank: int = 1) -> int:
        known = TensorShape(shape)
        if known.ndims is None or known.ndims < min_rank:
            raise ValueError(f"rank of shape must be at least {min_rank}, but it is {known}")
        found = known.as_list()[place]
        if found is None:
            raise ValueError(f"the {which} size of {known} is not known")
        return int(found)

    size.__name__ = f"{which}_dimension"
    size.__doc__ = f"Return the {which} size of a shape; it must be known."
    for home in ("contrib.layers.utils", "contrib.slim.utils"):
        export(f"{home}.{size.__name__}", size)


_known_size(0, "first")
_known_size(-1, "last")


@exported("contrib.slim.prefetch_queue.prefetch_queue")
def prefetch_queue(
    tensors: Any,
    capacity: int = 8,
    num_threads: int = 1,
    dynamic_pad: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> QueueBase:
    """Return a queue that threads fill with batches before they are asked for.

    Args:
        tensors: the batch: a list, or a dict, of tensors.
        capacity: how many batches the queue holds.
        num_threads: how many threads fill it.
        dynamic_pad: whether batches may have different shapes.
        shared_name: has no meaning.
        name: the name of the queue.
    """
    keys = sorted(tensors) if isinstance(tensors, dict) else None
    batch = [as_tensor(tensors[key]) for key in keys] if keys else list(map(as_tensor, tensors))
    kind = PaddingFIFOQueue if dynamic_pad else FIFOQueue
    with name_scope(name, "prefetch_queue"):
        queue = kind(
            capacity, [x.dtype for x in batch], [x.shape for x in batch], keys, name="fifo_queue"
        )
        put = queue.enqueue(dict(zip(keys, batch, strict=True)) if keys else batch)
        names = TABLES["tensorflow"]
        names["train.add_queue_runner"](names["train.QueueRunner"](queue, [put] * num_threads))
    return queue


# Summaries


@exported("contrib.layers.summarize_activation", "contrib.layers.summaries.summarize_activation")
def summarize_activation(op: Any) -> Any:
    """Return a summary of what a layer puts out: its histogram."""
    return summary.histogram(f"{op.op.name}/activation", op)


@exported("contrib.layers.summarize_tensor", "contrib.layers.summaries.summarize_tensor")
def summarize_tensor(tensor: Any, tag: str | None = None) -> Any:
    """Return a summary of a tensor: a number, or a histogram."""
    make: Any = summary.scalar if tensor.get_shape().ndims == 0 else summary.histogram
    return make(tag or tensor.op.name, tensor)


@exported("contrib.layers.summarize_tensors", "contrib.layers.summaries.summarize_tensors")
def summarize_tensors(tensors: Any, summarizer: Any = summarize_tensor) -> list[Any]:
    """Return summaries of several tensors."""
    return [summarizer(tensor) for tensor in tensors]


@exported("contrib.layers.summarize_collection", "contrib.layers.summaries.summarize_collection")
def summarize_collection(
    collection: Any, name_filter: str | None = None, summarizer: Any = summarize_tensor
) -> list[Any]:
    """Return summaries of what is in a collection, of those whose names fit."""
    found = get_default_graph().get_collection(collection)
    return [summarizer(x) for x in found if not name_filter or re.match(name_filter, x.op.name)]


@exported("contrib.layers.summarize_activations", "contrib.layers.summaries.summarize_activations")
def summarize_activations(
    name_filter: str | None = None, summarizer: Any = summarize_activation
) -> list[Any]:
    """Return summaries of what is in the collection of activations."""
    return summarize_collection(Collections.ACTIVATIONS, name_filter, summarizer)


# What a model consists of


@exported("contrib.slim.model_analyzer.analyze_vars")
def analyze_vars(variables: Any, print_info: bool = False) -> tuple[int, int]:
    """Return how many numbers variables have in all, and how many bytes; perhaps print each."""
    if print_info:
        print("---------\nVariables: name (type shape) [size]\n---------")
    count = size = 0
    for variable in variables:
        own = int(variable.get_shape().num_elements() or 0)
        taken = own * variable.dtype.size
        count, size = count + own, size + taken
        if print_info:
            shape = "x".join(map(str, variable.get_shape().as_list()))
            kind = f"{variable.dtype.name}_ref"
            print(f"{variable.name} ({kind} {shape}) [{own}, bytes: {taken}]")
    if print_info:
        print(f"Total size of variables: {count}\nTotal bytes of variables: {size}")
    return count, size


@exported("contrib.slim.model_analyzer.analyze_ops")
def analyze_ops(graph: Any, print_info: bool = False) -> int:
    """Return how many numbers all results of a graph have whose shapes are known."""
    if print_info:
        print("---------\nOperations: name -> (type shapes) [size]\n---------")
    total = 0
    for operation in graph.get_operations():
        sizes = [x.get_shape().num_elements() or 0 for x in operation.outputs]
        total += sum(sizes)
        if print_info:
            shapes = ", ".join(
                f"{x.dtype.name} {'x'.join(map(str, x.get_shape().as_list()))}"
                for x in operation.outputs
                if x.get_shape().ndims is not None
            )
            print(f"{operation.name} -> ({shapes}) [{sum(sizes)}]")
    if print_info:
        print(f"Total size: {total}")
    return total
