"""Looking at values while a graph runs, and checks of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.errors import InvalidArgumentError
from giulgi.compat.graphs.graph import Operation, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.tensorflow.control.control_flow import group, no_op, with_dependencies
from giulgi.compat.tensorflow.control.print_streams import ERRORS, writer_to
from giulgi.compat.tensorflow.control.printed import Told, element
from giulgi.compat.tensorflow.math.arguments import is_text, numbers, static
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.tensor import Tensor, as_expression, as_tensor


def _said(value: Any, summarize: int) -> str:
    """Return the first elements of an array as TensorFlow prints them."""
    array = np.asarray(value)
    texts = [element(x) for x in array.ravel()[: summarize if summarize >= 0 else None]]
    if not array.ndim:
        return texts[0]
    more = "..." if array.size > len(texts) else ""
    return f"[{' '.join(texts)}{more}]"


@exported("Print")
def Print(  # noqa: N802 - TensorFlow's name
    input_: Any,
    data: Any,
    message: str | None = None,
    first_n: Any = None,
    summarize: Any = None,
    name: str | None = None,
) -> Any:
    """Return a tensor, and print others whenever it is computed.

    Args:
        input_: the tensor that is returned.
        data: the tensors that are printed, to the standard error.
        message: what is printed before them.
        first_n: how often something is printed; None: always.
        summarize: how many elements of each are printed; None: 3.
        name: a name.
    """
    shown = 3 if summarize is None else int(summarize)
    done = [0]

    def show(*values: Any) -> None:
        done[0] += 1
        if first_n is None or first_n < 0 or done[0] <= first_n:
            said = "".join(
                f"[{_said(value, shown)}]".replace("[[", "[").replace("]]", "]") for value in values
            )
            print(f"{message or ''}{said}", file=sys.stderr)

    looking = host_operation("Print", show, list(data), [], "Print")
    return with_dependencies([looking], input_, name or "Print")


@exported("print", "print_v2")
def print_(
    *inputs: Any,
    output_stream: Any = ERRORS,
    summarize: int = 3,
    sep: str = " ",
    end: str = "\n",
    name: str | None = None,
) -> Operation:
    """Return an operation that prints values whenever it is run.

    Args:
        inputs: tensors, and lists, tuples and dicts of them; anything else is printed as it is.
        output_stream: where to; see :func:`writer_to`. Else, to the standard error.
        summarize: how many elements at both ends of each axis are printed; -1: all.
        sep: what stands between values.
        end: what stands behind them.
        name: the name of the operation.
    """
    told, write = Told(inputs, sep), writer_to(output_stream)

    def show(*values: Any) -> None:
        write(told.text(values, summarize), end)

    return host_operation("PrintV2", show, told.tensors, [], name)


@exported("Assert", "debugging.Assert", "python.ops.control_flow_ops.Assert")
def Assert(  # noqa: N802 - TensorFlow's name
    condition: Any, data: Any, summarize: Any = None, name: str | None = None
) -> Operation:
    """Return an operation that raises InvalidArgumentError unless a condition holds."""
    shown = 3 if summarize is None else int(summarize)

    def check(holds: Any, *values: Any) -> None:
        if not np.all(holds):
            said = " ".join(f"[{_said(value, shown)}]" for value in values)
            raise InvalidArgumentError(None, None, f"assertion failed: {said}")

    return host_operation("Assert", check, [condition, *data], [], name or "Assert")


@exported("check_numerics", "debugging.check_numerics")
def check_numerics(tensor: Any, message: str, name: str | None = None) -> Any:
    """Return a tensor; when it is computed, raise an error if it holds NaN or infinity."""
    value = as_tensor(tensor)

    def check(array: Any) -> None:
        if not np.isfinite(array).all():
            what = "NaN" if np.isnan(array).any() else "Inf"
            raise InvalidArgumentError(None, None, f"{message} : Tensor had {what} values")

    checking = host_operation("CheckNumerics", check, [value], [], "CheckNumerics")
    return with_dependencies([checking], value, name or "CheckNumerics")


@exported("verify_tensor_all_finite", "debugging.assert_all_finite")
def verify_tensor_all_finite(
    t: Any = None, msg: str | None = None, name: str | None = None, x: Any = None,
    message: str | None = None,
) -> Any:  # fmt: skip
    """Return a tensor; when it is computed, raise an error if it holds NaN or infinity."""
    return check_numerics(x if t is None else t, message or msg or "", name)


@exported("add_check_numerics_ops")
def add_check_numerics_ops() -> Operation:
    """Return an operation that checks all floats of the graph for NaN and infinity."""
    checks = [
        check_numerics(x, op.name).op
        for op in get_default_graph().get_operations()
        for x in op.outputs
        if x.dtype.is_floating and op.type not in ("Placeholder", "VariableV2")
    ]
    return group(*checks)


# Conditions of two operands


def _checked(
    path: str,
    holds: Callable[[Any, Any], Any],
    said: str,
) -> None:
    def apply(
        x: Any = None,
        y: Any = None,
        data: Any = None,
        summarize: Any = None,
        message: str | None = None,
        name: str | None = None,
        v1: Any = None,
        v2: Any = None,
    ) -> Operation:
        x, y = (v1, v2) if x is None else (x, y)
        a = as_tensor(x)
        b = as_tensor(y, None if isinstance(y, Tensor) else a.dtype)
        return _required(
            lambda *v: np.all(holds(*v)),
            [a, b],
            f"{message or ''} Condition x {said} y did not hold.",
            summarize,
            name,
        )

    apply.__name__ = f"assert_{path}"
    apply.__doc__ = f"Return an operation that raises an error unless x {said} y everywhere."
    exported(f"assert_{path}", f"debugging.assert_{path}")(apply)


def _required(
    holds: Callable[..., Any], tensors: list[Tensor], message: str, summarize: Any, name: Any
) -> Operation:
    """Return an operation that checks values; what is known is checked at once."""
    known = [None if is_text(x) else static(x) for x in tensors]
    if all(value is not None for value in known):
        if not holds(*known):
            raise InvalidArgumentError(None, None, message.strip())
        return no_op(name)
    shown = 3 if summarize is None else int(summarize)

    def check(*values: Any) -> None:
        if not holds(*values):
            told = " ".join(f"[{_said(v, shown)}]" for v in values)
            raise InvalidArgumentError(None, None, f"assertion failed: {message.strip()} {told}")

    return host_operation("Assert", check, tensors, [], name)


for _path, _holds, _text_of in (
    ("equal", np.equal, "=="),
    ("none_equal", np.not_equal, "!="),
    ("less", np.less, "<"),
    ("less_equal", np.less_equal, "<="),
    ("greater", np.greater, ">"),
    ("greater_equal", np.greater_equal, ">="),
):
    _checked(_path, _holds, _text_of)


@exported("assert_near", "debugging.assert_near")
def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    data: Any = None,
    summarize: Any = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Return an operation that raises an error unless x and y are about equal."""
    a = as_tensor(x)
    b = as_tensor(y, a.dtype)
    near = 10 * float(np.finfo(a.dtype.numpy_dtype).eps)
    r, t = (near if v is None else float(v) for v in (rtol, atol))
    return _required(
        lambda p, q: np.all(np.abs(p - q) <= t + r * np.abs(q)),
        [a, b],
        f"{message or ''} x and y not equal to tolerance",
        summarize,
        name,
    )


def _signed(path: str, holds: Callable[[Any], Any], said: str) -> None:
    def apply(
        x: Any,
        data: Any = None,
        summarize: Any = None,
        message: str | None = None,
        name: str | None = None,
    ) -> Operation:
        text = f"{message or ''} Condition x {said} did not hold element-wise"
        return _required(lambda v: np.all(holds(v)), [as_tensor(x)], text, summarize, name)

    apply.__name__ = f"assert_{path}"
    apply.__doc__ = f"Return an operation that raises an error unless x {said} everywhere."
    exported(f"assert_{path}", f"debugging.assert_{path}")(apply)


_signed("positive", lambda v: v > 0, "> 0")
_signed("negative", lambda v: v < 0, "< 0")
_signed("non_negative", lambda v: v >= 0, ">= 0")
_signed("non_positive", lambda v: v <= 0, "<= 0")


def _ranked(path: str, holds: Callable[[int, Any], bool], said: str) -> None:
    def apply(
        x: Any,
        rank: Any,
        data: Any = None,
        summarize: Any = None,
        message: str | None = None,
        name: str | None = None,
    ) -> Operation:
        tensor, wanted = as_tensor(x), numbers(rank, "the rank")
        if tensor.sizes is not None:
            if not holds(len(tensor.sizes), wanted):
                raise ValueError(
                    f"{message or ''} Tensor {tensor.name} must have rank {said} {wanted}. "
                    f"Received rank {len(tensor.sizes)}".strip()
                )
            return no_op(name)
        text = f"{message or ''} the rank must be {said} {wanted}"
        return _required(lambda v: holds(np.ndim(v), wanted), [tensor], text, summarize, name)

    apply.__name__ = f"assert_{path}"
    apply.__doc__ = f"Return an operation that raises an error unless the rank is {said} a number."
    exported(f"assert_{path}", f"debugging.assert_{path}")(apply)


_ranked("rank", lambda own, wanted: own == wanted, "")
_ranked("rank_at_least", lambda own, wanted: own >= wanted, "at least")
_ranked("rank_in", lambda own, wanted: own in wanted, "one of")


@exported("assert_type", "debugging.assert_type")
def assert_type(
    tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None
) -> Operation:
    """Raise an error unless a tensor has a dtype."""
    if as_tensor(tensor).dtype != as_dtype(tf_type):
        raise TypeError(f"{message or ''} {tensor} must be of type {tf_type}".strip())
    return no_op(name)


@exported("assert_scalar", "debugging.assert_scalar")
def assert_scalar(tensor: Any, name: str | None = None, message: str | None = None) -> Tensor:
    """Return a tensor; raise an error unless it is a single number."""
    value = as_tensor(tensor)
    if value.sizes not in ((), None):
        raise ValueError(f"{message or ''} Expected scalar shape, saw shape: {value.shape}".strip())
    return value


@exported("assert_integer", "debugging.assert_integer")
def assert_integer(x: Any, message: str | None = None, name: str | None = None) -> Operation:
    """Raise an error unless a tensor is of whole numbers."""
    if not as_tensor(x).dtype.is_integer:
        raise TypeError(f"{message or ''} Expected 'x' to be integer type: {x}".strip())
    return no_op(name)


@exported("is_numeric_tensor", "debugging.is_numeric_tensor")
def is_numeric_tensor(tensor: Any) -> bool:
    """Whether something is a tensor of numbers."""
    return isinstance(tensor, Tensor) and (tensor.dtype.is_floating or tensor.dtype.is_integer)


@exported("is_non_decreasing", "debugging.is_non_decreasing")
def is_non_decreasing(x: Any, name: str | None = None) -> Any:
    """Return whether no element is less than the one before."""
    from giulgi.compat.operations.operation import as_results

    value = as_tensor(x)
    flat = gg.reshape(as_expression(value), (-1,))
    return as_results("IsNonDecreasing", name, [value], gg.all(flat[1:] >= flat[:-1]))
