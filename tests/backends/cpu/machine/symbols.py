"""Which functions an object file wants from elsewhere: read from the tables of symbols in it."""

from __future__ import annotations

import struct


def wanted(code: bytes) -> set[str]:
    """Return the names of all symbols that an object file uses and does not define."""
    if code.startswith(b"\x7fELF"):
        return _of_elf(code)
    if code.startswith(b"\xcf\xfa\xed\xfe"):
        return _of_mach(code)
    return _of_coff(code)


def _text(code: bytes, start: int) -> str:
    return code[start : code.index(b"\0", start)].decode()


def _of_elf(code: bytes) -> set[str]:
    (table,) = struct.unpack_from("<Q", code, 40)
    size, count = struct.unpack_from("<HH", code, 58)
    # type, offset, size, link of each section
    heads = [struct.unpack_from("<4xI16xQQI", code, table + i * size) for i in range(count)]
    found = set()
    for kind, start, length, link in heads:
        if kind != 2:  # symbols
            continue
        for place in range(start + 24, start + length, 24):
            name, section = struct.unpack_from("<I2xH", code, place)
            if section == 0 and name:
                found.add(_text(code, heads[link][1] + name))
    return found


def _of_mach(code: bytes) -> set[str]:
    (count,) = struct.unpack_from("<I", code, 16)
    place, found = 32, set()
    for _ in range(count):
        kind, size = struct.unpack_from("<II", code, place)
        if kind == 2:  # symbols
            start, symbols, names, _ = struct.unpack_from("<IIII", code, place + 8)
            for symbol in range(start, start + 16 * symbols, 16):
                name, flags = struct.unpack_from("<IB", code, symbol)
                if flags & 0x0F == 1:  # external, of no section
                    found.add(_text(code, names + name))
        place += size
    return found


def _of_coff(code: bytes) -> set[str]:
    start, count = struct.unpack_from("<II", code, 8)
    names, found, number = start + 18 * count, set(), 0
    while number < count:
        place = start + 18 * number
        section, further = struct.unpack_from("<12xh3xB", code, place)
        if section == 0:
            short, long = struct.unpack_from("<II", code, place)
            whole = code[place : place + 8].rstrip(b"\0").decode() if short else None
            found.add(whole or _text(code, names + long))
        number += 1 + further
    return found
