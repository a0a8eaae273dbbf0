"""Words of the Penn Treebank as numbers."""

import pytest


def test_words_become_numbers_by_how_often_they_are(tf, tmp_path):
    from tensorflow.models.rnn.ptb import reader

    (tmp_path / "ptb.train.txt").write_text(" b a b\n b c\n")
    (tmp_path / "ptb.valid.txt").write_text(" a z\n")
    (tmp_path / "ptb.test.txt").write_text(" c\n")
    train, valid, test, count = reader.ptb_raw_data(str(tmp_path))
    assert train == [0, 2, 0, 1, 0, 3, 1]  # b, then <eos>, a and c.
    assert (valid, test, count) == ([2, 1], [3, 1], 4)
    with pytest.raises(tf.errors.NotFoundError, match=r"ptb\.train\.txt"):
        reader.ptb_raw_data(str(tmp_path / "absent"))


def test_batches_of_words_and_those_that_follow(tf):
    from tensorflow.models.rnn.ptb import reader

    batches = [(x.tolist(), y.tolist()) for x, y in reader.ptb_iterator(range(11), 2, 2)]
    assert batches == [
        ([[0, 1], [5, 6]], [[1, 2], [6, 7]]),
        ([[2, 3], [7, 8]], [[3, 4], [8, 9]]),
    ]
    with pytest.raises(ValueError, match="epoch_size == 0"):
        list(reader.ptb_iterator(range(4), 2, 4))
