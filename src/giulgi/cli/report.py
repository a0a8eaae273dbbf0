"""What ``giulgi run --explain`` and ``--profile`` print when the program has ended."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from giulgi.compat.graphs.graph import Collections, Graph, get_default_graph
from giulgi.compat.sessions.watching import Notes, Run, by_line
from giulgi.compat.sessions.watching import watched as noted
from giulgi.program import Program

# So many runs are told of: the first ones, or those that took longest.
_MOST_RUNS = 20
# So many operations of a graph are listed: the first ones.
_MOST_OPERATIONS = 60
# And of so many passes over memory; a line that tells of one begins with its number.
_MOST_PASSES = 12
_PASS = re.compile(r"\s+\d+  \S.* over \(")


@contextmanager
def watched(explain: bool, profile: bool) -> Iterator[None]:
    """Run something, and then print what it did, and where its time went."""
    with noted() as notes:
        yield
    sys.stdout.flush()
    if explain:
        print("\n".join(["", *explained(notes)]))
    if profile:
        print("\n".join(["", *profiled(notes)]))


# What it did


def explained(notes: Notes) -> Iterator[str]:
    """Yield lines: the graph, its parameters, and what each run became."""
    for graph in notes.graphs or [get_default_graph()]:
        if graph.size:
            yield from _graph_lines(graph)
    runs = by_line(notes.runs.values())
    if not runs:
        yield "Nothing was run: no session.run, no fit, no predict."
        return
    yield f"== What it ran: {_count(len(notes.runs), 'different thing')} =="
    for number, run in enumerate(runs[:_MOST_RUNS], 1):
        yield ""
        yield f"{number}. {run.what}"
        yield from (f"   {line}" for line in _run_lines(run))
    if len(runs) > _MOST_RUNS:
        yield f"\n... and {_count(len(runs) - _MOST_RUNS, 'other')}."


def _graph_lines(graph: Graph) -> Iterator[str]:
    variables = graph.get_collection(Collections.GLOBAL_VARIABLES)
    trained = graph.get_collection(Collections.TRAINABLE_VARIABLES)
    yield f"== The graph: {_count(graph.size, 'operation')} =="
    yield ""
    yield from _operation_lines(graph)
    yield ""
    numbers = sum(_size(v) for v in trained)
    yield f"== Its parameters: {_count(numbers, 'number')} in {_count(len(trained), 'variable')} =="
    yield ""
    width = max((len(v.name) for v in variables), default=0)
    for variable in variables:
        note = "" if variable in trained else "  (not trained)"
        shape = tuple(variable.shape.as_list())
        yield f"  {variable.name:<{width}}  {shape!s:<16} {_size(variable):>10,}{note}"
    yield ""


def _operation_lines(graph: Graph) -> Iterator[str]:
    """Yield the operations in the order they were made, but for those that only begin variables."""
    operations = graph.get_operations()
    kinds: dict[str, int] = {}
    for operation in operations:
        kinds[operation.type] = kinds.get(operation.type, 0) + 1
    most = sorted(kinds.items(), key=lambda item: -item[1])[:8]
    others = len(operations) - sum(count for _, count in most)
    told = ", ".join(f"{kind} ({count})" for kind, count in most)
    yield f"  {told}, and {_count(others, 'other')}" if others else f"  {told}"
    yield ""
    begins = {v.initializer for v in graph.get_collection(Collections.GLOBAL_VARIABLES)}
    listed = [op for op in operations if op not in begins and op.type not in ("Initial", "NoOp")]
    for operation in listed[:_MOST_OPERATIONS]:
        inputs = ", ".join(_name(x) for x in operation.inputs[:6])
        more = ", ..." if len(operation.inputs) > 6 else ""
        results = ", ".join(
            f"{x.dtype.name} {'?' if x.sizes is None else x.shape}" for x in operation.outputs[:3]
        )
        told = f"  {operation.name} = {operation.type}({inputs}{more})"
        yield f"{told:<60}  {results}".rstrip()
    if len(listed) > _MOST_OPERATIONS:
        yield f"  ... and {_count(len(listed) - _MOST_OPERATIONS, 'other')}"


def _name(tensor: Any) -> str:
    return str(tensor.name).removesuffix(":0")


def _run_lines(run: Run) -> Iterator[str]:
    if run.source is not None:
        yield f"{run.source.short}: {run.source.text}".rstrip(": ")
    told = f"{_count(run.calls, 'call')}, {_time((run.seconds - run.compiling) / run.calls)} each"
    yield f"{told}; compiling took {_time(run.compiling)}" if run.compiling else told
    if run.by_python:
        kinds = ", ".join(dict.fromkeys(run.by_python))
        yield f"carried out by Python: {kinds}"
    if not (run.program.fetches or run.program.updates):
        return
    names = [variable.name for variable, _ in run.program.updates]
    if names:
        yield f"gives new values to {', '.join(names[:8])}{', ...' * (len(names) > 8)}"
    yield from _compiled_lines(run.program)


def _compiled_lines(program: Program) -> Iterator[str]:
    explanations = program.explanations()
    if not explanations:
        yield "computed one operation after another: it took too little for compiling to pay"
    if len(explanations) > 1:
        yield f"compiled for {_count(len(explanations), 'different set')} of shapes; the latest:"
    for shapes, explanation in explanations[-1:]:
        fed = ", ".join(map(str, shapes))
        yield f"compiled to one native function{f' for {fed}' if fed else ''}:"
        if "groups" not in explanation:
            continue
        lines = explanation["groups"].strip().splitlines()
        passes = [line.strip() for line in lines if _PASS.match(line)]
        yield f"  {lines[0]}"
        yield from (f"  {line}" for line in passes[:_MOST_PASSES])
        if len(passes) > _MOST_PASSES:
            yield f"  ... and {len(passes) - _MOST_PASSES} more"


def _size(variable: Any) -> int:
    return int(np.prod(variable.shape.as_list(), dtype=np.int64))


# Where the time went


def profiled(notes: Notes) -> Iterator[str]:
    """Yield lines: where the time went, in all and by what was run."""
    outside = max(notes.seconds - notes.running, 0.0)
    rows = [
        ("importing", notes.importing * outside),
        ("building the graph", notes.building * outside),
        ("compiling", notes.compiling),
        ("running", notes.running - notes.compiling),
        ("Python in between", outside * (1 - notes.building - notes.importing)),
    ]
    yield f"== Where the time went: {notes.seconds:.2f} s =="
    yield ""
    for name, seconds in rows:
        share = seconds / notes.seconds if notes.seconds else 0.0
        yield f"  {name:<20} {seconds:8.2f} s  {share:4.0%}  {'#' * round(30 * share)}"
    yield ""
    runs = sorted(by_line(notes.runs.values()), key=lambda run: -run.seconds)
    if not runs:
        return
    yield f"  {'calls':>9} {'mean':>11} {'in all':>9}  {'compiling':>9}  what"
    for run in runs[:_MOST_RUNS]:
        mean = (run.seconds - run.compiling) / run.calls
        place = f"  ({run.source.short})" if run.source else ""
        yield (
            f"  {run.calls:>9,} {_time(mean):>11} {run.seconds:>7.2f} s  {run.compiling:>7.2f} s  "
            f"{run.what}{place}"
        )
    if len(runs) > _MOST_RUNS:
        rest = runs[_MOST_RUNS:]
        yield f"  ... and {_count(len(rest), 'other')}: {sum(r.seconds for r in rest):.2f} s"


def _time(seconds: float) -> str:
    if seconds < 0.01:
        return f"{seconds * 1e6:,.1f} µs"
    return f"{seconds * 1e3:,.1f} ms"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
