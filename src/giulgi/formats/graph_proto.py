"""What describes a graph of TensorFlow: nodes by name, with their inputs and attributes."""

from __future__ import annotations

from typing import Any

import numpy as np

from giulgi.formats.messages import Message

# The numbers of dtypes.
DTYPES: dict[int, Any] = {
    1: np.float32, 2: np.float64, 3: np.int32, 4: np.uint8, 5: np.int16, 6: np.int8, 7: np.object_,
    8: np.complex64, 9: np.int64, 10: np.bool_, 17: np.uint16, 18: np.complex128, 19: np.float16,
    22: np.uint32, 23: np.uint64,
}  # fmt: skip
_NUMBERS = {np.dtype(dtype): number for number, dtype in DTYPES.items()}
BFLOAT16 = 14

# What text calls them; those of references are told apart by 100.
_WORDS = (
    "FLOAT", "DOUBLE", "INT32", "UINT8", "INT16", "INT8", "STRING", "COMPLEX64", "INT64", "BOOL",
    "QINT8", "QUINT8", "QINT32", "BFLOAT16", "QINT16", "QUINT16", "UINT16", "COMPLEX128", "HALF",
    "RESOURCE", "VARIANT", "UINT32", "UINT64",
)  # fmt: skip
NAMES = {"DT_INVALID": 0} | {f"DT_{word}": number for number, word in enumerate(_WORDS, 1)}
NAMES |= {f"{name}_REF": number + 100 for name, number in NAMES.items() if number}


def number_of(dtype: Any) -> int:
    """Return the number of a dtype."""
    return _NUMBERS[np.dtype(dtype)]


class Dim(Message):
    """A size; -1 if it is not known."""

    FIELDS = {"size": (1, "int64"), "name": (2, "string")}


class TensorShapeProto(Message):
    """A shape."""

    Dim = Dim
    FIELDS = {"dim": (2, [Dim]), "unknown_rank": (3, "bool")}


class VersionDef(Message):
    """The version of what wrote something."""

    FIELDS = {
        "producer": (1, "int32"),
        "min_consumer": (2, "int32"),
        "bad_consumers": (3, ["int32"]),
    }


class TensorProto(Message):
    """An array: its bytes, or its elements; the last one is repeated as often as it takes."""

    NAMES = NAMES
    FIELDS = {
        "dtype": (1, "enum"), "tensor_shape": (2, TensorShapeProto), "version_number": (3, "int32"),
        "tensor_content": (4, "bytes"), "float_val": (5, ["float"]), "double_val": (6, ["double"]),
        "int_val": (7, ["int32"]), "string_val": (8, ["bytes"]), "scomplex_val": (9, ["float"]),
        "int64_val": (10, ["int64"]), "bool_val": (11, ["bool"]), "dcomplex_val": (12, ["double"]),
        "half_val": (13, ["int32"]), "uint32_val": (16, ["uint32"]), "uint64_val": (17, ["uint64"]),
    }  # fmt: skip


class ListValue(Message):
    """An attribute of several values."""

    NAMES = NAMES
    FIELDS = {
        "s": (2, ["bytes"]), "i": (3, ["int64"]), "f": (4, ["float"]), "b": (5, ["bool"]),
        "type": (6, ["enum"]), "shape": (7, [TensorShapeProto]), "tensor": (8, [TensorProto]),
    }  # fmt: skip


class AttrValue(Message):
    """An attribute of a node."""

    ListValue = ListValue
    NAMES = NAMES
    FIELDS = {
        "list": (1, ListValue), "s": (2, "bytes"), "i": (3, "int64"), "f": (4, "float"),
        "b": (5, "bool"), "type": (6, "enum"), "shape": (7, TensorShapeProto),
        "tensor": (8, TensorProto), "placeholder": (9, "string"),
    }  # fmt: skip
    CHOICES = {"value": tuple(FIELDS)}


class NodeDef(Message):
    """A node: its name, operation, and inputs ``name``, ``name:1`` or ``^name`` to wait for."""

    FIELDS = {
        "name": (1, "string"), "op": (2, "string"), "input": (3, ["string"]),
        "device": (4, "string"), "attr": (5, {"string": AttrValue}),
    }  # fmt: skip


class GraphDef(Message):
    """A graph."""

    FIELDS = {"node": (1, [NodeDef]), "versions": (4, VersionDef), "version": (3, "int32")}


class Any_(Message):  # noqa: N801 - Any is another thing in Python
    """A message of any kind, and the name of that."""

    FIELDS = {"type_url": (1, "string"), "value": (2, "bytes")}


class MetaInfoDef(Message):
    """What is told of a graph as a whole."""

    FIELDS = {
        "meta_graph_version": (1, "string"), "any_info": (3, Any_), "tags": (4, ["string"]),
        "tensorflow_version": (5, "string"),
    }  # fmt: skip


class SaverDef(Message):
    """How variables are saved."""

    NAMES = {"LEGACY": 0, "V1": 1, "V2": 2}
    FIELDS = {
        "filename_tensor_name": (1, "string"), "save_tensor_name": (2, "string"),
        "restore_op_name": (3, "string"), "max_to_keep": (4, "int32"), "sharded": (5, "bool"),
        "keep_checkpoint_every_n_hours": (6, "float"), "version": (7, "enum"),
    }  # fmt: skip


class TensorInfo(Message):
    """A tensor that a signature names."""

    NAMES = NAMES
    FIELDS = {
        "name": (1, "string"), "dtype": (2, "enum"), "tensor_shape": (3, TensorShapeProto),
    }  # fmt: skip


class SignatureDef(Message):
    """The inputs and outputs of a saved graph."""

    FIELDS = {
        "inputs": (1, {"string": TensorInfo}), "outputs": (2, {"string": TensorInfo}),
        "method_name": (3, "string"),
    }  # fmt: skip


class NodeList(Message):
    """Names of nodes."""

    FIELDS = {"value": (1, ["string"])}


class BytesList(Message):
    """Messages as bytes."""

    FIELDS = {"value": (1, ["bytes"])}


class CollectionDef(Message):
    """What is in a collection."""

    FIELDS = {"node_list": (1, NodeList), "bytes_list": (2, BytesList)}
    CHOICES = {"kind": ("node_list", "bytes_list")}


class MetaGraphDef(Message):
    """A graph, its collections, how it is saved, and its signatures."""

    MetaInfoDef = MetaInfoDef
    FIELDS = {
        "meta_info_def": (1, MetaInfoDef), "graph_def": (2, GraphDef), "saver_def": (3, SaverDef),
        "collection_def": (4, {"string": CollectionDef}),
        "signature_def": (5, {"string": SignatureDef}),
    }  # fmt: skip


class SavedModel(Message):
    """Graphs that are saved together."""

    FIELDS = {"saved_model_schema_version": (1, "int64"), "meta_graphs": (2, [MetaGraphDef])}


def shape_proto(sizes: Any) -> TensorShapeProto:
    """Return a shape as a message; None is a size, or a shape, that is not known."""
    if sizes is None:
        return TensorShapeProto(unknown_rank=True)
    return TensorShapeProto(dim=[Dim(size=-1 if size is None else size) for size in sizes])


def sizes_of(shape: TensorShapeProto) -> tuple[int | None, ...] | None:
    """Return the sizes that a message tells."""
    if shape.unknown_rank:
        return None
    return tuple(None if dim.size < 0 else dim.size for dim in shape.dim)


def array_proto(array: np.ndarray[Any, Any]) -> TensorProto:
    """Return an array as a message."""
    made = TensorProto(dtype=number_of(array.dtype), tensor_shape=shape_proto(array.shape))
    if array.dtype.kind == "O":
        made.string_val.extend(array.reshape(-1).tolist())
    else:
        made.tensor_content = np.ascontiguousarray(array).tobytes()
    return made


_ELEMENTS = {
    np.float32: "float_val", np.float64: "double_val", np.object_: "string_val",
    np.int64: "int64_val", np.bool_: "bool_val", np.uint32: "uint32_val", np.uint64: "uint64_val",
}  # fmt: skip


def array_of(proto: TensorProto) -> np.ndarray[Any, Any]:
    """Return the array that a message tells.

    Raises:
        ValueError: if it is of a dtype that NumPy does not have.
    """
    if proto.dtype == BFLOAT16:
        return _from_upper_halves(np.frombuffer(proto.tensor_content, np.uint16), proto)
    if proto.dtype not in DTYPES:
        raise ValueError(f"there is no dtype of TensorFlow's number {proto.dtype} here")
    dtype = DTYPES[proto.dtype]
    sizes = [size or 0 for size in sizes_of(proto.tensor_shape) or ()]
    if proto.tensor_content:
        return np.frombuffer(proto.tensor_content, dtype).reshape(sizes).copy()
    values = list(getattr(proto, _ELEMENTS.get(dtype, "int_val")))
    if dtype is np.float16:
        flat = np.array(list(proto.half_val), np.uint16).view(np.float16)
    elif dtype is np.object_:
        flat = np.empty(len(values), object)
        flat[:] = values
    else:
        flat = np.array(values, dtype)
    count = int(np.prod(sizes))
    if len(flat) < count:
        last = flat[-1:] if len(flat) else np.zeros(1, dtype)
        flat = np.concatenate([flat, np.repeat(last, count - len(flat))])
    return flat.reshape(sizes)


def _from_upper_halves(halves: np.ndarray[Any, Any], proto: TensorProto) -> np.ndarray[Any, Any]:
    """Return numbers of which only the upper two bytes are kept."""
    sizes = [size or 0 for size in sizes_of(proto.tensor_shape) or ()]
    return (halves.astype(np.uint32) << np.uint32(16)).view(np.float32).reshape(sizes)
