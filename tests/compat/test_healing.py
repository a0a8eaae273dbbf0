"""What libraries removed since is there again for a program that is run, and only for it."""

import ast
import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from tests.compat.programs import giulgi_run

from giulgi.compat.healing import source
from giulgi.compat.healing.hooks import is_of_program


def run(folder, text, *lines):
    ended = giulgi_run(folder, text=text)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines() == list(lines)
    return ended.err


def test_python(tmp_path):
    text = """
        import collections, fractions, imp, inspect, string, time
        from collections import Mapping
        from distutils.version import LooseVersion
        from six.moves import xrange, urllib
        from fractions import gcd

        print(issubclass(dict, collections.Mapping), isinstance([], collections.Iterable))
        print(gcd(12, 18), list(xrange(2)), LooseVersion("1.10.0") > LooseVersion("1.9"))
        print(inspect.getargspec(lambda a, b=1: a).args, time.clock() >= 0)
        print("ab".translate(string.maketrans("a", "b")), imp.new_module("m").__name__)
    """
    lines = ["True True", "6 [0, 1] True", "['a', 'b'] True", "bb m"]
    said = run(tmp_path, text, *lines)
    assert said.count("giulgi: collections.Mapping is collections.abc.Mapping today.") == 1


def test_names_of_numpy(tmp_path):
    text = """
        import numpy as np
        from numpy import float as f

        print(np.float is float, np.int is int, np.bool is not None, f is float, np.str is str)
        print(np.Inf, np.math.pi > 3, np.product([2, 3]), np.asscalar(np.array([7])))
        print(np.in1d([1, 2], [2]), np.alltrue([1, 0]), np.trapz([1, 1]), np.float_ is np.float64)
        print(np.random.random_integers(3) < 4, np.mat([[2]]) * 3, hasattr(np, "no_such"))
    """
    lines = ["True True True True True", "inf True 6 7", "[False  True] False 1.0 True",
             "True [[6]] False"]  # fmt: skip
    said = run(tmp_path, text, *lines)
    assert said.count("np.float is gone from NumPy; float is what it was.") == 1
    assert "np.bool " not in said  # It is there again.


def test_arrays_of_one_element_are_numbers(tmp_path):
    (tmp_path / "beside.py").write_text("def told(a):\n    return '%.1f' % a\n")
    text = """
        import math
        import numpy as np
        from beside import told

        one = np.array([2.5])
        print("%f|%s|%d" % (one, one, np.array([[3]])), "%.2f" % one, told(one))
        print(float(one), int(one), math.sqrt(np.array([[4.0]])))
        a = np.zeros(3)
        a[1] = one
        print(a, np.array([one, 1.0]), [np.float64(1.5)])
        print(7 % 4, 7.5 % 2, {"n": 1}["n"], "%d%%" % 5)
    """
    lines = ["2.500000|[2.5]|3 2.50 2.5", "2.5 2 2.0", "[0.  2.5 0. ] [2.5 1. ] [1.5]",
             "3 1.5 1 5%"]  # fmt: skip
    said = run(tmp_path, text, *lines)
    healed = tuple(map(int, np.__version__.split(".")[:2])) >= (2, 4)  # Before, it was a warning.
    assert said.count("giulgi: An array of one element is printed as the number") == healed


def test_arrays_of_lists_and_files_of_objects(tmp_path):
    text = """
        import numpy as np

        a = np.array([[1, 2], [3]])
        print(a.dtype, a.shape, np.array([1.0], copy=False))
        np.save("o.npy", a)
        print(np.load("o.npy")[1], np.fromstring(b"ab", np.uint8))
        print(np.vstack(map(np.zeros, [2, 2])).shape, np.linspace(0, 1, 3.0))
        try:
            "%d" % np.array([1, 2])
        except TypeError:
            print("two are no number")
    """
    run(tmp_path, text, "object (2,) [1.]", "[3] [97 98]", "(2, 2) [0.  0.5 1. ]",
        "two are no number")  # fmt: skip


def test_methods_of_arrays_and_small_things(tmp_path):
    text = """
        import random, sys
        import numpy as np
        import xml.etree.cElementTree as tree

        a = np.arange(4.0)
        a.itemset(1, 9)
        print(len(a.tostring()), a.ptp(), a.tolist(), np.lib.pad([1], 1, "constant"))
        np.set_printoptions(threshold=np.nan)
        print(len(str(np.zeros(2000))) > 4000, np.histogram([1, 2], 2, normed=True)[0])
        print(sorted(random.sample({1, 2}, 2)), random.randint(3.0, 3.0))
        print(tree.fromstring("<a><b/></a>").getchildren()[0].tag)

        class Own:
            def ptp(self):
                return "own"

        print(Own().ptp())
    """
    run(tmp_path, text, "32 9.0 [0.0, 9.0, 2.0, 3.0] [0 1 0]", "True [1. 1.]", "[1, 2] 3", "b",
        "own")  # fmt: skip


def test_dates_and_series_of_pandas(tmp_path):
    pytest.importorskip("pandas")
    (tmp_path / "s.csv").write_text("Month,Sales\n1-01,5\n1-02,6\n")
    text = """
        from pandas import Series, datetime, read_csv

        def parser(x):
            return datetime.strptime("190" + x, "%Y-%m")

        s = read_csv("s.csv", header=0, parse_dates=[0], index_col=0, squeeze=True,
                     date_parser=parser)
        print(type(s).__name__, s.index[1].year, s.index[1].month, s.tolist())
        print(len(Series.from_csv("s.csv", header=0)), s.index.week[0])
    """
    run(tmp_path, text, "Series 1901 2 [5, 6]", "2 1")


def test_encoding_of_some_columns(tmp_path):
    pytest.importorskip("sklearn")
    text = """
        import numpy as np
        from sklearn.preprocessing import OneHotEncoder

        X = np.array([[7, 0, 1.5], [8, 1, 2.5]], object)
        encoder = OneHotEncoder(categorical_features=[1])
        print(encoder.fit_transform(X).toarray().tolist())
        print(encoder.transform(X[1:]).toarray().tolist())
    """
    run(tmp_path, text, "[[1.0, 0.0, 7.0, 1.5], [0.0, 1.0, 8.0, 2.5]]", "[[0.0, 1.0, 8.0, 2.5]]")


def test_messages_are_text_and_json_without_protobuf(tmp_path):
    text = """
        import tensorflow as tf
        from google.protobuf import json_format, text_format

        numbers = tf.train.Int64List(value=[1, 2])
        feature = {"a": tf.train.Feature(int64_list=numbers)}
        example = tf.train.Example(features=tf.train.Features(feature=feature))
        print(text_format.MessageToString(numbers, as_one_line=True))
        print(text_format.Parse(str(example), tf.train.Example()) == example)
        print(json_format.MessageToJson(example, indent=None))
        try:
            text_format.Merge("node {", tf.GraphDef())
        except text_format.ParseError as error:
            print(error)
    """
    run(
        tmp_path, text, "value: 1 value: 2", "True",
        '{"features": {"feature": {"a": {"int64List": {"value": ["1", "2"]}}}}}',
        "1:7 : the text ends in the middle of a message",
    )  # fmt: skip


def test_a_notebook_of_colab_finds_its_files(tmp_path):
    folder = tmp_path / "notebooks"
    (tmp_path / "dataset").mkdir()
    folder.mkdir()
    (tmp_path / "dataset" / "mine.csv").write_text("1,2\n")
    text = "from google.colab import files\nprint(files.upload())\nprint(open('mine.csv').read())"
    (folder / "n.ipynb").write_text(json.dumps({"cells": [{"cell_type": "code", "source": text}]}))
    ended = giulgi_run(folder, "n.ipynb")
    assert ended.out.splitlines()[:2] == ["{'mine.csv': b'1,2\\n'}", "1,2"], ended.err
    assert "mine.csv is copied from" in ended.err


def test_assignments_compute_their_parts_in_pythons_order():
    trace = []

    def part(name, value):
        trace.append(name)
        return value

    text = "part('t', d)[part('k', 1)] = part('v', 2)\npart('t', [[0]])[0][part('k', 0)] = 5"
    d = {}
    exec(source.compiled(text, "p.py"), {"part": part, "d": d})
    assert d == {1: 2}
    assert trace == ["v", "t", "k", "t", "k"]


def test_digits_are_not_downloaded(tmp_path):
    text = """
        import gzip
        from six.moves import urllib
        import input_data

        name = "t10k-labels-idx1-ubyte.gz"
        path, _ = urllib.request.urlretrieve("http://yann.lecun.com/exdb/mnist/" + name, name)
        print(gzip.open(path).read()[8:12].hex())
        data = gzip.decompress(urllib.request.urlopen("http://no.such.host/" + name).read())
        print(len(data), input_data.read_data_sets("MNIST_data", one_hot=True).test.labels.shape)
    """
    run(tmp_path, text, "07020100", "10008 (10000, 10)")


def test_paths_of_windows_are_found(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "d.txt").write_text("found")
    text = r"""
        print(open("data\d.txt").read(), "a\c", f"{'data'}\d.txt")
    """
    run(tmp_path, text, r"found a\c data\d.txt")


def test_healed_code_keeps_its_lines_and_its_errors():
    text = "x = [1]\n\nx[3] = y = 2\n"
    tree = source.healed_tree(text, "p.py")
    assert [node.lineno for node in tree.body] == [1, 3]
    with pytest.raises(IndexError):
        exec(source.compiled("x = [1]\nx[3] = x", "p.py"), {})
    with pytest.raises(TypeError, match="unsupported operand"):
        exec(source.compiled("1 % None", "p.py"), {})
    assert ast.unparse(source.healed_tree("a[1:2] = b", "p.py")) == "a[1:2] = b"


def test_arrays_of_one_element_are_told_from_others():
    assert source.is_single(np.zeros((1, 1)))
    assert not source.is_single(np.zeros(()))
    assert not source.is_single(np.zeros(2))
    assert not source.is_single(1.0)


def test_the_program_is_told_from_what_is_installed():
    assert is_of_program("/home/someone/program.py")
    assert not is_of_program(np.__file__)
    assert not is_of_program(source.__file__)
    assert not is_of_program("<frozen importlib>")


def test_giulgi_itself_changes_nothing():
    assert not hasattr(np, "float")
    assert np.array.__module__ == "numpy"


def test_matplotlib(tmp_path):
    pytest.importorskip("matplotlib")
    text = """
        import matplotlib
        matplotlib.use("TkAgg", warn=False)
        import matplotlib.pyplot as plt

        plt.hold(True)
        plt.subplot(1, 1, 1, axisbg="w")
        counts, _, _ = plt.hist([1, 1, 2], bins=2, normed=True)
        print(counts[0] > 1)
        plt.grid(b=True)
        ax = plt.figure().gca(projection="3d")
        print(ax.name)
        plt.style.use("seaborn-whitegrid")
        plt.cm.get_cmap("jet", 3)
        plt.pause(100)
        plt.show()
        plt.show()
        plt.savefig("p.png", frameon=True)
        print("on")
    """
    said = run(tmp_path, text, "True", "3d", "on")
    assert said.count("There is no screen here") == 1
    assert "UserWarning" not in said
    assert (tmp_path / "p.png").stat().st_size > 0


def test_pillow_and_scipy(tmp_path):
    pytest.importorskip("PIL")
    pytest.importorskip("scipy")
    text = """
        import numpy as np
        from PIL import Image
        from scipy.misc import imread, imresize, imsave, toimage
        import scipy.misc

        picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
        imsave("p.png", picture)
        print((imread("p.png") == picture).all(), imresize(picture, (2, 8)).shape)
        print(imresize(picture, 0.5).shape, imresize(picture, 50).shape, Image.ANTIALIAS == 1)
        print(scipy.misc.bytescale(np.array([0.0, 1.0])), scipy.misc.face().shape)
        print(imread("p.png", flatten=True).dtype, scipy.array([1]), scipy.misc.comb(4, 2))
    """
    run(tmp_path, text, "True (2, 8, 3)", "(2, 2, 3) (2, 2, 3) True", "[  0 255] (768, 1024, 3)",
        "float32 [1] 6.0")  # fmt: skip


def test_what_an_agent_remembers_is_a_table_of_objects(tmp_path):
    pytest.importorskip("scipy")
    text = """
        import numpy as np
        import scipy.signal

        steps = [[np.zeros(4), k, 0.5, np.ones(4), False] for k in range(3)]
        table = np.array(steps)
        print(table.shape, np.vstack(table[:, 0]).shape, table[:, 1].tolist())
        print(scipy.signal.lfilter([1], [1, -0.5], table[:, 2][::-1], axis=0).tolist())
        print(np.array([[1, 2], [3]]).shape, np.array([np.zeros((2, 3)), np.zeros((2, 4))]).shape)
    """
    run(tmp_path, text, "(3, 5) (3, 4) [0, 1, 2]", "[0.5, 0.75, 0.875]", "(2,) (2,)")


def test_functions_of_pandas(tmp_path):
    pytest.importorskip("pandas")
    text = """
        import io
        import pandas as pd
        from pandas.tools.plotting import scatter_matrix

        table = pd.read_csv(io.StringIO("a b\\n1 x\\n2 y\\n"), delim_whitespace=True,
                            error_bad_lines=False, infer_datetime_format=True)
        print(table.shape, table.b.dtype == object, pd.get_dummies(table.b).values.tolist())
        print(pd.read_csv(io.StringIO("a\\n1\\n2\\n"), squeeze=True).sum())
        print(pd.rolling_mean(table.a, 2).tolist()[1], pd.np.pi > 3, pd.value_counts([1, 1])[1])
        print(pd.concat([table, table], 0).shape, len(pd.date_range("2016", periods=2, freq="M")))
        print(pd.to_datetime(["2016-01-02", "01/03/2017"]).year.tolist())
        pd.set_option("display.max_colwidth", -1)
    """
    said = run(tmp_path, text, "(2, 2) True [[1, 0], [0, 1]]", "3", "1.5 True 2", "(4, 2) 2",
               "[2016, 2017]")  # fmt: skip
    assert "delim_whitespace" in said


def test_tables_of_pandas(tmp_path):
    pytest.importorskip("pandas")
    text = """
        import numpy as np
        import pandas as pd

        pd.options.mode.chained_assignment = None
        t = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "x"]})
        t["a"][0] = 10
        t.a[t.b == "y"] = 20
        t["a"].replace(3, 30, inplace=True)
        print(t.a.tolist(), t.as_matrix().shape, t.ix[1, "b"], t.ix[:, 0].tolist())
        print(t.mean().tolist(), t.groupby("b").mean().a.tolist(), t.drop("a", 1).shape)
        t.loc[0, "a"] = 0.5
        print(t.a.dtype, t.append(t).shape, t.sort("a").a.tolist(), [k for k, _ in t.iteritems()])
        v = pd.DataFrame({"a": [1.0, 2.0]}).values
        v[0] = 5
        print(v.tolist(), pd.Series([7, 8], ["p", "q"])[1], t.fillna(method="ffill").shape)
        print(pd.Series([3, 1]).order().tolist(), t.get_value(1, "a"), len(t.to_dict("r")))
    """
    run(tmp_path, text, "[10, 20, 30] (3, 2) y [10, 20, 30]", "[20.0] [20.0, 20.0] (3, 1)",
        "float64 (6, 2) [0.5, 20.0, 30.0] ['a', 'b']", "[[5.0], [2.0]] 8 (3, 2)",
        "[1, 3] 20.0 3")  # fmt: skip


def test_scikit_learn(tmp_path):
    pytest.importorskip("sklearn")
    text = """
        import numpy as np
        from sklearn.cross_validation import KFold, train_test_split
        from sklearn.externals import joblib
        from sklearn.grid_search import GridSearchCV
        from sklearn.preprocessing import Imputer, OneHotEncoder
        from sklearn.datasets import fetch_mldata

        print([len(test) for _, test in KFold(6, n_folds=3)], joblib.dump is not None)
        print(Imputer(strategy="mean").fit_transform([[1.0], [np.nan], [3.0]]).ravel())
        print(OneHotEncoder(sparse=False).fit_transform([[0], [1]]).tolist())
        mnist = fetch_mldata("MNIST original")
        print(mnist.data.shape, mnist.target[0], mnist.target[59999])
    """
    run(tmp_path, text, "[2, 2, 2] True", "[1. 2. 3.]", "[[1.0, 0.0], [0.0, 1.0]]",
        "(70000, 784) 0.0 9.0")  # fmt: skip


def test_weights_of_classes_by_position(tmp_path):
    pytest.importorskip("sklearn")
    text = """
        import numpy as np
        from sklearn.utils import class_weight

        y = np.array([0, 0, 0, 1])
        print(class_weight.compute_class_weight("balanced", np.unique(y), y).tolist())
    """
    run(tmp_path, text, f"{[4 / 6, 4 / 2]}")


def test_bars_of_notebooks_without_widgets(tmp_path):
    pytest.importorskip("tqdm")
    text = """
        from tqdm import tqdm_notebook, tnrange

        print(sum(tqdm_notebook(range(3))), [*tnrange(2)])
    """
    run(tmp_path, text, "3 [0, 1]")


def test_cells_of_a_notebook_are_healed_once(monkeypatch):
    shell = SimpleNamespace(ast_transformers=[])
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    source.heal_cells()
    source.heal_cells()
    (healer,) = shell.ast_transformers
    cell = ast.fix_missing_locations(healer.visit(ast.parse("text = '%.1f' % value")))
    names = {"value": np.array([2.5])}
    exec(compile(cell, "cell", "exec"), names)
    assert names["text"] == "2.5"
