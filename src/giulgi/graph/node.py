"""A node of the graph, and the one function that makes nodes.

Nodes are immutable and *hash-consed*: a node that equals an existing one, op and inputs alike, is
that one. So a common subexpression never exists twice, and comparing two graphs is comparing two
references.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from giulgi.errors import ArgumentError, GiulgiError
from giulgi.graph import evaluation
from giulgi.graph.op import Op, Spec
from giulgi.source import Source, built_for, current_path, current_source

if TYPE_CHECKING:
    from giulgi.graph.tensor import Tensor

# A chain of constants' functions that nobody looks at is computed when it gets this deep.
_DEEPEST_UNSEEN_CHAIN = 1000


class Node:
    """One operation applied to its inputs.

    Attributes:
        op: the operation with its attributes.
        inputs: the nodes it is applied to.
        spec: shape and dtype of its value, as far as known.
        original: the node that it is a copy of; None if it is none, as most. See ``apart.py``.
        name: the name its first builder gave it, or "".
        path: the layers it was built in, joined by slashes.
        source: the line of the user's code that built it first.
        serial: a number that grows with every node made.
        symbolic: whether the value is there in a run only: it depends on what is fed or assigned.
        stateful: whether the value depends on a variable.
        random: whether the value depends on random numbers, drawn anew in every run.
        value: the value, once computed, of a node that is neither symbolic nor stateful.
        stands_for: what a placeholder is to whoever made it, and lives as long as it; else None.
    """

    __slots__ = (
        "__weakref__",
        "depth",
        "inputs",
        "name",
        "op",
        "original",
        "path",
        "random",
        "serial",
        "source",
        "spec",
        "stands_for",
        "stateful",
        "symbolic",
        "value",
    )

    def __init__(
        self, op: Op, inputs: tuple[Node, ...], spec: Spec, name: str, source: Source | None
    ) -> None:
        self.op = op
        self.inputs = inputs
        self.spec = spec
        self.original: Node | None = None
        self.name = name
        self.path = current_path()
        self.source = source
        self.serial = next(_serials)
        self.stands_for: Any = None
        self.symbolic: bool = op.symbolic
        self.stateful: bool = op.stateful
        self.random: bool = op.random
        self.value: np.ndarray[Any, Any] | None = op.settled()
        self.depth: int = 0 if self.value is not None else 1
        for source_node in inputs:
            self.symbolic |= source_node.symbolic
            self.stateful |= source_node.stateful
            self.random |= source_node.random
            self.depth = max(self.depth, source_node.depth + 1)

    @property
    def concrete(self) -> bool:
        """Whether the value is settled: it depends on constants and drawn numbers alone."""
        return not (self.symbolic or self.stateful)

    def __reduce__(self) -> Any:
        # A copy is found or made anew, as every node. Only the bodies of loops are copied so: they
        # are small. Whole graphs are taken apart first (``records.py``).
        return _made_again, (self.op, self.inputs, self.name, self.source, self.path)

    def __repr__(self) -> str:
        return f"<{self.op.name} {self.spec} #{self.serial}>"


_serials = itertools.count()
_interned: WeakValueDictionary[Any, Node] = WeakValueDictionary()
# One thread may come here twice: a destructor or signal handler that builds graph runs anywhere.
_lock = threading.RLock()
if hasattr(os, "register_at_fork"):
    # A process forks while nobody holds it: in the child nobody would give it back.
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


def _intern(op: Op, inputs: tuple[Node, ...], spec: Spec, name: str, source: Source | None) -> Node:
    key = (type(op), op, inputs)
    node = _interned.get(key)
    if node is None:
        made = Node(op, inputs, spec, name, source)
        with _lock:
            node = _interned.setdefault(key, made)
    too_deep = node.depth > _DEEPEST_UNSEEN_CHAIN and node.concrete
    if too_deep and not evaluation.is_computing():
        evaluation.settle(node)
    return node


def build(op: Op, *inputs: Tensor, name: str | None = None) -> Tensor:
    """Apply an operation: check the inputs, and return the (one) node that says so.

    Raises:
        GiulgiError: if the inputs do not fit; with the user's line, the op, the path of layers
            and all arguments told.
    """
    from giulgi.graph.tensor import Tensor

    if name is not None and not isinstance(name, str):
        raise ArgumentError(
            f"a name is text, not {type(name).__name__}.",
            op=op.name,
            fix="see the arguments of the function; the name is the last, and often left out",
        )
    source = current_source()
    try:
        op = op.normalised(*inputs)
        spec = op.infer(*inputs)
    except GiulgiError as error:
        error.complete(
            where=source,
            op=op.name,
            layer=current_path(),
            arguments=describe(op, inputs),
        )
        raise
    simpler = op.resolve(*inputs)
    if simpler is not None:
        return simpler if name is None else Tensor(simpler.node, name, source)
    node = _intern(op, tuple(x.node for x in inputs), spec, name or "", source)
    return Tensor(node, name, source)


def copy_of(node: Node) -> Node:
    """Return a node that equals one and is not that one."""
    made = Node(node.op, node.inputs, node.spec, node.name, current_source())
    made.original = node.original or node
    return made


def applied_to(node: Node, inputs: tuple[Node, ...]) -> Node:
    """Return the node that is one applied to other inputs of the same shapes and dtypes."""
    with built_for(node.source, node.path):
        return _intern(node.op, inputs, node.spec, node.name, node.source)


def newest_serial() -> int:
    """Return a number that is greater than the serial of any node there is."""
    return next(_serials)


def _made_again(
    op: Op, inputs: tuple[Node, ...], name: str, source: Source | None, path: str
) -> Node:
    from giulgi.graph.tensor import Tensor

    with built_for(source, path):
        return build(op, *map(Tensor, inputs), name=name or None).node


def describe(op: Op, inputs: Iterable[Tensor]) -> list[tuple[str, str]]:
    """Return each argument's name with its dtype, shape and origin, for an error."""
    inputs = list(inputs)
    return [
        (name, x.description)
        for name, x in zip(op.argument_names(len(inputs)), inputs, strict=False)
    ]


def companions_of(nodes: Iterable[Node]) -> dict[Node, list[Node]]:
    """Return for each node that has companions all of them, in their order."""
    found: dict[Any, list[Node]] = {}
    for node in nodes:
        if node.op.companions is not None:
            found.setdefault((node.op.companions, node.inputs), []).append(node)
    return {node: together for together in found.values() for node in together}


def topological(roots: Iterable[Node], stop: Iterable[Node] = ()) -> list[Node]:
    """Return all nodes that the roots depend on, inputs before their users.

    Args:
        roots: the nodes to start from; they come last.
        stop: nodes whose inputs are not followed.
    """
    order: list[Node] = []
    stopped = set(stop)
    seen: set[Node] = set()
    for root in roots:
        stack: list[tuple[Node, Iterator[Node]]] = []
        if root not in seen:
            seen.add(root)
            stack.append((root, iter(() if root in stopped else root.inputs)))
        while stack:
            node, remaining = stack[-1]
            following = next(remaining, None)
            if following is None:
                order.append(node)
                stack.pop()
            elif following not in seen:
                seen.add(following)
                stack.append((following, iter(() if following in stopped else following.inputs)))
    return order
