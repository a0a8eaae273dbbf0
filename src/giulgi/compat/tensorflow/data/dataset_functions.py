"""Functions that a program gives to a data set: they are built once, and run for each element."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from giulgi.compat.graphs.graph import Graph, Operation, get_default_graph, is_modern
from giulgi.compat.operations.host import session_storage
from giulgi.compat.sessions.running import Prepared
from giulgi.compat.tensorflow.data.elements import (
    Array,
    DatasetSpec,
    Element,
    Spec,
    TensorSpec,
    flatten,
    nested,
)
from giulgi.compat.tensorflow.graph_mode import building
from giulgi.compat.tensorflow.math.leaves import placeholder
from giulgi.compat.tensors.tensor import Tensor, as_tensor

if TYPE_CHECKING:
    from giulgi.compat.tensorflow.data.dataset import Dataset

#: The values of the tensors outside that a data set is made of.
Values = Mapping[Tensor, Array]


class ElementFunction:
    """A function of one element, as a graph of its own.

    Args:
        function: takes the components of an element as tensors.
        structure: how the components are nested.
        specs: what they look like.
        is_one_argument: whether a tuple is given as one argument.

    Attributes:
        result: what it returned: tensors, nested, or a data set.
        captures: tensors from outside that it uses; they are computed once, at the beginning.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        structure: Any,
        specs: Sequence[Spec],
        is_one_argument: bool = False,
    ) -> None:
        from giulgi.compat.tensorflow.data.dataset import Dataset

        self.graph = Graph()
        self.graph.takes_others = True
        self.graph.makes_tensors = is_modern()
        self.graph.seed = get_default_graph().seed
        with building(self.graph):
            parameters = [placeholder(spec.dtype, spec.shape, "arg") for spec in specs]
            pairs = zip(parameters, specs, strict=True)
            arguments = nested(structure, [_argument(p, spec) for p, spec in pairs])
            if type(arguments) is tuple and not is_one_argument:
                self.result = function(*arguments)
            else:
                self.result = function(arguments)
            if isinstance(self.result, list):
                self.result = tuple(self.result)
            if isinstance(self.result, Dataset):
                self.fetches = list(self.result.inputs)
            else:
                leaves, self.structure = flatten(self.result)
                self.fetches = [as_tensor(leaf) for leaf in leaves]
        self.captures = _captures(self.fetches, parameters, self.graph)
        self._prepared = Prepared(self.fetches, [*parameters, *self.captures])

    @property
    def dataset(self) -> Dataset:
        """The data set that it returned.

        Raises:
            TypeError: if it did not.
        """
        from giulgi.compat.tensorflow.data.dataset import Dataset

        if not isinstance(self.result, Dataset):
            raise TypeError(f"map_func must return a Dataset object, and not {self.result!r}")
        return self.result

    @property
    def spec(self) -> Any:
        """What its results look like."""
        return nested(self.structure, [TensorSpec.from_tensor(x) for x in self.fetches])

    def __call__(self, element: Element, values: Values) -> Element:
        """Return the results for one element."""
        feeds = [x if isinstance(x, np.ndarray) else _zero_dimensional(x) for x in element]
        feeds += [values[capture] for capture in self.captures]
        return self._prepared(feeds, session_storage.get())

    def begun(self, element: Element, values: Values) -> Any:
        """Return what begins the data set that the function returns for an element."""
        found = self(element, values)
        return self.dataset.bind(dict(zip(self.fetches, found, strict=True)))


def _zero_dimensional(value: Any) -> Array:
    """Return a single number, string or data set as an array without axes."""
    if isinstance(value, np.generic):
        return np.asarray(value)
    made = np.empty((), object)
    made[()] = value
    return made


def _argument(parameter: Tensor, spec: Spec) -> Any:
    """Return what stands for a component while the function is built."""
    if not isinstance(spec, DatasetSpec):
        return parameter
    from giulgi.compat.tensorflow.data.dataset import Dataset

    def bind(values: Values) -> Any:
        held = values[parameter]
        elements = held[()] if isinstance(held, np.ndarray) else held
        return lambda: iter(elements)

    return Dataset(spec.element_spec, bind, [parameter])


def _captures(
    fetches: Sequence[Tensor], parameters: Sequence[Tensor], graph: Graph
) -> list[Tensor]:
    """Return what results depend on that is fed, or made by Python, outside of a graph.

    What else is outside, such as the value of a variable, is computed with each element.
    """
    found: dict[Tensor, None] = {}
    seen: set[Operation] = set()
    known = set(parameters)
    waiting = [x for x in fetches if x not in known]
    while waiting:
        tensor = waiting.pop()
        operation = tensor.op
        is_given = operation.type == "Placeholder" or operation.host is not None
        if is_given and tensor.graph is not graph:
            found[tensor] = None
        elif operation not in seen:
            seen.add(operation)
            waiting += [x for x in operation.inputs if x not in known]
            waiting += [x for op in operation.control_inputs for x in op.inputs]
    return list(found)
