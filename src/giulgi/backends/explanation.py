"""What a backend makes of a computation, to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping


class Explanation(Mapping[str, str]):
    """The stages from a graph to what runs, each as text.

    ``print(explanation)`` shows the first stages; ``explanation["assembly"]`` is one of them, and
    is made when it is asked for.

    Args:
        stages: for the name of each stage what makes its text, in their order.
        shown: the stages that are printed together.
    """

    def __init__(self, stages: Mapping[str, Callable[[], str]], shown: int) -> None:
        self._stages = dict(stages)
        self._shown = list(stages)[:shown]

    def __getitem__(self, stage: str) -> str:
        return self._stages[stage]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._stages)

    def __len__(self) -> int:
        return len(self._stages)

    def __str__(self) -> str:
        parts = [f"== {stage} ==\n\n{self[stage]}" for stage in self._shown]
        others = [stage for stage in self if stage not in self._shown]
        if others:
            said = " and ".join(f'["{stage}"]' for stage in others)
            parts.append(f"Further stages, by their names: explanation{said}.")
        return "\n\n".join(parts)

    __repr__ = __str__
