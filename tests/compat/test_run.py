"""``giulgi run``: a program finds what Python would give it, and the stand-ins beside."""

import json
import re
import sys
from textwrap import dedent

import pytest
from tests.compat.programs import giulgi_run

from giulgi.cli.notebook import read_notebook, without_magics
from giulgi.cli.run import split

LINE = """
    import tensorflow as tf

    x = tf.placeholder(tf.float32, [None, 1])
    y = tf.placeholder(tf.float32, [None, 1])
    w = tf.Variable([[0.5]], name="w")
    cost = tf.reduce_mean(tf.square(tf.matmul(x, w) - y))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(cost)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for step in range(3000):
            c, _ = sess.run([cost, train], {x: [[1], [2]], y: [[2], [4]]})
        print("w = %.3f" % sess.run(w))
"""


def test_words_before_the_program_are_ours_and_those_after_are_its_own():
    assert split(["--explain", "p.py", "--explain", "-m"]) == (
        ["--explain", "p.py"],
        ["--explain", "-m"],
    )
    assert split(["-c", "print()", "a"]) == (["-c", "print()"], ["a"])
    assert split(["-m", "module", "-x"]) == (["-m", "module"], ["-x"])
    assert split(["--profile"]) == (["--profile"], [])


def test_a_program_finds_what_python_gives_it(tmp_path):
    (tmp_path / "beside.py").write_text("word = 'beside'\n")
    text = """
        import os, pickle, sys
        import beside

        class Thing:
            pass

        print(sys.argv)
        print(sys.path[0] == os.getcwd(), __name__, os.path.basename(__file__), beside.word)
        print(type(pickle.loads(pickle.dumps(Thing()))) is Thing)
        print(sys.modules["__main__"].Thing is Thing)
        sys.exit(3)
    """
    ended = giulgi_run(tmp_path, "a", "--explain", text=text)
    assert ended.code == 3, ended.err
    assert ended.out.splitlines() == [
        "['program.py', 'a', '--explain']",
        "True __main__ program.py beside",
        "True",
        "True",
    ]


def test_code_and_modules_run_as_under_python(tmp_path):
    told = giulgi_run(tmp_path, "-c", "import sys; print(sys.argv); sys.exit('no')", "x")
    assert (told.out, told.err, told.code) == ("['-c', 'x']\n", "no\n", 1)
    (tmp_path / "part.py").write_text("import sys\nprint(__name__, sys.argv[1:])\n")
    assert giulgi_run(tmp_path, "-m", "part", "-v").out == "__main__ ['-v']\n"


def test_an_error_shows_the_lines_of_the_program_alone(tmp_path):
    text = """
        def divided(a):
            return a / 0

        divided(1)
    """
    ended = giulgi_run(tmp_path, text=text)
    assert ended.code == 1
    lines = ended.err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert 'File "program.py", line 5, in <module>' in lines[1]
    assert "cli" not in ended.err
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_ctrl_c_ends_a_program_as_under_python(tmp_path):
    ended = giulgi_run(tmp_path, text="raise KeyboardInterrupt")
    assert ended.code == 130
    assert ended.err.splitlines()[-1] == "KeyboardInterrupt"


def test_python_2_is_told_apart_where_nothing_translates_it(tmp_path):
    (tmp_path / "fissix.py").write_text("raise ImportError")
    ended = giulgi_run(tmp_path, text='x = 1\nprint "x is", x\n')
    assert ended.code == 1
    assert "Line 2 of program.py is written in Python 2" in ended.err
    assert "healing" not in ended.err
    assert "written in Python 2" in giulgi_run(tmp_path, text="x = 10L\n").err
    for text in ("x = (1\n", "x = 60epochs\n"):
        assert "Python 2" not in giulgi_run(tmp_path, text=text).err


def test_a_name_that_is_not_there_is_told_of(tmp_path):
    ended = giulgi_run(tmp_path, "-c", "from tensorflow import no_such_name")
    assert ended.code == 1
    assert "tensorflow.no_such_name is not there" in ended.err
    assert giulgi_run(tmp_path, "missing.py").err == ("giulgi run: there is no file 'missing.py'\n")
    (tmp_path / "broken.ipynb").write_text('{"cells": [')
    ended = giulgi_run(tmp_path, "broken.ipynb")
    assert ended.err.startswith("giulgi run: broken.ipynb is no Jupyter notebook that can be read")
    assert [ended.code, ended.err.count("\n")] == [2, 1]


def test_packages_that_are_not_installed_are_told_of(tmp_path):
    halted = "import sys\nsys.modules.update(dict.fromkeys(['pandas', 'h5py']))\n"
    ended = giulgi_run(tmp_path, text=halted + "import pandas as pd\n")
    assert "ModuleNotFoundError" in ended.err
    assert "pip install 'giulgi[programs]'" in ended.err
    text = """
from keras.callbacks import ModelCheckpoint
from keras.layers import Dense
from keras.models import Sequential

model = Sequential([Dense(1, input_dim=1)])
model.compile("sgd", "mse")
model.fit([[1.0]], [[1.0]], callbacks=[ModelCheckpoint("w-{epoch}.hdf5")])
"""
    ended = giulgi_run(tmp_path, text=halted + text)
    assert ended.code == 1
    assert "Epoch" not in ended.out
    assert "(.h5, .hdf5) are read and written by h5py, which is not installed" in ended.err


def test_a_line_is_found_explained_and_timed(tmp_path):
    (tmp_path / "program.py").write_text(dedent(LINE))
    ended = giulgi_run(tmp_path, "--explain", "--profile", "program.py")
    assert ended.code == 0, ended.err
    assert ended.out.startswith("w = 2.000\n")
    assert "== Its parameters: 1 number in 1 variable ==" in ended.out
    assert re.search(r"\n  MatMul = MatMul\(\S+, w\) +float32 \(\?, 1\)\n", ended.out), ended.out
    assert re.search(r"3,000 calls, \S+ µs each; compiling took ", ended.out), ended.out
    assert "program.py:12" in ended.out
    assert "compiled to one native function for (2, 1), (2, 1):" in ended.out
    for part in ("building the graph", "compiling", "running", "Python in between"):
        assert part in ended.out


def test_training_by_keras_is_explained(tmp_path):
    text = """
        get_ipython().magic("matplotlib inline")
        import numpy as np
        from keras.layers import Dense
        from keras.models import Sequential

        model = Sequential([Dense(1, input_dim=2)])
        model.compile("sgd", "mse")
        model.fit(np.zeros((60, 2)), np.zeros(60), epochs=2, batch_size=20, verbose=0)
    """
    (tmp_path / "program.py").write_text(dedent(text))
    ended = giulgi_run(tmp_path, "--explain", "program.py")
    assert ended.code == 0, ended.err
    assert "a step of training\n   program.py:9: model.fit(" in ended.out
    assert "   6 calls, " in ended.out


def test_a_graph_that_grows_is_told_of_once(tmp_path):
    text = """
        import tensorflow as tf
        a = tf.constant(2.0)
        sess = tf.Session()
        for i in range(50):
            b = sess.run(a * i)
        print(b)
    """
    ended = giulgi_run(tmp_path, text=text)
    assert ended.out == "98.0\n"
    assert ended.err.count("the graph grows") == 1
    assert "program.py:6: UserWarning" in ended.err


NOTEBOOK = [
    "%matplotlib inline\n!pip install tensorflow\nimport sys\nprint(\n  '%d'\n  % 7)",
    "x = 20\nx + 1",
    "x;",
    "!echo said",
    "%time y = x + 2\ny",
    "1 / 0",
    "%%time\n20 + 3",
    "%%html\n<b>bold</b>",
    "from IPython.display import display\ndisplay('shown')\nget_ipython().magic('pwd')\n_",
]


def test_a_notebook_runs_cell_by_cell(tmp_path):
    cells = [{"cell_type": "markdown", "source": "# Title"}]
    for text in NOTEBOOK:
        outputs = [{"output_type": "error"}] if text == "1 / 0" else []
        cells.append({"cell_type": "code", "source": text.splitlines(True), "outputs": outputs})
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}))
    ended = giulgi_run(tmp_path, "n.ipynb")
    assert ended.code == 0, ended.err
    lines = [line for line in ended.out.splitlines() if not line.startswith("Wall time")]
    assert lines == ["7", "21", "said", "22", "23", "shown", str(tmp_path), "23"]
    assert ended.out.count("Wall time: ") == 2
    assert ended.err.count("is left out") == 1
    assert 'File "n.ipynb, cell 6", line 1' in ended.err
    assert "ZeroDivisionError" in ended.err  # As when the notebook was saved.


def test_a_notebook_ends_at_an_error_of_its_own(tmp_path):
    cells = [{"cell_type": "code", "source": text} for text in ("print(1)", "nothing", "print(2)")]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    ended = giulgi_run(tmp_path, "n.ipynb")
    assert (ended.out, ended.code) == ("1\n", 1)
    assert 'File "n.ipynb, cell 2", line 1, in <module>\n    nothing' in ended.err


def test_old_notebooks_have_sheets(tmp_path):
    path = tmp_path / "old.ipynb"
    sheet = {"cells": [{"cell_type": "code", "input": ["a = 1\n", "a"]}]}
    path.write_text(json.dumps({"worksheets": [sheet], "nbformat": 3}))
    assert [cell.text for cell in read_notebook(path)[0]] == ["a = 1\na"]


def test_only_lines_that_begin_are_magics():
    text = 'text = """\n%not a magic\n"""\nfiles = !ls\n?help\nif files:\n    %cd ..\n'
    assert without_magics(text).splitlines() == [
        'text = """',
        "%not a magic",
        '"""',
        "files = __giulgi_line__('!ls', True)",
        "pass",
        "if files:",
        "    __giulgi_line__('%cd ..')",
    ]
    assert without_magics("a = 5 \\\n  % 3\n") == "a = 5 \\\n  % 3\n"


def test_the_interpreter_is_left_as_it_was(tmp_path, monkeypatch):
    """Another program can be run in the same process."""
    from giulgi.cli.run import _in_main

    before = sys.argv, list(sys.path), sys.modules["__main__"]
    seen = []
    code = _in_main("p", str(tmp_path), ["a"], None, lambda main: seen.append((main, sys.argv)))
    assert code == 0
    assert seen[0][1] == ["p", "a"]
    assert (sys.argv, sys.path, sys.modules["__main__"]) == before


def test_a_notebook_draws_beside_ipython_and_times_its_lines(tmp_path):
    pytest.importorskip("matplotlib")
    code = [
        "from IPython.display import display",
        "import matplotlib.pyplot as plt",
        "_ = plt.plot([1, 2])",
        "%timeit -n1 -r 3 print('timed')",
        "%timeit 'the value'",
    ]
    cells = [{"cell_type": "code", "source": [line]} for line in code]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    ended = giulgi_run(tmp_path, "n.ipynb")
    assert ended.code == 0, ended.err
    assert "timed" in ended.out
    assert "the value" not in ended.out


def test_pylab_makes_names_known_and_cells_become_files(tmp_path):
    pytest.importorskip("matplotlib")
    code = [
        "%pylab inline\nline = plot(linspace(0, 1, 3))",
        "%%writefile kept.txt\none ",
        "%%file -a kept.txt\ntwo",
        "print(array([1]) + len(line), max(1, 2), np.pi > 3, open('kept.txt').read())",
    ]
    cells = [{"cell_type": "code", "source": text} for text in code]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    ended = giulgi_run(tmp_path, "n.ipynb")
    assert ended.out == "[2] 2 True one two\n", ended.err


def test_a_program_that_may_be_of_either_tensorflow(tmp_path):
    text = "import tensorflow as tf\nprint(tf.constant([1, 2]) + 1)\n"
    at_once = giulgi_run(tmp_path, text=text)
    assert at_once.out == "tf.Tensor([2 3], shape=(2,), dtype=int32)\n"
    assert "opens no session" in at_once.err
    (tmp_path / "program.py").write_text(text)
    for option, start in (("--tf1", 'Tensor("add:0", shape=(2,)'), ("--tf2", "tf.Tensor([2 3]")):
        told = giulgi_run(tmp_path, option, "program.py")
        assert told.out.startswith(start)
        assert not told.err


def test_errors_that_giulgi_raises_show_the_programs_lines_alone(tmp_path):
    text = """
        import numpy as np, tensorflow as tf
        x = tf.placeholder(tf.float32, [None, 4])
        tf.Session().run(x, {x: np.ones((3, 5))})
    """
    ended = giulgi_run(tmp_path, text=text)
    assert ended.code == 1
    assert ended.err.count('File "') == 1
    assert "Cannot feed value of shape (3, 5)" in ended.err
    ended = giulgi_run(tmp_path, "-c", "import tensorflow as tf; tf.matmul([[1.]], [[1.], [2.]])")
    assert "transpose_b=True" in ended.err


def test_a_program_by_the_standard_input_and_words_that_are_wrong(tmp_path):
    told = giulgi_run(tmp_path, "-", "a", given="import sys; print(sys.argv, __name__)")
    assert told.out == "['-', 'a'] __main__\n"
    (tmp_path / "folder").mkdir()
    assert "a folder, in which there is no __main__.py" in giulgi_run(tmp_path, "folder").err
    wrong = giulgi_run(tmp_path, "--explian", "program.py")
    assert wrong.code == 2
    assert wrong.err == "giulgi run: there is no option --explian. Did you mean --explain?\n"


def test_a_program_of_a_korean_windows(tmp_path):
    (tmp_path / "beside.py").write_bytes("word = '한글'\r\n".encode("cp949"))
    (tmp_path / "program.py").write_bytes("from beside import word\nprint(word)\n".encode("cp949"))
    ended = giulgi_run(tmp_path, "program.py")
    assert ended.out == "한글\n"
    assert ended.err.count("beside.py is not in UTF-8; it is read as CP949") == 1


def test_magics_go_into_folders_and_back_and_tell_of_those_that_are_not_there(tmp_path):
    (tmp_path / "a b").mkdir()
    code = ["where = %pwd", '%cd "a b"', "%cd -", "%cd /content/nowhere", "%pwd", "print(where)"]
    cells = [{"cell_type": "code", "source": [line]} for line in code]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    ended = giulgi_run(tmp_path, "n.ipynb")
    assert ended.code == 0, ended.err
    inside, back, missing, here, where = ended.out.splitlines()
    assert inside == f"{tmp_path}/a b"
    assert back == here == where == str(tmp_path)
    assert "/content/nowhere" in missing
