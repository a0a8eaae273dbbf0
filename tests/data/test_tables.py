"""Every table against what its source tells about it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from giulgi.data import DataFileError, datasets, shipped
from giulgi.data.datasets import tables
from giulgi.data.datasets.catalogue import SPECS
from giulgi.errors import ArgumentError

# name: rows, features, how many rows each class has (None: the target is a quantity)
FACTS = {
    "iris": (150, 4, [50, 50, 50]),
    "sonar": (208, 60, [97, 111]),
    "wine": (6497, 12, [4898, 1599]),
    "zoo": (101, 16, [41, 20, 5, 13, 4, 8, 10]),
    "thoracic_surgery": (470, 16, [400, 70]),
    "pima_diabetes": (768, 8, [500, 268]),
    "diabetes_scaled": (759, 8, [263, 496]),
}


def column(table: tables.Table, beginning: str) -> np.ndarray:
    """The feature whose name begins so."""
    [index] = [i for i, name in enumerate(table.feature_names) if name.startswith(beginning)]
    return table.features[:, index]


def test_names():
    assert set(datasets.names()) == set(FACTS)
    assert datasets.load is tables.load
    assert datasets.names is tables.names


@pytest.mark.parametrize("name", FACTS)
def test_table(name):
    rows, columns, counts = FACTS[name]
    table = datasets.load(name)
    assert table.name == name
    assert table.features.shape == (rows, columns)
    assert table.features.dtype == np.float32
    assert np.isfinite(table.features).all()
    assert table.target.shape == (rows,)
    assert len(table.feature_names) == columns
    assert len(set(table.feature_names)) == columns
    assert table.source
    assert table.licence
    assert table.note
    if counts is None:
        assert table.class_names is None
        assert table.target.dtype == np.float32
        assert np.isfinite(table.target).all()
    else:
        assert table.target.dtype == np.int64
        assert np.bincount(table.target).tolist() == counts
        assert len(table.class_names) == len(counts)


@pytest.mark.parametrize("name", FACTS)
def test_repr_is_one_line(name):
    text = repr(datasets.load(name))
    assert name in text
    assert f"{FACTS[name][0]} rows" in text
    assert "\n" not in text


@pytest.mark.parametrize("name", FACTS)
def test_each_call_returns_fresh_arrays(name):
    first = datasets.load(name)
    features, target = first.features.copy(), first.target.copy()
    first.features[:] = -1
    first.target[:] = -1
    again = datasets.load(name)
    np.testing.assert_array_equal(again.features, features)
    np.testing.assert_array_equal(again.target, target)


def test_a_table_cannot_be_reassigned():
    with pytest.raises(AttributeError):
        datasets.load("iris").name = "other"


def test_iris():
    table = datasets.load("iris")
    np.testing.assert_allclose(table.features[0], [5.1, 3.5, 1.4, 0.2], rtol=1e-6)
    np.testing.assert_allclose(table.features.mean(0), [5.8433, 3.0540, 3.7587, 1.1987], atol=5e-5)
    # Setosa has the shortest petals, virginica the longest.
    assert table.class_names == ("setosa", "versicolor", "virginica")
    petals = [column(table, "petal length")[table.target == k].mean() for k in range(3)]
    assert petals == sorted(petals)


def test_sonar():
    table = datasets.load("sonar")
    assert table.class_names == ("rock", "mine")
    assert table.target[0] == 0
    assert table.target[-1] == 1
    assert table.features.min() >= 0
    assert table.features.max() <= 1
    assert table.features[0, 0] == np.float32(0.02)


def test_wine():
    table = datasets.load("wine")
    assert table.class_names == ("white", "red")
    # Red wine is fermented on its skins: more acid, less sulfur dioxide.
    red, white = table.target == 1, table.target == 0
    assert column(table, "volatile")[red].mean() > column(table, "volatile")[white].mean()
    assert column(table, "total sulfur")[red].mean() < column(table, "total sulfur")[white].mean()
    assert sorted(set(column(table, "quality").tolist())) == [3, 4, 5, 6, 7, 8, 9]
    assert column(table, "pH").min() > 2
    assert column(table, "pH").max() < 5
    assert column(table, "alcohol").min() == 8


def test_zoo():
    table = datasets.load("zoo")
    kind = np.array(table.class_names)[table.target]
    np.testing.assert_array_equal(column(table, "milk") == 1, kind == "mammal")
    np.testing.assert_array_equal(column(table, "feathers") == 1, kind == "bird")
    assert (column(table, "fins")[kind == "fish"] == 1).all()
    assert (column(table, "legs")[kind == "insect"] == 6).all()
    assert (column(table, "aquatic")[kind == "amphibian"] == 1).all()
    assert (column(table, "backbone")[kind == "reptile"] == 1).all()
    assert not column(table, "backbone")[kind == "invertebrate"].any()
    assert sorted(set(column(table, "legs").tolist())) == [0, 2, 4, 5, 6, 8]


def test_thoracic_surgery():
    table = datasets.load("thoracic_surgery")
    # The ranges told at UCI.
    forced = column(table, "PRE4")
    assert (forced.min(), forced.max()) == (np.float32(1.44), np.float32(6.3))
    first_second = column(table, "PRE5")
    assert (first_second.min(), first_second.max()) == (np.float32(0.96), np.float32(86.3))
    assert (first_second > forced).sum() == 22
    age = column(table, "AGE")
    assert (age.min(), age.max()) == (21, 87)
    assert set(column(table, "PRE14").tolist()) == {11, 12, 13, 14}
    # The diagnosis is the first feature: the number of the record is left out.
    assert set(table.features[:, 0].tolist()) == {1, 2, 3, 4, 5, 6, 8}


def test_pima_diabetes():
    table = datasets.load("pima_diabetes")
    sick = table.target == table.class_names.index("diabetes")
    assert column(table, "plasma glucose")[sick].mean() > 140
    assert column(table, "plasma glucose")[~sick].mean() < 112
    assert column(table, "age").min() == 21
    # What is not measured is 0, as the note says.
    assert (column(table, "serum insulin") == 0).sum() == 374


def test_diabetes_scaled_is_pima_diabetes_as_its_note_says():
    raw, scaled = datasets.load("pima_diabetes"), datasets.load("diabetes_scaled")
    low, high = raw.features.min(0), raw.features.max(0)
    expected = 2 * (raw.features - low) / (high - low) - 1
    expected[raw.features == low] = 0
    names = np.array(raw.class_names)[raw.target]
    scaled_names = np.array(scaled.class_names)[scaled.target]
    found = 0
    for features, name in zip(expected, names, strict=True):
        if found == len(scaled.target):
            break
        close = np.abs(features - scaled.features[found]).max() < 2e-5
        found += bool(close and name == scaled_names[found])
    assert found == 759


def test_unknown_name():
    with pytest.raises(ValueError, match="there is no table 'irsi'") as error:
        datasets.load("irsi")
    assert "did you mean 'iris'?" in str(error.value)
    for name in FACTS:
        assert name in str(error.value)


@pytest.mark.parametrize("name", ["", "mnist", "xyzzy", None, 3])
def test_unknown_name_that_is_near_no_other(name):
    with pytest.raises(ValueError, match="there is no table") as error:
        datasets.load(name)
    assert "did you mean" not in str(error.value)
    assert "thoracic_surgery" in str(error.value)
    assert "gg.datasets.mnist.load_data()" in str(error.value)


DAMAGES = [
    (lambda text: text.replace("5.1", "5,1", 1), "should have 5 columns, and has 6 in row 1"),
    (lambda text: text.replace("5.1", "x.1", 1), "should hold numbers"),
    (lambda text: text.replace("Iris-setosa", "Iris-sitosa", 1), "'Iris-sitosa'"),
    (lambda text: text[: len(text) // 2], "should have 150 rows"),
    (lambda text: "", "should have 150 rows, and has 0"),
    (lambda text: "\udcff" + text, "should be text"),
]


@pytest.mark.parametrize(("damage", "part"), DAMAGES)
def test_damaged_file(damage, part, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = shipped.read("uci", "iris.csv").decode()
    (tmp_path / "uci").mkdir()
    damaged = damage(text).encode("utf-8", "surrogateescape")
    (tmp_path / "uci" / "iris.csv").write_bytes(damaged)
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path)
    with pytest.raises(DataFileError, match=r"data file uci/iris\.csv") as error:
        datasets.load("iris")
    assert part in str(error.value)
    assert "install giulgi again" in str(error.value)


def test_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path)
    with pytest.raises(ValueError, match=r"data file uci/wine\.csv.*is missing"):
        datasets.load("wine")


def test_file_with_line_ends_of_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # A checkout on Windows may have changed them.
    expected = datasets.load("iris")
    content = shipped.read("uci", "iris.csv").replace(b"\n", b"\r\n")
    (tmp_path / "uci").mkdir()
    (tmp_path / "uci" / "iris.csv").write_bytes(content)
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path)
    table = datasets.load("iris")
    np.testing.assert_array_equal(table.features, expected.features)
    np.testing.assert_array_equal(table.target, expected.target)


def test_every_file_has_its_licence_told():
    told = (shipped.folder() / "LICENSES.md").read_text(encoding="utf-8")
    shipped_files = {
        f"{group.name}/{file.name}"
        for group in shipped.folder().iterdir()
        if group.is_dir()
        for file in group.iterdir()
    }
    assert len(shipped_files) == 11
    for file in shipped_files:
        assert f"`{file}`" in told
    for spec in SPECS.values():
        assert f"uci/{spec.file}" in shipped_files


def test_a_part_of_a_name_is_enough_to_be_told_the_whole():
    with pytest.raises(ArgumentError, match="no table 'pima'") as caught:
        datasets.load("pima")
    assert caught.value.fix.startswith("did you mean 'pima_diabetes'?\ntables: ")
