"""The names that graphs know: of collections, and of what is inside of operations."""

from __future__ import annotations

from giulgi.compat.names import exported


@exported("GraphKeys", "python.framework.ops.GraphKeys")
class Collections:
    """The names of collections that TensorFlow fills itself."""

    GLOBAL_VARIABLES = VARIABLES = "variables"
    LOCAL_VARIABLES = "local_variables"
    MODEL_VARIABLES = "model_variables"
    TRAINABLE_VARIABLES = "trainable_variables"
    SUMMARIES = "summaries"
    QUEUE_RUNNERS = "queue_runners"
    TABLE_INITIALIZERS = "table_initializer"
    MOVING_AVERAGE_VARIABLES = "moving_average_variables"
    REGULARIZATION_LOSSES = "regularization_losses"
    WEIGHTS, BIASES, ACTIVATIONS = "weights", "biases", "activations"
    UPDATE_OPS = "update_ops"
    LOSSES = "losses"
    SAVERS, SAVEABLE_OBJECTS = "savers", "saveable_objects"
    INIT_OP, LOCAL_INIT_OP, READY_OP = "init_op", "local_init_op", "ready_op"
    SUMMARY_OP = "summary_op"
    GLOBAL_STEP = "global_step"
    TRAIN_OP = "train_op"
    EVAL_STEP = "eval_step"
    CONCATENATED_VARIABLES = "concatenated_variables"
    COND_CONTEXT, WHILE_CONTEXT = "cond_context", "while_context"
    METRIC_VARIABLES = "metric_variables"


#: The results of operations that are made of several in TensorFlow, by the names of these inside.
INNER_NAMES = {
    "VariableV2": {"read"},
    "dropout": {"mul", "mul_1"},
    "SoftmaxCrossEntropyWithLogits": {"Reshape_2", "SoftmaxCrossEntropyWithLogits"},
    "SparseSoftmaxCrossEntropyWithLogits": {"SparseSoftmaxCrossEntropyWithLogits"},
    "embedding_lookup": {"Identity", "Identity_1"},
    "InTopK": {"InTopKV2"},
    "moments": {"Squeeze"},
}
