"""What a campaign is told on its command line."""

import argparse
import os

DESCRIPTION = "All points of all cases, or one of them again, told in full."
# So begins the line after what a campaign of `tests.simulation.warm` has printed; its exit status follows.
ENDED = "campaign ended with"


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tests.simulation", description=DESCRIPTION)
    made.add_argument("--case", help="such as blue-green/group,compliance/*; without it all")
    made.add_argument("--ending", help="such as rolls-back,stops,undone; without it all")
    made.add_argument("--trouble", help="such as killed-after,abort; without it all")
    made.add_argument(
        "--only", choices=("faults", "deeds"), help="faults of calls, or what people and others do"
    )
    made.add_argument(
        "--of", type=int, help="of so many points of the troubles one, always the same ones; with 0 none"
    )
    made.add_argument("--call", type=int, help="the number of the call that meets the trouble")
    made.add_argument("--once", action="store_true", help="one run without trouble")
    made.add_argument("--storm", help="a storm, as a broken one is printed")
    made.add_argument("--seed", type=int, help="the storm of this number; if it breaks, its shortest part")
    made.add_argument("--seeds", type=int, default=0, help="so many storms")
    made.add_argument("--first-seed", type=int, default=0, help="the number of the first of them")
    made.add_argument("--no-points", action="store_true", help="storms only")
    made.add_argument("--minutes", type=float, default=40.0, help="real minutes, at most")
    made.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    made.add_argument("--json", action="store_true", help="one line of JSON for each point")
    return made
