"""The table of addresses that native code is given.

It consists of 64-bit words: first a few numbers (``Word``), then an address for the arena, and for
each array of the feeds, variables, fetches and constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from giulgi.backends.base import Computation

Area = Literal["arena", "feed", "variable", "fetch", "constant", "scratch", "work"]


class Word:
    """The places of the first words of the table."""

    FIRST = 0  #: the number of the first step
    END = 1  #: the number behind the last step
    SEED = 2  #: of random numbers
    RUN = 3  #: the number of the run that step 0 would have had
    ORDER = 4  #: address: which example comes when
    SYNC = 5  #: address: where workers meet (``barrier.py``)
    YIELD = 6  #: address of a function that lets other threads run
    ARENA = 7  #: address of what lives within a step
    SCRATCH = 8  #: address of working memory that workers share
    PRIVATE = 9  #: address of working memory of each worker
    FAILED = 10  #: written: 1 + the step in which a place did not exist
    COUNT = 11  #: how many such words there are


_AREAS: tuple[Area, ...] = ("feed", "variable", "fetch", "constant")


@dataclass(frozen=True)
class Table:
    """Where in the table each array's address stands."""

    first: dict[str, int]
    words: int

    @classmethod
    def of(cls, computation: Computation, constants: int) -> Table:
        """Return the table of a computation."""
        counts = [
            len(computation.feeds),
            len(computation.variables),
            len(computation.fetches),
            constants,
        ]
        first: dict[str, int] = {"arena": Word.ARENA}
        word = Word.COUNT
        for area, count in zip(_AREAS, counts, strict=True):
            first[area] = word
            word += count
        return cls(first, word)

    def word(self, area: Area, number: int) -> int:
        """Return the place of an array's address."""
        return self.first[area] + number


def signed64(number: int) -> int:
    """Return the 64-bit integer of the same bits, as LLVM writes it."""
    number &= 2**64 - 1
    return number - 2**64 if number >= 2**63 else number
