"""Tomorrow's temperatures: one network reads the last two days, another writes the next.

    python examples/weather.py

The weather of New York's airport JFK, hour by hour through 2013. The first four fifths of the time
are for training; the last fifth, from 19 October on, is held out. A forecast is made at each hour,
for each of the next 24. Beside the network stands what needs none: that it stays as warm as now, or
gets as warm as it was a day before, and a linear regression on all that the network reads. The
network does no more than about as well as the regression: it has seen but one place and ten months.
"""

from __future__ import annotations

import csv
import gzip
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

import giulgi as gg

FILE = Path(__file__).parent / "data" / "nyc-jfk-2013-hourly.csv.gz"
COLUMNS = ("temp", "dewp", "wind_dir", "wind_speed", "pressure")
PAST, AHEAD = 48, 24  # Hours that are read, and hours that are foretold.


class Examples(NamedTuple):
    """What forecasts are made of, one a row; temperatures in degrees Celsius."""

    past: np.ndarray  # (forecasts, PAST, features), scaled
    known: np.ndarray  # (forecasts, AHEAD, 3): of each hour to come, what is known of it already
    now: np.ndarray  # (forecasts, 1), the last temperature that is known
    yesterday: np.ndarray  # (forecasts, AHEAD), the temperatures a day before those to come
    truth: np.ndarray  # (forecasts, AHEAD), the temperatures to come


def load() -> tuple[np.ndarray, np.ndarray]:
    """Return the weather at each hour, and the hours of the day from 0 to 23.

    The columns are temperature, dew point, wind from the east and from the north, and pressure.
    Where something is missing, the figure of the hour before stands.
    """
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file:
        rows = {datetime.fromisoformat(row["time_hour"]): row for row in csv.DictReader(file)}
    first, last = min(rows), max(rows)
    count = (last - first) // timedelta(hours=1) + 1
    figures: dict[str, float] = {}
    table = []
    for hour in range(count):
        row = rows.get(first + timedelta(hours=hour), {})
        figures |= {name: float(row[name]) for name in COLUMNS if row.get(name, "NA") != "NA"}
        table.append([figures[name] for name in COLUMNS])
    temperature, dew_point, wind, speed, pressure = np.array(table).T
    wind = np.radians(wind)
    columns = [
        (temperature - 32) / 1.8,  # The file has degrees Fahrenheit.
        (dew_point - 32) / 1.8,
        speed * np.sin(wind),
        speed * np.cos(wind),
        pressure,
    ]
    return np.stack(columns, axis=1), (first.hour + np.arange(count)) % 24


def examples(weather: np.ndarray, hours: np.ndarray, held_out: int) -> tuple[Examples, Examples]:
    """Return examples to train on, and those whose hours to come are all held out."""
    # Only what was before that time may tell how to scale.
    mean, deviation = weather[:held_out].mean(axis=0), weather[:held_out].std(axis=0)
    scaled = (weather - mean) / deviation
    angle = 2 * np.pi * hours / 24
    clock = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    features = np.concatenate([scaled, clock], axis=1).astype("float32")

    def made_at(starts: np.ndarray) -> Examples:
        before = starts[:, None] + np.arange(-PAST, 0)
        after = starts[:, None] + np.arange(AHEAD)
        now, yesterday, truth = (weather[i, 0] for i in (starts[:, None] - 1, after - 24, after))
        warmer = (yesterday - now) / deviation[0]
        known = np.concatenate([clock[after], warmer[:, :, None]], axis=2).astype("float32")
        return Examples(features[before], known, now, yesterday, truth)

    train = np.arange(PAST, held_out - AHEAD + 1)
    test = np.arange(held_out, len(weather) - AHEAD + 1)
    return made_at(train), made_at(test)


def network(features: int) -> gg.Model:
    """Return a network that tells how much warmer than now it gets, hour by hour.

    The encoder reads the past. The decoder begins with what the encoder remembers, and takes a step
    for each hour to come; at each it may look up hours of the past that are like it (attention).
    A linear layer beside them adds what a weighted sum of all that is read can tell.
    """
    past = gg.Input((PAST, features), name="past")
    known = gg.Input((AHEAD, 3), name="known")
    # Noise and dropout, since the hours of ten months tell of no more than some 300 days.
    noisy = gg.layers.GaussianNoise(0.2)(past)
    read, memory = gg.layers.GRU(32, return_sequences=True, return_state=True)(noisy)
    memory = gg.layers.Dropout(0.5)(memory)
    steps = gg.layers.Concatenate()([gg.layers.RepeatVector(AHEAD)(memory), known])
    written = gg.layers.GRU(32, return_sequences=True)(steps, initial_state=memory)
    looked_up = gg.layers.Attention()([written, read])
    both = gg.layers.Dropout(0.5)(gg.layers.Concatenate()([written, looked_up]))
    by_decoder = gg.layers.Flatten()(gg.layers.TimeDistributed(gg.layers.Dense(1))(both))
    by_sum = gg.layers.Dense(AHEAD)(gg.layers.Flatten()(past))
    model = gg.Model([past, known], gg.layers.Add()([by_decoder, by_sum]))
    model.compile(gg.optimizers.Adam(0.002), "mae")
    return model


def by_regression(train: Examples, test: Examples) -> np.ndarray:
    """Return the forecasts of a linear regression, made by least squares."""

    def inputs(given: Examples) -> np.ndarray:
        count = len(given.past)
        weather, clock = given.past[:, :, :-2], given.past[:, -1, -2:]
        return np.concatenate([weather.reshape(count, -1), clock, np.ones((count, 1))], axis=1)

    weights = np.linalg.lstsq(inputs(train), train.truth - train.now, rcond=None)[0]
    return test.now + inputs(test) @ weights


def main() -> None:
    """Train, and print by how many degrees each is wrong on average."""
    gg.set_seed(0)
    weather, hours = load()
    held_out = len(weather) * 4 // 5
    train, test = examples(weather, hours, held_out)

    model = network(train.past.shape[-1])
    slower_at_last = gg.callbacks.LearningRateScheduler(lambda i: 0.002 if i < 4 else 0.0005)
    change = train.truth - train.now
    model.fit([train.past, train.known], change, 64, epochs=6, callbacks=[slower_at_last])

    forecasts = {
        "as warm as now": np.broadcast_to(test.now, test.truth.shape),
        "as a day before": test.yesterday,
        "linear regression": by_regression(train, test),
        "the network": test.now + model.predict([test.past, test.known], verbose=0),
    }
    print(
        f"\nWrong by so many degrees Celsius on average, in {len(test.now):,} forecasts held out:"
    )
    print("                              all 24 h     1 h     6 h    12 h    24 h ahead")
    for name, forecast in forecasts.items():
        errors = np.abs(forecast - test.truth).mean(axis=0)
        ahead = "".join(f"{errors[hour - 1]:>8.2f}" for hour in (1, 6, 12, 24))
        print(f"  {name:<28}{errors.mean():>8.2f}{ahead}")


if __name__ == "__main__":
    main()
