"""CRC-32C against its definition, bit by bit, and published values."""

import numpy as np
import pytest

from giulgi.formats.checksum import crc32c, masked_crc32c


def by_definition(data):
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0x82F63B78 * (register & 1))
    return register ^ 0xFFFFFFFF


def test_published_values():
    # RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


@pytest.mark.parametrize("count", [0, 1, 7, 31, 32, 2047, 2048, 2049, 16385, 32767, 32768, 50001])
def test_any_length_and_any_start(count):
    data = np.random.default_rng(count).integers(0, 256, count, dtype=np.uint8).tobytes()
    assert crc32c(data) == by_definition(data)
    cut = count // 3
    assert crc32c(data[cut:], crc32c(data[:cut])) == by_definition(data)


def test_the_mask():
    # The frame of an empty record of TensorFlow holds this checksum of its length.
    assert masked_crc32c(bytes(8)) == int.from_bytes(b"\x29\x03\x98\x07", "little")
