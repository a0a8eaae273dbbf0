"""Where users find names, and what they are told of names that do not exist."""

import importlib

import pytest

import giulgi as gg
from giulgi.names import meant, suggestion

SPACES = [
    "activations",
    "callbacks",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "preprocessing",
    "random",
    "regularizers",
]


@pytest.mark.parametrize("name", SPACES)
def test_a_space_is_a_module_that_shows_its_own_names_alone(name):
    space = importlib.import_module(f"giulgi.{name}")
    assert getattr(gg, name) is space
    assert name in dir(gg)
    assert dir(space) == sorted(space.__all__)
    for own in space.__all__:
        assert getattr(space, own).__doc__


def test_imports_as_keras_users_write_them():
    from giulgi.datasets import mnist
    from giulgi.datasets.mnist import load_data
    from giulgi.layers import Dense
    from giulgi.models import Model, Sequential
    from giulgi.optimizers import Adam

    assert (Dense, Adam) == (gg.layers.Dense, gg.optimizers.Adam)
    assert (Model, Sequential) == (gg.Model, gg.Sequential)
    assert mnist.load_data is load_data


@pytest.mark.parametrize(
    ("space", "name", "told"),
    [
        ("layers", "dense", "gg.layers has no 'dense': did you mean gg.layers.Dense? It has: Act"),
        ("layers", "Conv2d", "gg.layers has no 'Conv2d': did you mean gg.layers.Conv2D?"),
        ("layers", "Linear", "gg.layers has no 'Linear': did you mean gg.layers.Dense?"),
        ("optimizers", "adam", "did you mean gg.optimizers.Adam?"),
        ("losses", "MSE", "did you mean gg.losses.mse?"),
        (
            "models",
            "load_model",
            "gg.models has no 'load_model': giulgi does not write networks to",
        ),
        ("datasets", "iris", "did you mean gg.datasets.load('iris')?"),
        ("random", "randn", "did you mean gg.random.normal?"),
    ],
)
def test_a_name_that_a_space_does_not_have(space, name, told):
    with pytest.raises(AttributeError) as caught:
        getattr(getattr(gg, space), name)
    assert told in str(caught.value)
    assert "giulgi.nn" not in str(caught.value)


def test_the_protocols_of_python_are_answered_shortly():
    with pytest.raises(AttributeError, match=r"^gg.layers has no '__path__'$"):
        gg.layers.__path__  # noqa: B018


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("arrange", "did you mean gg.arange?"),
        ("dense", "did you mean gg.layers.Dense?"),
        ("reduce_sum", "did you mean gg.sum?"),
        ("to_categorical", "did you mean gg.one_hot or gg.preprocessing.to_categorical?"),
        ("tensor", "did you mean gg.constant?"),
        ("utils", "did you mean gg.preprocessing?"),
        ("xyzzy", "dir(gg) lists all it has"),
    ],
)
def test_a_name_that_giulgi_does_not_have(name, told):
    with pytest.raises(AttributeError) as caught:
        getattr(gg, name)
    assert str(caught.value) == f"giulgi has no {name!r}: {told}"


def test_keras_itself():
    told = r"^giulgi has no 'keras': it has Keras's shape itself: (gg\.[\w.]+(, |$))+"
    with pytest.raises(AttributeError, match=told) as caught:
        gg.keras  # noqa: B018
    for path in str(caught.value).rpartition(": ")[2].split(", "):
        found = gg
        for part in path.split(".")[1:]:
            found = getattr(found, part)


def test_a_data_set_that_is_called():
    with pytest.raises(TypeError, match=r"= gg\.datasets\.mnist\.load_data\(\)$"):
        gg.datasets.mnist()


def test_every_name_of_another_library_leads_somewhere():
    from giulgi.names import _OF_OTHERS

    for instead in _OF_OTHERS.values():
        for path in instead.split(" or "):
            found = gg
            for part in path.split(".")[1:]:
                found = getattr(found, part)


def test_short_names_of_losses():
    assert gg.losses.mse is gg.losses.mean_squared_error
    assert gg.losses.mae is gg.losses.mean_absolute_error


LOSSES = ["binary_crossentropy", "mean_squared_error", "sparse_categorical_crossentropy"]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("MeanSquaredError", ["mean_squared_error"]),
        ("sparse_crossentropy", ["sparse_categorical_crossentropy"]),
        ("crossentropy", ["binary_crossentropy", "sparse_categorical_crossentropy"]),
        ("mean_squard_error", ["mean_squared_error"]),
        ("hinge", []),
    ],
)
def test_what_is_meant(word, found):
    assert meant(word, LOSSES) == found


def test_a_suggestion_names_what_may_be_meant_or_all_that_is_known():
    two = "did you mean 'binary_crossentropy' or 'sparse_categorical_crossentropy'?"
    assert suggestion("crossentropy", LOSSES) == two
    assert suggestion("hinge", LOSSES) == "known here: " + ", ".join(LOSSES)
