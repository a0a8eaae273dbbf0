"""Numbers as a person would write them."""

from __future__ import annotations

import math

# Keeps a number and its unit on one line.
_THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"


def percent(share: float) -> str:
    """Return a share such as 0.981 as ``98.1 %``.

    What is not quite everything never reads as everything, and a little never as nothing:
    0.9999 is ``>99.9 %`` and 0.0001 is ``<0.1 %``.
    """
    if not math.isfinite(share):
        return measure(share)
    text = f"{100 * share:.1f}"
    if text == "100.0":
        text = "100" if share >= 1 else ">99.9"
    elif text == "0.0":
        text = "0" if share <= 0 else "<0.1"
    return f"{text}{_THIN_SPACE}%"


def round_percent(share: float) -> str:
    """Return a round share as ``98 %``, or ``97.5 %``, for the ticks of an axis."""
    return f"{100 * share:.4g}{_THIN_SPACE}%"


def round_number(value: float) -> str:
    """Return a round number as ``0.3``, for the ticks of an axis."""
    return f"{value:.4g}"


def count(number: int, singular: str, plural: str = "") -> str:
    """Return ``1 digit``, ``10,000 digits``: the number and the word in its right form."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def duration(seconds: float) -> str:
    """Return a time in the unit a person would use: ``0.4 seconds``, ``3 min 20 s``."""
    if seconds < 9.95:
        return f"{seconds:.1f} seconds"
    whole = round(seconds)
    if whole < 90:
        return f"{whole} seconds"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def measure(value: float) -> str:
    """Return a loss with three significant digits, without an exponent where one can read it."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    if 0.001 <= abs(value) < 1000:
        return f"{value:#.3g}".rstrip(".")
    return f"{value:.2g}"
