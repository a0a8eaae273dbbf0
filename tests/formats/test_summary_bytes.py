"""Summaries and events that are bytes at once: the same as those of messages."""

import numpy as np
import pytest

from giulgi.formats import summary_bytes
from giulgi.formats.distributions import histogram_of
from giulgi.formats.event_proto import Event, Summary, Value


@pytest.mark.parametrize("tag", ["loss", "층/가중치", "x" * 300])
def test_a_number_under_a_tag(tag):
    message = Summary(value=[Value(tag=tag, simple_value=-1.25)])
    assert summary_bytes.scalar(tag, -1.25) == message.SerializeToString()


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((0, 3), np.float32),
        np.float32(3.0),
        np.array([-1e30, 1e30, 0.0, 1e-13]),
        np.arange(-5, 90, dtype=np.int64),
        np.random.default_rng(0).normal(size=(70, 80)).astype(np.float32),
    ],
)
def test_a_distribution_under_a_tag(values):
    histogram = histogram_of(values)
    assert sum(histogram.bucket) == values.size == histogram.num
    message = Summary(value=[Value(tag="w", histo=histogram)])
    assert summary_bytes.histogram("w", values) == message.SerializeToString()


def test_counts_are_those_of_numpy():
    values = np.random.default_rng(1).normal(size=5000).astype(np.float32)
    for few in (values[:7], values[:300], values):
        found = histogram_of(few)
        limits = np.array(found.bucket_limit)
        expected = np.histogram(few.astype(float), np.concatenate([[-np.inf], limits]))[0]
        assert found.bucket == expected.tolist()
        assert found.sum == pytest.approx(few.sum(dtype=float))
        assert found.sum_squares == pytest.approx(np.square(few, dtype=float).sum())
        # Of empty buckets in a row there is one.
        assert not any(a == b == 0 for a, b in zip(found.bucket, found.bucket[1:], strict=False))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_an_error(bad):
    with pytest.raises(ValueError, match="Nan or Inf"):
        summary_bytes.histogram("w", np.array([1.0, bad]))


@pytest.mark.parametrize("step", [None, 0, 7, 1 << 40])
def test_the_event_of_a_summary(step):
    summary = Summary(value=[Value(tag="loss", simple_value=0.5)])
    message = Event(wall_time=12.5, step=step, summary=summary)
    found = summary_bytes.event(12.5, step, summary.SerializeToString())
    assert found == message.SerializeToString()
