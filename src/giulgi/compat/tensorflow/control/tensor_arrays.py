"""Arrays of tensors that are written and read one by one: ``tf.TensorArray``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import as_results
from giulgi.compat.tensorflow.control.control_flow import no_op
from giulgi.compat.tensorflow.control.growing import NothingWrittenError
from giulgi.compat.tensorflow.math.arguments import static
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Tensor, as_tensor, of_sizes


@exported("TensorArray", "python.ops.tensor_array_ops.TensorArray")
class TensorArray:
    """Tensors of one shape; what is written makes a new array, and the old one stays.

    Args:
        dtype: the dtype of its tensors.
        size: how many there are.
        dynamic_size: whether it grows when something is written behind its end.
        element_shape: the shape of its tensors, if it is known before one is written.

    The other arguments have no meaning.
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: Any = None,
        clear_after_read: Any = None,
        tensor_array_name: Any = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        self.dtype = as_dtype(dtype)
        known = None if size is None else static(size)
        self.count: Any = 0 if size is None else (as_tensor(size) if known is None else int(known))
        self.is_dynamic = bool(dynamic_size)
        self.element_shape = TensorShape(element_shape)
        #: All tensors, one after the other; None before any is written.
        self.whole: Tensor | None = None
        # In the body of a loop what was written before is known as soon as its shape is.
        self.begun: Callable[[Tensor | None, TensorShape], Tensor] | None = None
        #: Where it grew: what was made of which tensors, for how many places.
        self.growths: list[tuple[gg.Tensor, gg.Tensor, gg.Tensor]] = []

    def like(self, whole: Tensor | None) -> TensorArray:
        """Return an array of the same kind that holds other tensors."""
        made = TensorArray(self.dtype, self.count, self.is_dynamic)
        made.element_shape = self.element_shape
        made.whole, made.begun, made.growths = whole, self.begun, self.growths
        if whole is not None:
            made.element_shape = TensorShape(None if whole.sizes is None else whole.sizes[1:])
        return made

    def _begin(self, shape: TensorShape, written: Tensor | None = None) -> Tensor:
        """Return what is there before something of a shape is written: zeros."""
        if self.whole is not None:
            return self.whole
        if self.begun is not None:
            return self.begun(written, shape)
        if written is None:
            return self.zeros(shape)
        return self.zeros(shape, gg.shape(written.expression))

    def zeros(self, shape: TensorShape, computed: gg.Tensor | None = None) -> Tensor:
        """Return as many zeros of a shape as there are places.

        Args:
            shape: the shape of one, as far as it is known.
            computed: the shape of one as an expression, for the sizes that are not known.
        """
        sizes = [
            size if size is not None else 1 if computed is None else computed[axis]
            for axis, size in enumerate(shape.sizes or ())
        ]
        count = self.count.expression if isinstance(self.count, Tensor) else self.count
        made = gg.zeros([count, *sizes], self.dtype.numpy_dtype)
        inputs = [self.count] if isinstance(self.count, Tensor) else []
        found: Tensor = as_results("TensorArrayV3", None, inputs, made)
        return found

    @property
    def flow(self) -> Any:
        """What a loop waits for: the tensors."""
        return self._required()

    @property
    def handle(self) -> TensorArray:
        """The array."""
        return self

    def _required(self) -> Tensor:
        if self.whole is None and self.element_shape.sizes is not None:
            return self._begin(self.element_shape)
        if self.whole is None:
            raise NothingWrittenError(self)
        return self.whole

    def suppose(self, written: Tensor) -> bool:
        """In the body of a loop, suppose that a tensor is written first; return whether it can."""
        if self.begun is None or self.whole is not None:
            return False
        self.whole = self._begin(TensorShape(written.sizes), written)
        return True

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """Return the array with a tensor at a place."""
        new, place = as_tensor(value, self.dtype), as_tensor(index)
        if not self.element_shape.is_compatible_with(TensorShape(new.sizes)):
            raise ValueError(
                f"Inconsistent shapes: saw {TensorShape(new.sizes)} but expected "
                f"{self.element_shape}: the tensors of a TensorArray have one shape here"
            )
        before = self._begin(TensorShape(new.sizes), new)
        x, y = before.expression, gg.cast(new.expression, self.dtype.numpy_dtype)
        at = gg.cast(gg.reshape(place.expression, ()), "int64")
        if self.is_dynamic:
            x = self.grown(x, at + 1)
        steps = gg.reshape(gg.arange(gg.size(x, 0)), [-1, *[1] * y.ndim])
        whole = gg.where(gg.equal(steps, at), gg.expand_dims(y, 0), x)
        return self.like(as_results("TensorArrayWriteV3", name, [before, place, new], whole))

    def grown(self, x: gg.Tensor, count: gg.Tensor) -> gg.Tensor:
        """Return tensors with zeros behind them, if there are fewer than a number."""
        more = gg.maximum(count - gg.size(x, 0), 0)
        sizes = [gg.size(x, axis) if n is None else n for axis, n in enumerate(x.shape)][1:]
        made = gg.concat([x, gg.zeros([more, *sizes], x.dtype)])
        self.growths.append((made, x, count))
        return made

    def read(self, index: Any, name: str | None = None) -> Any:
        """Return the tensor at a place."""
        whole, place = self._required(), as_tensor(index)
        found = gg.gather(whole.expression, gg.reshape(place.expression, ()))
        return as_results("TensorArrayReadV3", name, [whole, place], found)

    def stack(self, name: str | None = None) -> Any:
        """Return all tensors along a new first axis."""
        whole = self._required()
        return as_results("TensorArrayGatherV3", name, [whole], whole.expression)

    pack = stack

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Return the tensors at some places along a new first axis."""
        whole, places = self._required(), as_tensor(indices)
        found = gg.gather(whole.expression, places.expression)
        return as_results("TensorArrayGatherV3", name, [whole, places], found)

    def concat(self, name: str | None = None) -> Any:
        """Return all tensors joined along their first axis."""
        whole = self._required()
        x = whole.expression
        joined = gg.reshape(
            x, [-1, *(gg.size(x, a) if n is None else n for a, n in list(enumerate(x.shape))[2:])]
        )
        return as_results("TensorArrayConcatV3", name, [whole], joined)

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """Return the array of the parts of a tensor along its first axis."""
        whole = as_tensor(value, self.dtype)
        x = whole.expression
        if isinstance(self.count, int) and self.count and not self.is_dynamic and x.known_shape:
            x = of_sizes(x, (self.count, *x.known_shape[1:]))
        made = self.like(as_results("TensorArrayScatterV3", name, [whole], x))
        if whole.sizes is not None and whole.sizes[0] is not None:
            made.count = whole.sizes[0]
        return made

    unpack = unstack

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """Return the array with parts of a tensor at places."""
        places, new = as_tensor(indices), as_tensor(value, self.dtype)
        before = self._begin(TensorShape(None if new.sizes is None else new.sizes[1:]))
        x, y = before.expression, new.expression
        at = gg.cast(places.expression, "int64")
        if self.is_dynamic:
            x = self.grown(x, gg.max(at) + 1)
        rows = gg.equal(gg.expand_dims(gg.arange(gg.size(x, 0)), 1), at)
        found = gg.gather(y, gg.argmax(gg.cast(rows, "int64"), 1))
        written = gg.reshape(gg.any(rows, 1), [-1, *[1] * (y.ndim - 1)])
        whole = gg.where(written, found, x)
        return self.like(as_results("TensorArrayScatterV3", name, [before, places, new], whole))

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """Return the array of the parts of a tensor, all of one length."""
        known = static(lengths)
        new = as_tensor(value, self.dtype)
        if known is None or len(set(np.ravel(known).tolist())) != 1:
            raise NotImplementedError("TensorArray.split has parts of one length only")
        x = new.expression
        parts = gg.reshape(x, [len(known), int(known[0]), *x.shape[1:]])
        return self.like(as_results("TensorArraySplitV3", name, [new], parts))

    def identity(self) -> TensorArray:
        """Return the array."""
        return self

    def grad(self, *_: Any, **__: Any) -> Any:
        """Say that gradients are asked for otherwise."""
        raise NotImplementedError("TensorArray.grad is not there: use tf.gradients")

    def size(self, name: str | None = None) -> Any:
        """Return how many tensors there are."""
        if self.whole is None:
            return as_tensor(self.count, name=name)
        count = gg.cast(gg.size(self.whole.expression, 0), "int32")
        return as_results("TensorArraySizeV3", name, [self.whole], count)

    def close(self, name: str | None = None) -> Any:
        """Return an operation that does nothing."""
        return no_op(name)
