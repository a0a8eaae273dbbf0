"""Recurrent layers: a cell is what one step computes, a layer is a loop around it."""

from giulgi.nn.layers.recurrent.bidirectional import Bidirectional
from giulgi.nn.layers.recurrent.cells import SimpleRNNCell, StackedRNNCells
from giulgi.nn.layers.recurrent.convolutional import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from giulgi.nn.layers.recurrent.gated import GRUCell, LSTMCell
from giulgi.nn.layers.recurrent.loops import RNN
from giulgi.nn.layers.recurrent.named import GRU, LSTM, SimpleRNN
from giulgi.nn.layers.recurrent.time_distributed import TimeDistributed

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Bidirectional",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "GRUCell",
    "LSTMCell",
    "SimpleRNN",
    "SimpleRNNCell",
    "StackedRNNCells",
    "TimeDistributed",
]
