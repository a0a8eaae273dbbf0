"""Graphs whose variables become constants, as a tool of TensorFlow's makes them of files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from giulgi.compat.errors import NotFoundError
from giulgi.compat.graphs.graph import Graph
from giulgi.compat.names import export, exported
from giulgi.compat.sessions.session import Session
from giulgi.compat.tensorflow.graphs.graph_def import convert_variables_to_constants
from giulgi.compat.tensorflow.graphs.meta_graph import import_meta_graph
from giulgi.compat.tensorflow.system.gfile import path_of


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
        input_graph: has no meaning: the graph is the one that was saved with the checkpoint.
        input_saver: has no meaning.
        input_binary: has no meaning.
        input_checkpoint: the path of the checkpoint, which has a file ``.meta``.
        output_node_names: the names of what is to be computed, separated by commas.
        restore_op_name: has no meaning.
        filename_tensor_name: has no meaning.
        output_graph: the path that is written.
        clear_devices: has no meaning.
        initializer_nodes: has no meaning.
        variable_names_whitelist: the variables that become constants; empty: all.
        variable_names_blacklist: those that stay.
    """
    del input_graph, input_saver, input_binary, restore_op_name, filename_tensor_name
    del clear_devices, initializer_nodes
    checkpoint = path_of(input_checkpoint)
    meta = Path(f"{checkpoint}.meta")
    if not meta.exists():
        raise NotFoundError(
            None, None, f"{meta} is not there: save the checkpoint with write_meta_graph=True"
        )
    names = [name.strip() for name in output_node_names.split(",") if name.strip()]
    with Graph().as_default(), Session() as session:
        saver: Any = import_meta_graph(str(meta))
        saver.restore(session, checkpoint)
        frozen = convert_variables_to_constants(
            session, None, names,
            variable_names_whitelist.split(",") if variable_names_whitelist else None,
            variable_names_blacklist.split(",") if variable_names_blacklist else None,
        )  # fmt: skip
    if output_graph:
        Path(path_of(output_graph)).write_bytes(frozen.SerializeToString())
    return frozen


@exported("python.tools.optimize_for_inference_lib.optimize_for_inference")
def optimize_for_inference(input_graph_def: Any, *_: Any, **__: Any) -> Any:
    """Return the graph: what it computes is made better when it is compiled."""
    return input_graph_def


export("python.tools.strip_unused_lib.strip_unused", optimize_for_inference)
