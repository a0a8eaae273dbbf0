"""What holds for all tests."""

import itertools
import os
import random

import numpy as np
import pytest

import giulgi as gg
from giulgi import storage


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Keep compiled programs in a folder of the test run, which all its processes share.

    Programs that tests start as processes find it as the user's folder.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gg.config, "cache", folder / "objects")
        patch.setenv("XDG_CACHE_HOME", str(folder / "user"))
        yield


@pytest.fixture(autouse=True)
def same_numbers_in_every_run(monkeypatch):
    """Begin each test with the same seeds, so that what is learnt by chance is always learnt."""
    monkeypatch.setattr(storage, "any_seed", itertools.count(1).__next__)
    random.seed(0)
    np.random.seed(0)
    gg.set_seed(0)
