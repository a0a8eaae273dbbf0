"""What the compiler tells of its stages, and that a change of them is seen."""

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import FeedError
from golden.make_stage_texts import FOLDER, PROGRAMS, text_of


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_stages_of_small_programs_are_as_they_were(name):
    """If a change is meant: python tests/golden/make_stage_texts.py, and read the difference."""
    assert text_of(name) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def step(x, y):
    return gg.mean(gg.sigmoid(x) * y)


def explained(monkeypatch, backend="cpu"):
    monkeypatch.setattr(gg.config, "backend", backend)
    arrays = np.ones((4, 3), np.float32), np.ones((4, 3), np.float32)
    return gg.function(step).explain(*arrays)


def test_the_first_stages_are_printed_and_the_others_named(monkeypatch):
    text = str(explained(monkeypatch))
    assert text.index("== graph ==") < text.index("== groups ==") < text.index("== memory ==")
    assert text.endswith('behind explain(...): ["ir"] and ["assembly"].')
    assert "sigmoid(" in text
    assert " for one worker, " in text


def test_each_stage_has_its_name(monkeypatch):
    stages = explained(monkeypatch)
    assert list(stages) == ["graph", "groups", "memory", "ir", "assembly"]
    assert "define void @run(" in stages["ir"]
    assert "run" in stages["assembly"]
    with pytest.raises(KeyError, match="there is no stage 'assembley'; did you mean 'assembly'"):
        stages["assembley"]


def test_every_value_of_the_graph_is_in_some_group(monkeypatch):
    stages = explained(monkeypatch)
    names = [line.split()[0] for line in stages["graph"].split("\n") if line.startswith("%")]
    assert names
    for name in names:
        assert f" {name} " in stages["groups"]


def test_the_reference_has_the_graph_alone(monkeypatch):
    stages = explained(monkeypatch, "reference")
    assert list(stages) == ["graph"]
    assert "one operation after another, with NumPy" in str(stages)


def test_what_cannot_be_compiled_is_named():
    x = gg.placeholder("float32", (4,), name="x")
    text = str(gg.Program(list(gg.nonzero(x)), [x], backend="cpu").explain())
    assert "it cannot be compiled because of: nonzero" in text


def test_a_program_of_unknown_shapes_asks_for_them():
    x = gg.placeholder("float32", (None, 3), name="x")
    program = gg.Program([x + 1], [x])
    with pytest.raises(FeedError, match="the shape of 'x' is not known") as caught:
        program.explain()
    assert "program.explain((128, 784), (128,))" in str(caught.value)
    assert "float32 (5, 3)" in str(program.explain((5, 3)))


def test_the_margin_of_a_padding_is_told_by_its_value():
    x = gg.placeholder("float32", (3,), name="x")
    text = gg.Program([gg.pad(x, [(1, 1)], 7.0)], [x], backend="cpu").explain()["groups"]
    assert "<- 7." in text


def test_what_is_picked_of_a_large_array_is_a_small_group():
    table = gg.Variable(np.zeros((20_000, 64), np.float32), name="table")
    text = gg.Program([table[3] * 2], backend="cpu").explain()["groups"]
    assert "64 operations, 512 B of memory" in text
    assert "for one worker" in text


def test_shapes_may_be_told_by_arrays():
    x = gg.placeholder("float32", (None, 3), name="x")
    program = gg.Program([x + 1], [x])
    assert "float32 (4, 3)" in program.explain(np.ones((4, 3)))["graph"]
    with pytest.raises(FeedError, match="is no shape for 'x'"):
        program.explain({x: np.ones((4, 3))})
    with pytest.raises(FeedError, match="has 1 feeds, and 2 shapes are given"):
        program.explain((4, 3), (4,))


def test_bytes_are_those_that_are_read_and_written():
    x = gg.placeholder("float32", (1000,), name="x")
    v = gg.Variable(np.zeros(1000, np.float32), name="v")
    text = gg.Program([], [x], [(v, v - x)], backend="cpu").explain()["groups"]
    assert "12 kB of memory" in text  # x and the old v read, the new v written


def test_a_batch_is_read_and_written():
    x = gg.placeholder("float32", (None,), name="x")
    v = gg.Variable(np.float32(0), name="v")
    program = gg.Program([], [x], [(v, v + gg.sum(x))], backend="cpu")
    assert "4 kB of memory" in program.explain_steps([np.zeros(600, np.float32)], 500)["groups"]


def test_kinds_and_what_no_user_has_written_are_explained():
    x = gg.placeholder("float32", (2, 5, 5, 1), name="x")
    program = gg.Program([gg.convolution(x, np.ones((3, 3, 1, 2), "f"))], [x], backend="cpu")
    said = " ".join(program.explain()["groups"].split())
    assert "product: a product of matrices" in said
    assert "windows(x) is what" in said
    assert "argmax" not in said
    assert "interleave" not in said


def test_the_workers_that_are_set_are_told(monkeypatch):
    x = gg.placeholder("float32", (512, 512), name="x")
    program = gg.Program([x @ x + 1], [x], backend="cpu")
    monkeypatch.setattr(gg.config, "threads", 3)
    assert "1 group for 3 workers" in program.explain()["groups"]
    assert "each worker has" in program.explain()["memory"]
    monkeypatch.setattr(gg.config, "threads", 1)
    assert "1 group for one worker" in program.explain()["groups"]
    assert "all workers" not in str(program.explain())


def test_a_function_without_result_says_so():
    assert gg.function(lambda: None).explain()["graph"] == "return nothing"


class TestAStepOfFit:
    x, y = np.zeros((300, 20), np.float32), np.zeros((300, 1), np.float32)

    @pytest.fixture
    def model(self, monkeypatch):
        monkeypatch.setattr(gg.config, "backend", "cpu")
        model = gg.Sequential([gg.Input((20,)), gg.layers.Dense(8), gg.layers.Dense(1)])
        model.compile("adam", loss="mse")
        return model

    def test_is_explained_with_its_batch_and_its_updates(self, model):
        before = [v.numpy() for v in model.variables]
        stages = model.explain(self.x, self.y, batch_size=50)
        assert " = the examples of the step" in stages["groups"]
        assert "float32 (50, 20)" in stages["graph"]
        assert "(into adam/dense" in stages["groups"]
        assert "define void @run(" in stages["ir"]
        for variable, value in zip(model.variables, before, strict=True):
            np.testing.assert_array_equal(variable.numpy(), value)

    def test_takes_fewer_examples_than_a_batch_as_fit_does(self, model):
        assert "float32 (7, 20)" in model.explain(self.x[:7], self.y[:7])["graph"]

    def test_has_the_errors_of_fit(self, model):
        with pytest.raises(gg.errors.DataError, match="explain"):
            model.explain(self.x, self.y[:7])
        with pytest.raises(gg.errors.ArgumentError, match="x is a generator"):
            model.explain(iter([(self.x, self.y)]))


def test_steps_are_explained_for_data_that_fit():
    x = gg.placeholder("float32", (None, 3), name="x")
    v = gg.Variable(np.zeros(3, np.float32), name="v")
    program = gg.Program([], [x], [(v, v + gg.sum(x, 0))], backend="cpu")
    assert "float32 (4, 3)" in program.explain_steps([[[1.0, 2.0, 3.0]] * 9], 4)["graph"]
    with pytest.raises(FeedError, match="has 1 feeds, and data for 2"):
        program.explain_steps([np.ones((9, 3)), np.ones(9)], 4)
    with pytest.raises(gg.errors.DTypeError, match="no tensors of text"):
        program.explain_steps([np.array([["a", "b", "c"]])], 1)
