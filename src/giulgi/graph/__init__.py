"""Floor 1: what is computed. Tensors, operations, gradients, rewriting, text; no backend."""

from giulgi.graph.tensor import Tensor

from giulgi.graph.gradients import gradients  # isort: skip
from giulgi.graph.text import graph_text  # isort: skip

__all__ = ["Tensor", "gradients", "graph_text"]
