"""What a backend makes of a computation, to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from giulgi.names import suggestion


class Explanation(Mapping[str, str]):
    """The stages from a graph to what runs, each as text.

    ``print(explanation)`` shows the first stages; ``explanation["assembly"]`` is one of them, and
    is made when it is asked for.

    Args:
        stages: for the name of each stage what makes its text, in their order.
        shown: how many of the stages are printed together.
        remark: what is said at the end.
    """

    def __init__(
        self, stages: Mapping[str, Callable[[], str]], shown: int, remark: str = ""
    ) -> None:
        self._stages = dict(stages)
        self._shown = list(stages)[:shown]
        self._remark = remark

    def __getitem__(self, stage: str) -> str:
        if stage not in self._stages:
            raise KeyError(f"there is no stage {stage!r}; {suggestion(str(stage), self._stages)}")
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
            parts.append(f"Further stages, by their names in brackets behind explain(...): {said}.")
        if self._remark:
            parts.append(self._remark)
        return "\n\n".join(parts)

    __repr__ = __str__
