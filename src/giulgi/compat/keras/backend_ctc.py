"""``keras.backend``: losses and labels of sequences without alignment (CTC)."""

from __future__ import annotations

from typing import Any

import giulgi as gg
from giulgi.compat.keras.backend_session import backend, epsilon
from giulgi.compat.keras.boundary import called, named
from giulgi.compat.names import TABLES
from giulgi.compat.tensorflow.nn.nn_ctc import loss_of_labels
from giulgi.compat.tensors.tensor import as_expression


@backend("ctc_batch_cost")
def ctc_batch_cost(y_true: Any, y_pred: Any, input_length: Any, label_length: Any) -> Any:
    """Return -ln of the probability of the labels of each example, (batch, 1).

    Args:
        y_true: the labels, (batch, longest).
        y_pred: the probabilities of the classes in each step, (batch, time, classes); the last
            class is the blank between labels.
        input_length: how many steps of each example count, (batch, 1).
        label_length: how many of its labels count, (batch, 1).
    """

    def cost(labels: Any, probabilities: Any, steps: Any, counts: Any) -> gg.Tensor:
        p = gg.swapaxes(as_expression(probabilities), 0, 1)
        x = gg.activations.log_softmax(gg.log(p + epsilon()))
        whole = [gg.cast(as_expression(v), "int64") for v in (labels, steps, counts)]
        rows, ends, lengths = whole[0], gg.reshape(whole[1], (-1,)), gg.reshape(whole[2], (-1,))
        loss = loss_of_labels(x, rows, lengths, ends, int(x.shape[2] or 0) - 1)
        return gg.expand_dims(loss, 1)

    return called(cost, "CTC", None, [y_true, y_pred, input_length, label_length], {})


@backend("ctc_decode")
def ctc_decode(
    y_pred: Any, input_length: Any, greedy: bool = True, beam_width: int = 100, top_paths: int = 1,
    merge_repeated: bool = False,
) -> Any:  # fmt: skip
    """Return the likeliest labels of each example, and how likely they are.

    Args:
        y_pred: the probabilities of the classes in each step, (batch, time, classes).
        input_length: how many steps of each example count, (batch,).
        greedy: whether the likeliest class of each step is taken; else the best of many beginnings.
        beam_width: how many beginnings are kept.
        top_paths: how many answers there are for each example.
        merge_repeated: whether labels that follow themselves in an answer are merged.

    Returns:
        A list of labels, (batch, longest), filled up with -1; and the logarithms, (batch, paths).
    """
    names = TABLES["tensorflow"]
    logits = named(gg.log(gg.swapaxes(as_expression(y_pred), 0, 1) + epsilon()))
    lengths = named(gg.cast(as_expression(input_length), "int32"))
    if greedy:
        paths, likely = names["nn.ctc_greedy_decoder"](logits, lengths)
    else:
        paths, likely = names["nn.ctc_beam_search_decoder"](
            logits, lengths, beam_width, top_paths, merge_repeated
        )
    return [names["sparse_tensor_to_dense"](path, default_value=-1) for path in paths], likely
