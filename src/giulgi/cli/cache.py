"""``giulgi cache``: the compiled programs that are kept on disk."""

from __future__ import annotations

from giulgi.backends.cpu.machine.cache import Usage, object_cache

_NONE = "none: compiled programs are not kept"


def show() -> None:
    """Print where compiled programs are kept, how many, and how much room they take."""
    for name, value in facts().items():
        print(f"{name:<6}  {value}")


def clear() -> None:
    """Remove all compiled programs, and print how much room that freed."""
    cache = object_cache()
    if cache is None:
        print(f"There is nothing to remove. {_NONE.capitalize()}.")
        return
    print(f"Freed {_text(cache.clear())} in {cache.folder}")


def facts() -> dict[str, str]:
    """Return what there is to tell, by name."""
    cache = object_cache()
    if cache is None:
        return {"cache": _NONE}
    return {
        "cache": str(cache.folder),
        "holds": f"{_text(cache.usage())}; at most {size_text(cache.limit)}",
    }


def _text(usage: Usage) -> str:
    return f"{size_text(usage.bytes)} ({usage.files:,} file{'' if usage.files == 1 else 's'})"


def size_text(count: int) -> str:
    """Return a number of bytes as a person would say it."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1e3:.1f} kB" if count < 1_000_000 else f"{count / 1e6:.1f} MB"
