"""What is known about each table: its file, its columns, its source, what to look out for.

The files are in ``giulgi/data/files/uci``, unchanged, under the names they are taught with.
"""

from __future__ import annotations

from dataclasses import dataclass

CC_BY = "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"
CC0 = "CC0 1.0, https://creativecommons.org/publicdomain/zero/1.0/"


@dataclass(frozen=True)
class TableSpec:
    """How one file is read; the last column is always the target.

    Attributes:
        file: its name in the package.
        rows: how many it must have.
        feature_names: one for each feature, in the order of the columns.
        labels: how the classes are written in the file, in the order of their numbers; ``None``
            if the target is a quantity.
        class_names: what the classes are called; ``None`` if the target is a quantity.
        source: who made the data, and where it was published.
        licence: the terms it comes under.
        note: what to look out for.
        skipped: how many columns stand before the first feature.
        delimiter: what stands between columns; ``None`` means blanks.
    """

    file: str
    rows: int
    feature_names: tuple[str, ...]
    labels: tuple[str, ...] | None
    class_names: tuple[str, ...] | None
    source: str
    licence: str
    note: str
    skipped: int = 0
    delimiter: str | None = ","


IRIS = TableSpec(
    file="iris.csv",
    rows=150,
    feature_names=(
        "sepal length (cm)",
        "sepal width (cm)",
        "petal length (cm)",
        "petal width (cm)",
    ),
    labels=("Iris-setosa", "Iris-versicolor", "Iris-virginica"),
    class_names=("setosa", "versicolor", "virginica"),
    source=(
        "R. A. Fisher, The use of multiple measurements in taxonomic problems (1936); "
        "UCI Machine Learning Repository, https://doi.org/10.24432/C56C76"
    ),
    licence=CC_BY,
    note=(
        "Rows are sorted by class. Two rows (counted from 1: 35 and 38) differ from Fisher's "
        "paper, as they do in UCI's copy."
    ),
)

SONAR = TableSpec(
    file="sonar.csv",
    rows=208,
    feature_names=tuple(f"energy in band {band}" for band in range(1, 61)),
    labels=("R", "M"),
    class_names=("rock", "mine"),
    source=(
        "T. Sejnowski, R. P. Gorman, Connectionist Bench (Sonar, Mines vs. Rocks) (1988); "
        "UCI Machine Learning Repository, https://doi.org/10.24432/C5T01Q"
    ),
    licence=CC_BY,
    note="Rows are sorted by class. Energies lie between 0 and 1; a mine here is a metal cylinder.",
)

WINE = TableSpec(
    file="wine.csv",
    rows=6497,
    feature_names=(
        "fixed acidity",
        "volatile acidity",
        "citric acid",
        "residual sugar",
        "chlorides",
        "free sulfur dioxide",
        "total sulfur dioxide",
        "density",
        "pH",
        "sulphates",
        "alcohol",
        "quality",
    ),
    labels=("0", "1"),
    class_names=("white", "red"),
    source=(
        "P. Cortez, A. Cerdeira, F. Almeida, T. Matos, J. Reis, Wine Quality (2009); "
        "UCI Machine Learning Repository, https://doi.org/10.24432/C56S3T"
    ),
    licence=CC_BY,
    note=(
        "Rows are sorted by class: 1,599 red wines, then 4,898 white ones. Quality is a score "
        "given by tasters, 3 to 9 here. Many rows occur more than once, so a random split puts "
        "the same wine on both sides."
    ),
)

ZOO = TableSpec(
    file="data-04-zoo.csv",
    rows=101,
    feature_names=(
        "hair",
        "feathers",
        "eggs",
        "milk",
        "airborne",
        "aquatic",
        "predator",
        "toothed",
        "backbone",
        "breathes",
        "venomous",
        "fins",
        "legs",
        "tail",
        "domestic",
        "catsize",
    ),
    labels=("0", "1", "2", "3", "4", "5", "6"),
    class_names=("mammal", "bird", "reptile", "fish", "amphibian", "insect", "invertebrate"),
    source=(
        "R. Forsyth, Zoo (1990); UCI Machine Learning Repository, https://doi.org/10.24432/C5R59V"
    ),
    licence=CC_BY,
    note=(
        "All features are 0 or 1, except legs (0, 2, 4, 5, 6 or 8). The names of the animals were "
        "deleted, and classes count from 0; the names of the classes are not in the source, "
        "which lists the animals of each."
    ),
)

THORACIC_SURGERY = TableSpec(
    file="ThoraricSurgery.csv",
    rows=470,
    feature_names=(
        "DGN: diagnosis code",
        "PRE4: forced vital capacity",
        "PRE5: volume exhaled in the first second",
        "PRE6: performance status (Zubrod scale)",
        "PRE7: pain",
        "PRE8: haemoptysis",
        "PRE9: dyspnoea",
        "PRE10: cough",
        "PRE11: weakness",
        "PRE14: size of the tumour (11 smallest, 14 largest)",
        "PRE17: diabetes mellitus type 2",
        "PRE19: myocardial infarction in the last 6 months",
        "PRE25: peripheral arterial disease",
        "PRE30: smoking",
        "PRE32: asthma",
        "AGE: age at surgery (years)",
    ),
    labels=("0", "1"),
    class_names=("survived one year", "died within one year"),
    source=(
        "M. Lubicz, K. Pawelczyk, A. Rzechonek, J. Kolodziej, Thoracic Surgery Data (2014); "
        "UCI Machine Learning Repository, https://doi.org/10.24432/C5Z60N"
    ),
    licence=CC_BY,
    # The first column of the file is a running number of the record, which tells nothing.
    skipped=1,
    note=(
        "Rows are sorted by diagnosis. 400 of 470 survived, so always answering 'survived' is "
        "right in 85 % of cases. The diagnosis is a code, not a quantity. In 22 rows PRE5 is "
        "larger than PRE4, of which it is a part, some by far (most likely a different unit)."
    ),
)

_PIMA_FEATURES = (
    "number of pregnancies",
    "plasma glucose concentration",
    "diastolic blood pressure (mm Hg)",
    "triceps skin fold thickness (mm)",
    "serum insulin after 2 hours (mu U/ml)",
    "body mass index (kg/m^2)",
    "diabetes pedigree function",
    "age (years)",
)
_PIMA_SOURCE = (
    "National Institute of Diabetes and Digestive and Kidney Diseases, Pima Indians Diabetes "
    "Database (1990)"
)

PIMA_DIABETES = TableSpec(
    file="pima-indians-diabetes.csv",
    rows=768,
    feature_names=_PIMA_FEATURES,
    labels=("0", "1"),
    class_names=("no diabetes", "diabetes"),
    source=_PIMA_SOURCE,
    licence=CC0,
    note=(
        "A 0 in glucose, blood pressure, skin fold, insulin or body mass index means that the "
        "value was not measured."
    ),
)

DIABETES_SCALED = TableSpec(
    file="data-03-diabetes.csv",
    rows=759,
    feature_names=tuple(f"{name.split(' (')[0]}, scaled" for name in _PIMA_FEATURES),
    # Compared with pima_diabetes row by row, the labels are the other way round.
    labels=("0", "1"),
    class_names=("diabetes", "no diabetes"),
    source=_PIMA_SOURCE,
    licence=CC0,
    note=(
        "The rows of pima_diabetes without nine of them; each column scaled to [-1, 1], with its "
        "smallest value standing as 0 instead of -1. The labels are the other way round: "
        "0 means diabetes, 1 means none."
    ),
)

SPECS = {
    "iris": IRIS,
    "sonar": SONAR,
    "wine": WINE,
    "zoo": ZOO,
    "thoracic_surgery": THORACIC_SURGERY,
    "pima_diabetes": PIMA_DIABETES,
    "diabetes_scaled": DIABETES_SCALED,
}
