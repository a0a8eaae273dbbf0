"""Numbers of 64 bits for strings: FarmHash's Fingerprint64, as TensorFlow's hash buckets use it.

Pike, Alakuijala, "FarmHash" (2014): strings are taken in groups by their length, and words of eight
bytes are multiplied, turned and added modulo 2^64.
"""

from __future__ import annotations

_MASK = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def _word(text: bytes, place: int, size: int = 8) -> int:
    return int.from_bytes(text[place : place + size], "little")


def _turned(value: int, by: int) -> int:
    value &= _MASK
    return (value >> by) | (value << (64 - by)) & _MASK


def _mixed(value: int) -> int:
    value &= _MASK
    return value ^ (value >> 47)


def _joined(u: int, v: int, factor: int) -> int:
    """Return one word for two."""
    a = _mixed((u ^ v) * factor)
    b = _mixed(((v & _MASK) ^ a) * factor)
    return b * factor & _MASK


def _short(text: bytes) -> int:
    """Return the number of up to 16 bytes."""
    count = len(text)
    if count >= 8:
        factor = _K2 + 2 * count
        a, b = _word(text, 0) + _K2 & _MASK, _word(text, count - 8)
        c = _turned(b, 37) * factor + a & _MASK
        d = (_turned(a, 25) + b) * factor & _MASK
        return _joined(c, d, factor)
    if count >= 4:
        first, last = _word(text, 0, 4), _word(text, count - 4, 4)
        return _joined(count + (first << 3), last, _K2 + 2 * count)
    if count:
        y = text[0] + (text[count >> 1] << 8)
        z = count + (text[-1] << 2)
        return _mixed(y * _K2 & _MASK ^ z * _K0 & _MASK) * _K2 & _MASK
    return _K2


def _middle(text: bytes) -> tuple[int, int, int, int]:
    """Return what is made of both ends of 17 to 64 bytes: two words, the first, and a factor."""
    count = len(text)
    factor = _K2 + 2 * count
    a = _word(text, 0) * (_K1 if count <= 32 else _K2) & _MASK
    b = _word(text, 8)
    c = _word(text, count - 8) * factor & _MASK
    d = _word(text, count - 16) * _K2 & _MASK
    y = _turned(a + b, 43) + _turned(c, 30) + d & _MASK
    return y, a + _turned(b + _K2, 18) + c & _MASK, a, factor


def _long(text: bytes) -> int:
    """Return the number of 33 to 64 bytes."""
    count = len(text)
    y, other, a, factor = _middle(text)
    z = _joined(y, other, factor)
    e = _word(text, 16) * factor & _MASK
    f = _word(text, 24)
    g = (y + _word(text, count - 32)) * factor & _MASK
    h = (z + _word(text, count - 24)) * factor & _MASK
    return _joined(
        _turned(e + f, 43) + _turned(g, 30) + h & _MASK,
        e + _turned(f + a, 18) + g & _MASK,
        factor,
    )


def _weak(text: bytes, place: int, a: int, b: int) -> tuple[int, int]:
    """Return two words for 32 bytes and two words."""
    w, x, y, z = (_word(text, place + 8 * i) for i in range(4))
    a = a + w & _MASK
    b = _turned(b + a + z, 21)
    c = a
    a = a + x + y & _MASK
    b = b + _turned(a, 44) & _MASK
    return a + z & _MASK, b + c & _MASK


class _Rounds:
    """What is carried through the blocks of 64 bytes of a longer string."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.x = 81 * _K2 + _word(text, 0) & _MASK
        self.y = 81 * _K1 + 113 & _MASK
        self.z = _mixed(self.y * _K2 + 113) * _K2 & _MASK
        self.v = self.w = (0, 0)

    def take(self, place: int, factor: int, weight: int) -> None:
        """Take a block; the last one has a factor of its own, and weighs 9."""
        text, v, w = self.text, self.v, self.w
        x = _turned(self.x + self.y + v[0] + _word(text, place + 8), 37) * factor & _MASK
        y = _turned(self.y + v[1] + _word(text, place + 48), 42) * factor & _MASK
        x ^= w[1] * weight & _MASK
        y = y + v[0] * weight + _word(text, place + 40) & _MASK
        z = _turned(self.z + w[0], 33) * factor & _MASK
        self.v = _weak(text, place, v[1] * factor & _MASK, x + w[0] & _MASK)
        self.w = _weak(text, place + 32, z + w[1] & _MASK, y + _word(text, place + 16) & _MASK)
        self.x, self.y, self.z = z, y, x


def fingerprint(text: bytes) -> int:
    """Return the number of a string."""
    count = len(text)
    if count <= 16:
        return _short(text)
    if count <= 32:
        y, other, _, factor = _middle(text)
        return _joined(y, other, factor)
    if count <= 64:
        return _long(text)
    rounds = _Rounds(text)
    for place in range(0, (count - 1) // 64 * 64, 64):
        rounds.take(place, _K1, 1)
    factor = _K1 + ((rounds.z & 0xFF) << 1)
    first = rounds.w[0] + ((count - 1) & 63) & _MASK
    rounds.v = (rounds.v[0] + first & _MASK, rounds.v[1])
    rounds.w = (first + rounds.v[0] & _MASK, rounds.w[1])
    rounds.take(count - 64, factor, 9)
    v, w = rounds.v, rounds.w
    return _joined(
        _joined(v[0], w[0], factor) + _mixed(rounds.y) * _K0 + rounds.z & _MASK,
        _joined(v[1], w[1], factor) + rounds.x & _MASK,
        factor,
    )
