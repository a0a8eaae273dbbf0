"""Python functions as compiled programs: when they are traced, what they assign, gradients."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections import namedtuple

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, DTypeError, GraphError, ShapeError


@pytest.fixture
def traced():
    """A function that notes each time its Python code runs."""
    calls = []

    @gg.function
    def double(x, scale=2, **options):
        calls.append((getattr(x, "known_shape", x), scale, options))
        return x * scale

    double.calls = calls
    return double


def test_arrays_of_one_kind_are_traced_once(traced):
    for value in ([1.0], [2.0], [3.0]):
        assert traced(np.array(value)).tolist() == [2 * value[0]]
    assert len(traced.calls) == 1


@pytest.mark.parametrize(
    "other", [np.ones(2), np.ones(1, np.float32), np.ones((1, 1)), np.ones(1, np.int64)]
)
def test_another_shape_or_dtype_is_traced_anew(traced, other):
    traced(np.ones(1))
    traced(other)
    assert len(traced.calls) == 2
    traced(np.ones(1))
    assert len(traced.calls) == 2


def test_python_floats_are_fed(traced):
    assert [float(traced(v)) for v in (1.5, 2.5)] == [3, 5]
    assert float(traced(3.0, 1.5)) == 4.5
    assert float(traced(3.0, 2.5)) == 7.5
    assert len(traced.calls) == 2


def test_other_python_values_are_part_of_the_program(traced):
    x = np.ones(2)
    for scale in (2, 3, 2, True, 1):
        assert traced(x, scale).tolist() == [scale, scale]
    assert [scale for _, scale, _ in traced.calls] == [2, 3, True, 1]
    traced(x, mode="a")
    traced(x, mode="b")
    traced(x, mode="a")
    traced(x, mode=None)
    assert [options for _, _, options in traced.calls[4:]] == [
        {"mode": "a"},
        {"mode": "b"},
        {"mode": None},
    ]


def test_nested_arguments_and_results():
    Pair = namedtuple("Pair", "first second")

    @gg.function
    def swap(pair, extra):
        return Pair(pair.second, [pair.first, extra["a"]]), {"sum": pair.first + extra["a"]}

    pair, found = swap(Pair(np.ones(2), np.zeros(3)), {"a": 2.0})
    assert isinstance(pair, Pair)
    assert pair.first.shape == (3,)
    assert pair.second[0].tolist() == [1, 1]
    assert found["sum"].tolist() == [3, 3]


def test_results_are_tensors_of_their_values():
    @gg.function
    def f(x):
        return x + 1, 5, None

    y, five, nothing = f(np.array([1.0]))
    assert isinstance(y, gg.Tensor)
    assert (y.tolist(), int(five), nothing) == ([2.0], 5, None)
    y.numpy()[0] = 9
    assert y.tolist() == [2.0]


def test_an_argument_that_can_neither_be_fed_nor_compared(traced):
    with pytest.raises(ArgumentError, match="of type set can neither be fed nor compared"):
        traced(np.ones(1), {1})


def test_an_array_that_is_no_tensor(traced):
    with pytest.raises(DTypeError, match="no tensors of dtype float16"):
        traced(np.ones(1, np.float16))


def test_the_program_can_be_read(traced):
    text = traced.program(np.ones(3)).text((3,))
    assert "x * 2" in text


def test_name_and_documentation_are_those_of_the_function():
    @gg.function
    def named(x):
        """Tell."""
        return x

    assert (named.__name__, named.__doc__) == ("named", "Tell.")


def test_methods():
    class Model:
        def __init__(self, scale):
            self.scale = scale
            self.traces = 0

        @gg.function
        def step(self, x):
            self.traces += 1
            return x * self.scale

    two, three = Model(2), Model(3)
    assert [float(m.step(v)) for m in (two, three) for v in (1.0, 2.0)] == [2, 4, 3, 6]
    assert (two.traces, three.traces) == (1, 1)


# Variables


def test_assignments_are_seen_by_what_follows_them():
    v = gg.Variable(1.0)

    @gg.function
    def step(x):
        before = v + 0
        v.assign_add(x)
        between = v * 10
        v.assign(v * 2)
        return before, between, v

    assert [float(t) for t in step(2.0)] == [1, 30, 6]
    assert float(v) == 6
    assert [float(t) for t in step(1.0)] == [6, 70, 14]


def test_elements_of_an_assigned_variable_are_the_new_ones():
    v = gg.Variable([1.0, 2.0])

    @gg.function
    def step():
        v.assign([3.0, 4.0])
        return v[1], v.sum(), gg.gather(v, 0), v.reshape(1, 2), [v[0], *v]

    found = step()
    assert [t.tolist() for t in found[:4]] == [4, 7, 3, [[3, 4]]]
    assert [float(t) for t in found[4]] == [3, 3, 4]


def test_gradients_by_an_assigned_variable_are_by_its_new_value():
    w = gg.Variable(np.array([3.0]))

    @gg.function
    def two_steps():
        for _ in range(2):
            w.assign_sub(0.1 * gg.gradients(gg.sum(w * w), w))

    assert two_steps() is None
    np.testing.assert_allclose(w.numpy(), 3 * 0.8 * 0.8)


def test_gradients_of_a_value_from_before_an_assignment_are_by_what_it_used():
    w = gg.Variable(np.array([3.0]))

    @gg.function
    def step():
        first = w * w
        w.assign(w + 1)  # 4
        second = w * w
        w.assign(w * 10)  # 40
        third = w * w * 0.5
        return [gg.gradients(y, w) for y in (first, second, third, gg.exp(first * 0))]

    assert [float(g) for g in step()] == [6, 8, 40, 0]


def test_python_cannot_look_at_a_variable_while_a_function_is_traced():
    v = gg.Variable(1.0)

    @gg.function
    def look():
        return float(v)

    @gg.function
    def decide():
        return 1.0 if v > 0 else 2.0

    @gg.function
    def tell():
        return v + len(repr(v))

    with pytest.raises(GraphError, match="is not settled while a function is traced"):
        look()
    with pytest.raises(GraphError, match="Python cannot decide on it"):
        decide()
    assert float(tell()) > 1


def test_a_training_step():
    rng = np.random.default_rng(0)
    x, truth = rng.normal(size=(50, 3)), np.array([1.0, -2.0, 0.5])
    w = gg.Variable(np.zeros(3))

    @gg.function
    def step(x, y):
        loss = gg.mean((x @ w - y) ** 2)
        w.assign_sub(0.1 * gg.gradients(loss, w))
        return loss

    losses = [float(step(x, x @ truth)) for _ in range(200)]
    assert losses[-1] < 1e-10 < losses[0]
    np.testing.assert_allclose(w.numpy(), truth, atol=1e-4)


def test_what_fails_while_tracing_leaves_no_assignments_behind():
    v = gg.Variable(1.0)

    @gg.function
    def broken():
        v.assign(5)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert float(v) == 1
    v.assign(2)
    assert float(v) == 2


def test_a_function_runs_in_the_session_in_use():
    v = gg.Variable(1.0)

    @gg.function
    def step():
        v.assign_add(1)
        return v

    step()
    with gg.Session():
        assert float(step()) == 2
        assert float(step()) == 3
    assert float(v) == 2


def test_random_numbers_are_drawn_anew_in_each_call():
    @gg.function
    def draw(x):
        return x + gg.random.uniform((3,))

    assert draw(1.0).tolist() != draw(1.0).tolist()


# Functions in functions and graphs


def test_a_function_inside_another_becomes_part_of_it():
    v = gg.Variable(1.0)
    traces = []

    @gg.function
    def inner(scale=1):
        traces.append("inner")
        v.assign_add(1)
        return v * scale

    @gg.function
    def outer(x):
        traces.append("outer")
        return inner() + inner(10) + x

    assert [float(outer(0.5)) for _ in range(2)] == [2 + 30 + 0.5, 4 + 50 + 0.5]
    assert float(v) == 5
    assert traces == ["outer", "inner", "inner"]
    assert float(inner()) == 6


def test_a_variable_that_is_an_argument_inside_another_function_stays_a_variable():
    w = gg.Variable(np.array([3.0]))

    @gg.function
    def square(x):
        return gg.sum(x * x)

    @gg.function
    def slope():
        return gg.gradients(square(w), w)

    assert slope().tolist() == [6]
    w.assign([5.0])
    assert slope().tolist() == [10]


def test_a_function_in_a_graph_with_placeholders(traced):
    x = gg.placeholder("float32", (None,), name="x")
    y = traced(x) + 1
    assert y.shape == (None,)
    assert y.numpy({x: [1, 2, 3]}).tolist() == [3, 5, 7]
    assert gg.gradients(y, x).numpy({x: [1, 2, 3]}).tolist() == [2, 2, 2]


def test_an_assignment_of_a_placeholder_outside_a_function():
    v, x = gg.Variable(0.0), gg.placeholder("float32", (), name="x")
    with pytest.raises(GraphError, match="is not there before it is run") as caught:
        v.assign(x)
    assert "gg.assign(v, value)" in caught.value.fix


# Gradients of functions


def test_value_and_gradient_of_the_first_argument():
    value, slope = gg.value_and_grad(lambda x, y: gg.sum(x * x * y))(np.array([1.0, 2.0]), 3.0)
    assert float(value) == 15
    assert slope.tolist() == [6, 12]


def test_gradients_of_several_arguments():
    slopes = gg.grad(lambda x, y: x * y, argnums=(1, 0))(2.0, 3.0)
    assert [float(s) for s in slopes] == [2, 3]
    assert float(gg.grad(lambda x, y: x * y, argnums=1)(2.0, 3.0)) == 2


def test_gradients_are_nested_as_the_argument():
    def loss(parameters, x):
        return gg.sum((x @ parameters["w"] + parameters["b"][0]) ** 2)

    parameters = {"w": np.ones(2), "b": [np.float64(1), np.float64(5)]}
    value, slopes = gg.value_and_grad(loss)(parameters, np.array([[1.0, 2.0]]))
    assert float(value) == 16
    assert slopes["w"].tolist() == [8, 16]
    assert [float(s) for s in slopes["b"]] == [8, 0]


def test_further_results_beside_the_number():
    (value, extra), slope = gg.value_and_grad(lambda x: (x * x, {"twice": 2 * x}))(3.0)
    assert (float(value), float(extra["twice"]), float(slope)) == (9, 6, 6)


def test_gradients_by_variables():
    w, b = gg.Variable([1.0, 2.0]), gg.Variable(3.0)
    loss = gg.function(gg.value_and_grad(lambda x: gg.sum(w * x) * b, variables=[w, b]))
    value, (by_w, by_b) = loss(np.float32([1, 1]))
    assert float(value) == 9
    assert by_w.tolist() == [3, 3]
    assert float(by_b) == 3
    w.assign([0, 0])
    assert float(loss(np.float32([1, 1]))[0]) == 0


def test_gradients_of_gradients():
    cube = gg.function(gg.grad(gg.grad(gg.grad(lambda x: x**4))))
    assert float(cube(2.0)) == 48


def test_only_a_single_number_has_a_gradient():
    with pytest.raises(ShapeError, match="must return a single number") as caught:
        gg.grad(lambda x: x * 2)(np.ones(3))
    assert caught.value.fix == "return a mean or a sum of it"


def test_gradients_by_integers():
    with pytest.raises(DTypeError, match="gradients flow through floats; x is int64"):
        gg.grad(lambda x: x * 2.0)(3)


def test_a_python_float_has_all_its_digits_among_float64():
    @gg.function
    def scaled(x, factor):
        return x * factor, gg.gradients(gg.sum(x * factor), factor)

    x = np.array([1.0, 3.0])
    found, slope = scaled(x, 0.1)
    np.testing.assert_array_equal(found.numpy(), x * 0.1)
    assert found.dtype == np.float64
    assert slope.dtype == np.float32
    assert slope.numpy() == 4.0
    single, _ = scaled(x.astype("float32"), 0.1)
    assert single.dtype == np.float32


def test_a_method_does_not_keep_its_object_alive():
    class Scaler:
        def __init__(self, factor):
            self.factor = gg.Variable(factor)

        @gg.function
        def scaled(self, x):
            return self.factor * x

    two, three = Scaler(2.0), Scaler(3.0)
    assert float(two.scaled(np.float32(2))) == 4
    assert float(three.scaled(np.float32(2))) == 6
    gone = weakref.ref(two)
    del two
    gc.collect()
    assert gone() is None


class _Plain:
    def __init__(self, scale):
        self.scale = scale

    @gg.function
    def scaled(self, x):
        return x * self.scale


class _Slots:
    __slots__ = ("scale",)

    def __init__(self, scale):
        self.scale = scale

    @gg.function
    def scaled(self, x):
        return x * self.scale


class _Tuple(namedtuple("_Tuple", "scale")):
    @gg.function
    def scaled(self, x):
        return x * self.scale


@pytest.mark.parametrize("kind", [_Plain, _Slots, _Tuple])
def test_a_bound_method_holds_its_object(kind):
    assert float(kind(2).scaled(3.0)) == 6
    method = kind(5).scaled
    gc.collect()
    assert float(method(3.0)) == 15


@pytest.mark.parametrize("kind", [_Plain, _Slots, _Tuple])
def test_each_object_has_programs_of_its_own(kind):
    objects = [kind(scale) for scale in range(100)]
    assert [float(made.scaled(2.0)) for made in objects] == [2 * i for i in range(100)]
    assert [float(kind(scale).scaled(2.0)) for scale in range(100)] == [2 * i for i in range(100)]


def test_a_method_is_traced_once_however_it_is_reached():
    traces = []

    class Model:
        @gg.function
        def step(self, x):
            traces.append(x)
            return x

    model = Model()
    bound = model.step
    for call in (model.step, bound, model.step):
        call(1.0)
    assert len(traces) == 1


def test_a_variable_that_is_an_argument_is_part_of_the_program():
    first, second = gg.Variable([1.0, 2.0]), gg.Variable([5.0, 5.0])
    traces = []

    @gg.function
    def step(v, x):
        traces.append(v)
        v.assign_add(x)
        return v, gg.gradients(gg.sum(v * v), v)

    for _ in range(2):
        step(first, 1.0)
    value, slope = step(second, 1.0)
    assert (first.tolist(), second.tolist()) == ([3, 4], [6, 6])
    assert (value.tolist(), slope.tolist()) == ([6, 6], [12, 12])
    assert len(traces) == 2


def test_the_order_of_arguments_by_name_makes_no_difference(traced):
    traced(x=np.ones(1), scale=3)
    assert traced(scale=3, x=np.ones(1)).tolist() == [3]
    assert len(traced.calls) == 1


def test_more_kinds_of_arguments_than_are_remembered_are_told_of(traced):
    for scale in range(64):
        traced(1.0, scale)
    with pytest.warns(UserWarning, match="double has been compiled for 64 kinds") as caught:
        traced(1.0, 64)
    assert caught[0].filename == __file__


def test_a_gradient_by_an_argument_that_is_not_there():
    with pytest.raises(ArgumentError, match="there is no argument 2: 1 are given by place"):
        gg.grad(lambda x: x * x, argnums=2)(3.0)


def test_a_python_float_has_all_its_digits_wherever_float64_is_asked_for():
    v = gg.Variable(np.zeros(()))

    @gg.function
    def f(x):
        v.assign(x)
        return gg.cast(x, "float64"), gg.constant(x, "float64"), gg.full((), x, "float64"), v

    assert [t.item() for t in f(0.1)] == [0.1] * 4
    assert v.item() == 0.1
    as_integer = gg.function(lambda x: gg.cast(x, "int64"))
    assert int(as_integer(16777217.0)) == int(gg.cast(16777217.0, "int64")) == 16777217


def test_gradients_by_two_values_of_a_variable_at_once():
    v = gg.Variable(2.0)

    @gg.function
    def step():
        before = v * v
        v.assign(v + 1)
        after = v * 3
        return gg.gradients(before + after, v)

    with pytest.raises(GraphError, match="depends on several values of 'variable_"):
        step()


def test_gradients_through_an_assignment_are_by_the_new_value():
    v = gg.Variable(2.0)

    @gg.function
    def step():
        held = gg.stop_gradient(v * 100)
        v.assign(v * v)
        return gg.gradients(v * 3 + held, v), gg.gradients(v, v)

    assert [float(g) for g in step()] == [3, 1]


def test_arguments_are_told_by_the_names_of_the_parameters():
    @gg.function
    def product(x, pair, *others, scale=1.0):
        return x @ pair[1] * scale

    with pytest.raises(ShapeError) as caught:
        product(np.ones((2, 3)), [1.5, np.ones((2, 4))], np.ones(1), scale=2.0)
    told = dict(caught.value.arguments)
    assert "'x'" in told["a"]
    assert "'pair[1]'" in told["b"]
    program = product.program(
        np.ones((2, 3)), [1.5, np.ones((3, 4))], np.ones(1), np.ones(2), scale=2.0
    )
    names = ["x", "pair[0]", "pair[1]", "others[0]", "others[1]", "scale"]
    assert [feed.name for feed in program.feeds] == names


def test_a_method_names_its_arguments_without_the_object():
    class Line:
        @gg.function
        def __call__(self, x):
            return x + 1

    assert [feed.name for feed in Line().__call__.program(np.ones(2)).feeds] == ["x"]


@pytest.mark.parametrize("times", [2, 3])
def test_a_list_stays_a_list(times):
    """As in the function without gg.function; an array is multiplied."""

    def scaled(w):
        return w * times

    compiled = gg.function(scaled)
    assert [float(value) for value in compiled([0.5, 1.5])] == scaled([0.5, 1.5])
    assert len(compiled([0.5, 1.5])) == 2 * times
    assert compiled(np.array([0.5, 1.5])).tolist() == [0.5 * times, 1.5 * times]
    assert compiled([np.ones(2), np.zeros(2)])[0].tolist() == [1, 1]


def test_threads_trace_a_function_once():
    traces, begin = [], threading.Barrier(4)

    @gg.function
    def step(x):
        traces.append(x)
        time.sleep(0.02)
        return x + 1

    def call():
        begin.wait()
        step(1.0)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(traces) == 1


def test_a_variable_made_while_tracing_is_made_once_and_lasts():
    @gg.function
    def count(x):
        total = gg.Variable(0.0)
        total.assign_add(x)
        return total

    assert [float(count(1.0)) for _ in range(3)] == [1, 2, 3]


# Many runs in one call


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_repeated_runs_are_runs_one_after_another(backend, monkeypatch):
    monkeypatch.setattr(gg.config, "backend", backend)
    x = np.array([1.0, 2.0], np.float32)

    def walk():
        v = gg.Variable([0.5, 0.25])

        @gg.function
        def step(x):
            v.assign(v * 0.5 + x)
            return gg.sum(v)

        return v, step

    (v, step), (w, other) = walk(), walk()
    for _ in range(7):
        last = other(x)
    assert float(step.repeat(7, x)) == float(last)
    assert v.tolist() == w.tolist()


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_repeated_runs_draw_anew_each_time(backend, monkeypatch):
    monkeypatch.setattr(gg.config, "backend", backend)
    found = []
    for times in ([5], [2, 3], [1, 1, 1, 1, 1]):
        gg.set_seed(3)
        v = gg.Variable(np.zeros(4, np.float32))
        step = gg.function(lambda v=v: v.assign_add(gg.random.uniform((4,))))
        for count in times:
            step.repeat(count)
        found.append(v.tolist())
    assert found[0] == found[1] == found[2]


def test_no_runs_have_no_result():
    step = gg.function(lambda x: x + 1)
    for times in (0, -1):
        with pytest.raises(ArgumentError, match=f"how often to run is {times}; there is no result"):
            step.repeat(times, np.ones(2))


def test_more_runs_than_a_lifetime_holds_are_not_begun():
    step = gg.function(lambda x: x + 1)
    with pytest.raises(ArgumentError, match="not done with that in a lifetime"):
        step.repeat(2**70, np.ones(2))


def test_a_forgotten_count_is_told():
    step = gg.function(lambda x: x + 1)
    with pytest.raises(ArgumentError, match="a whole number, and is ndarray") as caught:
        step.repeat(np.ones(2), np.ones(2))
    assert "step.repeat(100, x, y)" in str(caught.value)


def test_functions_and_programs_say_what_they_are():
    def step(x):
        return x + 1

    x = gg.placeholder("float32", (2,), name="x")
    assert repr(gg.function(step)).endswith("step>")
    assert repr(gg.Program([x + 1], [x])) == "<Program: 1 fed, 1 fetched, 0 updated>"


def test_text_among_arguments_and_results_is_told():
    step = gg.function(lambda s: s * 2)
    with pytest.raises(DTypeError, match="'aaaa' is text, not a number") as caught:
        step("aa")
    assert "returned  'aaaa'" in str(caught.value)
    with pytest.raises(DTypeError, match="no tensors of text") as caught:
        step(np.array(["a", "b"]))
    assert "s  array of dtype <U1" in str(caught.value)


@pytest.mark.parametrize("times", [2.0, "3", True, None])
def test_how_often_is_a_whole_number(times):
    step = gg.function(lambda x: x + 1)
    with pytest.raises(ArgumentError, match="how often to run, a whole number, and is"):
        step.repeat(times, np.ones(2))


def test_an_update_is_of_the_line_that_assigns():
    v = gg.Variable(0.0, name="v")

    @gg.function
    def step(x):
        v.assign(2 * x)  # this line
        return x

    line = step.python_function.__code__.co_firstlineno + 2
    text = step.program(np.ones((), np.float32)).text()
    (assigned,) = [row for row in text.split("\n") if "assign(v <- " in row]
    assert assigned.endswith(f"# test_function.py:{line}")


@pytest.mark.parametrize("times", [np.int8(100), np.uint8(128), np.int64(3)])
def test_how_often_may_be_a_number_of_numpy(times, monkeypatch):
    monkeypatch.setattr(gg.config, "backend", "cpu")
    monkeypatch.setattr(gg.config, "threads", 2)
    v = gg.Variable(np.zeros((), np.float32))
    x = np.ones((64, 64), np.float32)

    @gg.function
    def step(x):
        v.assign_add(gg.mean(x @ x) / 64)
        return v

    for _ in range(3):
        step.repeat(times, x)
    assert v.numpy() == 3 * int(times)


def test_only_functions_are_compiled():
    with pytest.raises(gg.errors.ArgumentError, match="this is int"):
        gg.function(3)


def test_a_local_name_in_the_place_of_a_variable_is_explained():
    w = gg.Variable(1.0)

    @gg.function
    def step():
        w -= 0.1  # noqa: F823 - what a beginner writes
        return w

    with pytest.raises(UnboundLocalError) as caught:
        step()
    assert "w.assign_sub" in caught.value.__notes__[0]
    assert float(w) == 1
