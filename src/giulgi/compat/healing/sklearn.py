"""Where scikit-learn's names were, and what has other arguments today."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from giulgi.compat.healing.hooks import heals, makes, moved, replace
from giulgi.compat.healing.telling import tell

Function = Callable[..., Any]

# Modules that are gone, and where their names are.
_MOVED = {
    "cross_validation": "model_selection",
    "grid_search": "model_selection",
    "learning_curve": "model_selection",
    "lda": "discriminant_analysis",
    "qda": "discriminant_analysis",
    "datasets.samples_generator": "datasets",
    "datasets.base": "datasets",
    "datasets.mldata": "datasets",
    "metrics.classification": "metrics",
    "metrics.regression": "metrics",
    "metrics.ranking": "metrics",
    "metrics.scorer": "metrics",
    "preprocessing.imputation": "impute",
    "preprocessing.label": "preprocessing",
    "preprocessing.data": "preprocessing",
    "ensemble.forest": "ensemble",
    "ensemble.gradient_boosting": "ensemble",
    "ensemble.weight_boosting": "ensemble",
    "tree.tree": "tree",
    "linear_model.logistic": "linear_model",
    "linear_model.base": "linear_model",
    "linear_model.ridge": "linear_model",
    "svm.classes": "svm",
    "neighbors.classification": "neighbors",
    "neighbors.kde": "neighbors",
    "cluster.k_means_": "cluster",
    "decomposition.pca": "decomposition",
    "manifold.t_sne": "manifold",
    "neural_network.multilayer_perceptron": "neural_network",
    "mixture.gmm": "mixture",
    "utils.testing": "utils",
    "feature_extraction.stop_words": "feature_extraction.text",
}  # fmt: skip
_OTHER_NAMES = {
    "LDA": "LinearDiscriminantAnalysis", "QDA": "QuadraticDiscriminantAnalysis",
    "Imputer": "SimpleImputer", "GMM": "GaussianMixture",
}  # fmt: skip


def _fill_from(module: ModuleType) -> None:
    """Fill a module that is gone from where its names are."""
    old = module.__name__.removeprefix("sklearn.")
    new = _MOVED[old]
    found = importlib.import_module(f"sklearn.{new}")
    tell(f"sklearn.{old} is sklearn.{new} today.")

    def named(name: str) -> Any:
        if name in _MAKERS:
            return _MAKERS[name]()
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(found, _OTHER_NAMES.get(name, name))

    module.__dict__["__getattr__"] = named
    module.__dict__.update({k: v for k, v in vars(found).items() if not k.startswith("_")})
    for name, make in _MAKERS.items():
        if old in ("cross_validation", "grid_search") and name in ("KFold", "StratifiedKFold"):
            module.__dict__[name] = make()


makes(*(f"sklearn.{name}" for name in _MOVED))(_fill_from)


def _folds(name: str) -> Function:
    """Return the class of folds that took the number of examples, or the labels, first."""

    def make() -> Any:
        own = getattr(importlib.import_module("sklearn.model_selection"), name)

        class Folds:
            """Folds of so many examples."""

            def __init__(self, n: Any, n_folds: int = 3, shuffle: bool = False, **k: Any) -> None:
                count = n if isinstance(n, int) else len(n)
                random_state = k.get("random_state") if shuffle else None
                self.n_folds = k.get("k", n_folds)
                self._labels = np.zeros(count) if isinstance(n, int) else np.asarray(n)
                self._own = own(self.n_folds, shuffle=shuffle, random_state=random_state)

            def __iter__(self) -> Any:
                return self._own.split(np.zeros(len(self._labels)), self._labels)

            def __len__(self) -> int:
                return int(self.n_folds)

        Folds.__name__ = name
        return Folds

    return make


def _mldata() -> Function:
    def fetch_mldata(dataname: str, *_: Any, **__: Any) -> Any:
        from sklearn.utils import Bunch

        if "mnist" not in dataname.lower():
            raise OSError(f"mldata.org is gone, and with it {dataname!r}; fetch_openml has others")
        import giulgi as gg

        (x, y), (x_test, y_test) = gg.datasets.mnist.load_data()
        tell("mldata.org is gone; its MNIST is giulgi's own, sorted as it was.")
        parts = []
        for images, labels in ((x, y), (x_test, y_test)):
            order = np.argsort(labels, kind="stable")
            parts.append((images[order].reshape(len(images), -1), labels[order]))
        data = np.concatenate([images for images, _ in parts])
        target = np.concatenate([labels for _, labels in parts]).astype(float)
        return Bunch(data=data, target=target, COL_NAMES=["label", "data"], DESCR="MNIST")

    return fetch_mldata


def _boston() -> Function:
    def load_boston(return_X_y: bool = False) -> Any:  # noqa: N803 - scikit-learn's name
        from sklearn.utils import Bunch

        keras = importlib.import_module("keras.datasets.boston_housing")
        (x, y), (x_test, y_test) = keras.load_data(test_split=0.2)
        data, target = np.concatenate([x, x_test]), np.concatenate([y, y_test])
        names = np.array(
            "CRIM ZN INDUS CHAS NOX RM AGE DIS RAD TAX PTRATIO B LSTAT".split()  # noqa: SIM905
        )
        tell("load_boston is gone from scikit-learn; the table is here, in another order.")
        if return_X_y:
            return data, target
        return Bunch(data=data, target=target, feature_names=names, DESCR="Boston house prices")

    return load_boston


def _jaccard() -> Function:
    def jaccard_similarity_score(y_true: Any, y_pred: Any, **_: Any) -> float:
        return float(np.mean(np.asarray(y_true) == np.asarray(y_pred)))

    return jaccard_similarity_score


def _imputer() -> Any:
    own: Any = importlib.import_module("sklearn.impute").SimpleImputer

    class Imputer(own):  # type: ignore[misc]
        """Puts a mean, median or mode where a value is missing, by columns."""

        def __init__(
            self, missing_values: Any = "NaN", strategy: str = "mean", axis: int = 0, **_: Any
        ) -> None:
            missing = np.nan if missing_values in ("NaN", np.nan) else missing_values
            super().__init__(missing_values=missing, strategy=strategy)
            self.axis = axis

        def fit_transform(self, X: Any, y: Any = None, **_: Any) -> Any:  # noqa: N803
            if self.axis == 0:
                return super().fit_transform(X, y)
            return super().fit_transform(np.asarray(X).T, y).T

    return Imputer


_MAKERS: dict[str, Callable[[], Any]] = {
    "KFold": _folds("KFold"),
    "StratifiedKFold": _folds("StratifiedKFold"),
    "fetch_mldata": _mldata,
    "load_boston": _boston,
    "jaccard_similarity_score": _jaccard,
    "Imputer": _imputer,
}


def _offer(module: Any, name: str, make: Callable[[], Any]) -> None:
    """Give a module a name that is made when it is asked for, before its own rules."""
    before = module.__dict__.get("__getattr__")

    def found(asked: str) -> Any:
        if asked == name:
            made = module.__dict__[name] = make()
            return made
        if before is not None:
            return before(asked)
        raise AttributeError(f"module {module.__name__!r} has no attribute {asked!r}")

    module.__dict__["__getattr__"] = found


@heals("sklearn.datasets")
def _datasets(module: Any) -> None:
    for name in ("fetch_mldata", "load_boston"):
        if name not in vars(module):
            _offer(module, name, _MAKERS[name])


@heals("sklearn.preprocessing")
def _preprocessing(module: Any) -> None:
    _offer(module, "Imputer", _imputer)
    encoder = module.OneHotEncoder
    own = encoder.__init__
    kept = set(inspect.signature(own).parameters)
    for name in ("fit", "transform", "fit_transform"):
        setattr(encoder, name, _of_columns(getattr(encoder, name)))

    @functools.wraps(own)
    def __init__(self: Any, *args: Any, **options: Any) -> None:  # noqa: N807
        if "sparse" in options and "sparse" not in kept:
            options["sparse_output"] = options.pop("sparse")
        options.pop("n_values", None)
        columns = options.pop("categorical_features", "all")
        self.categorical_features = None if isinstance(columns, str) else columns
        own(self, *args, **options)

    encoder.__init__ = __init__


def _of_columns(own: Function) -> Function:
    """Let some columns be encoded, which come first then, and the others stay as they are."""

    @functools.wraps(own)
    def call(self: Any, X: Any, y: Any = None) -> Any:  # noqa: N803
        columns = getattr(self, "categorical_features", None)
        if columns is None:
            return own(self, X) if own.__name__ == "transform" else own(self, X, y)
        table = np.asarray(X)
        chosen = np.zeros(table.shape[1], bool)
        chosen[np.asarray(columns)] = True
        self.categorical_features = None  # It is called by itself, too.
        try:
            found = own(self, table[:, chosen])
        finally:
            self.categorical_features = columns
        if own.__name__ == "fit":
            return self
        tell("OneHotEncoder(categorical_features=) is a ColumnTransformer today.")
        sparse = importlib.import_module("scipy.sparse")
        rest = table[:, ~chosen].astype(float)
        if sparse.issparse(found):
            return sparse.hstack([found, sparse.csr_matrix(rest)]).tocsr()
        return np.hstack([found, rest])

    return call


@heals("joblib")
def _joblib(module: Any) -> None:
    """Let what would run in processes of its own run here: they would not find the stand-ins."""
    parallel = module.parallel.Parallel
    own = parallel.__init__

    @functools.wraps(own)
    def __init__(self: Any, n_jobs: Any = None, *args: Any, **options: Any) -> None:  # noqa: N807
        threads = options.get("prefer") == "threads" or options.get("require") == "sharedmem"
        own(self, n_jobs if threads else 1, *args, **options)

    parallel.__init__ = __init__


@heals("sklearn.metrics")
def _metrics(module: Any) -> None:
    _offer(module, "jaccard_similarity_score", _jaccard)
    _offer(module, "calinski_harabaz_score", lambda: module.calinski_harabasz_score)
    own = module.mean_squared_error

    @functools.wraps(own)
    def mean_squared_error(*args: Any, squared: bool = True, **options: Any) -> Any:
        return (
            own(*args, **options) if squared else module.root_mean_squared_error(*args, **options)
        )

    module.mean_squared_error = mean_squared_error
    for name in ("confusion_matrix", "f1_score", "precision_score", "recall_score"):
        setattr(module, name, _by_position(getattr(module, name)))


def _by_position(own: Function) -> Function:
    """Let ``labels`` be given by position."""

    @functools.wraps(own)
    def call(y_true: Any, y_pred: Any, *args: Any, **options: Any) -> Any:
        options.update(zip(("labels", "pos_label"), args, strict=False))
        return own(y_true, y_pred, **options)

    return call


@heals("sklearn.utils.class_weight")
def _class_weights(module: Any) -> None:
    """Let classes and labels be given by position."""

    def by_position(own: Function) -> Function:
        @functools.wraps(own)
        def call(class_weight: Any, *args: Any, **options: Any) -> Any:
            options.update(zip(("classes", "y"), args, strict=False))
            return own(class_weight, **options)

        return call

    replace(module, "compute_class_weight", by_position)


@heals("sklearn.manifold", "sklearn.linear_model", "sklearn.cluster")
def _estimators(module: Any) -> None:
    """Let estimators take what has another name, or no meaning, today."""
    for name in ("TSNE", "LogisticRegression", "LinearRegression", "Ridge", "Lasso", "KMeans"):
        kind = vars(module).get(name)
        if kind is not None:
            kind.__init__ = _known(kind.__init__, name)


def _known(own: Function, name: str) -> Function:
    kept = inspect.signature(own).parameters

    @functools.wraps(own)
    def __init__(self: Any, *args: Any, **options: Any) -> None:  # noqa: N807
        if "n_iter" in options and "max_iter" in kept and "n_iter" not in kept:
            options["max_iter"] = options.pop("n_iter")
        for gone in ("normalize", "multi_class", "n_jobs", "precompute_distances"):
            if gone in options and gone not in kept:
                del options[gone]
                tell(f"{name} does not take {gone} any more; it is left out.")
        own(self, *args, **options)

    return __init__


@makes("sklearn.externals.joblib", "sklearn.externals.six")
def _externals(module: ModuleType) -> None:
    name = module.__name__.rsplit(".", 1)[-1]
    tell(f"sklearn.externals.{name} is a package of its own today: {name}.")
    module.__dict__.update(vars(importlib.import_module(name)), __name__=module.__name__)


@heals("sklearn.externals")
def _externals_whole(module: Any) -> None:
    _offer(module, "joblib", lambda: importlib.import_module("joblib"))


@makes("sklearn.utils.linear_assignment_")
def _assignment(module: ModuleType) -> None:
    solve = moved("scipy.optimize", "linear_sum_assignment")

    def linear_assignment(X: Any) -> Any:  # noqa: N803
        return np.transpose(solve()(X))

    module.__dict__["linear_assignment"] = linear_assignment


#: What is healed here, for the page of documentation.
HEALED = (
    "scikit-learn",
    [
        *(f"sklearn.{name}" for name in _MOVED),
        "sklearn.externals.joblib",
        "sklearn.externals.six",
        "sklearn.utils.linear_assignment_",
        *(name for name in _MAKERS if name not in ("KFold", "StratifiedKFold")),
        "cross_validation.KFold(n, n_folds)",
        "OneHotEncoder(sparse=)",
        "OneHotEncoder(categorical_features=)",
        "mean_squared_error(squared=)",
        "TSNE(n_iter=)",
        "LogisticRegression(multi_class=)",
    ],
)
