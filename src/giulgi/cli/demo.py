"""``giulgi demo``: a network learns to read handwritten digits, and a page shows how well."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

import giulgi as gg
from giulgi.cli.info import processor
from giulgi.errors import ArgumentError
from giulgi.viz import DigitsRun, FeatureMaps, check_digits_report, write_digits_report
from giulgi.viz.digits_findings import find

_BATCH_SIZE = 128


def demo(epochs: int, seed: int, output: Path, digits: Sequence[int] = ()) -> None:
    """Train on MNIST, print how it goes, and write the page.

    Args:
        epochs: how often the network sees all training digits.
        seed: of weights, dropout and shuffling; the same seed gives the same network.
        output: where the page is written.
        digits: the numbers of test digits, from 0, to look into before others.

    Raises:
        ArgumentError: if there is no test digit of such a number.
        KeyboardInterrupt: on Ctrl-C while it learns; its text tells how far it came.
    """
    check_digits_report(output)
    print("Reading 60,000 handwritten digits to learn from, and 10,000 to be tested on.")
    (x_train, y_train), (x_test, y_test) = gg.datasets.mnist.load_data()
    _check_digits(digits, len(y_test))
    held_out = _pixels(x_test)

    gg.set_seed(seed)
    model = digit_reader()
    model.summary()
    unseen = f"{len(y_test):,} digits"
    print(f"\nLearning. val_ figures are for the {unseen} that it does not learn from.")
    learnt = gg.callbacks.History()
    with _told_if_stopped(learnt, unseen):
        begin = time.perf_counter()
        model.fit(
            _pixels(x_train),
            y_train,
            batch_size=_BATCH_SIZE,
            epochs=epochs,
            callbacks=[learnt],
            validation_data=(held_out, y_test),
        )
        seconds = time.perf_counter() - begin

        probabilities = model.predict(held_out, batch_size=_BATCH_SIZE, verbose=0)
        found = find(y_test, probabilities)
        print(f"\nOf {unseen} it never saw, it reads {found.accuracy:.2%} right; ", end="")
        print(f"{found.wrong} are wrong.")
        run = DigitsRun(
            images=x_test,
            labels=y_test,
            probabilities=probabilities,
            history=learnt.history,
            filters=model.get_layer("first").get_weights()[0][:, :, 0],
            feature_maps=feature_maps(model, held_out, found.worth_a_look(digits)),
            summary=_summary(model),
            seconds=seconds,
            facts=_facts(epochs, seed, len(x_train), len(x_test)),
        )
        write_digits_report(run, output)
    print(f"See what it learnt, and where it errs: {output.resolve().as_uri()}")


def digit_reader() -> gg.Sequential:
    """Return a network of two convolutions that reads 28 x 28 pictures of digits."""
    model = gg.Sequential(
        [
            gg.Input((28, 28, 1), name="picture"),
            gg.layers.Conv2D(32, 3, activation="relu", name="first"),
            gg.layers.Conv2D(64, 3, activation="relu", name="second"),
            gg.layers.MaxPooling2D(2, name="pooling"),
            gg.layers.Dropout(0.25),
            gg.layers.Flatten(),
            gg.layers.Dense(128, activation="relu", name="hidden"),
            gg.layers.Dropout(0.5),
            gg.layers.Dense(10, activation="softmax", name="digit"),
        ],
        name="digits",
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def feature_maps(
    model: gg.Model, pictures: npt.NDArray[np.float32], indices: npt.NDArray[np.intp]
) -> FeatureMaps:
    """Return what the filters of the network make of some of the pictures."""
    layers = [model.get_layer(name) for name in ("first", "second", "pooling")]
    # The same layers with the same weights: a second network that ends earlier.
    filters = gg.Model(model.inputs, [layer.output for layer in layers])
    first, second, pooled = filters.predict(pictures[indices], verbose=0)
    return FeatureMaps(indices, first, second, pooled)


def _pixels(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return pictures as a convolution takes them: numbers from 0 to 1, in one channel."""
    return np.divide(images[..., np.newaxis], 255, dtype=np.float32)


def _check_digits(digits: Sequence[int], count: int) -> None:
    for digit in digits:
        if digit >= count:
            raise ArgumentError(
                f"There is no test digit number {digit}: there are {count:,}, and the first is "
                "number 0.",
                fix=f"a number from 0 to {count - 1}, such as --digit {count - 1}",
            )


@contextlib.contextmanager
def _told_if_stopped(learnt: gg.callbacks.History, unseen: str) -> Iterator[None]:
    """Say on Ctrl-C what was learnt until then."""
    try:
        yield
    except KeyboardInterrupt:
        accuracies = learnt.history.get("val_accuracy", [])
        if accuracies:
            epochs = "1 epoch" if len(accuracies) == 1 else f"{len(accuracies)} epochs"
            told = f"After {epochs} it read {accuracies[-1]:.2%} of the {unseen} right."
        else:
            told = "It had not yet seen all digits once."
        raise KeyboardInterrupt(f"{told} No page is written.") from None


def _summary(model: gg.Model) -> str:
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    return "\n".join(lines)


def _facts(epochs: int, seed: int, learnt_from: int, held_out: int) -> dict[str, str]:
    return {
        "giulgi": gg.__version__,
        "processor": processor(),
        "backend": gg.config.backend,
        "examples": f"{learnt_from:,} to learn from, {held_out:,} held out",
        "epochs": str(epochs),
        "batch size": str(_BATCH_SIZE),
        "seed": str(seed),
    }
