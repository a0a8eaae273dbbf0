"""Settings of a training."""

import json

import pytest

from giulgi.compat.tensorflow.contrib.hparams import HParams


def test_settings_are_attributes_of_one_type():
    settings = HParams(rate=0.1, units=[3, 4], name="a", deep=False)
    settings.parse("rate=1,units=[5,6],name=b,deep=true")
    assert settings.values() == {"rate": 1.0, "units": [5, 6], "name": "b", "deep": True}
    assert isinstance(settings.rate, float)
    with pytest.raises(ValueError, match="rate is a float"):
        settings.set_hparam("rate", "fast")
    with pytest.raises(KeyError):
        settings.set_hparam("other", 1)
    settings.add_hparam("other", 2)
    assert json.loads(settings.to_json())["other"] == 2
    assert "other" in settings
    assert settings.get("nothing", 5) == 5
    settings.rate = 3.0
    assert settings.parse_json('{"rate": 4.5}').rate == 4.5
