"""What pandas, scikit-learn, matplotlib and others removed since is there again for a program."""

import pytest
from tests.compat.programs import run


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
