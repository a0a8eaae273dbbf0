"""What an operation is: a small frozen dataclass that tells everything about itself in one place.

Its fields are its attributes (axes, a shape, ...), so two equal ops are the same op. It tells

* ``infer_dtype`` and ``infer_shape``: what comes out, or why the inputs do not fit;
* ``numpy``: its meaning, on arrays;
* ``gradient``: its derivative, as a graph: given ``dy``, the gradient with respect to its result,
  the gradient with respect to each input;
* ``normalised`` and ``resolve``: what it becomes once more is known of its inputs.

Nothing else in the framework needs to know an op to build, print, differentiate or run it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from giulgi.errors import DTypeError, GraphError
from giulgi.graph.dtypes import DType
from giulgi.graph.shapes import Shape, broadcast_shapes, shape_text

if TYPE_CHECKING:
    from giulgi.graph.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Spec:
    """What is known of a value before it is computed: its shape and dtype."""

    shape: Shape | None
    dtype: DType

    def __str__(self) -> str:
        return f"{self.dtype.name} {shape_text(self.shape)}"


class Op:
    """Base of all operations. Subclasses are frozen dataclasses."""

    name: ClassVar[str]
    #: The same inputs give the same result, so that the op may be computed ahead of time.
    pure: ClassVar[bool] = True
    #: The value is there in a run only: it is fed or assigned there, or depends on what is.
    symbolic: ClassVar[bool] = False
    #: The value is that of a variable, or changes one.
    stateful: ClassVar[bool] = False
    #: The value is drawn anew in every run.
    random: ClassVar[bool] = False
    #: Inputs are broadcast to the shape of the result, element by element.
    broadcasts: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        if "name" not in cls.__dict__:
            cls.name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    # The rules of one op. Here they take anything; each op names its own inputs.

    def infer_dtype(self, *args: Any, **kwargs: Any) -> DType:
        """Return the dtype of the result; by default all inputs have one dtype, and so has it."""
        first: DType = args[0]
        for dtype in args[1:]:
            if dtype != first:
                raise DTypeError(
                    f"the dtypes {first.name} and {dtype.name} differ.",
                    fix="cast one of them: x.astype('float32')",
                )
        return first

    def infer_shape(self, *args: Any, **kwargs: Any) -> Shape | None:
        """Return the shape of the result from the inputs' shapes, whose ranks are known."""
        raise NotImplementedError

    def infer_shape_of_unknown_rank(self, *args: Any, **kwargs: Any) -> Shape | None:
        """Return the shape of the result where the rank of some input is not known."""
        return None

    def infer(self, *inputs: Any, **kwargs: Any) -> Spec:
        """Return shape and dtype of the result."""
        dtype = self.infer_dtype(*[x.dtype for x in inputs])
        shapes = [x.known_shape for x in inputs]
        if None in shapes:
            return Spec(self.infer_shape_of_unknown_rank(*shapes), dtype)
        return Spec(self.infer_shape(*shapes), dtype)

    def numpy(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the result from NumPy arrays: the meaning of the op."""
        raise NotImplementedError

    def gradient(self, *args: Any, **kwargs: Any) -> Any:
        """Return the gradients by the inputs, given ``dy``, ``y`` and the inputs.

        One tensor for one input, else a tuple of one for each; None where no gradient flows.
        """
        raise GraphError(
            f"the gradient of {self.name} is not defined.",
            op=self.name,
            fix="put gg.stop_gradient around what is not to be differentiated",
        )

    def gradients_together(self, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Return the gradients by the inputs, given pairs of companions and their ``dy``."""
        raise NotImplementedError(f"{self.name} has no companions")

    def computed_together(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Return the values of companions, given them and the arrays of their inputs."""
        raise NotImplementedError(f"{self.name} has no companions")

    # What every op can be asked.

    @property
    def companions(self) -> Any:
        """What nodes of the same inputs have in common that are computed together; else None.

        They are the values of something that is computed once for all of them, such as a loop.
        """
        return None

    def normalised(self, *args: Any, **kwargs: Any) -> Op:
        """Return the op with its attributes in their one usual form, such as axes >= 0."""
        return self

    def resolve(self, *args: Any, **kwargs: Any) -> Tensor | None:
        """Return something simpler that means the same, given what is known; None if not."""
        return None

    def simplified(self, *args: Any, **kwargs: Any) -> Tensor | None:
        """Return something simpler of the same value, to be computed instead; None if there is not.

        The graph stays as it was written; this is asked when a program is made of it.
        """
        return None

    def known_elements(self, *args: Any, **kwargs: Any) -> Shape | None:
        """Return the elements of an integer vector or scalar, None for each that is not known.

        Sizes computed from shapes are often known in part before anything is fed. None: not even
        their number is known.
        """
        return None

    def settled(self) -> Any:
        """Return the value (an array) if the op itself holds it, as a constant does; else None."""
        return None

    def formula(self, *inputs: str) -> str:
        """Return the op as one reads it, given the inputs' names."""
        attributes = [f"{key}={value}" for key, value in self.attributes().items()]
        return f"{self.name}({', '.join([*inputs, *attributes])})"

    def attributes(self) -> dict[str, Any]:
        """Return the attributes by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def argument_names(cls, count: int) -> tuple[str, ...]:
        """Return the names of ``count`` inputs, as the op's meaning names them."""
        names, variadic = _signature(cls.numpy)
        if variadic:
            return tuple(f"{variadic}[{i}]" for i in range(count))
        return names[:count]


@cache
def _signature(meaning: Callable[..., Any]) -> tuple[tuple[str, ...], str]:
    names = []
    variadic = ""
    for parameter in list(inspect.signature(meaning).parameters.values())[1:]:
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            variadic = parameter.name
        else:
            names.append(parameter.name)
    return tuple(names), variadic


class Elementwise(Op):
    """An op on each element alone, after broadcasting its inputs to one shape."""

    broadcasts = True
    symbol: ClassVar[str] = ""

    def infer_shape(self, *shapes: Shape) -> Shape:
        """All inputs are broadcast to one shape."""
        return broadcast_shapes(*shapes)

    def formula(self, *inputs: str) -> str:
        """Two inputs stand around the symbol, if the op has one."""
        if self.symbol and len(inputs) == 2:
            return f"{inputs[0]} {self.symbol} {inputs[1]}"
        if self.symbol:
            return f"{self.symbol}{inputs[0]}"
        return super().formula(*inputs)
