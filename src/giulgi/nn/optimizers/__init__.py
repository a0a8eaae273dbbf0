"""Optimizers: how gradients become steps. One file each; ``base`` is what they share."""

from __future__ import annotations

from typing import Any

from giulgi.nn.lookup import instance, look_up
from giulgi.nn.optimizers.adadelta import Adadelta
from giulgi.nn.optimizers.adagrad import Adagrad
from giulgi.nn.optimizers.adam import Adam
from giulgi.nn.optimizers.adamax import Adamax
from giulgi.nn.optimizers.base import Optimizer
from giulgi.nn.optimizers.nadam import Nadam
from giulgi.nn.optimizers.rmsprop import RMSprop
from giulgi.nn.optimizers.sgd import SGD

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adagrad": Adagrad,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adadelta": Adadelta,
    "adamax": Adamax,
    "nadam": Nadam,
}


def get(identifier: Any) -> Optimizer:
    """Return an optimizer by its name, with its defaults; an optimizer is itself.

    Raises:
        UnknownArgumentError: if there is none of the name.
    """
    identifier = instance(identifier)
    if isinstance(identifier, Optimizer):
        return identifier
    return look_up("optimizer", identifier, OPTIMIZERS)()


__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "Adamax",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "get",
]
