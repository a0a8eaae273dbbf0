"""The base of Keras's layers: giulgi's layers under old names, called with named tensors."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from functools import partial
from typing import Any, ClassVar, Self

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph, is_modern
from giulgi.compat.keras.added_metrics import Reporting
from giulgi.compat.keras.arguments import as_initializer, for_giulgi, modern, take_lengths
from giulgi.compat.keras.boundary import (
    called,
    expressions,
    for_user,
    holds_named,
    is_named,
    named,
    only,
    shape_for_user,
)
from giulgi.compat.keras.constraints import constraints_in
from giulgi.compat.keras.layer_state import Keeping
from giulgi.compat.keras.naming import next_name
from giulgi.compat.keras.output_names import output_name
from giulgi.compat.keras.settings import SETTINGS
from giulgi.compat.keras.weights import Weight, as_weight, named_weights, weight_of
from giulgi.compat.names import export
from giulgi.compat.tensors.dtypes import DType
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import as_tensor
from giulgi.compat.variables.variable import Variable
from giulgi.graph.ops.leaves import settled_value
from giulgi.nn.layers.calls import LayerCall, calls_of, current_call, one_or_all
from giulgi.nn.phase import in_phase, phase, told_phase
from giulgi.tree import flatten

_OURS = "giulgi."
# Whether a layer is called, whose losses begin anew, and not those of layers in it.
calling: ContextVar[bool] = ContextVar("giulgi_calling_a_layer", default=False)
# Which constraint of a layer is of which of its weights.
_CONSTRAINED = {"recurrent": "recurrent_kernel", "depthwise": "depthwise_kernel",
                "pointwise": "pointwise_kernel"}  # fmt: skip


class Layer(Reporting, Keeping):
    """Base of layers; one of a program's own has ``build`` and ``call``, as in Keras.

    Args:
        args: of giulgi's layer of the same name, in Keras's order.
        kwargs: the same by name, under the names of today or those of Keras 1; and ``weights``,
            the first values of the weights, and constraints such as ``kernel_constraint``.
    """

    #: Default values in which Keras 2 differs.
    old_defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        if not cls.__module__.startswith(_OURS):
            if "build" in vars(cls):
                cls.build = _with_shape(cls.build)  # type: ignore[method-assign]
            if "call" in vars(cls):
                cls.call = _of_expressions(cls.call)  # type: ignore[method-assign]
        super().__init_subclass__(**options)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        args, kwargs = modern(type(self), args, kwargs)
        told = [name for (name, _), _ in zip(_parameters(type(self)), args, strict=False)]
        kwargs = {k: v for k, v in self._defaults().items() if k not in told} | kwargs
        first = kwargs.pop("weights", None)
        if first is not None:
            self._waiting = (len(first), partial(self.set_weights, first))
        self._constraints = constraints_in(kwargs)
        own = [name[:-12] for name, _ in _parameters(type(self)) if name.endswith("_initializer")]
        for name in own:  # A program's own layer may have set it already.
            self.__dict__.setdefault(f"{name}_constraint", self._constraints.get(name))
        self.__dict__["__given"] = (args, dict(kwargs))  # Not searched for layers.
        if not kwargs.get("name"):
            kwargs["name"] = next_name(type(self).__name__)
        if isinstance(kwargs.get("dtype"), DType):
            kwargs["dtype"] = kwargs["dtype"].numpy_dtype
        if kwargs.get("dtype", 0) is None:
            del kwargs["dtype"]
        take_lengths(self, kwargs)
        kwargs = {key: for_giulgi(key, value) for key, value in kwargs.items()}
        super().__init__(*self._checked_args(args), **kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        # A program may give one layer a ``call`` of its own, such as a compiled one.
        value = _of_one(value) if name == "call" and callable(value) else value
        super().__setattr__(name, value)
        if isinstance(value, (Variable, list, tuple, dict)):
            # A variable of the program's own is a weight of the layer that keeps it.
            own = [v for v in flatten(value)[0] if isinstance(v, Variable)]
            if own or f"_weights_in_{name}" in self.__dict__:
                self.__dict__[f"_weights_in_{name}"] = [weight_of(v) for v in own]

    def _defaults(self) -> dict[str, Any]:
        """Return what is given where the program gives nothing."""
        order = SETTINGS["image_data_format"]
        takes_it = "data_format" in dict(_parameters(type(self)))
        old = self.old_defaults
        if "reset_after" in old and is_modern():
            old = {name: value for name, value in old.items() if name != "reset_after"}
        return old | ({"data_format": order} if takes_it else {})

    def _checked_args(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return positional arguments as giulgi's layers take them, by the names they have."""
        names = [name for name, _ in _parameters(type(self))]
        pairs = zip(names, args, strict=False)
        return tuple(for_giulgi(name, value) for name, value in pairs)

    # Calling it

    def __call__(self, inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return the outputs: named tensors if the inputs are."""
        inputs = kwargs.pop("inputs", None) if inputs is None else inputs
        if args:
            args, kwargs = _training_by_name(type(self), args, kwargs)
        outer = current_call() is None
        if outer and not calling.get():
            self._forget_losses()

        def call(*given: Any, **options: Any) -> Any:
            if isinstance(options.get("training"), gg.Tensor):
                options["training"] = _known_phase(options["training"])
            told = get_default_graph().notes.get("learning phase")
            with in_phase(told) if told_phase() is None and told is not None else nullcontext():
                return super(Layer, self).__call__(*given, **options)

        if not outer and not holds_named([inputs, list(args), kwargs]):
            return only(call(inputs, *args, **kwargs))
        token = calling.set(True)
        try:
            kind = type(self).__name__
            return only(called(call, kind, output_name(self), [inputs, *args], kwargs))
        finally:
            calling.reset(token)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the outputs, of which the first size is that of the batch."""
        shapes = input_shape if isinstance(input_shape, list) else [input_shape]
        inputs = [gg.placeholder("float32", tuple(shape)) for shape in shapes]
        given = inputs if isinstance(input_shape, list) else inputs[0]
        return gg.layers.Layer.__call__(self, given).known_shape

    def get_output_shape_for(self, input_shape: Any) -> Any:
        """Return the shape of the outputs, under its name of Keras 1."""
        return self.compute_output_shape(input_shape)

    # Its weights

    def add_weight(self, *args: Any, **kwargs: Any) -> Any:
        """Return a new weight, in the order of Keras 2 or 1.

        ``add_weight(name, shape, dtype, initializer, regularizer, trainable, constraint)``, or
        ``add_weight(shape, initializer, name, trainable, regularizer, constraint)``.
        """
        of_two = bool(args) and (isinstance(args[0], str) or args[0] is None)
        order = (
            ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint")
            if of_two
            else ("shape", "initializer", "name", "trainable", "regularizer", "constraint")
        )
        given = dict(zip(order, args, strict=False)) | kwargs
        name = given.pop("name", None) or "weight"
        shape = given.pop("shape", ())
        listed: Any = shape.as_list() if isinstance(shape, TensorShape) else shape or ()
        sizes = tuple(int(size) for size in listed)
        dtype = given.pop("dtype", None)
        dtype = dtype.numpy_dtype if isinstance(dtype, DType) else dtype
        first = as_initializer(given.pop("initializer", None))
        if isinstance(first, str) or callable(first):
            start: Any = first
        else:
            start = "glorot_uniform" if first is None else gg.initializers.Constant(first)
        constraint = given.pop("constraint", None) or self._constraint_for(name.split("/")[-1])
        trainable = bool(given.pop("trainable", True))
        penalty = for_giulgi("regularizer", given.pop("regularizer", None))
        made = super().add_weight(
            sizes, start, name=name.replace("/", "_"), dtype=dtype, trainable=trainable
        )
        weight = as_weight(made, made.cell.label, trainable, constraint)
        function = gg.regularizers.get(penalty)
        if function is not None:
            self._penalties = (*self._penalties, (weight, function))
        return weight

    add_variable = add_weight  # As TensorFlow 1 calls it.

    def _constraint_for(self, weight_name: str) -> Any:
        for name, constraint in self.__dict__.get("_constraints", {}).items():
            if weight_name in (name, _CONSTRAINED.get(name)):
                return constraint
        return None

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Add one or several penalties to the loss of the network."""
        del inputs
        for loss in losses if isinstance(losses, (list, tuple)) else [losses]:
            if current_call() is None and get_default_graph().makes_tensors:
                value = as_tensor(loss() if callable(loss) else loss)
                self.__dict__.setdefault("__losses", []).append(value)
                continue
            value = expressions(loss)
            super().add_loss(value if value.known_shape == () else gg.mean(value))

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Let variables get new values with each training step: pairs of both."""
        pairs = updates if isinstance(updates, list) else [updates]
        if isinstance(updates, gg.Variable):
            pairs = [(updates, inputs)]
        for pair in pairs:
            if isinstance(pair, (tuple, list)):
                variable, value = pair
                own = variable if isinstance(variable, gg.Variable) else variable.variable
                super().add_update(own, expressions(value))
            elif is_named(pair):
                for variable, value in pair.op.assigns:
                    super().add_update(variable.variable, value)

    @property
    def weights(self) -> list[Any]:
        """All weights, as variables of the graph."""
        return named_weights(self.variables)

    @property
    def trainable_weights(self) -> list[Any]:
        """The weights that training changes."""
        return named_weights(self.trainable_variables)

    @trainable_weights.setter
    def trainable_weights(self, weights: Sequence[Any]) -> None:
        self._own_trainable = list(weights)

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The weights that training leaves alone."""
        return named_weights(self.non_trainable_variables)

    @non_trainable_weights.setter
    def non_trainable_weights(self, weights: Sequence[Any]) -> None:
        self._own_fixed = list(weights)

    # What it was called on

    @property
    def input(self) -> Any:
        """What it was first called on in a network."""
        return named(super().input)

    @property
    def output(self) -> Any:
        """What it gave then."""
        return named(super().output)

    @property
    def input_shape(self) -> Any:
        """The shape of :attr:`input`."""
        return _shapes(self.input)

    @property
    def output_shape(self) -> Any:
        """The shape of :attr:`output`."""
        return _shapes(self.output)

    def get_output_at(self, node_index: int) -> Any:
        """Return what it gave one of the times that it was called, counted from 0."""
        return named(one_or_all(self._call_at(node_index).tagged()))

    def get_input_at(self, node_index: int) -> Any:
        """Return what it was called on one of the times, counted from 0."""
        return named(one_or_all(self._call_at(node_index).inputs))

    def get_output_shape_at(self, node_index: int) -> Any:
        """Return the shape of :meth:`get_output_at`."""
        return _shapes(self.get_output_at(node_index))

    def get_input_shape_at(self, node_index: int) -> Any:
        """Return the shape of :meth:`get_input_at`."""
        return _shapes(self.get_input_at(node_index))

    def _call_at(self, node_index: int) -> LayerCall:
        calls = calls_of(self)
        if not -len(calls) <= node_index < len(calls):
            raise ValueError(
                f"Asked to get the output of {self.name} at node {node_index}, but the layer has "
                f"only {len(calls)} inbound nodes."
            )
        return calls[node_index]

    # As a description

    def get_config(self) -> dict[str, Any]:
        """Return what the layer was made with, by name."""
        from giulgi.compat.keras.serialization import layer_config

        return layer_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return a layer made with what :meth:`get_config` of another returned."""
        from giulgi.compat.keras.serialization import without_defaults

        return cls(**without_defaults(cls, config))


def _known_phase(training: gg.Tensor) -> Any:
    """Return whether it is training: a bool where that is known, None where the phase says it."""
    known = settled_value(training)
    if known is not None:
        return bool(known)
    return None if training.node is phase.node else training


def _training_by_name(
    cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return arguments of a call, by their names if ``training`` is among them."""
    names = [p for p in inspect.signature(cls.call).parameters if p != "self"][1:]  # type: ignore[attr-defined]
    if "training" not in names[: len(args)]:
        return args, kwargs
    return (), {**dict(zip(names, args, strict=False)), **kwargs}


def _shapes(tensors: Any) -> Any:
    if isinstance(tensors, (list, tuple)):
        return [_shapes(tensor) for tensor in tensors]
    return None if tensors.sizes is None else tuple(tensors.sizes)


def _with_shape(build: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(build)
    def with_shape(self: Any, input_shape: Any = None, *args: Any, **kwargs: Any) -> None:
        build(self, shape_for_user(input_shape), *args, **kwargs)

    return with_shape


def _of_expressions(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def of_expressions(self: Any, *args: Any, **kwargs: Any) -> Any:
        if holds_named([list(args), kwargs]):
            return call(self, *args, **kwargs)
        return for_user(partial(call, self))(*args, **kwargs)

    return of_expressions


def _of_one(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def of_expressions(*args: Any, **kwargs: Any) -> Any:
        return call(*args, **kwargs) if holds_named([args, kwargs]) else made(*args, **kwargs)

    made = for_user(call)
    return of_expressions


# Arguments of their bases that classes give themselves, by what their names begin with; and old
# names beside new ones.
_NOT_GIVEN = {
    "SpatialDropout": ("noise_shape",),
    "ConvLSTM": ("units",),
    "Depthwise": ("kernel_initializer", "kernel_regularizer"),
    "Separable": ("kernel_initializer", "kernel_regularizer"),
    "LeakyReLU": ("alpha",),
}


def _parameters(cls: type) -> list[tuple[str, Any]]:
    """Return the arguments that a class of giulgi's layers is made with, and their defaults."""
    found: dict[str, Any] = {}
    names = [base.__name__ for base in cls.__mro__]
    hidden = {argument for start, arguments in _NOT_GIVEN.items() for argument in arguments
              if any(name.startswith(start) for name in names)}  # fmt: skip
    for base in cls.__mro__:
        is_ours = base.__module__.startswith(("giulgi.nn.", "giulgi.compat.keras.layers_"))
        if is_ours and "__init__" in vars(base):
            for parameter in inspect.signature(vars(base)["__init__"]).parameters.values():
                kinds = (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
                if parameter.name != "self" and parameter.kind not in kinds:
                    found.setdefault(parameter.name, parameter.default)
    return [(name, default) for name, default in found.items() if name not in hidden]


parameters_of = _parameters


for _path in ("layers.Layer", "engine.Layer", "engine.topology.Layer", "engine.base_layer.Layer",
              "models.Layer", "engine.topology.Node"):  # fmt: skip
    export(_path, Layer, of="keras")

__all__ = ["Layer", "Weight", "parameters_of"]
