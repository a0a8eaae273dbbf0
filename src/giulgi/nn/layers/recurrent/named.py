"""The recurrent layers that have names of their own: a loop around a cell of the same arguments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from giulgi.errors import GiulgiError
from giulgi.nn.layers.arguments import without_data
from giulgi.nn.layers.recurrent.cells import Cell, SimpleRNNCell
from giulgi.nn.layers.recurrent.gated import GRUCell, LSTMCell
from giulgi.nn.layers.recurrent.loops import RNN
from giulgi.signatures import arguments_of, called_as, unknown_argument

# What older programs say, and what makes no difference here.
_WITHOUT_MEANING = ("implementation", "use_cudnn", "time_major", "consume_less", "input_length")


class OfCell(RNN):
    """Base of layers around a cell of one kind."""

    cell_class: ClassVar[type[Cell]]

    def __init__(self, units: int, *args: Any, **options: Any) -> None:
        own, of_cell = arguments_of(RNN), arguments_of(self.cell_class)
        self.require_known(options)
        said = {name: value for name, value in options.items() if name in of_cell}
        try:
            cell = self.cell_class(units, *args, **{**said, "name": None})
        except GiulgiError as error:  # The user has made no cell.
            error.op = type(self).__name__
            error.fix = error.fix.replace(self.cell_class.__name__, error.op)
            raise
        super().__init__(cell, **{name: options[name] for name in own if name in options})
        self.units = cell.units

    def require_known(self, options: Iterable[str]) -> None:
        """Raise an UnknownArgumentError for an argument that neither loop nor cell has."""
        known = {*arguments_of(RNN), *arguments_of(self.cell_class)} - {"cell", "units"}
        for name in options:
            if name not in (*known, *_WITHOUT_MEANING):
                raise unknown_argument(type(self).__name__, name, sorted(known))


class SimpleRNN(OfCell):
    """h_t = activation(x_t @ kernel + h_{t-1} @ recurrent_kernel + bias), the output of each step.

    Args:
        units: the number of outputs.
        args: of :class:`SimpleRNNCell`, in its order: activation, use_bias, ...
        options: of :class:`SimpleRNNCell` and of :class:`RNN`.
    """

    cell_class = SimpleRNNCell

    @without_data
    @called_as("SimpleRNN(10)")
    def __init__(self, units: int, *args: Any, **options: Any) -> None:
        super().__init__(units, *args, **options)


class LSTM(OfCell):
    """The long short-term memory: :class:`LSTMCell` in each step. Its states are h and c.

    Args:
        units: the number of outputs.
        args: of :class:`LSTMCell`, in its order: activation, recurrent_activation, ...
        options: of :class:`LSTMCell` and of :class:`RNN`.
    """

    cell_class = LSTMCell

    @without_data
    @called_as("LSTM(10) or LSTM(10, return_sequences=True)")
    def __init__(self, units: int, *args: Any, **options: Any) -> None:
        super().__init__(units, *args, **options)


class GRU(OfCell):
    """The gated recurrent unit: :class:`GRUCell` in each step. Its state is h.

    Args:
        units: the number of outputs.
        args: of :class:`GRUCell`, in its order: activation, recurrent_activation, ...
        options: of :class:`GRUCell` and of :class:`RNN`.
    """

    cell_class = GRUCell

    @without_data
    @called_as("GRU(10) or GRU(10, return_sequences=True)")
    def __init__(self, units: int, *args: Any, **options: Any) -> None:
        super().__init__(units, *args, **options)
