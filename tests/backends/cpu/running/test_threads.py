"""Many threads: Python's own, workers of native code, Ctrl-C between them, and processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import giulgi as gg
from giulgi.backends.cpu.running.executable import NativeExecutable
from giulgi.backends.cpu.table import Table

from ..checks import check_bits, require_native, threads

POSIX = pytest.mark.skipif(os.name != "posix", reason="windows has no fork and no such signals")


@pytest.fixture(autouse=True)
def native():
    before = gg.config.backend
    gg.config.backend = "cpu"
    yield
    gg.config.backend = before


def busy_program(size=40_000, rounds=3):
    """Return a program that several workers share, and meet in."""
    x = gg.placeholder("float32", (size,))
    y = x
    for _ in range(rounds):
        y = gg.tanh(y) + gg.sum(y) / size
    return gg.Program([y, gg.sum(y)], [x])


def network(seed=0, width=64):
    gg.set_seed(seed)
    model = gg.Sequential([gg.Input((20,)), gg.layers.Dense(width, "relu"), gg.layers.Dense(3)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def examples(count=256, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 20)).astype("float32")
    return x, np.tanh(x[:, :3])


def together(*tasks):
    """Run functions in threads of their own, and raise what they raise."""
    errors = []

    def guarded(task):
        try:
            task()
        except BaseException as error:
            errors.append(error)

    running = [threading.Thread(target=guarded, args=(task,), daemon=True) for task in tasks]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(timeout=60)
        assert not thread.is_alive(), "a thread hangs"
    if errors:
        raise errors[0]


def test_threads_that_run_one_program_at_once_do_not_disturb_each_other():
    """Each needs an arena of its own: here every thread feeds something else."""
    program = busy_program()
    x = np.random.default_rng(0).normal(size=(4, 40_000)).astype("float32")
    require_native(program, [x[0]])
    wanted = [program(row) for row in x]

    def run(number):
        for _ in range(50):
            check_bits(program(x[number]), wanted[number])

    for count in (1, 2):
        with threads(count) as shared:
            together(*(lambda number=number: run(number) for number in range(4)))
        assert max(shared, default=1) == count


def test_threads_that_change_one_variable_lose_no_update():
    total = gg.Variable(np.zeros(1000))
    program = gg.Program([], [], [(total, total + 1)])

    def run():
        for _ in range(200):
            program()

    together(run, run, run)
    np.testing.assert_array_equal(total.numpy(), np.full(1000, 600.0))


def test_each_python_thread_trains_a_network_of_its_own():
    x, y = examples()
    options = {"epochs": 5, "batch_size": 64, "verbose": 0, "shuffle": False}
    models = [network(seed, width=512) for seed in range(3)]
    wanted = [network(seed, width=512) for seed in range(3)]
    for model in wanted:
        model.fit(x, y, **options)
    with threads(2) as shared:
        together(*(lambda model=model: model.fit(x, y, **options) for model in models))
    assert 2 in shared
    for model, other in zip(models, wanted, strict=True):
        check_bits(model.get_weights(), other.get_weights())


def test_the_number_of_threads_may_change_between_runs():
    program = busy_program()
    x = np.random.default_rng(1).normal(size=40_000).astype("float32")
    wanted = program(x)
    for count in (1, 4, 2, 3, 1, 2, None):
        with threads(count) as shared:
            check_bits(program(x), wanted)
        assert count is None or max(shared, default=1) == count


def test_more_threads_than_cores_do_not_crawl():
    program = busy_program()
    x = np.random.default_rng(1).normal(size=40_000).astype("float32")
    seconds = {}
    for count in (1, 8):
        with threads(count):
            program(x)
            start = time.perf_counter()
            for _ in range(30):
                program(x)
            seconds[count] = time.perf_counter() - start
    # Usually about as fast; threads that only waited for each other would take 100 times as long.
    assert seconds[8] < 20 * seconds[1] + 10


# Ctrl-C

INTERRUPTED = """
import os, random, signal, threading, time
import numpy as np
import giulgi as gg

from giulgi.backends.cpu.running.crew import Crew

gg.config.backend = "cpu"
gg.config.threads = 2
Crew.next = lambda crew, left: (False, left)  # However short a step is, it is shared.
is_inside = False  # Whether what follows is guarded: it is interrupted once, and then not.

def once(*_):
    global is_inside
    if is_inside:
        is_inside = False
        raise KeyboardInterrupt

signal.signal(signal.SIGINT, once)  # Also under nohup.
x = gg.placeholder("float32", (20_000,))
count, total = gg.Variable(np.zeros(20_000, "float32")), gg.Variable(np.zeros((), "float32"))
program = gg.Program([], [x], [(count, count + x), (total, total + gg.sum(gg.tanh(x)))])
data = np.ones((64, 20_000), "float32")
fed = gg.placeholder("float32", (1, 20_000))
steps = gg.Program([], [fed], [(count, count + fed[0]), (total, total + gg.sum(gg.tanh(fed)))])
program(data[0])
steps.run_steps([data], np.arange(64), 1, range(1))

def interrupt():
    for _ in range(60):
        time.sleep(random.random() * 0.004)
        os.kill(os.getpid(), signal.SIGINT)

seen = 0
thread = None
while seen < 40:
    try:
        thread = threading.Thread(target=interrupt, daemon=True)
        thread.start()
        is_inside = True
        while thread.is_alive():
            program(data[0])
            steps.run_steps([data], np.arange(64), 1, range(8))
    except KeyboardInterrupt:
        seen += 1
signal.signal(signal.SIGINT, signal.SIG_IGN)
program(data[0])
value = count.numpy()
assert (value == value[0]).all(), "some elements have seen more steps than others"
assert value[0] > 0
print("whole steps", flush=True)
"""


@POSIX
def test_ctrl_c_at_any_time_neither_hangs_nor_leaves_a_part_of_a_step(tmp_path):
    file = tmp_path / "interrupted.py"
    file.write_text(INTERRUPTED, encoding="utf-8")
    process = subprocess.run(
        [sys.executable, file], capture_output=True, text=True, timeout=60, check=False
    )
    assert process.returncode == 0, process.stderr
    assert "whole steps" in process.stdout


@pytest.fixture
def heard():
    """Let Ctrl-C be heard; it is not where the tests run in the background, as with nohup."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@POSIX
@pytest.mark.usefixtures("heard")
def test_ctrl_c_in_fit_leaves_a_whole_number_of_steps():
    x, y = examples(4096)
    model, other = network(width=256), network(width=256)
    options = {"batch_size": 8, "verbose": 0, "shuffle": False}
    model.fit(x[:8], y[:8], **options)
    other.fit(x[:8], y[:8], **options)
    timer = threading.Timer(0.15, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, epochs=1000, **options)
    timer.join()
    steps = int(model.optimizer.iterations.numpy()) - 1
    assert steps > 0
    whole, rest = divmod(steps, 512)
    if whole:
        other.fit(x, y, epochs=whole, **options)
    if rest:
        other.fit(x[: 8 * rest], y[: 8 * rest], **options)
    check_bits(model.get_weights(), other.get_weights())


# Processes


def _train(queue):
    model = network()
    model.fit(*examples(), epochs=2, verbose=0)
    program = busy_program()
    values = program(np.ones(40_000, "float32"))
    queue.put([*model.get_weights(), *values])


@POSIX
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_trains_after_its_parent_has():
    """The parent's workers do not live on in the child, which must not wait for them."""
    with threads(2):
        model = network()
        model.fit(*examples(), epochs=2, verbose=0)
        values = busy_program()(np.ones(40_000, "float32"))
        context = multiprocessing.get_context("fork")
        queue = context.Queue()
        child = context.Process(target=_train, args=(queue,))
        child.start()
        found = queue.get(timeout=60)
        child.join(timeout=60)
        assert child.exitcode == 0
        check_bits(found, [*model.get_weights(), *values])
        check_bits(busy_program()(np.ones(40_000, "float32")), values)


@POSIX
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("count", [1, 2])
def test_a_child_has_the_variables_of_a_whole_step_of_another_thread(count):
    a = gg.Variable(np.zeros(300_000, np.float32))
    b = gg.Variable(np.zeros(300_000, np.float32))
    program = gg.Program([], [], [(a, a + 1), (b, b + 2)])
    with threads(count):
        program()
        is_over = threading.Event()

        def train():
            while not is_over.is_set():
                program.repeat(20)

        thread = threading.Thread(target=train)
        thread.start()
        try:
            for _ in range(10):
                child = os.fork()
                if child == 0:
                    now = a.numpy()
                    whole = (now == now[0]).all() and (b.numpy() == 2 * now[0]).all()
                    os._exit(0 if whole else 1)
                assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        finally:
            is_over.set()
            thread.join()


# Memory


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_does_not_grow_with_the_number_of_steps():
    x = gg.placeholder("float32", (4, 2))
    w = gg.Variable(np.ones((2, 5), "float32"))
    loss = gg.mean(gg.sigmoid(gg.matmul(x, w)) + gg.random.uniform((4, 5)))
    program = gg.Program([loss], [x], [(w, w - 0.1 * gg.gradients(loss, [w])[0])])
    batch = np.ones((4, 2), "float32")
    order = np.arange(4)

    def steps(count):
        for _ in range(count):
            program(batch)
        for _ in range(count // 10):
            program.run_steps([batch], order, 4, range(1))

    steps(2000)
    before = resident_bytes()
    steps(20_000)
    assert resident_bytes() - before < 1_000_000


def in_a_child(task, seconds=60):
    """Run a function in a fork of this process; return how it ended, or None if it hangs."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            task()
            code = 0
        finally:
            os._exit(code)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


@POSIX
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("what", ["the same function", "another function"])
def test_a_fork_while_another_thread_trains_and_compiles(what):
    """Locks that the other thread holds would never open in the child."""
    v = gg.Variable(np.zeros(200_000, np.float32))
    step = gg.function(lambda x: v.assign(gg.tanh(v + x)))
    x = np.full(200_000, 0.1, np.float32)
    step(x)
    stop = threading.Event()

    def work():
        width = 0
        while not stop.is_set():
            width += 1
            step.repeat(20, x)
            gg.function(lambda a: gg.exp(a) * 3)(np.ones(width, np.float32))

    def task():
        if what == "the same function":
            step(x)
            v.numpy()
        else:
            gg.function(lambda a: gg.log(a) + 1)(np.ones(7, np.float32))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(4):
            time.sleep(0.03)
            assert in_a_child(task) == 0
    finally:
        stop.set()
        thread.join()


@POSIX
def test_a_signal_handler_may_call_what_it_interrupts():
    count = gg.Variable(0)
    step = gg.function(lambda: count.assign_add(1))
    step()
    called = []

    def handler(number, frame):
        called.append(int(step()))

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    try:
        end = time.monotonic() + 0.5
        calls = 1
        while time.monotonic() < end:
            step()
            calls += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert called
    assert int(count) == calls + len(called)


def called_until_ctrl_c(wait, function, *args):
    threading.Timer(wait, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    while True:
        function(*args)


@POSIX
def test_after_ctrl_c_other_threads_find_no_lock_closed():
    v = gg.Variable(np.zeros(4, np.float32))
    step = gg.function(lambda x: v.assign_add(x))
    x = np.ones(4, np.float32)
    step(x)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for wait in np.linspace(0.001, 0.01, 40):
            signal.setitimer(signal.ITIMER_REAL, 0)
            with pytest.raises(KeyboardInterrupt):
                called_until_ctrl_c(float(wait), step, x)
            other = threading.Thread(target=lambda: step(x), daemon=True)
            other.start()
            other.join(20)
            assert not other.is_alive()
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_while_addresses_are_written_leaves_none_behind(monkeypatch):
    first, second = gg.Variable(np.zeros(5, np.float32)), gg.Variable(np.zeros(5, np.float32))
    program = gg.Program([], [], [(first, first + 1), (second, second + 2)])
    program()
    session = gg.Session()
    program(storage=session.storage)
    word = Table.word

    def interrupted(table, area, number):
        if (area, number) == ("variable", 1):
            raise KeyboardInterrupt
        return word(table, area, number)

    with monkeypatch.context() as patch:
        patch.setattr(Table, "word", interrupted)
        with pytest.raises(KeyboardInterrupt):
            program()
    program()  # On the same arrays as the run that was interrupted.
    assert (first.numpy()[0], second.numpy()[0]) == (2, 4)
    assert [float(session.run(v)[0]) for v in (first, second)] == [1, 2]


@POSIX
def test_a_fork_while_another_thread_builds_a_program(monkeypatch):
    """The child renews the locks of all programs there are, and is not stopped by half of one."""
    program = busy_program()
    program(np.ones(40_000, np.float32))
    building, go_on = threading.Event(), threading.Event()
    own_memory = NativeExecutable._own_memory

    def slowly(executable):
        building.set()
        go_on.wait(30)
        own_memory(executable)

    monkeypatch.setattr(NativeExecutable, "_own_memory", slowly)
    other = threading.Thread(target=busy_program(50_000), args=(np.ones(50_000, np.float32),))
    other.start()
    assert building.wait(30)
    unraisable = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    child = os.fork()
    if child == 0:
        os._exit(len(unraisable))
    go_on.set()
    other.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
