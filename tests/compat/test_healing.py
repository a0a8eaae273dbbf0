"""What libraries removed since is there again for a program that is run, and only for it."""

import ast
import importlib.util
import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from tests.compat.programs import giulgi_run, run

from giulgi.compat.healing import source
from giulgi.compat.healing.hooks import is_of_program


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


def test_numbers_beside_arrays_are_what_they_were_before_numpy_2(tmp_path):
    text = """
        import numpy as np

        single, small = np.ones(2, np.float32), np.array([0, 200], np.uint8)
        print((single * np.sqrt(2.0 / 3)).dtype, (single / (2 * np.sum([1, 2]))).dtype)
        print((np.sqrt(2.0) * np.ones(2)).dtype, (np.float32(1) * np.sqrt(2.0)).dtype)
        print((small * -1).tolist(), (-1 * small).dtype, (small + 300).dtype, small - 300)
        small[small == 0] = -1
        print(small, np.array([-1, 257], dtype=np.uint8))
        print(np.sum(n for n in [1, 2]), np.percentile([1, 2, 3], 40, interpolation="lower"))
        print(np.sum(a for a in [single, single + 1]).tolist())
    """
    # What NumPy 1.16 answers.
    lines = ["float32 float32", "float64 float64", "[0, -200] int16 uint16 [65236 65436]",
             "[255 200] [255   1]", "3 1", "[3.0, 3.0]"]  # fmt: skip
    said = run(tmp_path, text, *lines)
    assert said.count("leaves it float32, as NumPy once did") == 1


def test_numbers_that_single_floats_do_not_hold_stay_what_they_are(tmp_path):
    text = """
        import numpy as np

        big, ones = np.array([3e38, 2e38], np.float32), np.ones(1, np.float32)
        print((big / np.sqrt(np.sum(big.astype("d") ** 2))).round(2))
        print((ones * np.exp(100.0)).dtype, (ones * np.sum([1e300])).dtype)
        print((ones + np.max([100000001])).dtype, (np.ones(1, "e") * np.sum([100000])).dtype)
        whole, infinite = np.zeros(1, int), float("inf")
        try:
            whole[0] = infinite
        except OverflowError:
            print("refused", whole[0])
        try:
            np.array([infinite], dtype=int)
        except OverflowError:
            print("refused")
    """
    # What NumPy 1.26 answers.
    run(tmp_path, text, "[0.83 0.55]", "float64 float64", "float64 float64", "refused 0",
        "refused")  # fmt: skip


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


def test_pydot_is_there_for_programs_that_only_import_it(tmp_path):
    text = """
        import pydotplus
        import keras
        keras.utils.vis_utils.pydot = pydotplus
        net = keras.models.Sequential([keras.layers.Dense(2, input_shape=(3,))])
        keras.utils.plot_model(net, "net.svg")
        print(open("net.svg").read()[:4])
        try:
            pydotplus.graph_from_dot_data("graph {}")
        except AttributeError as error:
            print("pip install pydotplus" in str(error))
    """
    if importlib.util.find_spec("pydotplus") is not None:
        pytest.skip("pydotplus is installed")
    run(tmp_path, text, "<svg", "True")


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
