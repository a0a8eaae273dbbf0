"""What all layers share: a name, weights made at the first call, and a record of each call.

A layer is a formula, an ``__init__`` and a ``call``. ``call`` builds graph; ``build`` makes the
weights once the shape of the inputs is known::

    class Scale(gg.layers.Layer):
        def build(self, input_shape):
            self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")

        def call(self, x):
            return self.factor * x
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, Self

import numpy as np

from giulgi.errors import GiulgiError, GraphError
from giulgi.graph import ops
from giulgi.graph.dtypes import as_dtype, is_float
from giulgi.graph.ops.leaves import constant
from giulgi.graph.ops.state import Variable, is_recording
from giulgi.graph.tensor import Tensor
from giulgi.nn import initializers
from giulgi.nn.layers.arguments import declared_shape, layer_arguments
from giulgi.nn.layers.building import marking_built, unbuilt_on_error
from giulgi.nn.layers.calls import (
    LayerCall,
    change,
    current_call,
    first_call,
    in_both_phases,
    one_or_all,
    recorded,
    tensors_beside,
)
from giulgi.nn.layers.checks import (
    NOT_GIVEN,
    given_inputs,
    is_one_array,
    layer_given,
    nothing_returned,
    several_given,
)
from giulgi.nn.layers.naming import next_name
from giulgi.nn.layers.weights import fitting_arrays
from giulgi.nn.masks import give_masks, mask_of, masks_of, with_masks
from giulgi.nn.phase import Phase, in_phase, told_phase
from giulgi.source import Source, current_path, current_source, scope
from giulgi.tree import flatten, tree_map, unflatten


class Layer:
    """Base of all layers.

    Args:
        name: its name; None numbers them: dense, dense_1, ...
        trainable: whether training changes its weights.
        dtype: of its weights and results; float inputs are cast to it.
        input_shape: for the first layer of a ``Sequential``: the shape of one example.
        input_dim: the same, if that is one number.
        batch_input_shape: the same, with the size of the batch in front.
    """

    #: Whether it takes a single tensor, and never several.
    one_input = False
    #: Whether the steps of a sequence stay where they are, so that a mask of them goes on.
    supports_masking = False
    source: Source | None
    _penalties: tuple[tuple[Variable, Callable[[Tensor], Tensor]], ...] = ()

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """Note where the layer is made."""
        layer = super().__new__(cls)
        # In __init__ it would be the line of super().__init__() in a user's class.
        layer.source = current_source()
        return layer

    def __init_subclass__(cls, **options: Any) -> None:
        """Let the subclass's ``build``, whoever calls it, say that the layer is built."""
        super().__init_subclass__(**options)
        if "build" in vars(cls):
            cls.build = marking_built(cls.build)  # type: ignore[method-assign]

    @layer_arguments
    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = "float32",
        input_shape: Sequence[int | None] | None = None,
        input_dim: int | None = None,
        batch_input_shape: Sequence[int | None] | None = None,
    ) -> None:
        self.name = name or next_name(type(self).__name__)
        self._trainable = bool(trainable)
        self.dtype = as_dtype(dtype)
        self.built = False
        self.batch_input_shape = declared_shape(input_shape, input_dim, batch_input_shape)

    # What a layer tells of itself

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of a shape (None for sizes not known yet, as the batch)."""
        self.built = True

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Return the outputs as graph. A layer that differs in training takes ``training``."""
        raise GraphError(
            f"{type(self).__name__} does not say what it computes.",
            op=type(self).__name__,
            fix="write a method call(self, x) that returns the outputs",
        )

    def takes(self, argument: str) -> bool:
        """Whether its call takes an argument: ``mask`` and ``training`` are given to those."""
        return argument in inspect.signature(self.call).parameters

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return which steps of the outputs count, given that of the inputs; None: all of them."""
        return mask if self.supports_masking else None

    def add_weight(
        self,
        shape: Sequence[int],
        initializer: Any = "glorot_uniform",
        *,
        name: str = "weight",
        dtype: Any = None,
        trainable: bool = True,
        regularizer: Callable[[Tensor], Tensor] | None = None,
    ) -> Variable:
        """Return a new weight, to be kept as an attribute.

        Args:
            shape: its shape.
            initializer: a function of shape and dtype that returns its first value, or a name.
            name: its name within the layer.
            dtype: its dtype, if not the layer's.
            trainable: whether training changes it.
            regularizer: a penalty of the weight, added to the loss.
        """
        start = initializers.get(initializer)(tuple(shape), dtype or self.dtype)
        weight = Variable(start, name, dtype or self.dtype, trainable=trainable)
        if regularizer is not None:
            self._penalties = (*self._penalties, (weight, regularizer))
        return weight

    def add_update(self, variable: Variable, value: Tensor) -> None:
        """Let a variable get a new value with each training step (or now, outside a network)."""
        change(variable, value, lambda record: record.updates)

    def add_state(self, variable: Variable, value: Tensor) -> None:
        """Let a variable get a new value with each run, training or not (or now, as above)."""
        change(variable, value, lambda record: record.states)

    def add_loss(self, loss: Tensor) -> None:
        """Add a penalty, a single number, to the loss of the network."""
        record = current_call()
        if record is not None:
            record.losses.append(loss)

    # Calling it

    def __call__(
        self, inputs: Any = NOT_GIVEN, *args: Any, training: bool | None = None, **kwargs: Any
    ) -> Any:
        """Build the layer's weights at the first call, and return its outputs.

        The inputs are the first argument of :meth:`call`, and may be given by its name, too.
        """
        self.require_prepared()
        if kwargs or inputs is NOT_GIVEN:
            inputs = given_inputs(self, inputs, kwargs)
        with nullcontext() if self.built else unbuilt_on_error(self):
            with self.in_own_scope():
                inputs = self._as_inputs(inputs)
            if not self.built:
                self.build(tree_map(lambda x: x.known_shape, inputs))
            with self.in_own_scope():
                return self._called(inputs, args, training, kwargs)

    @contextmanager
    def in_own_scope(self) -> Iterator[None]:
        """Put what is built inside under the layer's name, and tell the layer in errors."""
        with scope(self.name):
            try:
                yield
            except GiulgiError as error:
                error.complete(layer=current_path(), layer_made=self.source)
                raise

    def require_prepared(self) -> None:
        """Raise a GraphError if a subclass has forgotten ``super().__init__()``."""
        if "built" not in self.__dict__:
            own = type(self).__name__
            raise GraphError(
                f"{own} was not prepared: its __init__ does not call super().__init__().",
                op=own,
                fix=f"make it the first line of {own}.__init__: super().__init__()",
            )

    def _called(
        self, inputs: Any, args: tuple[Any, ...], training: Phase, kwargs: dict[str, Any]
    ) -> Any:
        leaves = [*flatten(inputs)[0], *tensors_beside(args, kwargs)]
        symbolic = any(x.node.symbolic for x in (*leaves, *tensors_beside((training,), {})))
        if not symbolic or is_recording() or current_call() is not None:
            return self._in_one_phase(inputs, args, training, kwargs, symbolic)
        record = LayerCall(self, leaves)
        with recorded(record):
            outputs = self._in_one_phase(inputs, args, training, kwargs, symbolic)
        results, structure = flatten(outputs)
        if any(y is None for y in results):
            raise nothing_returned(self)
        # The record holds what is tagged, and not the tags: they hold the record, and a node that
        # its own label held would live for ever.
        record.outputs = results
        tagged = record.tagged()
        give_masks(tagged, [mask_of(y) for y in results])
        return unflatten(structure, iter(tagged))

    def _in_one_phase(
        self,
        inputs: Any,
        args: tuple[Any, ...],
        training: Phase,
        kwargs: dict[str, Any],
        symbolic: bool,
    ) -> Any:
        """Call the layer for training or not; and let masks go along."""
        masks = kwargs.get("mask", masks_of(inputs))
        if masks is not None and self.takes("mask"):
            kwargs["mask"] = masks
        outputs = self._in_a_phase(inputs, args, training, kwargs, symbolic)
        return with_masks(outputs, self.compute_mask(inputs, masks))

    def _in_a_phase(
        self,
        inputs: Any,
        args: tuple[Any, ...],
        training: Phase,
        kwargs: dict[str, Any],
        symbolic: bool,
    ) -> Any:
        """Call the layer for training or not; if nothing says which, for both."""
        if training is None:
            training = told_phase()
        if not self.takes("training"):
            with in_phase(training):
                return self.call(inputs, *args, **kwargs)
        if training is None and (not symbolic or is_recording()):
            training = False
        call = current_call()
        if training is not None and (call is None or not isinstance(training, Tensor)):
            with in_phase(training):
                return self.call(inputs, *args, training=training, **kwargs)
        assert call is not None
        return in_both_phases(
            call, training, lambda told: self.call(inputs, *args, training=told, **kwargs)
        )

    def _as_inputs(self, inputs: Any) -> Any:
        inputs = tree_map(self._as_input, constant(inputs) if is_one_array(inputs) else inputs)
        if self.one_input and not isinstance(inputs, Tensor):
            raise several_given(self, flatten(inputs)[0])
        return inputs

    def _as_input(self, value: Any) -> Tensor:
        if isinstance(value, Layer) or (inspect.isclass(value) and issubclass(value, Layer)):
            raise layer_given(self, value)
        x = constant(value)
        return ops.cast(x, self.dtype) if is_float(x.dtype) else x

    @property
    def input_shape(self) -> Any:
        """The shape of :attr:`input`, or a list of the shapes of several."""
        return tree_map(lambda x: x.known_shape, self.input)

    @property
    def output_shape(self) -> Any:
        """The shape of :attr:`output`, or a list of the shapes of several."""
        return tree_map(lambda x: x.known_shape, self.output)

    @property
    def input(self) -> Any:
        """What it was first called on in a network: a tensor, or a list of several."""
        return one_or_all(first_call(self).inputs)

    @property
    def output(self) -> Any:
        """What it gave then: a tensor, or a list of several."""
        return one_or_all(first_call(self).tagged())

    # Its weights

    def sublayers(self) -> list[Layer]:
        """Return the layers kept as attributes, also in lists, tuples and dicts, in order."""
        return [value for value in _attribute_leaves(self) if isinstance(value, Layer)]

    @property
    def trainable(self) -> bool:
        """Whether training changes its weights. Setting it sets it for the layers in it, too."""
        return self._trainable

    @trainable.setter
    def trainable(self, trainable: bool) -> None:
        self._trainable = bool(trainable)
        for layer in self.sublayers():
            layer.trainable = trainable

    @property
    def variables(self) -> list[Variable]:
        """All variables of the layer and of the layers in it.

        Their order does not depend on what is trainable at the moment.
        """
        return [v for v, _ in self._variables(True)]

    @property
    def trainable_variables(self) -> list[Variable]:
        """The variables that training changes."""
        return [v for v, trainable in self._variables(True) if trainable]

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The variables that training leaves alone."""
        return [v for v, trainable in self._variables(True) if not trainable]

    @property
    def weights(self) -> list[Variable]:
        """The same as ``variables``."""
        return self.variables

    @property
    def trainable_weights(self) -> list[Variable]:
        """The same as ``trainable_variables``."""
        return self.trainable_variables

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The same as ``non_trainable_variables``."""
        return self.non_trainable_variables

    def _variables(self, trainable: bool) -> list[tuple[Variable, bool]]:
        trainable = trainable and self.trainable
        found: dict[int, tuple[Variable, bool]] = {}
        own = [value for value in _attribute_leaves(self) if isinstance(value, Variable)]
        for value in sorted(own, key=lambda variable: not variable.trainable):
            found.setdefault(id(value), (value, trainable and value.trainable))
        for layer in self.sublayers():
            for variable, flag in layer._variables(trainable):
                found.setdefault(id(variable), (variable, flag))
        return list(found.values())

    def penalty_losses(self) -> list[Tensor]:
        """Return the penalties of the trainable weights, each a single number, and each once."""
        penalties = {id(weight): penalty for weight, penalty in self._all_penalties()}
        return [penalties[id(v)](v) for v in self.trainable_variables if id(v) in penalties]

    def _all_penalties(self) -> Iterator[tuple[Variable, Callable[[Tensor], Tensor]]]:
        yield from self._penalties
        for layer in self.sublayers():
            yield from layer._all_penalties()

    def count_params(self) -> int:
        """Return the number of numbers in all variables."""
        return sum(int(np.prod(variable.shape)) for variable in self.variables)

    def get_weights(self) -> list[np.ndarray[Any, Any]]:
        """Return the values of all variables."""
        return [variable.numpy() for variable in self.variables]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set the values of all variables, in the order of :meth:`get_weights`.

        Raises:
            DataError: if there are too few or too many.
            ShapeError: if one has another shape; no weight is then changed.
        """
        variables = self.variables
        arrays = fitting_arrays(self.name, variables, weights)
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def _attribute_leaves(owner: object) -> Iterator[Any]:
    for key, value in vars(owner).items():
        if not key.startswith("__") and key != "_penalties":
            yield from flatten(value)[0]
