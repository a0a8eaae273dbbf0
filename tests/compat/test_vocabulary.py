"""Vocabularies of contrib.learn, and what TensorBoard's projector is told."""

import pickle

import numpy as np

from giulgi.compat.tensorflow.contrib.projector import ProjectorConfig, visualize_embeddings
from giulgi.compat.tensorflow.contrib.vocabulary import VocabularyProcessor

TEXTS = ["a cat sat", "The cat's dog sat", "a well-known DOG"]


def test_words_are_numbered_as_they_come():
    processor = VocabularyProcessor(5)
    found = np.array(list(processor.fit_transform(TEXTS)))
    assert found.dtype == np.int64
    assert found.tolist() == [[1, 2, 3, 0, 0], [4, 5, 6, 3, 0], [1, 7, 8, 0, 0]]
    assert len(processor.vocabulary_) == 9
    assert processor.vocabulary_._mapping["sat"] == 3
    assert next(iter(processor.transform(["cat bird"]))).tolist() == [2, 0, 0, 0, 0]
    assert list(processor.reverse([[1, 2, 0]])) == ["a cat <UNK>"]


def test_rare_words_are_not_known(tmp_path):
    processor = VocabularyProcessor(3, min_frequency=1).fit(TEXTS)
    assert len(processor.vocabulary_) == 3
    processor.save(str(tmp_path / "v"))
    again = VocabularyProcessor.restore(str(tmp_path / "v"))
    assert next(iter(again.transform(TEXTS[:1]))).tolist() == [1, 0, 2]
    assert pickle.loads(pickle.dumps(again)).max_document_length == 3


def test_a_tokenizer_of_ones_own():
    processor = VocabularyProcessor(2, tokenizer_fn=lambda texts: (list(t) for t in texts))
    assert list(processor.fit_transform(["ab", "b"]))[1].tolist() == [2, 0]


def test_what_the_projector_is_told(tmp_path):
    config = ProjectorConfig()
    embedding = config.embeddings.add()
    embedding.tensor_name = "words:0"
    embedding.metadata_path = "labels.tsv"
    embedding.sprite.image_path = "digits.png"
    embedding.sprite.single_image_dim.extend([28, 28])
    visualize_embeddings(str(tmp_path), config)
    assert (tmp_path / "projector_config.pbtxt").read_text().split() == [
        *("embeddings", "{", "tensor_name:", '"words:0"', "metadata_path:", '"labels.tsv"'),
        *("sprite", "{", "image_path:", '"digits.png"', "single_image_dim:", "28"),
        *("single_image_dim:", "28", "}", "}"),
    ]
