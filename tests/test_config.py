"""gg.config: settings are checked where they are set."""

from __future__ import annotations

import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, UnknownArgumentError


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "2", 1025, 10**7])
def test_numbers_of_threads_that_cannot_be(count):
    before = gg.config.threads
    with pytest.raises(ArgumentError, match="from 1 to 1024, or None"):
        gg.config.threads = count
    assert gg.config.threads == before


@pytest.mark.parametrize("folder", ["", 3, True, "a\0b", "/tmp/\ud800x", "~nobody-of-this-name/x"])
def test_folders_that_cannot_be(folder):
    before = gg.config.cache
    with pytest.raises(ArgumentError, match="must be the path of a folder"):
        gg.config.cache = folder
    assert gg.config.cache == before


def test_a_backend_that_is_not_there():
    with pytest.raises(ArgumentError, match="there is no backend 'gpu'"):
        gg.config.backend = "gpu"


def test_a_setting_that_is_not_there():
    with pytest.raises(UnknownArgumentError, match="threads"):
        gg.config.thread = 2
