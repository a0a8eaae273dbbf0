"""``giulgi demo``: a network learns to read handwritten digits, and a page shows how well."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

import giulgi as gg
from giulgi.cli.info import processor
from giulgi.viz import DigitsRun, check_digits_report, write_digits_report

_BATCH_SIZE = 128


def demo(epochs: int, seed: int, output: Path) -> None:
    """Train on MNIST, print how it goes, and write the page.

    Args:
        epochs: how often the network sees all training digits.
        seed: of weights, dropout and shuffling; the same seed gives the same network.
        output: where the page is written.
    """
    check_digits_report(output)
    print("Reading 60,000 handwritten digits to learn from, and 10,000 to be tested on.")
    (x_train, y_train), (x_test, y_test) = gg.datasets.mnist.load_data()
    held_out = x_test / np.float32(255)

    gg.set_seed(seed)
    model = digit_reader()
    model.summary()
    unseen = f"{len(y_test):,} digits"
    print(f"\nLearning. val_ figures are for the {unseen} that it does not learn from.")
    begin = time.perf_counter()
    history = model.fit(
        x_train / np.float32(255),
        y_train,
        batch_size=_BATCH_SIZE,
        epochs=epochs,
        validation_data=(held_out, y_test),
    )
    seconds = time.perf_counter() - begin

    probabilities = model.predict(held_out, batch_size=1000, verbose=0)
    wrong = int((probabilities.argmax(axis=1) != y_test).sum())
    accuracy = 1 - wrong / len(y_test)
    print(f"\nOf {unseen} it never saw, it reads {accuracy:.2%} right; {wrong} are wrong.")
    facts = _facts(epochs, seed, len(x_train), len(x_test))
    run = DigitsRun(
        images=x_test,
        labels=y_test,
        probabilities=probabilities,
        history=history.history,
        first_layer=model.get_layer("hidden").get_weights()[0],
        summary=_summary(model),
        seconds=seconds,
        facts=facts,
    )
    write_digits_report(run, output)
    print(f"See what it learnt, and where it errs: {output.resolve().as_uri()}")


def digit_reader() -> gg.Sequential:
    """Return a network of one hidden layer that reads 28 x 28 pictures of digits."""
    model = gg.Sequential(
        [
            gg.Input((28, 28), name="picture"),
            gg.layers.Flatten(),
            gg.layers.Dense(512, activation="relu", name="hidden"),
            gg.layers.Dropout(0.2),
            gg.layers.Dense(10, activation="softmax", name="digit"),
        ],
        name="digits",
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


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
