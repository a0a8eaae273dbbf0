"""Names of Python 2 are there for a program, for its processes, and for nobody else."""

import ast
import json
import sys
import textwrap
from types import SimpleNamespace

import pytest
from tests.compat.programs import giulgi_run, run

from giulgi.compat.healing import source


def test_names_of_python_2(tmp_path):
    (tmp_path / "beside.py").write_text("z = [long(i) for i in xrange(2)]\n")
    text = """
        import os, sys, urllib, urllib2
        import cPickle as pickle
        from StringIO import StringIO
        from itertools import izip
        from urllib import urlencode

        reload(sys)
        print(list(xrange(2)), isinstance(u"a", basestring), reduce(max, [1, 2]), cmp(1, 2))
        print(sys.maxint > 5, list(izip("a", "b")), urlencode({"a": 1}), urllib.quote("a b"))
        print(urllib2.Request("http://x").host, pickle.loads(pickle.dumps(3)), bool(os.getcwdu()))
        d = {"a": 1}
        print(d.has_key("a"), list(d.iteritems()), iter([7]).next())
        b = StringIO()
        b.write(b"abc")
        print(b.getvalue(), list(StringIO("a")))
        execfile("beside.py")
        print(z)
        (lambda: 0).func_name
    """
    ended = giulgi_run(tmp_path, text=text)
    assert ended.out.splitlines() == [
        "[0, 1] True 2 -1", "True [('a', 'b')] a=1 a%20b", "x 3 True", "True [('a', 1)] 7",
        "b'abc' ['a']", "[0, 1]",
    ]  # fmt: skip
    assert ended.err.count("xrange is Python 2; range is what it is today.") == 1
    assert "In Python 3 it is: f.__name__" in ended.err


def test_who_asks_for_python_2_is_not_told_that_it_is_there(tmp_path):
    text = """
        import itertools
        try:
            unicode
        except NameError:
            unicode = "own"
        try:
            import cPickle
        except ImportError:
            print(unicode, "no cPickle")
        try:
            from itertools import izip
        except ImportError:
            import six  # A library that asks, too.
            print("no izip", six.PY2)
        long = 3
        print(long)
        import logging.config, inspect
        print(inspect.getmodule(itertools).__name__)
    """
    said = run(tmp_path, text, "own no cPickle", "no izip False", "3", "itertools")
    assert "Python 2" not in said


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_that_are_not_forked_find_the_stand_ins(tmp_path, method):
    text = f"""
        import multiprocessing
        import tensorflow as tf

        def work(a):
            return [float(tf.Session().run(tf.constant(a))) for _ in xrange(1)]

        if __name__ == "__main__":
            with multiprocessing.get_context("{method}").Pool(1) as pool:
                print(pool.map(work, [2.0]))
    """
    run(tmp_path, text, "[[2.0]]")


def test_cells_of_jupyter_are_healed(monkeypatch):
    shell = SimpleNamespace(ast_transformers=[])
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    source.heal_cells()
    source.heal_cells()
    (healer,) = shell.ast_transformers
    names = {}
    exec(compile(healer.visit(ast.parse("a = list(xrange(2))")), "cell", "exec"), names)
    assert names["a"] == [0, 1]


PROGRAM = """
import cPickle, sys
import tensorflow as tf
from helper import third

def pair((a, b)):
\treturn a / b, float(a) / b

try:
    raise ValueError, "wrong"
except ValueError, error:
    print "caught:", error
print pair((7, 2)), 7 / 2., third(10), 0777, 5L, `1 + 1`, 3 <> 4
total = 9
total /= 2
print total,
print total / 2
print >>sys.stderr, "to the standard error"
print zip("ab", range(2))[1], {1: 2}.keys()[0], map(lambda x: x / 2, [3, 5])
exec "made = 3"
print made, cPickle.load(open("old.pickle", "rb"))
out = open("new.pickle", "w")
cPickle.dump([1], out, cPickle.HIGHEST_PROTOCOL); out.close()
print cPickle.load(open("new.pickle"))
with tf.Session() as session:
    print session.run(tf.constant(7) / 2)
if total:
        print "tabs"
\tprint "and spaces"
"""
LINES = [
    "caught: wrong", "(3, 3.5) 3.5 3 511 5 2 True", "4 2", "('b', 1) 1 [1, 2]", "3 {'data': 'ÿ'}",
    "[1]", "3", "tabs", "and spaces",
]  # fmt: skip


def test_the_language_of_python_2_is_translated(tmp_path):
    (tmp_path / "helper.py").write_text('def third(x):\n    print "",\n    return x / 3\n')
    # As Python 2 writes {"data": "\xff"}.
    (tmp_path / "old.pickle").write_bytes(b"(dp0\nS'data'\np1\nS'\\xff'\np2\ns.")
    ended = giulgi_run(tmp_path, text=PROGRAM)
    assert ended.code == 0, ended.err
    assert [line.strip() for line in ended.out.splitlines()] == LINES
    assert "program.py is written in Python 2: it is translated into Python 3" in ended.err
    assert "helper.py is written in Python 2" in ended.err
    assert "to the standard error" in ended.err


def test_errors_show_the_lines_of_python_2(tmp_path):
    ended = giulgi_run(tmp_path, text='print "a"\nprint 1 / 0\n')
    assert ended.code == 1
    assert ended.out == "a\n"
    assert "line 2, in <module>\n    print 1 / 0" in ended.err


def test_division_is_true_where_the_program_asks_for_it(tmp_path):
    text = "from __future__ import division\nprint 7 / 2\n"
    assert giulgi_run(tmp_path, text=text).out == "3.5\n"


def notebook_run(folder, texts, metadata):
    cells = [{"cell_type": "code", "source": text, "metadata": {}, "outputs": []} for text in texts]
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 2}
    (folder / "old.ipynb").write_text(json.dumps(notebook))
    return giulgi_run(folder, "old.ipynb")


@pytest.mark.parametrize("metadata", [{}, {"kernelspec": {"name": "python2"}}])
def test_a_notebook_is_in_one_language(tmp_path, metadata):
    texts = ["print 'a'" if not metadata else "print('a')", "n = 7\nprint(n / 2, zip('a', 'b')[0])"]
    ended = notebook_run(tmp_path, texts, metadata)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines() == ["a", "3 ('a', 'b')"]


def test_numbers_are_those_of_python_2(tmp_path):
    text = """
        from math import ceil
        import math
        import numpy as np
        import pandas as pd

        print math.ceil(5.0) / 2, ceil(5.0) / 2, math.floor(7.9) / 2, round(2.5), round(-0.125, 2)
        frame = pd.DataFrame({"a": [1, 3], "b": [2, 2]})
        print list(frame.a / frame.b), list(np.array([7, 9]) / 2), np.int64(7) / 2, 7.0 / 2
        places = iter([0, 1])
        values = [10, 20]
        values[next(places)] /= 4.
        values[next(places)] /= 3
        whole = np.arange(4)
        whole[1:] /= 2
        print values, whole, eval("1") / 2

        class Halved(object):
            def __div__(self, other):
                return "halved"

        print Halved() / 2
        def filter(x, name):
            return (x, name)
        print filter(3, "w")
    """
    text = textwrap.dedent(text) + "print '''a\n\tb'''\n"
    ended = giulgi_run(tmp_path, text=text)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines() == [
        "2.5 2.5 3.5 3.0 -0.13", "[0.5, 1.5] [3, 4] 3 3.5", "[2.5, 6] [0 0 1 1] 0", "halved",
        "(3, 'w')", "a", "\tb",
    ]  # fmt: skip


def test_what_sorts_is_that_of_python_2(tmp_path):
    text = """
        import numpy as np

        def backwards(x, y):
            return cmp(y, x)

        counts = {3: 1.0, 1: 2.0}
        table = np.array([[3, 1], [2, 0]])
        table.sort(0)
        print np.sort(counts.keys()), table.tolist()
        words = [("a", 3), ("b", 1)]
        words.sort(lambda x, y: cmp(x[1], y[1]))
        print words, sorted([1, 3, 2], backwards)
        words.sort(cmp=backwards, key=lambda word: word[0], reverse=True)
        print words, sorted((2, 1)), sorted("ab", key=ord, reverse=True)
    """
    ended = giulgi_run(tmp_path, text=textwrap.dedent(text))
    assert ended.code == 0, ended.err
    assert ended.out.splitlines() == [
        "[1 3] [[2, 0], [3, 1]]", "[('b', 1), ('a', 3)] [3, 2, 1]",
        "[('a', 3), ('b', 1)] [1, 2] ['b', 'a']",
    ]  # fmt: skip


def test_files_of_bytes_take_and_give_texts_of_python_2(tmp_path):
    text = """
        # -*- coding: utf-8 -*-
        import csv, os, string, struct
        table = open("t.csv", "wb")
        writer = csv.writer(table)
        writer.writerow(["a", 1])
        writer.writerow(["가", 2.5])
        table.close()
        print list(csv.reader(open("t.csv", "rb"))), len(list(csv.reader(open("t.csv"))))
        print [dict(row) for row in csv.DictReader(open("t.csv", "rb"))]
        with open("b.bin", "wb") as file:
            file.write("text")
            file.write(struct.pack(">I", 7))
        with open("b.bin", "ab") as file:
            print >>file, "end"
        print [line.split(",") for line in open("t.csv", "rb")][1], open("t.csv", "rb").next()[:3]
        print open("t.csv", "rb").readlines()[0], b"a/b".split("/"), "x y".split(" ", 1)
        print b"ab".startswith(("x", "a")), [3, 1].index(1), "a-b".replace("-", "+")
        found = open("b.bin", "rb").read(16)
        print len(found), struct.unpack(">I", found[4:8])
        file = open("b.bin", "rb")
        letters = []
        while True:
            letter = file.read(1)
            if letter == "x":
                break
            letters.append(letter)
        print "".join(letters), found[:4] == "text", ord(found[7]), "a" + letter + "b"
        print {"te": 1}[found[:2]], found[:2] in ["te"], os.path.join("a", "b")
        print "a,b.".translate(None, string.punctuation), "ab".translate({97: u"x"})
    """
    ended = giulgi_run(tmp_path, text=textwrap.dedent(text))
    assert ended.code == 0, ended.err
    assert ended.out.splitlines() == [
        "[['a', '1'], ['가', '2.5']] 2", "[{'a': '가', '1': '2.5'}]",
        "['가', '2.5\\r\\n'] a,1", "a,1", " ['a', 'b'] ['x', 'y']", "True 1 a+b", "12 (7,)",
        "te True 7 axb", "1 True a/b",
        "ab xb",
    ]  # fmt: skip


def test_texts_of_python_2_are_encoded_and_decoded_already(tmp_path):
    text = """
        # -*- coding: utf-8 -*-
        import codecs, sys
        import numpy as np
        sys.stdout = codecs.getwriter("utf8")(sys.stdout)
        open("t.txt", "w").write(u"가 나".encode("utf-8") + "\\n")
        print open("t.txt").read().decode("utf-8").split(), b"ab".decode("utf-8")
        print unicode("가", "utf-8"), unicode(3), " ".join([x.encode("utf-8") for x in u"ab"])
        print u"aé".encode("ascii", "ignore"), "ab".encode("hex"), "6162".decode("hex")

        class Coder(object):
            def encode(self, x, y=1):
                return x, y

        print Coder().encode(2, y=3), np.char.encode(np.array(["a"]), "utf-8")[0] == b"a"
        try:
            u"가".encode("ascii")
        except UnicodeEncodeError:
            print "not there"
    """
    ended = giulgi_run(tmp_path, text=textwrap.dedent(text))
    assert ended.code == 0, ended.err
    assert ended.out.splitlines() == [
        "['가', '나'] ab", "가 3 a b", "a 6162 ab", "(2, 3) True", "not there",
    ]  # fmt: skip


@pytest.mark.parametrize("names", ["division", "(absolute_import,\n    division)"])
def test_the_future_is_seen_over_several_lines(tmp_path, names):
    text = f"from __future__ import {names}\nprint 7 / 2\n"
    assert giulgi_run(tmp_path, text=text).out == "3.5\n"


def test_only_the_text_that_needs_it_is_python_2_beside_a_program_of_today(tmp_path):
    (tmp_path / "old.py").write_text("print 'old',\nhalf = 1 / 2\n")
    (tmp_path / "new.py").write_text("half = 1 / 2\n")
    ended = giulgi_run(tmp_path, text="import old, new\nprint(old.half, new.half, 1 / 2)\n")
    assert ended.out == "old 0 0.5 0.5\n"


def test_lines_that_are_added_do_not_move_others(tmp_path):
    text = "def f((a, b), c):\n    return a + b + c\n\nprint f((1, 2), 3)\ny = 4\nprint 1 / 0\n"
    ended = giulgi_run(tmp_path, text=text)
    assert ended.out == "6\n"
    assert "line 6, in <module>\n    print 1 / 0" in ended.err


def test_modules_of_a_package_import_each_other(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("from sibling import f\n")
    (package / "sibling.py").write_text("def f(): print 'found'\n")
    ended = giulgi_run(tmp_path, text="print 'a'\nfrom package import f\nf()\n")
    assert ended.out == "a\nfound\n", ended.err


def test_what_the_cells_of_a_notebook_import_from_the_future_holds_for_all(tmp_path):
    texts = ["from __future__ import division, print_function", "print(7 / 2, 'a')"]
    ended = notebook_run(tmp_path, texts, {"kernelspec": {"name": "python2"}})
    assert ended.out == "3.5 a\n", ended.err


def test_a_notebook_of_python_3_divides_truly(tmp_path):
    metadata = {"language_info": {"version": "3.6.1"}}
    ended = notebook_run(tmp_path, ["print(1 / 2)", "print 'x'", "print(1 / 2)"], metadata)
    assert ended.out == "0.5\nx\n0.5\n", ended.err


def test_texts_and_bytes_begin_alike_in_python_2(tmp_path):
    text = """
        with open("a", "wb") as file:
            file.write("P5 x")
        data = open("a", "rb").read()
        print data.startswith((b"P6", b"P5")), data.startswith((b"P6", "P5"))
        print "P5 x".startswith(b"P5"), "ab".endswith((b"b", "c")), "x".replace(b"x", "y")
        line = open("a", "rb").readline()
        print line.strip() == "P5 x", line.split() == ["P5", "x"], {"x": 3}[line.split()[1]]
    """
    ended = giulgi_run(tmp_path, text=text)
    assert ended.out == "True True\nTrue True y\nTrue True 3\n", ended.err


def test_the_open_of_another_module_is_its_own_in_python_2(tmp_path):
    text = """
        from codecs import open
        with open("a", "wb", encoding="utf-8") as file:
            file.write(u"abc")
        print open("a", "rb", "utf-8").read() == "abc"
    """
    ended = giulgi_run(tmp_path, text=text)
    assert ended.out == "True\n", ended.err


def test_digests_are_of_texts_in_python_2(tmp_path):
    text = """
        import hashlib, zlib
        print hashlib.md5("abc".encode("utf-8")).hexdigest(), zlib.crc32("abc")
    """
    ended = giulgi_run(tmp_path, text=text)
    assert ended.out == "900150983cd24fb0d6963f7d28e17f72 891568578\n", ended.err
