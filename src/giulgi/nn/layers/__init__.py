"""Layers, one small file each; ``base`` is what they share."""

from giulgi.nn.layers.activation import Activation
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.dense import Dense
from giulgi.nn.layers.dropout import Dropout
from giulgi.nn.layers.input import Input, InputLayer
from giulgi.nn.layers.reshaping import Flatten, Reshape

__all__ = [
    "Activation",
    "Dense",
    "Dropout",
    "Flatten",
    "Input",
    "InputLayer",
    "Layer",
    "Reshape",
]
