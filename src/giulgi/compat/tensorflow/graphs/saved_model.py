"""Saved models: a folder with graphs, ``saved_model.pb``, and the variables of one session.

The layout of the folder is TensorFlow's. What graphs compute is told by giulgi's records, so that
giulgi reads its models again; TensorFlow's own are read as far as :mod:`.foreign_nodes` goes.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from giulgi.compat.graphs.graph import Graph, Operation, get_default_graph
from giulgi.compat.keras import folders, saving
from giulgi.compat.names import export, exported
from giulgi.compat.sessions.session import Session
from giulgi.compat.tensorflow.graphs import meta_graph
from giulgi.compat.tensorflow.graphs.functions_in_files import staying
from giulgi.compat.tensorflow.graphs.graph_def import tensor_info
from giulgi.compat.tensorflow.second import saved_objects
from giulgi.compat.tensorflow.train.monitored import Scaffold
from giulgi.compat.tensorflow.train.saver import Saver, raw_session
from giulgi.compat.tensors.tensor import as_tensor
from giulgi.formats.graph_proto import MetaGraphDef, SavedModel, SignatureDef, TensorInfo

_FILE, _TEXT_FILE, _VARIABLES = "saved_model.pb", "saved_model.pbtxt", "variables"

for _path, _constant in {
    "signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY": "serving_default",
    "signature_constants.PREDICT_INPUTS": "inputs",
    "signature_constants.PREDICT_OUTPUTS": "outputs",
    "signature_constants.PREDICT_METHOD_NAME": "tensorflow/serving/predict",
    "signature_constants.CLASSIFY_INPUTS": "inputs",
    "signature_constants.CLASSIFY_OUTPUT_CLASSES": "classes",
    "signature_constants.CLASSIFY_OUTPUT_SCORES": "scores",
    "signature_constants.CLASSIFY_METHOD_NAME": "tensorflow/serving/classify",
    "signature_constants.REGRESS_INPUTS": "inputs",
    "signature_constants.REGRESS_OUTPUTS": "outputs",
    "signature_constants.REGRESS_METHOD_NAME": "tensorflow/serving/regress",
    "tag_constants.SERVING": "serve",
    "tag_constants.TRAINING": "train",
    "tag_constants.GPU": "gpu",
    "tag_constants.TPU": "tpu",
    "constants.SAVED_MODEL_FILENAME_PB": _FILE,
    "constants.SAVED_MODEL_FILENAME_PBTXT": _TEXT_FILE,
    "constants.VARIABLES_DIRECTORY": _VARIABLES,
    "constants.VARIABLES_FILENAME": "variables",
    "constants.ASSETS_DIRECTORY": "assets",
    "constants.SAVED_MODEL_SCHEMA_VERSION": 1,
    "SERVING": "serve",
    "TRAINING": "train",
    "DEFAULT_SERVING_SIGNATURE_DEF_KEY": "serving_default",
}.items():
    export(f"saved_model.{_path}", _constant)


# Signatures


export("saved_model.utils.build_tensor_info", tensor_info)
export("saved_model.build_tensor_info", tensor_info)


@exported(
    "saved_model.utils.get_tensor_from_tensor_info", "saved_model.get_tensor_from_tensor_info"
)
def get_tensor_from_tensor_info(
    tensor_info: TensorInfo, graph: Graph | None = None, import_scope: str | None = None
) -> Any:
    """Return the tensor that a message names."""
    own = get_default_graph() if graph is None else graph
    name = f"{import_scope}/{tensor_info.name}" if import_scope else tensor_info.name
    return own.get_tensor_by_name(name)


@exported("saved_model.signature_def_utils.build_signature_def", "saved_model.build_signature_def")
def build_signature_def(
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    method_name: str | None = None,
) -> SignatureDef:
    """Return a signature as a message: inputs and outputs, each told as one."""
    return SignatureDef(
        inputs=dict(inputs or {}), outputs=dict(outputs or {}), method_name=method_name
    )


def _signature(inputs: Mapping[str, Any], outputs: Mapping[str, Any], kind: str) -> SignatureDef:
    given, made = (
        {key: tensor_info(x) for key, x in several.items()} for several in (inputs, outputs)
    )
    return build_signature_def(given, made, f"tensorflow/serving/{kind}")


@exported(
    "saved_model.signature_def_utils.predict_signature_def", "saved_model.predict_signature_def"
)
def predict_signature_def(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> SignatureDef:
    """Return a signature that predicts."""
    return _signature(inputs, outputs, "predict")


@exported(
    "saved_model.signature_def_utils.classification_signature_def",
    "saved_model.classification_signature_def",
)
def classification_signature_def(examples: Any, classes: Any, scores: Any) -> SignatureDef:
    """Return a signature that classifies."""
    given = {"classes": classes, "scores": scores}
    outputs = {key: x for key, x in given.items() if x is not None}
    return _signature({"inputs": examples}, outputs, "classify")


@exported(
    "saved_model.signature_def_utils.regression_signature_def",
    "saved_model.regression_signature_def",
)
def regression_signature_def(examples: Any, predictions: Any) -> SignatureDef:
    """Return a signature that predicts numbers."""
    return _signature({"inputs": examples}, {"outputs": predictions}, "regress")


@exported("saved_model.main_op.main_op")
def main_op() -> Operation:
    """Return what initializes local variables and tables."""
    return Scaffold.default_local_init_op()


# Saving


@exported(
    "saved_model.builder.SavedModelBuilder",
    "saved_model.Builder",
    "python.saved_model.builder.SavedModelBuilder",
)
class SavedModelBuilder:
    """Saves graphs, and the variables of one session, into a new folder.

    Args:
        export_dir: the folder, in which nothing may be.
    """

    def __init__(self, export_dir: Any) -> None:
        self._folder = os.fsdecode(export_dir)
        if os.path.isdir(self._folder) and os.listdir(self._folder):
            raise AssertionError(
                f"Export directory {self._folder} already exists, and isn't empty. Please choose a "
                "different export directory, or delete all the contents of the specified directory."
            )
        os.makedirs(self._folder, exist_ok=True)
        self._model = SavedModel(saved_model_schema_version=1)

    def add_meta_graph_and_variables(
        self,
        sess: Any,
        tags: Sequence[str],
        signature_def_map: Mapping[str, SignatureDef] | None = None,
        assets_collection: Any = None,
        legacy_init_op: Any = None,
        clear_devices: bool = False,
        main_op: Any = None,
        strip_default_attrs: bool = False,
        saver: Any = None,
    ) -> None:
        """Save the variables of a session, and its graph under some tags."""
        session = raw_session(sess)
        with session.graph.as_default():
            own = Saver(allow_empty=True) if saver is None else saver
            path = os.path.join(self._folder, _VARIABLES, "variables")
            own.save(session, path, write_meta_graph=False, write_state=False)
            self.add_meta_graph(
                tags, signature_def_map, assets_collection, legacy_init_op, clear_devices, main_op,
                strip_default_attrs, own,
            )  # fmt: skip

    def add_meta_graph(
        self,
        tags: Sequence[str],
        signature_def_map: Mapping[str, SignatureDef] | None = None,
        assets_collection: Any = None,
        legacy_init_op: Any = None,
        clear_devices: bool = False,
        main_op: Any = None,
        strip_default_attrs: bool = False,
        saver: Any = None,
    ) -> None:
        """Save the graph that is built in, under some tags."""
        del assets_collection, clear_devices, strip_default_attrs
        graph = get_default_graph()
        first = main_op if legacy_init_op is None else legacy_init_op
        if first is not None:
            graph.add_to_collection("saved_model_main_op", first)
        own = Saver(allow_empty=True) if saver is None else saver
        with staying():
            message = meta_graph.meta_graph_of(graph, own.as_saver_def(), own.variables)
        message.meta_info_def.tags.extend(tags)
        for key, signature in (signature_def_map or {}).items():
            message.signature_def[key] = signature
        self._model.meta_graphs.append(message)

    def save(self, as_text: bool = False) -> str:
        """Write the graphs; return the path of their file.

        Args:
            as_text: whether to write, besides, a text that people can read.
        """
        path = Path(self._folder, _FILE)
        path.write_bytes(self._model.SerializeToString())
        if as_text:
            Path(self._folder, _TEXT_FILE).write_text(str(self._model), encoding="utf-8")
        return str(path)


@exported("saved_model.simple_save", "saved_model.simple_save.simple_save")
def simple_save(
    session: Any,
    export_dir: Any,
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
    legacy_init_op: Any = None,
) -> None:
    """Save a session so that it can predict outputs of inputs."""
    builder = SavedModelBuilder(export_dir)
    signatures = {"serving_default": predict_signature_def(inputs, outputs)}
    builder.add_meta_graph_and_variables(
        session, ["serve"], signatures, legacy_init_op=legacy_init_op
    )
    builder.save()


# Loading


@exported(
    "saved_model.loader.maybe_saved_model_directory", "saved_model.maybe_saved_model_directory",
    "saved_model.contains_saved_model",
)  # fmt: skip
def maybe_saved_model_directory(export_dir: Any) -> bool:
    """Whether a folder may hold a saved model."""
    return Path(os.fsdecode(export_dir), _FILE).is_file()


def _graph_in(folder: str, tags: Sequence[str] | None) -> MetaGraphDef:
    path = Path(folder, _FILE)
    if not path.is_file():
        raise OSError(f"SavedModel file does not exist at: {folder}/{_FILE}")
    graphs = SavedModel.FromString(path.read_bytes()).meta_graphs
    for message in graphs:
        if tags is None or set(message.meta_info_def.tags) == set(tags):
            found: MetaGraphDef = message
            return found
    there = [sorted(message.meta_info_def.tags) for message in graphs]
    raise RuntimeError(
        f"MetaGraphDef associated with tags {list(tags or [])} could not be found in SavedModel. "
        f"It has graphs of the tags {there}"
    )


@exported("saved_model.loader.load", "python.saved_model.loader.load")
def load(
    sess: Any, tags: Sequence[str], export_dir: Any, import_scope: str | None = None, **_: Any
) -> MetaGraphDef:
    """Add the graph of a saved model to that of a session, and restore its variables.

    Args:
        sess: the session.
        tags: the tags of the graph.
        export_dir: the folder.
        import_scope: what the names of operations begin with.

    Returns:
        The graph as a message, whose ``signature_def`` names inputs and outputs.
    """
    session, folder = raw_session(sess), os.fsdecode(export_dir)
    message = _graph_in(folder, [tags] if isinstance(tags, str) else tags)
    with session.graph.as_default():
        saver = meta_graph.import_meta_graph(message, import_scope=import_scope)
        if saver is not None:
            saver.restore(session, os.path.join(folder, _VARIABLES, "variables"))
        for first in session.graph.get_collection("saved_model_main_op"):
            try:
                session.run(first)
            except NotImplementedError as error:  # What needs no table is there all the same.
                warnings.warn(f"{folder}: {error}", stacklevel=2)
    return message


class _Function:
    """A signature as a function of its inputs by name."""

    def __init__(self, session: Session, signature: SignatureDef) -> None:
        self._session = session
        self._inputs = {key: told.name for key, told in signature.inputs.items()}
        self._outputs = {key: told.name for key, told in signature.outputs.items()}

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs as arrays.

        Raises:
            ValueError: if something is given that is no input.
        """
        unexpected = {*given} - {*self._inputs}
        if unexpected:
            raise ValueError(
                f"Got unexpected keys in input_dict: {sorted(unexpected)} expected: "
                f"{sorted(self._inputs)}"
            )
        feeds = {self._inputs[key]: value for key, value in given.items()}
        found: dict[str, Any] = self._session.run(dict(self._outputs), feeds)
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from giulgi.compat.eager import value_of

        given = {**dict(zip(self._inputs, args, strict=False)), **kwargs}
        arrays = {key: value_of(as_tensor(value)) for key, value in given.items()}
        return {key: as_tensor(value) for key, value in self.values(arrays).items()}


class _Loaded:
    """A saved model, as TensorFlow 2 loads it.

    Attributes:
        signatures: functions of inputs by name, which return outputs by name.
    """

    def __init__(self, folder: str) -> None:
        self.graph = Graph()
        self._session = Session(graph=self.graph)
        tags = list(_graph_in(folder, None).meta_info_def.tags)
        message = load(self._session, tags, folder)
        self.signatures: dict[str, _Function] = {
            key: _Function(self._session, signature)
            for key, signature in message.signature_def.items()
        }


@exported("saved_model.load", "saved_model.load_v2")
def load_either(*args: Any, **kwargs: Any) -> Any:
    """Load a saved model: into a session, or, as TensorFlow 2 does, of its folder alone."""
    if len(args) + len(kwargs) > 1 and (hasattr(args[0], "run") if args else "sess" in kwargs):
        return load(*args, **kwargs)
    folder = os.fsdecode(args[0] if args else kwargs["export_dir"])
    if saved_objects.is_saved_module(folder):
        return saved_objects.load_module(folder)
    if folders.is_of_keras(Path(folder)):
        return saved_objects.model_with_signature(saving.load_model(folder), folder)
    return _Loaded(folder)


@exported("contrib.predictor.from_saved_model")
def from_saved_model(
    export_dir: Any, signature_def_key: str | None = None, **_: Any
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return a function of inputs by name that predicts outputs by name."""
    loaded = _Loaded(os.fsdecode(export_dir))
    return loaded.signatures[signature_def_key or "serving_default"].values
