"""Files of whole graphs, ``x.meta``: operations, collections, and how variables are saved."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from giulgi.compat.graphs.graph import Graph, Operation, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.graphs import foreign_graph, graph_records
from giulgi.compat.tensorflow.graphs.graph_def import graph_def_of, records_in
from giulgi.compat.tensors.tensor import Tensor, as_tensor
from giulgi.compat.variables.variable import Variable
from giulgi.formats.graph_proto import CollectionDef, MetaGraphDef, MetaInfoDef, SaverDef

# Of each graph what was written last, and of how many operations and members of collections.
_written: WeakKeyDictionary[Graph, tuple[Any, bytes]] = WeakKeyDictionary()


# The collection in a file that says which variables are saved: "name in the files=variable".
_SAVED = "_giulgi_saved"


def meta_graph_of(
    graph: Graph, saver_def: Any, saved: Mapping[str, Any] | None = None
) -> MetaGraphDef:
    """Return a graph as a message; see :func:`write_meta_graph`."""
    found = MetaGraphDef(
        meta_info_def=MetaInfoDef(tensorflow_version="1.15.5"),
        graph_def=graph_def_of(graph),
    )
    if saver_def is not None:
        found.saver_def.CopyFrom(SaverDef.FromString(saver_def.SerializeToString()))
    for name in graph.get_all_collection_keys():
        members = [
            x.name
            for x in graph.get_collection(name)
            if isinstance(x, (Tensor, Operation, Variable))
        ]
        if isinstance(name, str) and members:
            found.collection_def[name] = CollectionDef()
            found.collection_def[name].node_list.value.extend(members)
    if saved:
        pairs = [f"{name}={variable.op.name}" for name, variable in saved.items()]
        found.collection_def[_SAVED].node_list.value.extend(pairs)
    return found


def write_meta_graph(path: str, graph: Graph, saver_def: Any, saved: Mapping[str, Any]) -> None:
    """Write a graph into a file; what is as it was the last time is written as it was then.

    Args:
        path: the file.
        graph: the graph.
        saver_def: how variables are saved.
        saved: the variables that are saved, by their names in the files.
    """
    keys = graph.get_all_collection_keys()
    sizes = {key: len(graph.get_collection(key)) for key in keys}
    state = (graph.size, sizes, str(saver_def), dict(saved))
    known = _written.get(graph)
    if known is None or known[0] != state:
        known = (state, meta_graph_of(graph, saver_def, saved).SerializeToString())
        _written[graph] = known
    Path(path).write_bytes(known[1])


@exported("train.export_meta_graph")
def export_meta_graph(
    filename: Any = None,
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Any = None,
    as_text: bool = False,
    graph: Graph | None = None,
    **_: Any,
) -> MetaGraphDef:
    """Return the graph as a message, and write it into a file, if one is named."""
    del meta_info_def, graph_def, collection_list
    found = meta_graph_of(get_default_graph() if graph is None else graph, saver_def)
    if filename is not None:
        path = Path(os.fsdecode(filename))
        if as_text:
            path.write_text(str(found), encoding="utf-8")
        else:
            path.write_bytes(found.SerializeToString())
    return found


@exported("train.import_meta_graph", "train.saver.import_meta_graph")
def import_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    import_scope: str | None = None,
    input_map: Mapping[str, Any] | None = None,
    **_: Any,
) -> Any:
    """Add the graph of a file to the default graph; return a ``Saver`` of its variables.

    Args:
        meta_graph_or_file: the path, or the message.
        clear_devices: has no meaning.
        import_scope: what the names of operations begin with.
        input_map: names of tensors in the file, and what takes their place.

    Returns:
        The saver; None if there are no variables.

    Raises:
        OSError: if there is no such file.
    """
    del clear_devices
    message = meta_graph_or_file
    if not hasattr(message, "graph_def"):
        path = os.fsdecode(meta_graph_or_file)
        if not os.path.isfile(path):
            raise OSError(f"File {path} does not exist.")
        message = MetaGraphDef.FromString(Path(path).read_bytes())
    graph = get_default_graph()
    given = {key: as_tensor(value) for key, value in (input_map or {}).items()}
    records = records_in(message.graph_def)
    scope = (import_scope or "").rstrip("/")
    if records is None:
        variables = foreign_graph.imported_meta_graph(message, graph, scope, given)
    else:
        restored = graph_records.from_bytes(records, graph, scope, given, with_collections=True)
        variables = restored.variables
    return _saver_of(variables, scope, message)


def _saver_of(variables: list[Any], scope: str, message: MetaGraphDef) -> Any:
    """Return the saver of a graph that was read; None if nothing is saved."""
    from giulgi.compat.tensorflow.train.saver import Saver

    start = f"{scope}/" if scope else ""
    named = {variable.op.name.removeprefix(start): variable for variable in variables}
    if _SAVED in message.collection_def:
        pairs = [text.rpartition("=") for text in message.collection_def[_SAVED].node_list.value]
        named = {name: named[own] for name, _, own in pairs if own in named}
    if not named:
        return None
    told = message.saver_def
    return Saver(named, max_to_keep=told.max_to_keep if told.HasField("max_to_keep") else 5)
