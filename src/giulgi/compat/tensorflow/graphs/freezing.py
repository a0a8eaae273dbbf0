"""Graphs whose variables become constants, as a tool of TensorFlow's makes them of files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from giulgi.compat.errors import NotFoundError
from giulgi.compat.graphs.graph import Graph, get_default_graph
from giulgi.compat.names import export, exported
from giulgi.compat.sessions.session import Session
from giulgi.compat.tensorflow.graphs import graph_records
from giulgi.compat.tensorflow.graphs.graph_def import (
    convert_variables_to_constants,
    import_graph_def,
)
from giulgi.compat.tensorflow.graphs.meta_graph import import_meta_graph
from giulgi.compat.tensorflow.system.gfile import path_of
from giulgi.compat.tensorflow.train.saver import Saver
from giulgi.formats.graph_proto import GraphDef
from giulgi.formats.text_messages import merge


@exported("python.tools.freeze_graph.freeze_graph")
def freeze_graph(
    input_graph: Any,
    input_saver: Any,
    input_binary: bool,
    input_checkpoint: Any,
    output_node_names: str,
    restore_op_name: str = "save/restore_all",
    filename_tensor_name: str = "save/Const:0",
    output_graph: Any = "",
    clear_devices: bool = True,
    initializer_nodes: str = "",
    variable_names_whitelist: str = "",
    variable_names_blacklist: str = "",
    *_: Any,
    **__: Any,
) -> Any:
    """Write the graph of a checkpoint with its variables as constants; return it as a message.

    Args:
        input_graph: the path of the graph, where none was saved with the checkpoint.
        input_saver: has no meaning.
        input_binary: whether that is a file of bytes, and not of text.
        input_checkpoint: the path of the checkpoint.
        output_node_names: the names of what is to be computed, separated by commas.
        restore_op_name: has no meaning.
        filename_tensor_name: has no meaning.
        output_graph: the path that is written.
        clear_devices: has no meaning.
        initializer_nodes: has no meaning.
        variable_names_whitelist: the variables that become constants; empty: all.
        variable_names_blacklist: those that stay.
    """
    del input_saver, restore_op_name, filename_tensor_name, clear_devices, initializer_nodes
    checkpoint = path_of(input_checkpoint)
    names = [name.strip() for name in output_node_names.split(",") if name.strip()]
    with Graph().as_default(), Session() as session:
        _saver_of(checkpoint, input_graph, input_binary).restore(session, checkpoint)
        frozen = convert_variables_to_constants(
            session, None, names,
            variable_names_whitelist.split(",") if variable_names_whitelist else None,
            variable_names_blacklist.split(",") if variable_names_blacklist else None,
        )  # fmt: skip
    if output_graph:
        Path(path_of(output_graph)).write_bytes(frozen.SerializeToString())
    return frozen


def _saver_of(checkpoint: str, graph: Any, is_binary: bool) -> Any:
    """Build the graph of a checkpoint, or that of a file; return what restores its variables."""
    meta = Path(f"{checkpoint}.meta")
    if meta.exists():
        return import_meta_graph(str(meta))
    path = Path(path_of(graph)) if graph else None
    if path is None or not path.exists():
        raise NotFoundError(None, None, f"Neither {meta} nor the input_graph {graph!r} is there.")
    found = GraphDef()
    if is_binary:
        found.ParseFromString(path.read_bytes())
    else:
        merge(path.read_text(encoding="utf-8"), found)
    import_graph_def(found, name="")
    return Saver(graph_records.variables_of(get_default_graph()))


@exported("python.tools.optimize_for_inference_lib.optimize_for_inference")
def optimize_for_inference(input_graph_def: Any, *_: Any, **__: Any) -> Any:
    """Return the graph: what it computes is made better when it is compiled."""
    return input_graph_def


export("python.tools.strip_unused_lib.strip_unused", optimize_for_inference)
