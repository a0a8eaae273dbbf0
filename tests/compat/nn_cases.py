"""What is computed of ``tf.nn``, ``tf.losses`` and ``tf.metrics``, by TensorFlow and by ours.

``python nn_cases.py`` with TensorFlow 2 computes all cases, and keeps them in golden/nn.npz.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parent / "golden" / "nn.npz"


def _numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.RandomState(seed).randn(*shape).astype(np.float32)


def values(tf: Any) -> dict[str, Any]:
    """Return the values of all cases, and gradients of some."""
    nn = tf.nn
    x = tf.constant(_numbers(5, 4))
    y = tf.constant(np.eye(4, dtype=np.float32)[[0, 3, 1, 2, 2]])
    soft = tf.constant(np.abs(_numbers(5, 4, seed=3)) / 3)
    classes = tf.constant(np.array([0, 3, 1, 2, 2], np.int32))
    picture = tf.constant(_numbers(2, 7, 6, 3, seed=1))
    kernel = tf.constant(_numbers(3, 2, 3, 4, seed=2))
    steps = tf.constant(_numbers(2, 9, 3, seed=4))
    cube = tf.constant(_numbers(1, 4, 5, 4, 2, seed=5))
    found: dict[str, Any] = {}

    for name in ("relu", "relu6", "elu", "selu", "softplus", "softsign", "tanh", "sigmoid",
                 "leaky_relu", "crelu", "log_softmax", "softmax", "l2_loss", "zero_fraction",
                 "swish"):  # fmt: skip
        found[name] = getattr(nn, name)(x)
    found["softmax 0"] = nn.softmax(x, axis=0)

    found["cross entropy"] = nn.softmax_cross_entropy_with_logits(labels=y, logits=x)
    found["cross entropy 2"] = nn.softmax_cross_entropy_with_logits_v2(labels=soft, logits=x)
    found["sparse cross entropy"] = nn.sparse_softmax_cross_entropy_with_logits(
        labels=classes, logits=x
    )
    found["sigmoid cross entropy"] = nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x)
    found["weighted cross entropy"] = nn.weighted_cross_entropy_with_logits(y, x, 2.5)
    found["log poisson"] = nn.log_poisson_loss(tf.abs(x) * 3, x, compute_full_loss=True)

    for padding in ("SAME", "VALID"):
        for stride in (1, 2):
            s = [1, stride, stride, 1]
            case = f"{padding} {stride}"
            found[f"conv2d {case}"] = nn.conv2d(picture, kernel, s, padding)
            found[f"max_pool {case}"] = nn.max_pool(picture, [1, 3, 2, 1], s, padding)
            found[f"avg_pool {case}"] = nn.avg_pool(picture, [1, 3, 2, 1], s, padding)
            found[f"argmax {case}"] = nn.max_pool_with_argmax(picture, [1, 2, 2, 1], s, padding)
            found[f"depthwise {case}"] = nn.depthwise_conv2d(picture, kernel, s, padding)
            found[f"conv1d {case}"] = nn.conv1d(
                steps, tf.constant(_numbers(3, 3, 2)), stride, padding
            )
    found["separable"] = nn.separable_conv2d(
        picture, kernel, tf.constant(_numbers(1, 1, 12, 2)), [1, 1, 1, 1], "SAME"
    )
    found["atrous"] = nn.atrous_conv2d(picture, kernel, 2, "SAME")
    found["convolution"] = nn.convolution(picture, kernel, "VALID", strides=[2, 1])
    found["dilated"] = nn.conv2d(picture, kernel, [1, 1, 1, 1], "VALID", dilations=[1, 2, 2, 1])
    found["explicit"] = nn.conv2d(picture, kernel, [1, 2, 2, 1], [[0, 0], [1, 2], [0, 1], [0, 0]])
    made = nn.conv2d(picture, kernel, [1, 2, 2, 1], "SAME")
    found["transposed"] = nn.conv2d_transpose(made, kernel, [2, 7, 6, 3], [1, 2, 2, 1], "SAME")
    found["conv3d"] = nn.conv3d(cube, tf.constant(_numbers(2, 2, 2, 2, 3)), [1, 1, 2, 1, 1], "SAME")
    found["pool3d"] = nn.max_pool3d(cube, [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "SAME")
    found["bias"] = nn.bias_add(picture, tf.constant(_numbers(3)))
    found["lrn"] = nn.lrn(picture, 1, bias=1.0, alpha=0.1, beta=0.75)
    found["lrn 5"] = nn.lrn(picture)

    found["moments"] = nn.moments(picture, [0, 1, 2])
    found["moments kept"] = nn.moments(x, axes=[0], keep_dims=True)
    mean, variance = nn.moments(x, [0])
    found["normalised"] = nn.batch_normalization(x, mean, variance, 0.5, 2.0, 1e-3)
    found["fused"] = nn.fused_batch_norm(
        picture, tf.constant(_numbers(3)), tf.constant(_numbers(3, seed=9))
    )[:3]
    found["l2 normalised"] = nn.l2_normalize(x, 1)
    found["weighted moments"] = nn.weighted_moments(x, [0], tf.constant(np.abs(_numbers(5, 1))))
    found["in_top_k"] = nn.in_top_k(x, classes, 2)
    found["top_k"] = tuple(nn.top_k(x, 3))
    found["xw_plus_b"] = nn.xw_plus_b(x, tf.constant(_numbers(4, 2)), tf.constant(_numbers(2)))

    table = tf.constant(_numbers(6, 3, seed=7))
    found["rows"] = nn.embedding_lookup(table, classes)
    parts = [tf.constant(_numbers(3, 2, seed=i)) for i in range(2)]
    found["rows of parts"] = nn.embedding_lookup(parts, classes)
    found["rows of parts div"] = nn.embedding_lookup(parts, classes, "div")
    found["rows clipped"] = nn.embedding_lookup(table, classes, max_norm=1.0)

    drawn = (
        tf.constant(np.array([2, 0, 5], np.int64)),
        tf.constant(np.full((5, 1), 0.3, np.float32)),
        tf.constant(np.array([0.5, 0.9, 0.2], np.float32)),
    )
    weights, biases = tf.constant(_numbers(6, 4)), tf.constant(_numbers(6, seed=2))
    for name in ("nce_loss", "sampled_softmax_loss"):
        found[name] = getattr(nn, name)(
            weights=weights, biases=biases, labels=tf.reshape(classes, [5, 1]), inputs=x,
            num_sampled=3, num_classes=6, sampled_values=drawn,
        )  # fmt: skip
    _losses(tf, found, x, y, soft, classes)
    _gradients(tf, found)
    _ctc(tf, found)
    return found


def _ctc(tf: Any, found: dict[str, Any]) -> None:
    x = tf.constant(_numbers(6, 3, 4) * 2)
    labels = tf.SparseTensor(
        [[0, 0], [0, 1], [0, 2], [1, 0], [2, 0], [2, 1]], tf.constant([0, 0, 2, 1, 1, 2]), [3, 3]
    )
    lengths = tf.constant([6, 4, 5])
    found["ctc_loss"] = tf.nn.ctc_loss(labels, x, lengths)
    found["gradient of ctc_loss"] = tf.gradients(found["ctc_loss"], x)[0]
    for name, decoder in (
        ("greedy", tf.nn.ctc_greedy_decoder(x, lengths)),
        ("beams", tf.nn.ctc_beam_search_decoder(x, lengths, 20, 2, merge_repeated=False)),
    ):
        paths, scores = decoder
        found[f"ctc {name} scores"] = scores
        for place, path in enumerate(paths):
            found[f"ctc {name} {place}"] = (path.indices, path.values, path.dense_shape)


def _losses(tf: Any, found: dict[str, Any], x: Any, y: Any, soft: Any, classes: Any) -> None:
    losses = tf.losses
    half = tf.constant(np.array([[1], [0], [2], [0], [1]], np.float32))
    row = tf.constant(np.array([1, 0, 2, 0, 1], np.float32))
    for name in ("mean_squared_error", "absolute_difference", "huber_loss", "hinge_loss"):
        found[f"losses.{name}"] = getattr(losses, name)(y, x)
        found[f"losses.{name} weighted"] = getattr(losses, name)(y, x, weights=half)
    found["losses.log_loss"] = losses.log_loss(y, soft)
    found["losses.softmax"] = losses.softmax_cross_entropy(y, x, label_smoothing=0.1)
    found["losses.softmax weighted"] = losses.softmax_cross_entropy(y, x, row)
    found["losses.sparse"] = losses.sparse_softmax_cross_entropy(classes, x)
    found["losses.sigmoid"] = losses.sigmoid_cross_entropy(y, x, label_smoothing=0.2)
    found["losses.cosine"] = losses.cosine_distance(y, x, axis=1)
    found["losses.pairwise"] = losses.mean_pairwise_squared_error(y, x)
    for key in ("SUM", "MEAN", "SUM_OVER_BATCH_SIZE"):
        found[f"losses {key}"] = losses.mean_squared_error(
            y, x, weights=half, reduction=getattr(losses.Reduction, key)
        )
    found["losses NONE"] = losses.mean_squared_error(
        y, x, weights=half, loss_collection=None, reduction="none"
    )
    found["losses.total"] = losses.get_total_loss()


def _gradients(tf: Any, found: dict[str, Any]) -> None:
    x, picture = tf.constant(_numbers(5, 4)), tf.constant(_numbers(2, 7, 6, 3, seed=1))
    kernel = tf.constant(_numbers(3, 2, 3, 4, seed=2))
    y = tf.constant(np.eye(4, dtype=np.float32)[[0, 3, 1, 2, 2]])
    nn = tf.nn
    ys = {
        "cross entropy": (nn.softmax_cross_entropy_with_logits(labels=y, logits=x), x),
        "sigmoid cross entropy": (nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x), x),
        "conv2d": (tf.square(nn.conv2d(picture, kernel, [1, 2, 2, 1], "SAME")), kernel),
        "max_pool": (
            tf.square(nn.max_pool(picture, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")), picture,
        ),
        "lrn": (tf.square(nn.lrn(picture, 2)), picture),
        "elu": (nn.elu(x), x),
        "l2_normalize": (tf.square(nn.l2_normalize(x, 1)) * y, x),
    }  # fmt: skip
    for name, (of, by) in ys.items():
        found[f"gradient of {name}"] = tf.gradients(of, by)[0]


def metrics(tf: Any) -> tuple[dict[str, Any], list[dict[Any, Any]]]:
    """Return metrics, as pairs of value and update, and two batches."""
    labels, guesses = tf.placeholder(tf.int64, [None]), tf.placeholder(tf.int64, [None])
    scores, weights = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.float32, [None])
    of = tf.metrics
    found = {
        "accuracy": of.accuracy(labels, guesses),
        "accuracy weighted": of.accuracy(labels, guesses, weights),
        "mean": of.mean(scores, weights),
        "mean_absolute_error": of.mean_absolute_error(tf.cast(labels, tf.float32), scores),
        "mean_squared_error": of.mean_squared_error(tf.cast(labels, tf.float32), scores),
        "root": of.root_mean_squared_error(tf.cast(labels, tf.float32), scores),
        "precision": of.precision(labels > 0, guesses > 0),
        "recall": of.recall(labels > 0, guesses > 0, weights),
        "false_positives": of.false_positives(labels > 0, guesses > 0),
        "auc": of.auc(labels > 0, scores),
        "auc pr": of.auc(labels > 0, scores, curve="PR", num_thresholds=20),
        "mean_iou": of.mean_iou(labels, guesses, 3),
        "per class": of.mean_per_class_accuracy(labels, guesses, 3),
    }
    draw = np.random.RandomState(1)
    batches = [
        {
            labels: draw.randint(0, 3, n), guesses: draw.randint(0, 3, n),
            scores: draw.rand(n), weights: draw.rand(n),
        }
        for n in (7, 4)
    ]  # fmt: skip
    return found, batches


def computed(tf: Any) -> dict[str, Any]:
    """Return the arrays of all cases, by name; of several results by name and place."""
    arrays: dict[str, Any] = {}
    with tf.Graph().as_default(), tf.Session() as session:
        for name, value in session.run(values(tf)).items():
            for place, array in enumerate(value if isinstance(value, tuple) else [value]):
                arrays[f"{name}:{place}"] = np.asarray(array)
    with tf.Graph().as_default(), tf.Session() as session:
        found, batches = metrics(tf)
        session.run(tf.local_variables_initializer())
        for number, batch in enumerate(batches):
            for name, (value, update) in found.items():
                after = session.run(update, batch)
                arrays[f"metrics.{name} update {number}"] = after
                arrays[f"metrics.{name} {number}"] = session.run(value)
    return {name: np.asarray(array) for name, array in arrays.items()}


if __name__ == "__main__":
    import tensorflow.compat.v1 as tensorflow

    tensorflow.disable_v2_behavior()
    np.savez_compressed(GOLDEN, **computed(tensorflow))
