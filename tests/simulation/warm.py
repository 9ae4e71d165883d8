"""`python -m tests.simulation.warm`: a universe that waits for campaigns, and forks a process for each.

It reads the arguments of one a line, as JSON; what the campaign prints is followed by a line that says how it
ended. It ends with its input.
"""

import json
import logging
import os
import sys
import traceback
from typing import NoReturn

from tests.simulation.campaign import campaign
from tests.simulation.options import ENDED, parser
from tests.simulation.universe import Universe


def serve() -> None:
    """Until nothing is asked for any more."""
    logging.disable()  # of faults that were meant
    universe = Universe()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _play(line, universe)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{ENDED} {os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _play(line: str, universe: Universe) -> NoReturn:
    status = 1
    try:
        status = campaign(parser().parse_args(json.loads(line)), universe)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    serve()
