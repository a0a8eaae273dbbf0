"""What the answers of a network say: counts, mix-ups, and the order of its mistakes."""

from __future__ import annotations

import pytest

from giulgi.viz.digits_findings import find


def test_findings_count_what_was_said(make_run):
    run = make_run()
    found = find(run)
    assert found.total == 34
    assert found.wrong == 4
    assert found.confusion.sum() == 34
    assert found.confusion[4, 9] == 2
    assert found.confusion[9, 4] == 0
    assert found.recall(4) == pytest.approx(3 / 5)
    # Surest first.
    assert run.probabilities[found.mistakes].max(axis=1) == pytest.approx([0.97, 0.8, 0.6, 0.55])
    assert found.second_choices == 4
    assert found.sure_mistakes == 1
    pairs = [(pair.truth, pair.said, pair.times) for pair in found.mix_ups(run.labels, limit=2)]
    assert pairs == [(4, 9, 2), (3, 5, 1)]


def test_second_choices_leaves_out_third_choices(make_run):
    run = make_run(answers=[(1, 2, 0.5)])
    run.probabilities[0, [1, 2, 3]] = [0.2, 0.5, 0.3]
    assert find(run).second_choices == 0
