"""The base of layers that make their variables when they are first called: ``tf.layers.Layer``."""

from __future__ import annotations

import re
from typing import Any

from giulgi.compat.graphs.graph import Collections, Graph, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.math.initializers import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Identity,
    LecunNormal,
    LecunUniform,
    Ones,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    Zeros,
)
from giulgi.compat.tensors.dtypes import as_dtype, float32
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Converted, Tensor, as_tensor
from giulgi.compat.variables.scopes import VariableScope, get_variable, variable_scope
from giulgi.tree import flatten


def snake_case(name: str) -> str:
    """Return the name of a class as that of a scope: ``BasicLSTMCell``, ``basic_lstm_cell``."""
    parts = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", parts).lower().lstrip("_")


_INITIALIZERS = {
    "zeros": Zeros, "ones": Ones, "glorot_uniform": GlorotUniform, "glorot_normal": GlorotNormal,
    "he_normal": HeNormal, "he_uniform": HeUniform, "lecun_normal": LecunNormal,
    "lecun_uniform": LecunUniform, "normal": RandomNormal, "random_normal": RandomNormal,
    "uniform": RandomUniform, "random_uniform": RandomUniform, "orthogonal": Orthogonal,
    "truncated_normal": TruncatedNormal, "identity": Identity,
}  # fmt: skip


def named_initializer(given: Any) -> Any:
    """Return an initializer that may be told by its name."""
    if not isinstance(given, str):
        return given
    if given not in _INITIALIZERS:
        raise ValueError(f"Unknown initializer: {given}")
    return _INITIALIZERS[given]()


@exported("layers.Layer", "layers.base.Layer")
class Layer:
    """A layer: variables, in a scope of its own, and what it computes with them.

    Args:
        trainable: whether optimizers are to change its variables.
        name: its name; None: that of its class.
        dtype: the dtype of its variables; None: that of its first input.
        _scope: the scope of its variables; None: its name, made unique.
        _reuse: whether the variables are to be there already.

    Attributes:
        built: whether the variables are there.
    """

    def __init__(
        self, trainable: bool = True, name: str | None = None, dtype: Any = None,
        _scope: Any = None, _reuse: Any = None, activity_regularizer: Any = None, **options: Any,
    ) -> None:  # fmt: skip
        if unknown := set(options) - {"input_shape", "batch_input_shape", "batch_size", "weights"}:
            raise TypeError(f"{type(self).__name__} got unexpected arguments {sorted(unknown)}")
        shapes = ("input_shape", "batch_input_shape")
        self.shape_options = {key: options[key] for key in shapes if key in options}
        self.trainable = trainable
        self.built = False
        self._dtype = None if dtype is None else as_dtype(dtype)
        self._activity_regularizer = activity_regularizer
        self._given_name = name
        self._own_scope: VariableScope | None = None
        self._reuse = _reuse
        self._own_variables: list[Any] = []
        self._graph: Graph | None = None
        if _scope is not None:
            with variable_scope(_scope) as captured:
                self._own_scope = captured

    def _state(self, attribute: str, default: Any) -> Any:
        """Return an attribute; a class of the user's may not have called our ``__init__``."""
        return self.__dict__.setdefault(attribute, default)

    @property
    def name(self) -> str:
        """Its name."""
        scope = self._state("_own_scope", None)
        given: str | None = self._state("_given_name", None)
        if given is not None:
            return given
        return snake_case(type(self).__name__) if scope is None else scope.name.split("/")[-1]

    @property
    def scope_name(self) -> str:
        """The scope of its variables."""
        scope = self._state("_own_scope", None)
        if scope is None:
            raise ValueError(f"No name available for layer scope because layer {self.name} is new")
        found: str = scope.name
        return found

    @property
    def dtype(self) -> Any:
        """The dtype of its variables."""
        return self._state("_dtype", None)

    @property
    def variables(self) -> list[Any]:
        """Its variables."""
        return list(self._state("_own_variables", []))

    weights = variables

    @property
    def trainable_variables(self) -> list[Any]:
        """Those that optimizers change."""
        return [v for v in self.variables if v.trainable]

    trainable_weights = trainable_variables

    @property
    def non_trainable_variables(self) -> list[Any]:
        """Those that optimizers do not change."""
        return [v for v in self.variables if not v.trainable]

    non_trainable_weights = non_trainable_variables

    @property
    def updates(self) -> list[Any]:
        """What is to be run beside a training step."""
        return list(self._state("_updates", []))

    @property
    def losses(self) -> list[Any]:
        """The penalties of its variables."""
        collection = get_default_graph().get_collection(Collections.REGULARIZATION_LOSSES)
        scope = self._state("_own_scope", None)
        prefix = "" if scope is None else f"{scope.name}/"
        return [loss for loss in collection if loss.name.startswith(prefix)]

    def add_variable(
        self, name: str, shape: Any, dtype: Any = None, initializer: Any = None,
        regularizer: Any = None, trainable: bool = True, constraint: Any = None, **_: Any,
    ) -> Any:  # fmt: skip
        """Return a variable of the layer."""
        own = dtype or self.dtype or float32
        found = get_variable(
            name, TensorShape(shape).as_list(), own, initializer, regularizer,
            trainable and self._state("trainable", True), constraint=constraint,
        )  # fmt: skip
        variables = self._state("_own_variables", [])
        if found not in variables:
            variables.append(found)
        return found

    def add_weight(self, name: str, shape: Any, **options: Any) -> Any:
        """Return a variable of the layer."""
        return self.add_variable(name, shape, **options)

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Let something be run beside a training step."""
        del inputs
        several = updates if isinstance(updates, (list, tuple)) else [updates]
        for update in several:
            self._state("_updates", []).append(update)
            get_default_graph().add_to_collection(Collections.UPDATE_OPS, update)

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Add penalties."""
        del inputs
        several = losses if isinstance(losses, (list, tuple)) else [losses]
        for loss in several:
            get_default_graph().add_to_collection(Collections.REGULARIZATION_LOSSES, loss)

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        del input_shape
        self.built = True

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Return what the layer makes of its inputs."""
        raise NotImplementedError(f"{type(self).__name__} has no call()")

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Return what the layer makes of its inputs; the first time its variables are made."""
        given = _as_tensors(inputs)
        scope = self._open_scope(kwargs.pop("scope", None))
        with (
            scope as opened,
            get_default_graph().name_scope(opened.original_name_scope or None),
        ):
            if not self._state("built", False):
                if self.dtype is None:
                    self._dtype = _dtype_of(given)
                self.build(_shapes_of(given))
                self.built = True
            result = self.call(given, *args, **kwargs)
        if self._state("_activity_regularizer", None) is not None:
            self.add_loss(self._activity_regularizer(result))
        return result

    def _open_scope(self, scope: Any) -> variable_scope:
        """Return the context of the scope of the layer, which is chosen at the first call."""
        graph = get_default_graph()
        if self._state("_graph", None) is not graph and self._state("_graph", None) is not None:
            raise ValueError(f"Layer {self.name} was made in another graph: make it anew in this")
        self._graph = graph
        reuse = self._state("_reuse", None)
        if self._state("_own_scope", None) is None:
            default = self._state("_given_name", None) or snake_case(type(self).__name__)
            if reuse is True:
                context = variable_scope(default if scope is None else scope)
            else:
                context = variable_scope(scope, default_name=default)
            with context as captured:
                self._own_scope = captured
        again = True if self._state("built", False) else reuse
        return variable_scope(self._own_scope, reuse=again, auxiliary_name_scope=False)

    def apply(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Return what the layer makes of its inputs."""
        return self(inputs, *args, **kwargs)

    def count_params(self) -> int:
        """Return how many numbers its variables hold."""
        return sum(v.shape.num_elements() or 0 for v in self.variables)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the result: not known beforehand."""
        raise NotImplementedError(f"{type(self).__name__}.compute_output_shape is not there")


def _as_tensors(inputs: Any) -> Any:
    """Return the inputs, of which what is not yet a tensor becomes one."""
    if isinstance(inputs, (list, tuple)):
        leaves, _ = flatten(inputs)
        if any(isinstance(leaf, (Tensor, Converted)) for leaf in leaves):
            return inputs
    return as_tensor(inputs)


def _dtype_of(given: Any) -> Any:
    first = as_tensor(flatten(given)[0][0])
    return first.dtype if first.dtype.is_floating else float32


def _shapes_of(given: Any) -> Any:
    if isinstance(given, (list, tuple)):
        return [as_tensor(x).shape for x in flatten(given)[0]]
    return as_tensor(given).shape
