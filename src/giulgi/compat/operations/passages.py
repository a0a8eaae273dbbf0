"""Which operations of Python have a gradient in TensorFlow: who asks for it is told it is missing.

See :mod:`giulgi.compat.tensorflow.control.lost_gradients`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from giulgi.compat.graphs.graph import Operation
from giulgi.compat.operations.with_gradient import WithGradient
from giulgi.graph.node import Node, build
from giulgi.graph.tensor import Tensor as Expression

if TYPE_CHECKING:
    from giulgi.compat.tensors.tensor import Tensor

_PASSAGE = "passage"


@dataclass(frozen=True, eq=False)
class Passage:
    """An operation of Python that has a gradient in TensorFlow, and of what.

    Attributes:
        operation: the operation.
        tensors: by what TensorFlow differentiates it; of a loop, what its states become.
        states: of a loop, what stands for a state in it, and the first one.
    """

    operation: Operation
    tensors: Sequence[Tensor]
    states: Sequence[tuple[Tensor, Tensor]] = ()


def mark_gradient(
    operation: Operation, tensors: Sequence[Tensor], states: Sequence[tuple[Tensor, Tensor]] = ()
) -> None:
    """Take note that TensorFlow has a gradient through an operation; see :class:`Passage`."""
    if operation.graph.is_eager:
        return
    passage = Passage(operation, tensors, states)
    operation.graph.notes["has passages"] = True
    for output in operation.outputs:
        if output.dtype.is_floating or output.dtype.is_complex:
            # The placeholder holds it, so that it goes as soon as nobody has the operation.
            output.expression.node.op.__dict__[_PASSAGE] = passage


def refuse_later(operation: Operation, tensors: Sequence[Tensor]) -> None:
    """Where a program computes at once, let a tape be told that the gradient is missing."""
    from giulgi.compat.eager.tape import is_taping

    sources = _sources(tensors)
    if not sources or not is_taping():
        return

    def ask(_: Expression) -> Any:
        refuse(operation)

    for output in operation.outputs:
        if output.dtype.is_floating:
            output.expression = build(WithGradient(ask), output.expression, *sources)
        elif output.dtype.is_complex:
            output.expression.node.op.__dict__[_PASSAGE] = Passage(operation, tensors)


def _sources(tensors: Sequence[Tensor]) -> list[Expression]:
    """Return the floats of which tensors are made, also by way of complex numbers."""
    found = []
    for x in tensors:
        before = passage_at(x.expression.node) if x.dtype.is_complex else None
        if x.dtype.is_floating:
            found.append(x.expression)
        elif before is not None:
            found += _sources(before.tensors)
    return found


def passage_at(node: Node) -> Passage | None:
    """Return the operation that makes a node, if TensorFlow has a gradient through it."""
    found: Passage | None = node.op.__dict__.get(_PASSAGE) if hasattr(node.op, "__dict__") else None
    return found


def refuse(operation: Operation) -> None:
    """Raise the error that a gradient is lost at an operation."""
    of_what = " of complex numbers" if _is_complex(operation) else ""
    raise NotImplementedError(
        f"there is no gradient through {operation.type}{of_what} ({operation.name!r}), which "
        "Python carries out here; in TensorFlow there is one. If it is to count as a constant, put "
        "tf.stop_gradient around its result; else express it by other operations"
    )


def _is_complex(operation: Operation) -> bool:
    return any(x.dtype.is_complex for x in (*operation.inputs, *operation.outputs))
