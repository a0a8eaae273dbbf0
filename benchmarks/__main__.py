"""Measure giulgi side by side with other frameworks: ``python -m benchmarks --peers DIR``.

Writes results.json, results.md, results.png and results.svg. Peers whose environments are not
there are left out; ``python -m benchmarks.peers`` makes them.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from benchmarks import machine
from benchmarks.measure import Measurements
from benchmarks.report import markdown
from benchmarks.results import Results
from benchmarks.summary import LANGUAGES, summary
from benchmarks.workloads import FULL, PEERS, QUICK, WORKLOADS, installed


def main() -> None:
    """Measure, and write what was found."""
    arguments = _arguments()
    output: Path = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    if not arguments.draw:
        _measure(arguments).save(output / "results.json")
    results = Results.load_from(output / "results.json")
    (output / "results.md").write_text(markdown(results), encoding="utf-8")
    # Imported late, so that a run without matplotlib leaves its figures.
    from benchmarks.chart import draw

    draw(results, output / "results")
    for language in LANGUAGES:
        print(f"\n{summary(results, language)}\n")
    print(f"Written: {output / 'results.md'}, .json, .png, .svg")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--peers", metavar="DIR", type=Path, help="where their environments are")
    parser.add_argument("--only", nargs="+", choices=[*WORKLOADS], default=[*WORKLOADS])
    parser.add_argument(
        "--without", nargs="+", metavar="PEER", default=[], help="leave out, by name"
    )
    parser.add_argument("--rounds", type=int, help="between two starts of the processes")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see whether it works")
    parser.add_argument("--draw", action="store_true", help="only table and chart, of results.json")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    return parser.parse_args()


def _measure(arguments: argparse.Namespace) -> Results:
    effort = QUICK if arguments.quick else FULL
    if arguments.rounds:
        rounds = arguments.rounds
        effort = replace(effort, rounds=rounds, fresh_rounds=rounds, memory_rounds=rounds)
    peers = [
        peer
        for peer in PEERS
        if installed(peer, arguments.peers) and peer.name not in arguments.without
    ]
    measurements = Measurements(
        peers, arguments.peers, effort, lambda text: print(text, flush=True)
    )
    before = machine.load()
    measurements.run(arguments.only)
    return Results(
        machine=machine.facts(),
        versions=measurements.versions,
        command=_command(arguments),
        when=date.today().isoformat(),
        load=(before, machine.load()),
        notes=measurements.notes,
        series=list(measurements.series.values()),
    )


def _command(arguments: argparse.Namespace) -> str:
    """Return how the run was started, without the folders of this machine."""
    words = sys.argv[1:]
    for flag, folder in (("--peers", arguments.peers), ("--output", arguments.output)):
        words = ["DIR" if folder and word == str(folder) else word for word in words]
        words = [f"{flag}=DIR" if word.startswith(f"{flag}=") else word for word in words]
    return " ".join(["python -m benchmarks", *words])


if __name__ == "__main__":
    main()
