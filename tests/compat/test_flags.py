"""``tf.app.flags``: what a command line gives, and what ``tf.app.run`` does."""

import sys
from types import ModuleType

import pytest

from giulgi.compat.tensorflow.system import flags as module
from giulgi.compat.tensorflow.system.flags import FlagError, FlagValues, IllegalFlagValueError, run


@pytest.fixture
def flags(monkeypatch):
    values = FlagValues()
    monkeypatch.setattr(module, "FLAGS", values)
    define = module._DEFINERS
    define["DEFINE_integer"]("size", 5, "how many")
    define["DEFINE_float"]("rate", 0.1, "how fast")
    define["DEFINE_boolean"]("loud", True, "whether to speak")
    define["DEFINE_string"](flag_name="word", default_value="hi", docstring="what")
    define["DEFINE_list"]("parts", "a,b", "which")
    define["DEFINE_multi_string"]("also", None, "more")
    define["DEFINE_enum"]("kind", "dog", ["dog", "cat"], "of what kind")
    return values


def test_defaults(flags, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["prog"])
    assert (flags.size, flags.rate, flags.loud, flags.word) == (5, 0.1, True, "hi")
    assert (flags.parts, flags.also, flags.kind) == (["a", "b"], None, "dog")


def test_the_command_line_is_read_at_the_first_look(flags, monkeypatch):
    given = ["prog", "--size=7", "--rate", "1e-3", "--noloud", "-word", "x=y", "left"]
    monkeypatch.setattr(sys, "argv", [*given, "--also=1", "--also=2", "--kind=cat", "--strange=1"])
    assert (flags.size, flags.rate, flags.loud, flags.word) == (7, 1e-3, False, "x=y")
    assert (flags.also, flags.kind) == (["1", "2"], "cat")


def test_what_is_left_is_returned(flags):
    assert flags(["prog", "a", "--size", "3", "--strange", "b"]) == ["prog", "a", "--strange", "b"]
    assert flags(["prog", "--loud=false", "--", "--size=9"]) == ["prog", "--size=9"]
    assert (flags.size, flags.loud) == (3, False)


def test_values_may_be_set_and_asked_for(flags):
    flags(["prog"])
    flags.size = 11
    assert flags.flag_values_dict()["size"] == 11
    assert "size" in flags
    assert flags["size"].value == 11
    found = getattr(flags, "__flags")
    assert f"{found['size']}" == "11"
    assert found["rate"].value == 0.1
    with pytest.raises(AttributeError, match="speed"):
        flags.speed  # noqa: B018


def test_wrong_values_are_refused(flags):
    with pytest.raises(IllegalFlagValueError, match="--size=many"):
        flags(["prog", "--size=many"])
    with pytest.raises(IllegalFlagValueError, match="value should be one of"):
        flags(["prog", "--kind=cow"])
    with pytest.raises(FlagError, match="Missing value"):
        flags(["prog", "--size"])
    module.mark_flag_as_required("also", flags)
    with pytest.raises(IllegalFlagValueError, match="--also must have a value"):
        flags(["prog"])


def test_run_calls_main_and_ends_with_its_result(flags):
    called = []
    with pytest.raises(SystemExit) as ended:
        run(main=lambda argv: called.append((argv, flags.size)), argv=["prog", "--size=1", "x"])
    assert called == [(["prog", "x"], 1)]
    assert ended.value.code is None
    with pytest.raises(SystemExit) as ended:
        run(main=lambda argv: 3, argv=["prog"])
    assert ended.value.code == 3


def test_run_says_what_is_wrong_with_the_command_line(flags, capsys):
    with pytest.raises(SystemExit) as ended:
        run(main=lambda argv: None, argv=["prog", "--size=many"])
    assert ended.value.code == 1
    assert "--size=many" in capsys.readouterr().err


def test_flags_of_the_package_absl_are_those_of_tensorflow(tf, monkeypatch):
    monkeypatch.setattr("sys.argv", ["program.py", "--absl_n=5", "rest"])
    for name in [n for n in sys.modules if n.split(".")[0] == "absl"]:
        monkeypatch.delitem(sys.modules, name)
    from giulgi.compat.healing import absl

    flags = ModuleType("absl.flags")
    absl._part(flags)
    flags.DEFINE_integer("absl_n", 3, "how many", lower_bound=1)
    with pytest.raises(SystemExit) as end:
        tf.app.run(lambda rest: (flags.FLAGS.absl_n, rest))
    assert end.value.code == (5, ["program.py", "rest"])
    assert flags.FLAGS is tf.flags.FLAGS
