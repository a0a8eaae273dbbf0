"""What is given for the inputs and outputs of a network, in their order and in their shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from giulgi.errors import DataError, ShapeError
from giulgi.graph.shapes import Shape, could_agree, is_static, shape_text, size_of
from giulgi.graph.tensor import Tensor
from giulgi.names import meant
from giulgi.training.network import Network

Array = np.ndarray[Any, Any]


def in_order(what: str, value: Any, names: Sequence[str]) -> Any:
    """Return a dict by the names of inputs or outputs as a list in their order.

    Raises:
        DataError: if one of them is missing.
    """
    if not isinstance(value, Mapping):
        return value
    for name in names:
        if name not in value:
            raise DataError(
                f"{what} has no entry {name!r}.",
                arguments=[(what, "a dict of " + ", ".join(repr(key) for key in value))],
                fix=_entry_fix(name, value, names),
            )
    return [value[name] for name in names]


def _entry_fix(name: str, value: Mapping[Any, Any], names: Sequence[str]) -> str:
    needed = "the network needs " + " and ".join(repr(name) for name in names)
    unused = [key for key in value if key not in names]
    if not unused:
        return needed
    closest = (meant(name, map(str, unused)) or [unused[0]])[0]
    return f"{needed}; perhaps {closest!r} is meant to be {name!r}"


def fitted(network: Network, values: Sequence[Any], targets: Sequence[Array] = ()) -> list[Any]:
    """Return what is given for the inputs, arrays or tensors, in the shapes that they have.

    Where a last axis of size 1 is all that differs it is added, (batch,) -> (batch, 1), or taken
    off.

    Args:
        network: the network.
        values: what is given for its inputs.
        targets: the truth, if it is given with them: errors look at it to tell what was meant.

    Raises:
        DataError: if there are too few or too many.
        ShapeError: if one has another shape.
    """
    inputs = network.inputs
    if len(values) != len(inputs):
        raise _number_error(inputs, len(values))
    found = [_fitted(network, i, value, targets) for i, value in enumerate(values)]
    return [*map(_whole, inputs, found)] if network.takes_fractions else found


def _whole(wanted: Tensor, value: Any) -> Any:
    """Return an array without fractions where whole numbers are wanted."""
    is_whole = wanted.dtype.kind in "iu" and not isinstance(value, Tensor)
    return value.astype(wanted.dtype) if is_whole and value.dtype.kind == "f" else value


def _fitted(network: Network, index: int, value: Any, targets: Sequence[Array]) -> Any:
    wanted = network.inputs[index].known_shape
    given: Shape | None = value.known_shape if isinstance(value, Tensor) else value.shape
    if wanted and not isinstance(value, Tensor):
        wanted = (None, *wanted[1:])  # An array holds the examples of many batches.
    if wanted is None or given is None or could_agree(wanted, given):
        return value
    if wanted[-1:] == (1,) and could_agree(wanted[:-1], given):
        return value[..., None]
    if given[-1:] == (1,) and could_agree(wanted, given[:-1]):
        return value[..., 0]
    error = _shape_error(network, index, wanted, given, value.dtype)
    truth = [target.shape for target in targets]
    error.fix = _misplaced_fix(error.arguments[0][0], wanted, given, truth) or error.fix
    raise error


def _number_error(inputs: Sequence[Tensor], given: int) -> DataError:
    fix = "give one array for each input, in this order"
    if len(inputs) == 1:
        fix = "a list of arrays stands for several inputs; np.stack(x) makes one array of rows"
        if given == 2:
            fix += ";\nexamples and truth are two arguments, x and y"
    return DataError(
        f"the network has {counted(len(inputs), 'input')}, and x is {counted(given, 'array')}.",
        arguments=[(x.name, x.description) for x in inputs],
        fix=fix,
    )


def _shape_error(
    network: Network, index: int, wanted: Shape, given: Shape, dtype: Any
) -> ShapeError:
    x = network.inputs[index]
    name = "x" if len(network.inputs) == 1 else network.input_names[index]
    error = ShapeError(
        f"{name} has shape {shape_text(given)}, and the network takes {shape_text(wanted)}.",
        arguments=[
            (name, f"{np.dtype(dtype).name} {shape_text(given)}"),
            ("input", x.description),
        ],
        axes=_disagreement(name, wanted, given),
        fix=_shape_fix(name, wanted, given),
    )
    for call in network.calls:
        if any(source.node is x.node for source in call.inputs):
            error.complete(layer=call.layer.name, layer_made=call.layer.source)
    return error


def _misplaced_fix(name: str, wanted: Shape, given: Shape, truth: Sequence[Shape]) -> str:
    """Return the fix for whole arrays in a wrong place, by the targets given with them; else ""."""
    if not truth or not given:
        return ""
    count = truth[0][0]
    if given[0] == count and could_agree(wanted[1:], given):
        return f"gg.Input leaves out the batch axis: gg.Input({shape_text(given[1:])})"
    if could_agree(wanted, truth[0]):
        return "x and y seem to be swapped: the examples come first"
    if len(given) == 2 and given[0] != count == given[1] and could_agree(wanted, given[::-1]):
        return f"rows and columns are swapped: {name}.T has one example in each row"
    return ""


def _disagreement(name: str, wanted: Shape, given: Shape) -> str:
    if len(wanted) != len(given):
        return f"{name} has {counted(len(given), 'axis')}, {len(wanted)} are expected"
    return ", ".join(
        f"axis {axis}: {has} in {name}, {size} expected"
        for axis, (size, has) in enumerate(zip(wanted, given, strict=True))
        if not could_agree((size,), (has,))
    )


def _shape_fix(name: str, wanted: Shape, given: Shape) -> str:
    example, own = wanted[1:], given[1:]
    if not given:
        return f"give an array of the shape {shape_text(wanted)}"
    if could_agree(example, given):
        return f"one example lacks the batch axis: {name}[None]"
    if not (is_static(example) and is_static(own)):
        return f"give examples of shape {shape_text(example)}"
    if len(own) > 1 and own == (example[-1], *example[:-1]):
        return f"the channels come last: np.moveaxis({name}, 1, -1)"
    if len(own) > 1 and own == (*example[1:], example[0]):
        return f"the channels come first: np.moveaxis({name}, -1, 1)"
    if size_of(example) == size_of(own):
        sizes = "".join(f", {size}" for size in example)
        return f"{name}.reshape(len({name}){sizes}) brings the same numbers into this shape"
    if not own:
        return f"give examples of shape {shape_text(example)}"
    return (
        f"give examples of shape {shape_text(example)}, or build the network for these: "
        f"gg.Input({shape_text(own)})"
    )


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "1 axis", "2 axes", "0 arrays"."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} axes" if noun == "axis" else f"{number} {noun}s"
