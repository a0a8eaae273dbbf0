"""``tf.function``: traced where it can be, and called by Python where it has to be."""

import sys
import threading

import numpy as np
import pytest


def test_assignments_take_place_in_the_order_in_which_they_are_written(tf2):
    v = tf2.Variable(1.0)

    @tf2.function
    def step(x):
        v.assign_add(x)
        first = v * 10.0
        v.assign(v * 2.0)
        return first, v + 0.0

    assert [float(x) for x in step(tf2.constant(2.0))] == [30, 6]
    assert [float(x) for x in step(tf2.constant(1.0))] == [70, 14]


def test_a_function_is_traced_once_for_each_signature(tf2):
    traced = []

    @tf2.function
    def twice(x):
        traced.append(x)
        return x * 2

    for n in (2, 3, 3, 2):
        assert twice(tf2.ones([n])).numpy().tolist() == [2] * n
    assert len(traced) == 2


def test_python_chooses_by_values(tf2):
    @tf2.function
    def collatz(n):
        steps = tf2.constant(0)
        while n > 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            steps += 1
        return steps

    assert int(collatz(tf2.constant(27))) == 111

    @tf2.function
    def total(n):
        found = tf2.constant(0)
        for i in tf2.range(n):
            found += i
        return found

    assert int(total(tf2.constant(5))) == 10


def test_gradients_go_through_functions(tf2):
    v = tf2.Variable(3.0)

    @tf2.function
    def square(x):
        return x * x

    with tf2.GradientTape() as tape:
        y = square(v)
    assert float(tape.gradient(y, v)) == 6


def test_methods_and_variables_made_inside(tf2):
    class Counter(tf2.Module):
        def __init__(self):
            super().__init__()
            self.count = None

        @tf2.function
        def add(self, x):
            if self.count is None:
                self.count = tf2.Variable(0.0)
            return self.count.assign_add(x)

    one, other = Counter(), Counter()
    assert float(one.add(tf2.constant(2.0))) == 2
    assert float(one.add(tf2.constant(2.0))) == 4
    assert float(other.add(tf2.constant(1.0))) == 1
    assert len(one.variables) == 1


def test_a_map_of_a_data_set_may_choose(tf2):
    def changed(x):
        if x > 1:
            return x * 10
        return x

    data = tf2.data.Dataset.range(4).map(changed)
    np.testing.assert_array_equal(list(data.as_numpy_iterator()), [0, 1, 20, 30])


def test_loops_and_choices_have_values_at_once(tf2):
    pair = tf2.while_loop(
        lambda i, s: i < 5, lambda i, s: (i + 1, s + i), (tf2.constant(0), tf2.constant(0))
    )
    assert [int(x) for x in pair] == [5, 10]
    np.testing.assert_array_equal(tf2.map_fn(lambda x: x * 2, tf2.constant([1, 2])).numpy(), [2, 4])
    np.testing.assert_array_equal(
        tf2.scan(lambda a, x: a + x, tf2.constant([1, 2, 3])).numpy(), [1, 3, 6]
    )
    v = tf2.Variable(0.0)

    @tf2.function
    def step(x):
        tf2.cond(x > 0, lambda: v.assign_add(1.0), lambda: v.assign_sub(1.0))
        return v.read_value()

    assert [float(step(tf2.constant(x))) for x in (1.0, -1.0, -1.0)] == [1, 0, -1]


def test_what_is_printed_to_a_stream_is_seen_in_each_run(tf2, capsys):
    @tf2.function
    def told(x):
        print("traced")
        tf2.print("value", x, output_stream=sys.stdout)
        return x + 1

    assert [int(told(tf2.constant(n))) for n in (1, 2)] == [2, 3]
    assert capsys.readouterr().out == "traced\nvalue 1\nvalue 2\n"


def test_other_threads_are_heard_while_a_function_is_traced(tf2, capsys):
    @tf2.function
    def needs_python(x):
        other = threading.Thread(target=print, args=("other",))
        other.start()
        other.join()
        return x + 1 if x > 0 else x

    assert int(needs_python(tf2.constant(1))) == 2
    assert "other" in capsys.readouterr().out


def test_after_an_error_of_the_program_it_is_traced_again(tf2):
    traced, calls = [], []

    @tf2.function
    def product(x, y):
        calls.append(x)
        if hasattr(x, "numpy") and not x.is_eager:
            traced.append(x)
        if x.shape[0] == 5:
            raise RuntimeError("five")
        return tf2.matmul(x, y)

    with pytest.raises(ValueError, match="inner sizes"):
        product(tf2.ones((2, 3)), tf2.ones((2, 3)))
    assert len(calls) == 1
    with pytest.raises(RuntimeError, match="five"):
        product(tf2.ones((5, 3)), tf2.ones((2, 3)))
    traced.clear()
    for _ in range(3):
        assert product(tf2.ones((2, 3)), tf2.ones((3, 2))).shape == (2, 2)
    assert len(traced) == 1


def test_the_text_of_a_function_is_its_own(tf2):
    def twice(x):
        return 2 * x

    assert tf2.autograph.to_code(twice).lstrip().startswith("def twice(x):")
    assert tf2.autograph.to_code(tf2.function(twice).python_function).count("2 * x") == 1


def test_a_model_takes_a_compiled_call_of_its_own(tf2):
    class Net(tf2.keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = tf2.keras.layers.Dense(2)
            self.drop = tf2.keras.layers.Dropout(0.5)

        def call(self, x, training=True):
            return self.drop(self.dense(x), training=training)

    net, x = Net(), tf2.ones([3, 4])
    net.call = tf2.function(net.call)
    first = net(x, training=False).numpy()
    kernel, bias = (w.numpy() for w in net.weights)
    np.testing.assert_allclose(first, np.ones([3, 4]) @ kernel + bias, rtol=1e-5)
    with tf2.GradientTape() as tape:
        total = tf2.reduce_sum(net(x, training=False))
    slopes = tape.gradient(total, net.trainable_variables)
    np.testing.assert_allclose(slopes[0].numpy(), np.full([4, 2], 3.0))
