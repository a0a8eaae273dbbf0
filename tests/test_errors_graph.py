"""What a user is told of a mistake: where, what, with which arguments, and what to do."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import GiulgiError
from giulgi.graph.ops.functions import Exp
from giulgi.source import scope


def caught(mistake: Callable[[], Any]) -> GiulgiError:
    with pytest.raises(GiulgiError) as found:
        mistake()
    return found.value


def line_of(mistake: Callable[[], Any]) -> int:
    """Return the line of a function that is written in one line."""
    return mistake.__code__.co_firstlineno


@pytest.fixture
def x():
    return gg.placeholder("float32", (None, 3), name="x")


def leaked() -> gg.Tensor:
    """Return a tensor that was made while a function was traced."""
    kept = []

    @gg.function
    def double(z: Any) -> Any:
        kept.append(2 * z)
        return 3 * z

    double(np.ones(3))
    return kept[0]


# For each mistake: how it is made, and all that is to be told. A ``{x}`` stands for how the
# placeholder x is described, with its line.
MISTAKES = {
    "matmul of wrong shapes": (
        lambda x: x @ np.ones((2, 4), np.float32),
        "matmul",
        ["the inner sizes differ: a has 3 along axis -1, b has 2 along axis -2."],
        {"a": "{x}", "b": "float32 (2, 4)"},
        "axis -1 of a (3) and axis -2 of b (2)",
        "so b needs 3 rows; it has 2",
    ),
    "matmul of vectors": (
        lambda x: gg.matmul([1, 2, 3], [1, 2]),
        "matmul",
        ["the vectors have 3 and 2 elements."],
        {"a": "int64 (3,)", "b": "int64 (2,)"},
        "axis 0 of a (3) and axis 0 of b (2)",
        "for all products use gg.outer(a, b)",
    ),
    "shapes that do not meet": (
        lambda x: x + np.ones((2, 4)),
        "add",
        ["the shapes (?, 3) and (2, 4) do not fit together"],
        {"a": "{x}", "b": "float64 (2, 4)"},
        "axis -1: 3 and 4",
        "x.reshape(...) or x.T may help",
    ),
    "an axis that lacks": (
        lambda x: gg.maximum(np.ones((2, 3)), np.ones(2)),
        "maximum",
        ["the shapes (2, 3) and (2,) do not fit together"],
        {"a": "float64 (2, 3)", "b": "float64 (2,)"},
        "axis -1: 3 and 2",
        "give the one of shape (2,) the shape (2, 1)",
    ),
    "reshape to another count": (
        lambda x: gg.reshape(np.ones((2, 3)), (4, 2)),
        "reshape",
        ["6 elements do not fit into the shape (4, 2)."],
        {"x": "float64 (2, 3)"},
        "(2, 3) holds 6 elements, (4, 2) needs 8",
        "write -1 for one of them",
    ),
    "concat of sizes that differ": (
        lambda x: gg.concat([np.ones((2, 3)), np.ones((2, 4))], axis=0),
        "concat",
        ["the tensors are joined along axis 0, and differ in another."],
        {"xs[0]": "float64 (2, 3)", "xs[1]": "float64 (2, 4)"},
        "axis 1: 3 and 4",
        "join along axis 1",
    ),
    "an axis out of range": (
        lambda x: gg.sum(x, axis=2),
        "sum",
        ["there is no axis 2 in a tensor of rank 2."],
        {"x": "{x}"},
        "",
        "use an axis from -2 to 1",
    ),
    "an index out of range": (
        lambda x: x[:, 3],
        "x[:, 3]",
        ["there is no element 3 along axis 1."],
        {"x": "{x}"},
        "axis 1 has size 3",
        "use a place from -3 to 2",
    ),
    "an index out of range in the run": (
        lambda x: x[5].numpy({x: np.ones((2, 3))}),
        "x[5]",
        ["there is no element 5 along axis 0."],
        {"x": "float32 (2, 3)  'x'"},
        "axis 0 has size 2",
        "use a place from -2 to 1",
    ),
    "a place out of range": (
        lambda x: gg.gather(x, [0, 4], axis=1),
        "gather",
        ["there is no element 4 along axis 1."],
        {"x": "{x}", "indices": "int64 (2,)"},
        "axis 1 has size 3",
        "use a place from -3 to 2",
    ),
    "a place out of range in the run": (
        lambda x: gg.gather(x, gg.cast(x[0], "int64")).numpy({x: np.full((2, 3), 7)}),
        "gather",
        ["there is no element 7 along axis 0."],
        {"x": "float32 (2, 3)  'x'", "indices": "int64 (3,)"},
        "axis 0 has size 2",
        "use a place from -2 to 1",
    ),
    "a feed that is missing": (
        lambda x: (x + 1).numpy(),
        "",
        ["the value of 'x' is needed and not fed."],
        {"x": "{x}"},
        "",
        "y.numpy({x: value})",
    ),
    "a tensor that has left its function": (
        lambda x: leaked().numpy(),
        "",
        ["the value of 'z' is needed and not fed."],
        {"z": "float64 (3,)  'z'"},
        "",
        "made inside a gg.function, it has a value only there: return it from the function",
    ),
    "a feed of a wrong shape": (
        lambda x: (x + 1).numpy({x: np.ones((2, 4))}),
        "",
        ["a value of shape (2, 4) does not fit 'x'."],
        {"x": "{x}"},
        "axis 1: 3 declared, 4 given",
        "reshape the values to (?, 3)",
    ),
    "a feed without the batch": (
        lambda x: (x + 1).numpy({x: np.ones(3)}),
        "",
        ["a value of shape (3,) does not fit 'x'."],
        {"x": "{x}"},
        "2 axes are declared, the value has 1",
        "feed values[None]",
    ),
    "floats fed to integers": (
        lambda x: (lambda i: i.numpy({i: [0.5]}))(gg.placeholder("int32", (1,), name="i")),
        "",
        ["'i' takes int32, and the value is float64."],
        {"i": "int32 (1,)  'i'"},
        "",
        "values.astype('int32'), if the fractions do not matter",
    ),
    "text fed": (
        lambda x: x.numpy({x: np.array([["a", "b", "c"]])}),
        "",
        ["'x' takes float32, and the value is text."],
        {"x": "{x}"},
        "",
        "make numbers of it first",
    ),
    "ragged rows fed": (
        lambda x: x.numpy({x: [[1, 2, 3], [4, 5]]}),
        "",
        ["the value for 'x' has rows of different lengths."],
        {"x": "{x}"},
        "",
        "pad the rows to one length",
    ),
    "the truth of what is not fed": (
        lambda x: 1 if x > 0 else 2,
        "",
        ["has no value yet, so Python cannot decide on it."],
        {"condition": "bool (?, 3)"},
        "",
        "gg.where(condition, a, b)",
    ),
    "the truth of several": (
        lambda x: bool(gg.constant([1, 2]) > 1),
        "",
        ["2 elements are, as a whole, neither true nor false."],
        {"condition": "bool (2,)"},
        "",
        "x.any() or x.all()",
    ),
    "an element that is set": (
        lambda x: x.__setitem__(0, 1),
        "x[...] = value",
        ["a tensor cannot be changed in place: it is an expression."],
        {"x": "{x}"},
        "",
        "gg.where(mask, value, x)",
    ),
    "an assignment of a wrong shape": (
        lambda x: gg.Variable(np.zeros((2, 2)), name="w").assign([1.0, 2.0]),
        "assign",
        ["the variable 'w' has shape (2, 2), the new value (2,)."],
        {"variable": "float64 (2, 2)  'w'", "value": "float32 (2,)"},
        "the variable has rank 2, the value 1",
        "reshape the value, or make another variable",
    ),
    "the gradient of an integer": (
        lambda x: gg.gradients(gg.argmax(x, 1), x),
        "gradients",
        ["gradients flow through floats; y is int64."],
        {"y": "int64 (?,)"},
        "",
        "x.astype('float32')",
    ),
    "an unknown dtype": (
        lambda x: gg.cast(x, "flaot32"),
        "",
        ["'flaot32' is not a dtype."],
        {},
        "",
        "did you mean 'float32'?",
    ),
    "ragged rows": (
        lambda x: gg.constant([[1, 2], [3]]),
        "constant",
        ["the rows differ in length"],
        {},
        "",
        "pad the rows to one length",
    ),
    "uint64 and int64": (
        lambda x: gg.constant([1], "uint64") * gg.constant([1, 2], "int64"),
        "multiply",
        ["no integer dtype holds both uint64 and int64."],
        {"a": "uint64 (1,)", "b": "int64 (2,)"},
        "",
        "cast one of them: x.astype('int64')",
    ),
    "squeeze of another axis": (
        lambda x: gg.squeeze(x, 1),
        "squeeze",
        ["axis 1 has size 3; only an axis of size 1 can be left out."],
        {"x": "{x}"},
        "",
        "x.sum(axis)",
    ),
    "a bool in arithmetic": (
        lambda x: gg.subtract(x > 0, x < 0),
        "subtract",
        ["subtract has no meaning for dtype bool."],
        {"a": "bool (?, 3)", "b": "bool (?, 3)"},
        "",
        "x.astype('int64')",
    ),
    "bits of comparisons without brackets": (
        lambda x: x > 0 & x,
        "bitwise_and",
        ["bitwise_and is for bools and integers, not for float32."],
        {"a": "0", "b": "{x}"},
        "",
        "(x > 0) & (x < 1)",
    ),
    "bits of a float": (
        lambda x: gg.constant([[1]]) | x,
        "bitwise_or",
        ["bitwise_or is for bools and integers, not for float32."],
        {"a": "int64 (1, 1)", "b": "{x}"},
        "",
        "(x > 0) & (x < 1)",
    ),
    "a matrix product of two dtypes": (
        lambda x: x @ gg.Variable(np.ones((2, 3)), name="w"),
        "matmul",
        ["the inner sizes differ: a has 3 along axis -1, b has 2 along axis -2."],
        {"a": "{x}", "b": "float64 (2, 3)  'w'"},
        "axis -1 of a (3) and axis -2 of b (2)",
        "transpose b: a @ b.mT",
    ),
    "a comparison of two dtypes": (
        lambda x: x > np.ones((2, 4)),
        "greater",
        ["the shapes (?, 3) and (2, 4) do not fit together"],
        {"a": "{x}", "b": "float64 (2, 4)"},
        "axis -1: 3 and 4",
        "x.reshape(...) or x.T may help",
    ),
    "nothing in arithmetic": (
        lambda x: x * None,
        "multiply",
        ["None is not a number."],
        {"a": "{x}", "b": "None"},
        "",
        "a function that ends without return gives None",
    ),
    "text in arithmetic": (
        lambda x: x + "1",
        "add",
        ["'1' is text, not a number."],
        {"a": "{x}", "b": "'1'"},
        "",
        "write numbers without quotes",
    ),
    "a list in arithmetic": (
        lambda x: gg.add(x, [1.0, 2.0]),
        "add",
        ["the shapes (?, 3) and (2,) do not fit together"],
        {"a": "{x}", "b": "float32 (2,)"},
        "axis -1: 3 and 2",
        "give the one of shape (2,) the shape (2, 1)",
    ),
    "a variable of text": (
        lambda x: gg.Variable("abc"),
        "Variable",
        ["'abc' is text, not a number."],
        {},
        "",
        "write numbers without quotes",
    ),
    "a variable of nothing": (
        lambda x: gg.Variable(),
        "Variable",
        ["missing a required argument: 'initial'."],
        {},
        "",
        "it is called as gg.Variable(0.0)",
    ),
    "an assignment along one axis": (
        lambda x: gg.assign(gg.Variable(np.zeros((2, 2)), name="w"), np.ones((2, 3))),
        "assign",
        ["the variable 'w' has shape (2, 2), the new value (2, 3)."],
        {"variable": "float64 (2, 2)  'w'", "value": "float64 (2, 3)"},
        "axis 1: 2 in the variable, 3 in the value",
        "reshape the value, or make another variable",
    ),
    "a feed by a name": (
        lambda x: (x + 1).numpy({"x": np.ones((2, 3))}),
        "",
        ["what is fed must be a tensor of the graph, not str."],
        {},
        "",
        "y.numpy({x: value}), not {'x': value}",
    ),
    "an array of what is not fed": (
        lambda x: np.asarray(x * 2),
        "",
        ["'multiply' has no value yet that could become an array"],
        {"tensor": "float32 (?, 3)"},
        "",
        "gg.mean(x), or np.mean(x), which builds the same graph",
    ),
    "an Input of text": (
        lambda x: gg.Input(shape="8"),
        "Input",
        ["a shape holds whole numbers and None, not '8'."],
        {},
        "",
        "gg.Input((8,))",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told(name, x):
    mistake, op, problems, arguments, axes, fix = MISTAKES[name]
    error = caught(lambda: mistake(x))
    assert error.where is not None
    assert error.where.file == __file__
    assert error.where.line == line_of(mistake)
    assert error.op == op
    for problem in problems:
        assert problem in error.problem
    told = dict(error.arguments)
    assert list(told) == list(arguments)
    for argument, description in arguments.items():
        assert told[argument].startswith(description.format(x=x.description))
    assert error.axes == axes
    assert fix in error.fix


def test_the_whole_text(x):
    bias = np.zeros(2, np.float32)
    with scope("model"), scope("dense"):
        error = caught(lambda: gg.add(x, gg.Variable(bias, name="bias")))
    assert error.where is not None
    assert x.source is not None
    assert str(error).splitlines() == [
        "add: the shapes (?, 3) and (2,) do not fit together: counted from the last axis, sizes "
        "must be equal or 1.",
        "",
        f"  where      {__file__}, line {error.where.line}",
        '                 error = caught(lambda: gg.add(x, gg.Variable(bias, name="bias")))',
        "  layer      model/dense",
        f"  arguments  a  float32 (?, 3)  'x'  from {x.source.short}",
        f"             b  float32 (2,)  'model/dense/bias'  from {error.where.short}",
        "  disagree   axis -1: 3 and 2",
        "  try        give the one of shape (2,) the shape (2, 1) with reshape or expand_dims",
    ]


def test_a_mistake_in_a_gradient_is_told_for_the_line_that_is_differentiated(monkeypatch):
    monkeypatch.setattr(Exp, "gradient", lambda op, dy, y, x: gg.reshape(dy, (-1, -1)))
    x = gg.placeholder("float32", name="x")
    y = gg.exp(x)
    error = caught(lambda: gg.gradients(y, x))
    assert error.where == y.source


def test_the_line_is_that_of_the_user_however_deep_it_is_built(x):
    error = caught(lambda: gg.tensordot(x, np.ones((4, 2)), 1))
    assert error.where is not None
    assert error.where.line == sys._getframe().f_lineno - 2
    assert error.op == "tensordot"


def test_errors_are_of_pythons_own_kinds(x):
    kinds = {
        ValueError: ["matmul of wrong shapes", "a feed that is missing", "ragged rows"],
        TypeError: ["floats fed to integers", "an unknown dtype", "the gradient of an integer"],
        RuntimeError: ["the truth of what is not fed", "an element that is set"],
    }
    for kind, names in kinds.items():
        for name in names:
            assert isinstance(caught(lambda name=name: MISTAKES[name][0](x)), kind)


def test_what_is_told_first_stays():
    error = GiulgiError("no.", op="first", fix="this")
    where = error.where
    error.complete(op="second", layer="model", arguments=[("x", "float32 ()")])
    error.complete(where=None, layer="other", arguments=[("y", "")])
    assert (error.op, error.layer, error.arguments) == ("first", "model", (("x", "float32 ()"),))
    assert error.where is where
    assert where is not None
    assert where.file == __file__


def test_an_error_of_several_lines_of_advice():
    lines = str(GiulgiError("no.", fix="first\nthen")).splitlines()
    assert lines[-2:] == ["  try        first", "             then"]


def test_errors_travel_between_processes():
    error = caught(lambda: gg.constant([[1], [2, 3]]))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
