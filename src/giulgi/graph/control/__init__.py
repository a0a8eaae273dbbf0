"""Control flow as graph: a loop is a node whose body is a graph of its own.

==============  ====================================================================
``body``        computations inside a node, and what they are given
``loop``        what a step is given, and what it leaves to the next
``scan``        the values of a loop over the elements of sequences
``adjoint``     their gradient, which is a loop backwards
``draws``       random numbers inside a loop
``tracing``     Python functions that become the body of a loop
``cumulative``  sums and products up to each element
``while_loop``  a loop that goes on as long as a condition holds
``cond``        a choice between two computations
==============  ====================================================================
"""

from giulgi.graph.control.cond import cond
from giulgi.graph.control.cumulative import cumprod, cumsum
from giulgi.graph.control.tracing import scan
from giulgi.graph.control.while_loop import while_loop

__all__ = ["cond", "cumprod", "cumsum", "scan", "while_loop"]
