"""Who does which group, and where workers meet."""

from __future__ import annotations

from giulgi.backends.cpu.code.contractions import Contraction
from giulgi.backends.cpu.code.reductions import scratch_bytes
from giulgi.backends.cpu.code.rows import distinct_scratch_bytes
from giulgi.backends.cpu.machine.processor import Machine
from giulgi.backends.cpu.planning.costs import is_worth_sharing
from giulgi.backends.cpu.planning.group import Group, Kind
from giulgi.backends.cpu.planning.plan import Place, Plan, Step
from giulgi.memory import LINE_BYTES


class Schedule:
    """Decides about the groups of a plan, and notes it in their steps.

    Args:
        plan: the groups in their order.
        machine: the processor.

    Attributes:
        contractions: how each product is computed.
        bodies: for each loop who does what in its steps.
        scratch_bytes: the size of working memory that workers share.
        is_shared: whether there is work for several workers.
    """

    def __init__(self, plan: Plan, machine: Machine) -> None:
        self.steps = plan.steps
        self.contractions = {
            step.group: Contraction(step.group, plan.grouping.access, machine)
            for step in plan.steps
            if step.group.kind is Kind.PRODUCT
        }
        self.bodies = {step: Schedule(step.body, machine) for step in plan.steps if step.body}
        private = [contraction.plan.private_bytes for contraction in self.contractions.values()]
        private += [step.body.private_bytes for step in self.bodies if step.body]
        plan.private_bytes = -(-max(private, default=0) // LINE_BYTES) * LINE_BYTES
        self.scratch_bytes = max([self._scratch(step) for step in plan.steps], default=0)
        for step in plan.steps:
            body = self.bodies.get(step)
            step.parallel = is_worth_sharing(step) if body is None else body.is_shared
            if self._scratch(step):
                place = Place("scratch", 0, 0, self.scratch_bytes)
                step.reads.append(place)
                step.writes.append(place)
        self.is_shared: bool = any(step.parallel for step in plan.steps)
        self._set_barriers()

    def all_contractions(self) -> dict[Group, Contraction]:
        """Return how each product is computed, also those in the bodies of loops."""
        found = dict(self.contractions)
        for body in self.bodies.values():
            found |= body.all_contractions()
        return found

    def _scratch(self, step: Step) -> int:
        group = step.group
        if step in self.bodies:
            return self.bodies[step].scratch_bytes
        if group.kind is Kind.PRODUCT:
            return self.contractions[group].plan.shared_bytes
        if group.kind is Kind.DISTINCT:
            return distinct_scratch_bytes(group)
        return scratch_bytes(group) if group.kind is Kind.REDUCTION else 0

    def _set_barriers(self) -> None:
        """Let workers meet before a group that needs what others may still be doing."""
        reads: list[tuple[Step, Place]] = []
        writes: list[tuple[Step, Place]] = []
        for step in self.steps:
            waits = any(
                _conflict(step, other, place, mine)
                for mine_list, done in ((step.reads, writes), (step.writes, reads + writes))
                for mine in mine_list
                for other, place in done
            )
            if waits:
                step.barrier = True
                reads, writes = [], []
            reads += [(step, place) for place in step.reads]
            writes += [(step, place) for place in step.writes]

    def runs(self) -> list[list[Step]]:
        """Return the groups in runs that are called alike: serial ones together."""
        runs: list[list[Step]] = []
        for step in self.steps:
            follows = bool(runs) and not step.barrier and not (step.commits and step.checks)
            if follows and runs[-1][-1].parallel == step.parallel and not step.commits:
                runs[-1].append(step)
            else:
                runs.append([step])
        return runs


def _conflict(step: Step, other: Step, place: Place, mine: Place) -> bool:
    """Whether a group must wait for another that uses the same memory."""
    if not (step.parallel or other.parallel):
        return False  # The first worker does both, one after the other.
    return place.overlaps(mine)
