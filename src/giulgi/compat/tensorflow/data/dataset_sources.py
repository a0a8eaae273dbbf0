"""Data sets out of others and out of files, such as ``make_csv_dataset``."""

from __future__ import annotations

import csv
import glob
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from giulgi.compat.tensorflow.data.dataset import Dataset
from giulgi.compat.tensorflow.data.dataset_experimental import both
from giulgi.compat.tensorflow.data.dataset_functions import Values
from giulgi.compat.tensorflow.data.dataset_readers import CsvDataset, TFRecordDataset
from giulgi.compat.tensorflow.data.dataset_steps import Begin
from giulgi.compat.tensorflow.data.elements import Element
from giulgi.compat.tensorflow.data.lookup import lines_of
from giulgi.compat.tensorflow.data.parsing_examples import parse_example
from giulgi.compat.tensorflow.data.queues import seed_of
from giulgi.compat.tensorflow.system.gfile import path_of

# How many rows of a table tell the types of its columns.
_LOOKED_AT = 100


@both("Counter")
def counter(start: Any = 0, step: Any = 1, dtype: Any = "int64") -> Dataset:
    """Return a data set of whole numbers without end."""
    return Dataset.range(start, 2**62, step, output_type=dtype)


@both("get_single_element")
def get_single_element(dataset: Dataset) -> Any:
    """Return the only element of a data set."""
    return dataset.make_one_shot_iterator().get_next()


@both("cardinality")
def cardinality(dataset: Dataset) -> Any:
    """Return the number of elements; they are counted."""
    return dataset.cardinality()


@both("sample_from_datasets")
def sample_from_datasets(
    datasets: Sequence[Dataset], weights: Any = None, seed: int | None = None
) -> Dataset:
    """Return elements of several data sets, each time of one at random, until all have ended."""
    several = list(datasets)
    own = seed_of(seed)
    shares = [1.0] * len(several) if weights is None else [float(w) for w in weights]

    def bind(values: Values) -> Begin:
        begins = [one.bind(values) for one in several]

        def go() -> Iterator[Element]:
            source = random.Random(own)
            left = {place: begin() for place, begin in enumerate(begins)}
            while left:
                places = list(left)
                (place,) = source.choices(places, [shares[p] for p in places])
                element = next(left[place], None)
                if element is None:
                    del left[place]
                else:
                    yield element

        return go

    inputs = [x for one in several for x in one.inputs]
    return Dataset(several[0].element_spec, bind, inputs)


@both("choose_from_datasets")
def choose_from_datasets(datasets: Sequence[Dataset], choice_dataset: Dataset) -> Dataset:
    """Return elements of several data sets, by the numbers that another one gives."""
    several = list(datasets)

    def bind(values: Values) -> Begin:
        begins, numbers = [one.bind(values) for one in several], choice_dataset.bind(values)

        def go() -> Iterator[Element]:
            opened = [begin() for begin in begins]
            for (number,) in numbers():
                element = next(opened[int(number)], None)
                if element is not None:
                    yield element

        return go

    inputs = [x for one in (*several, choice_dataset) for x in one.inputs]
    return Dataset(several[0].element_spec, bind, inputs)


@both("make_batched_features_dataset")
def make_batched_features_dataset(
    file_pattern: Any,
    batch_size: int,
    features: Mapping[str, Any],
    reader: Any = TFRecordDataset,
    label_key: str | None = None,
    reader_args: Any = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10000,
    shuffle_seed: int | None = None,
    drop_final_batch: bool = False,
    **_: Any,
) -> Dataset:
    """Return batches of the examples in files of records; see ``tf.parse_example``."""
    patterns = [file_pattern] if isinstance(file_pattern, (str, bytes)) else file_pattern
    paths = [path for one in patterns for path in sorted(glob.glob(path_of(one)))]
    records = reader(paths, *(reader_args or []))
    if shuffle:
        records = records.shuffle(shuffle_buffer_size, shuffle_seed)
    batches = records.repeat(num_epochs).batch(batch_size, drop_final_batch)

    def parse(several: Any) -> Any:
        found = parse_example(several, features)
        return found if label_key is None else (found, found.pop(label_key))

    return batches.map(parse)


@both("make_csv_dataset")
def make_csv_dataset(
    file_pattern: Any,
    batch_size: int,
    column_names: Sequence[str] | None = None,
    column_defaults: Sequence[Any] | None = None,
    label_name: str | None = None,
    select_columns: Sequence[Any] | None = None,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    header: bool = True,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10000,
    shuffle_seed: int | None = None,
    **_: Any,
) -> Dataset:
    """Return batches of the rows of tables of text, as dicts by the names of columns.

    Args:
        file_pattern: the files.
        batch_size: how many rows.
        column_names: the names of columns; None: those of the first line.
        column_defaults: their types, or what takes the place of nothing; None: as the first
            hundred rows are.
        label_name: the column that is given apart.
        select_columns: which columns, by name or number; None: all.
        field_delim: what is between columns.
        use_quote_delim: whether quotation marks are around text that holds it.
        na_value: what stands for nothing, too.
        header: whether the first line of a file holds names.
        num_epochs: how often all rows are given; None: without end.
        shuffle: whether each pass has an order of its own.
        shuffle_buffer_size: from how many rows the next is taken.
        shuffle_seed: a number for the order.
    """
    patterns = [file_pattern] if isinstance(file_pattern, (str, bytes)) else file_pattern
    paths = [path for one in patterns for path in sorted(glob.glob(path_of(one)))]
    if not paths:
        raise ValueError(f"No files match {file_pattern}")
    lines = [line.decode() for line in lines_of(paths[0])[: _LOOKED_AT + 1]]
    mark = '"' if use_quote_delim else None
    table = list(csv.reader(lines, delimiter=field_delim, quotechar=mark))
    names = list(column_names or table[0])
    chosen = [names.index(c) if isinstance(c, str) else c for c in select_columns or names]
    defaults = column_defaults
    if defaults is None:
        rows_looked_at = [row for row in table[int(header) :] if row]
        cells = [[row[n] for row in rows_looked_at if n < len(row)] for n in chosen]
        defaults = [_default_of(column, na_value) for column in cells]
    rows: Dataset = CsvDataset(
        paths, defaults, None, None, header, field_delim, use_quote_delim, na_value, chosen
    )
    keys = [names[place] for place in chosen]
    if shuffle:
        rows = rows.shuffle(shuffle_buffer_size, shuffle_seed)

    def named(*columns: Any) -> Any:
        found = dict(zip(keys, columns, strict=True))
        return found if label_name is None else (found, found.pop(label_name))

    return rows.repeat(num_epochs).batch(batch_size).map(named)


def _default_of(cells: Sequence[str], na_value: str) -> Any:
    """Return what takes the place of nothing in a column, by what is in some of its cells."""
    told = [cell for cell in cells if cell not in ("", na_value)]
    for kind in (int, float) if told else ():
        try:
            numbers = [kind(cell) for cell in told]
        except ValueError:
            continue
        is_small = kind is float or all(abs(n) < 2**31 for n in numbers)
        return [kind(0)] if is_small else np.zeros(1, np.int64)
    return [""]
