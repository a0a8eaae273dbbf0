"""``gg.set_seed``: runs that repeat."""

from __future__ import annotations

import operator

from giulgi import storage
from giulgi.errors import ArgumentError


def set_seed(seed: int) -> None:
    """Make what follows repeat bitwise: weights, dropout, shuffling.

    Call it before the network is built. Threads that train at the same time share the numbers of
    one seed, so what each of them draws depends on who comes first.

    Args:
        seed: a whole number, from 0 on.

    Raises:
        ArgumentError: if it is none.
    """
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if number < 0:
        raise ArgumentError(
            f"the seed is {seed!r}; it is a whole number, from 0 on.",
            op="set_seed",
            fix="any will do: gg.set_seed(0)",
        )
    storage.set_seed(number)
