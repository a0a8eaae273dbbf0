"""Whether a program computes at once: as it says, or as what it calls lets guess."""

from __future__ import annotations

import sys
from typing import Any

from giulgi.compat.eager.graphs import EagerGraph
from giulgi.compat.eager.guessing import guessed_of_cell
from giulgi.compat.eager.lazy import assign_pending
from giulgi.compat.graphs.graph import Graph, begin_with, get_default_graph, is_eager
from giulgi.compat.manner import manner
from giulgi.compat.names import TABLES, exported
from giulgi.compat.sessions.session import BaseSession, get_default_session
from giulgi.compat.tensors.tensor import Tensor
from giulgi.storage import current_storage
from giulgi.tree import flatten, unflatten

# What a program asks for, to decide how to go on.
_VERSION, _VERSION_OF_GRAPHS = "2.3.0", "1.15.5"


class _ImplicitSession(BaseSession):
    """A session with the values of the storage in use, in which variables need no initializer."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph=graph)
        self.storage = current_storage()

    def _require_initialized(self, prepared: Any) -> None:
        from giulgi.compat.variables.variable import declared

        missing = []
        for cell in prepared.reads:
            variable = declared(cell)
            own = variable is not None and not variable.graph.is_eager
            if variable is not None and own and cell not in self.initialized:
                missing.append(variable)
        if missing:
            self.run([variable.initializer for variable in missing])


def implicit_session() -> BaseSession:
    """Return the session that is open, else the one of the graph that needs no opening."""
    found = get_default_session()
    if found is not None:
        return found
    return session_of(get_default_graph())


def session_of(graph: Graph) -> BaseSession:
    """Return the session of a graph that needs no opening."""
    kept: BaseSession | None = graph.notes.get("implicit session")
    if kept is None:
        kept = graph.notes["implicit session"] = _ImplicitSession(graph)
    return kept


def value_of(thing: Any) -> Any:
    """Return the value of a tensor or variable, perhaps nested, computed now."""
    if not is_eager():
        return implicit_session().run(thing)
    leaves, structure = flatten(thing)
    return unflatten(structure, iter([_value(leaf) for leaf in leaves]))


def _value(leaf: Any) -> Any:
    if isinstance(leaf, Tensor) and not leaf.is_eager:
        return session_of(leaf.graph).run(leaf)
    return leaf.numpy() if hasattr(leaf, "numpy") else None


@exported("executing_eagerly")
def executing_eagerly() -> bool:
    """Whether tensors have values at once."""
    return is_eager()


@exported("enable_eager_execution", "contrib.eager.enable_eager_execution")
def enable_eager_execution(*_: Any, **__: Any) -> None:
    """Let tensors have values at once."""
    _begin(is_modern=False)


@exported("enable_v2_behavior")
def enable_v2_behavior() -> None:
    """Let tensors have values at once, and functions the arguments of TensorFlow 2."""
    _begin(is_modern=True)


def _begin(is_modern: bool) -> None:
    mode.is_decided = True
    manner.is_modern = is_modern
    if not get_default_graph().is_eager:
        begin_with(EagerGraph())
        if is_modern:
            _set_version(_VERSION)


def _set_version(version: str) -> None:
    for name in ("__version__", "VERSION", "version.VERSION"):
        TABLES["tensorflow"][name] = version
        module = sys.modules.get("tensorflow.version" if "." in name else "tensorflow")
        if module is not None:
            module.__dict__.pop(name.split(".")[-1], None)


@exported("disable_v2_behavior")
def disable_v2_behavior() -> None:
    """Let tensors wait for a session, and functions have the arguments of TensorFlow 1."""
    disable_eager_execution()
    manner.is_modern = False


@exported("disable_eager_execution")
def disable_eager_execution() -> None:
    """Let tensors wait for a session."""
    mode.is_decided = True
    if get_default_graph().is_eager:
        assign_pending()
        begin_with(Graph())
        _set_version(_VERSION_OF_GRAPHS)


class _Mode:
    """Whether it is decided how the program computes.

    A program that says nothing of it is one of TensorFlow 1 or 2: its text tells, or what it looks
    up.
    """

    def __init__(self) -> None:
        self.is_decided = False

    def guess(self, is_modern: bool | None) -> None:
        """Take what a program does as a sign of TensorFlow 2, or else of 1; the first counts."""
        if self.is_decided or is_modern is None:
            return
        self.is_decided = True
        if is_modern:
            enable_v2_behavior()

    def forget(self) -> None:
        """Decide anew, for another program."""
        disable_v2_behavior()
        self.is_decided = False


mode = _Mode()


def watch_cells() -> None:
    """Look at the cells of a notebook before they are run, where there is one."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None or not hasattr(shell, "events"):
        return

    def look(info: Any = None) -> None:
        mode.guess(guessed_of_cell(str(getattr(info, "raw_cell", ""))))

    shell.events.register("pre_run_cell", look)


# Names that only programs of one version look up.
_OF_TWO = {"GradientTape", "function", "Module", "TensorSpec"}
_OF_ONE = {
    "Session", "InteractiveSession", "placeholder", "global_variables_initializer",
    "get_variable", "variable_scope", "layers", "app", "flags", "reset_default_graph",
    "initialize_all_variables", "get_default_graph", "Graph",
}  # fmt: skip


def note_name(name: str) -> None:
    """Take note of a name of TensorFlow that a program looks up."""
    if not mode.is_decided:
        mode.guess(True if name in _OF_TWO else False if name in _OF_ONE else None)
