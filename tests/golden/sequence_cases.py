"""Layers over steps, of which Keras makes golden numbers; see ``spatial_cases``."""

from spatial_cases import FIRST, Case

CAUSAL = {"call": {"use_causal_mask": True}}
SCORES = {"call": {"return_attention_scores": True}}


def of_recurrent() -> dict[str, Case]:
    x = (3, 5, 4)
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
            f"{own}_unrolled": (kind, {"units": 6, "unroll": True}, x),
            f"{own}_no_bias": (kind, {"units": 6, "use_bias": False, "activation": "relu"}, x),
            f"{own}_initial": (kind, {"units": 6, "return_state": True}, initial),
            f"{own}_stateful": (kind, {**every, "stateful": True}, x),
            f"{own}_masked": (kind, {"units": 6}, x),
            f"{own}_sequences_masked": (kind, every, x),
            f"{own}_states_masked": (kind, {**every, "return_state": True}, x),
            f"{own}_stateful_masked": (kind, {"units": 6, "stateful": True}, x),
            f"{own}_backwards_masked": (kind, backwards, x),
            f"{own}_zeros_masked": (kind, {**every, "zero_output_for_mask": True}, x),
        }
    before = {"units": 6, "reset_after": False}
    every = {**before, "return_sequences": True}
    stacked = [["LSTMCell", {"units": 4}], ["GRUCell", {"units": 3}]]
    return cases | {
        "lstm_sigmoid": ("LSTM", {"units": 6, "recurrent_activation": "hard_sigmoid"}, x),
        "gru_before": ("GRU", before, x),
        "gru_before_sequences": ("GRU", {**every, "use_bias": False}, x),
        "gru_before_masked": ("GRU", {**every, "go_backwards": True}, x),
        "gru_before_initial": ("GRU", {**every, "return_state": True}, [x, (3, 6)]),
        "gru_sigmoid": ("GRU", {"units": 6, "recurrent_activation": "hard_sigmoid"}, x),
        "rnn_cell": ("RNN", {"cell": ["GRUCell", {"units": 4}], "return_sequences": True}, x),
        "rnn_stacked": ("RNN", {"cell": stacked, "return_sequences": True}, x),
        "rnn_stacked_states": ("RNN", {"cell": stacked, "return_state": True}, x),
        "rnn_stacked_masked": ("RNN", {"cell": stacked, "return_sequences": True}, x),
    }


def of_both_directions() -> dict[str, Case]:
    x, name = (3, 5, 4), "Bidirectional"
    inner = {"layer": ["LSTM", {"units": 6, "return_sequences": True}]}
    last = {"layer": ["GRU", {"units": 6}]}
    states = {"layer": ["LSTM", {"units": 6, "return_state": True}]}
    simple = {"layer": ["SimpleRNN", {"units": 4, "return_sequences": True}]}
    other = {"backward_layer": ["GRU", {"units": 3, "go_backwards": True}]}
    return {
        "bidirectional": (name, inner, x),
        "bidirectional_last": (name, last, x),
        "bidirectional_simple": (name, simple, x),
        "bidirectional_other": (name, {**last, **other}, x),
        "bidirectional_sum": (name, {**inner, "merge_mode": "sum"}, x),
        "bidirectional_mul": (name, {**last, "merge_mode": "mul"}, x),
        "bidirectional_ave": (name, {**inner, "merge_mode": "ave"}, x),
        "bidirectional_both": (name, {**last, "merge_mode": None}, x),
        "bidirectional_both_masked": (name, {**inner, "merge_mode": None}, x),
        "bidirectional_masked": (name, inner, x),
        "bidirectional_last_masked": (name, last, x),
        "bidirectional_states": (name, states, x),
        "bidirectional_states_masked": (name, states, x),
        "bidirectional_initial": (name, states, [x, *[(3, 6)] * 4]),
        "bidirectional_stateful": (
            name,
            {"layer": ["LSTM", {"units": 6, "return_sequences": True, "stateful": True}]},
            x,
        ),
    }


def of_pictures_over_time() -> dict[str, Case]:
    three = {"filters": 3, "kernel_size": 3}
    two, every = {"filters": 3, "kernel_size": 2}, {"return_sequences": True}
    same = {"padding": "same"}
    first, dilated = {**two, **every, **FIRST}, {**two, "dilation_rate": 2, "use_bias": False}
    dense, normal = ["Dense", {"units": 6}], ["BatchNormalization", {}]
    memory = ["LSTM", {"units": 3}]
    return {
        "pictures_over_time": ("ConvLSTM2D", {**three, **same, **every}, (2, 3, 5, 4, 2)),
        "pictures_strided": (
            "ConvLSTM2D",
            {**two, "strides": 2, "recurrent_activation": "relu"},
            (2, 3, 5, 6, 2),
        ),
        "pictures_first": ("ConvLSTM2D", first, (2, 3, 2, 5, 4)),
        "pictures_dilated": ("ConvLSTM2D", dilated, (2, 3, 5, 4, 2)),
        "pictures_states": ("ConvLSTM2D", {**two, "return_state": True}, (2, 3, 5, 4, 2)),
        "pictures_backwards": ("ConvLSTM2D", {**two, "go_backwards": True}, (2, 3, 5, 4, 2)),
        "pictures_stateful": ("ConvLSTM2D", {**two, "stateful": True}, (2, 3, 5, 4, 2)),
        "rows_over_time": ("ConvLSTM1D", {**three, **same}, (2, 3, 5, 2)),
        "rows_first": ("ConvLSTM1D", first, (2, 3, 2, 5)),
        "solids_over_time": ("ConvLSTM3D", {**two, **every}, (2, 2, 3, 3, 3, 2)),
        "distributed": ("TimeDistributed", {"layer": dense}, (3, 5, 4)),
        "distributed_masked": ("TimeDistributed", {"layer": dense}, (3, 5, 4)),
        "distributed_normal": ("TimeDistributed", {"layer": normal}, (3, 5, 4)),
        "distributed_memory": ("TimeDistributed", {"layer": memory}, (2, 3, 4, 5)),
        "distributed_pictures": (
            "TimeDistributed",
            {"layer": ["Conv2D", {"filters": 2, "kernel_size": 2}]},
            (2, 3, 4, 5, 1),
        ),
    }


def of_attention() -> dict[str, Case]:
    pair, three, same = [(2, 3, 4), (2, 5, 4)], [(2, 3, 4), (2, 5, 6), (2, 5, 4)], [(2, 5, 4)] * 2
    scaled, concat = {"use_scale": True}, {"score_mode": "concat"}
    return {
        "attention": ("Attention", {}, pair),
        "attention_masked": ("Attention", {}, pair),
        "attention_values_masked": ("Attention", {"masks": [1]}, pair),
        "attention_queries_masked": ("Attention", {"masks": [0], **SCORES}, pair),
        "attention_scaled": ("Attention", scaled, three),
        "attention_concat": ("Attention", {**concat, **scaled}, three),
        "attention_concat_masked": ("Attention", concat, pair),
        "attention_causal": ("Attention", CAUSAL, same),
        "attention_causal_masked": ("Attention", {**CAUSAL, "masks": [0]}, same),
        "attention_scores": ("Attention", SCORES, pair),
        "additive": ("AdditiveAttention", {}, pair),
        "additive_masked": ("AdditiveAttention", {}, pair),
        "additive_causal": ("AdditiveAttention", CAUSAL, same),
        "additive_plain": ("AdditiveAttention", {"use_scale": False}, three),
    }


def of_heads() -> dict[str, Case]:
    name, heads = "MultiHeadAttention", {"num_heads": 2, "key_dim": 3}
    pair, three, same = [(2, 3, 4), (2, 5, 4)], [(2, 3, 4), (2, 5, 6), (2, 5, 4)], [(2, 5, 4)] * 2
    pictures = [(2, 3, 2, 4), (2, 3, 2, 5)]
    allowed = [[[(i + j + b) % 3 > 0 for j in range(5)] for i in range(3)] for b in range(2)]
    by_head = [[pairs, [[True, False] * 2 + [True]] * 3] for pairs in allowed]
    return {
        "heads": (name, heads, pair),
        "heads_masked": (name, heads, pair),
        "heads_values_masked": (name, {**heads, **SCORES, "masks": [1]}, pair),
        "heads_keys_masked": (name, {**heads, "masks": [2]}, three),
        "heads_three_masked": (name, {**heads, "masks": [0, 2]}, three),
        "heads_of_three": (name, {**heads, "value_dim": 5, **SCORES}, three),
        "heads_no_bias": (name, {**heads, "use_bias": False}, pair),
        "heads_output": (name, {**heads, "output_shape": 7}, pair),
        "heads_outputs": (name, {**heads, "output_shape": (3, 2)}, pair),
        "heads_causal": (name, {**heads, **CAUSAL}, same),
        "heads_causal_masked": (name, {**heads, **CAUSAL, "masks": [0]}, same),
        "heads_scores": (name, {**heads, **SCORES}, pair),
        "heads_allowed": (name, {**heads, "call": {"attention_mask": allowed}}, pair),
        "heads_allowed_each": (name, {**heads, "call": {"attention_mask": by_head}}, pair),
        "heads_one_axis": (name, {**heads, "attention_axes": 2, **SCORES}, pictures),
        "heads_other_axis": (name, {**heads, "attention_axes": [1]}, pictures),
        "heads_all_axes": (name, {**heads, **SCORES}, pictures),
        "heads_last_axis": (name, {**heads, "attention_axes": [-2], "value_dim": 2}, pictures),
    }
