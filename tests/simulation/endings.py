"""`python -m tests.simulation.endings`: runs without troubles, each in a child of its own; a line each."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from tests.simulation.cases import CASES, Case, Ending
from tests.simulation.child import Child, verdict_of
from tests.simulation.part import Role
from tests.simulation.play import Play
from tests.simulation.universe import Universe


def run(universe: Universe, case: Case, ending: Ending) -> str:
    """Its case, its ending, and `as it must` or what is wrong."""
    child = Child()
    if child.is_me:
        child.tell(verdict_of(Play(universe, [Role(case=case, ending=ending)]).run))
    verdict, wanted = child.told(), case.phase(ending)
    wrong = verdict.violations or (
        (f"it is {verdict.phase}, not {wanted}",) if verdict.phase != wanted else ()
    )
    return f"{case.name} {ending}: {'; '.join(wrong) or 'as it must'}"


def _lines() -> Iterator[str]:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.endings", description=__doc__)
    parser.add_argument("--platform", help="such as group; without it all")
    parser.add_argument("--router", help="such as alb; without it all")
    parser.add_argument("endings", nargs="*", type=Ending, help="such as shortfall; without one all")
    given = parser.parse_args()
    cases = [
        case
        for case in CASES.values()
        if given.platform in (None, case.platform) and given.router in (None, case.router)
    ]
    universe = Universe()
    for case in cases:
        for ending in case.endings:
            if not given.endings or ending in given.endings:
                yield run(universe, case, ending)


if __name__ == "__main__":
    for line in _lines():
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
