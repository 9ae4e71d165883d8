"""`python -m tests.simulation`: all points of all cases, or one of them again, told in full."""

from __future__ import annotations

import logging
import os
import sys

from tests.simulation.options import parser

SEED = "0"  # of the order of sets: without it a run could not be repeated


def main() -> int:
    """The exit status: 0 when every invariant holds."""
    if os.environ.get("PYTHONHASHSEED") != SEED:
        os.environ["PYTHONHASHSEED"] = SEED
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])  # noqa: S606
    from tests.simulation.campaign import campaign, single  # noqa: PLC0415 - after the seed
    from tests.simulation.universe import Universe  # noqa: PLC0415

    options = parser()
    given = options.parse_args()
    logging.disable()  # of faults that were meant
    if given.storm or given.seed is not None:
        return single(given)
    one = given.call or given.once
    if one and not (given.case and given.ending):
        options.error("--case and --ending say of which run")
    return single(given) if one else campaign(given, Universe())


if __name__ == "__main__":
    sys.exit(main())
