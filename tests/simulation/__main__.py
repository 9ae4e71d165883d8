"""`python -m tests.simulation`: all points of all cases, or one of them again, told in full."""

from __future__ import annotations

import argparse
import logging
import os
import sys

SEED = "0"  # of the order of sets: without it a run could not be repeated


def main() -> int:
    """The exit status: 0 when every invariant holds."""
    if os.environ.get("PYTHONHASHSEED") != SEED:
        os.environ["PYTHONHASHSEED"] = SEED
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])  # noqa: S606
    from tests.simulation.campaign import campaign, single  # noqa: PLC0415 - after the seed

    parser = _parser()
    given = parser.parse_args()
    logging.disable()  # of faults that were meant
    if given.storm or given.seed is not None:
        return single(given)
    one = given.call or given.once
    if one and not (given.case and given.ending):
        parser.error("--case and --ending say of which run")
    return single(given) if one else campaign(given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--case", help="such as blue-green/group,compliance/ssh-closed; without it all")
    parser.add_argument("--ending", help="such as rolls-back,stops,undone; without it all")
    parser.add_argument("--trouble", help="such as killed-after,abort; without it all")
    parser.add_argument("--of", type=int, help="of so many points of the troubles one, always the same ones")
    parser.add_argument("--call", type=int, help="the number of the call that meets the trouble")
    parser.add_argument("--once", action="store_true", help="one run without trouble")
    parser.add_argument("--storm", help="a storm, as a broken one is printed")
    parser.add_argument("--seed", type=int, help="the storm of this number; if it breaks, its shortest part")
    parser.add_argument("--seeds", type=int, default=0, help="so many storms")
    parser.add_argument("--first-seed", type=int, default=0, help="the number of the first of them")
    parser.add_argument("--no-points", action="store_true", help="storms only")
    parser.add_argument("--minutes", type=float, default=40.0, help="real minutes, at most")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true", help="one line of JSON for each point")
    return parser


if __name__ == "__main__":
    sys.exit(main())
