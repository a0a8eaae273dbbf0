"""What the answers of a network say: counts, mix-ups, and the order of its mistakes."""

from __future__ import annotations

import pytest

from giulgi.viz.digits_findings import find


def test_findings_count_what_was_said(make_run):
    run = make_run()
    found = find(run.labels, run.probabilities)
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
    run = make_run(answers=[(1, 2, 0.5)], looks=())
    run.probabilities[0, [1, 2, 3]] = [0.2, 0.5, 0.3]
    assert find(run.labels, run.probabilities).second_choices == 0


def test_what_is_worth_a_look(make_run):
    run = make_run()
    found = find(run.labels, run.probabilities)
    right = list(range(0, 30, 3))  # Of each digit the first of three.
    assert found.worth_a_look().tolist() == [31, *right]
    assert found.worth_a_look([33, 5]).tolist() == [33, 5, *right]
    assert found.worth_a_look([6, 6]).tolist() == [6, 0, 3, *right[3:]]


def test_without_mistakes_the_right_ones_are_worth_a_look(make_run):
    run = make_run(answers=[(4, 4, 0.9), (4, 4, 0.8), (2, 2, 0.7)], looks=())
    assert find(run.labels, run.probabilities).worth_a_look().tolist() == [2, 0]
