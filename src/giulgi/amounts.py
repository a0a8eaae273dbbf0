"""Large numbers as a person would say them."""

from __future__ import annotations

_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def amount(number: int, unit: str) -> str:
    """Return a number of something, with three digits and a prefix for thousands.

    24920 operations are "24.9 k operations", 24920 B are "24.9 kB".

    Args:
        number: how many.
        unit: of what, in the plural; "B" for bytes.
    """
    for limit, prefix in _PREFIXES:
        # What would be rounded up to the limit has reached it.
        if float(f"{number:.3g}") >= limit:
            shown = f"{number / limit:.3g}" if number < 1000 * limit else f"{number / limit:,.0f}"
            return f"{shown} {prefix}{unit if unit == 'B' else ' ' + unit}"
    return f"{number:,} {unit.removesuffix('s') if number == 1 else unit}"
