"""Layers over steps, of which Keras makes golden numbers; see ``spatial_cases``."""

from spatial_cases import Case


def of_recurrent() -> dict[str, Case]:
    x, ids = (3, 5, 4), (3, 5)
    cases: dict[str, Case] = {}
    for kind in ("SimpleRNN", "LSTM", "GRU"):
        own, states = kind.lower(), 2 if kind == "LSTM" else 1
        every = {"units": 6, "return_sequences": True}
        backwards = {**every, "go_backwards": True}
        initial = [x, *[(3, 6)] * states]
        cases |= {
            own: (kind, {"units": 6}, x),
            f"{own}_sequences": (kind, every, x),
            f"{own}_states": (kind, {**every, "return_state": True}, x),
            f"{own}_backwards": (kind, backwards, x),
            f"{own}_no_bias": (kind, {"units": 6, "use_bias": False, "activation": "relu"}, x),
            f"{own}_initial": (kind, {"units": 6, "return_state": True}, initial),
            f"{own}_masked": (kind, {"units": 6}, x),
            f"{own}_sequences_masked": (kind, every, x),
            f"{own}_backwards_masked": (kind, backwards, x),
            f"{own}_zeros_masked": (kind, {**every, "zero_output_for_mask": True}, x),
        }
    inner = ["LSTM", {"units": 6, "return_sequences": True}]
    last = ["GRU", {"units": 6}]
    return cases | {
        "lstm_sigmoid": ("LSTM", {"units": 6, "recurrent_activation": "hard_sigmoid"}, x),
        "gru_before": ("GRU", {"units": 6, "reset_after": False}, x),
        "gru_before_sequences": (
            "GRU",
            {"units": 6, "reset_after": False, "return_sequences": True, "use_bias": False},
            x,
        ),
        "bidirectional": ("Bidirectional", {"layer": inner}, x),
        "bidirectional_last": ("Bidirectional", {"layer": last}, x),
        "bidirectional_sum": ("Bidirectional", {"layer": inner, "merge_mode": "sum"}, x),
        "bidirectional_mul": ("Bidirectional", {"layer": last, "merge_mode": "mul"}, x),
        "bidirectional_ave": ("Bidirectional", {"layer": inner, "merge_mode": "ave"}, x),
        "bidirectional_both": ("Bidirectional", {"layer": last, "merge_mode": None}, x),
        "bidirectional_masked": ("Bidirectional", {"layer": inner}, x),
        "bidirectional_states": (
            "Bidirectional",
            {"layer": ["LSTM", {"units": 6, "return_state": True}]},
            x,
        ),
        "distributed": ("TimeDistributed", {"layer": ["Dense", {"units": 6}]}, x),
        "distributed_pictures": (
            "TimeDistributed",
            {"layer": ["Conv2D", {"filters": 2, "kernel_size": 2}]},
            (2, 3, 4, 5, 1),
        ),
        "pictures_over_time": (
            "ConvLSTM2D",
            {"filters": 3, "kernel_size": 3, "padding": "same", "return_sequences": True},
            (2, 3, 5, 4, 2),
        ),
        "pictures_strided": (
            "ConvLSTM2D",
            {"filters": 3, "kernel_size": 2, "strides": 2, "recurrent_activation": "relu"},
            (2, 3, 5, 6, 2),
        ),
        "embedding_ids": ("Embedding", {"input_dim": 7, "output_dim": 4}, ids),
    }


def of_attention() -> dict[str, Case]:
    pair, three = [(2, 3, 4), (2, 5, 4)], [(2, 3, 4), (2, 5, 6), (2, 5, 4)]
    heads = {"num_heads": 2, "key_dim": 3}
    causal = {"call": {"use_causal_mask": True}}
    scores = {"call": {"return_attention_scores": True}}
    return {
        "attention": ("Attention", {}, pair),
        "attention_scaled": ("Attention", {"use_scale": True}, three),
        "attention_concat": ("Attention", {"score_mode": "concat", "use_scale": True}, three),
        "attention_causal": ("Attention", {**causal}, [(2, 5, 4), (2, 5, 4)]),
        "attention_scores": ("Attention", {**scores}, pair),
        "additive": ("AdditiveAttention", {}, pair),
        "additive_plain": ("AdditiveAttention", {"use_scale": False}, three),
        "heads": ("MultiHeadAttention", heads, pair),
        "heads_of_three": ("MultiHeadAttention", {**heads, "value_dim": 5, **scores}, three),
        "heads_no_bias": ("MultiHeadAttention", {**heads, "use_bias": False}, pair),
        "heads_output": ("MultiHeadAttention", {**heads, "output_shape": 7}, pair),
        "heads_causal": ("MultiHeadAttention", {**heads, **causal}, [(2, 5, 4), (2, 5, 4)]),
        "heads_scores": ("MultiHeadAttention", {**heads, **scores}, pair),
    }
