"""How the week passes: the clock is set forward from one moment to the next, and runs end in between."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from signalbox_cli.asking import ask
from signalbox_cli.fleet_words import ENDED
from signalbox_cli.rollout_words import Json
from signalbox_local.embedded import EmbeddedAws
from signalbox_local.film import Unexpected

FLEET = "/fleets/qa"
A_REST = timedelta(seconds=61)  # longer than a run ever rests between two looks
LOOK_EVERY = 0.25  # seconds
PATIENCE = 60.0  # seconds that one run may take
HOUR = timedelta(hours=1)
WAKERS = ("OnTransitionFunction", "SweepFleetsFunction")


class Pace:
    """The local clock, and the runs that come as it passes."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self._aws = aws
        self._machines = aws.client("stepfunctions")
        found = self._machines.list_state_machines()["stateMachines"]
        self._machine = next(one["stateMachineArn"] for one in found if "PowerMachine" in one["name"])

    def now(self) -> datetime:
        """By the local clock."""
        return datetime.fromisoformat(self._aws.control("clock")["now"])

    def pass_to(self, moment: datetime) -> None:
        """What is due until then happens now."""
        self._aws.control("clock", {"to": moment.astimezone(UTC).isoformat()})

    def until_run(self, is_it: Callable[[Json], bool]) -> Json:
        """The newest run that is the one, when all have ended; while they rest the clock goes on. Raises
        Unexpected."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if not self._goes_on():
                runs = ask(self._aws.api("viewer"), "GET", f"{FLEET}/runs?limit=3")["items"]
                found = [run for run in runs if is_it(run)]
                if found and all(run["phase"] in ENDED for run in runs):
                    return dict(ask(self._aws.api("viewer"), "GET", f"{FLEET}/runs/{found[0]['run_id']}"))
            time.sleep(LOOK_EVERY)
        raise Unexpected(f"the run that should have come by {self.now():%a %H:%M} UTC has not ended")

    def _goes_on(self) -> bool:
        """Whether a run is under way; one that rests is let rest at once."""
        running = self._machines.list_executions(stateMachineArn=self._machine, statusFilter="RUNNING")
        arns = [one["executionArn"] for one in running["executions"]]
        if any(self._rests(arn) for arn in arns):
            self.pass_to(self.now() + A_REST)
        return bool(arns)

    def _rests(self, arn: str) -> bool:
        events = self._machines.get_execution_history(executionArn=arn)["events"]
        return bool(events) and events[-1]["type"] == "WaitStateEntered"

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Nobody wakes the fleet until the block ends."""
        functions = self._aws.client("lambda")
        names = [one["FunctionName"] for one in functions.list_functions()["Functions"]]
        silent = [name for name in names if any(waker in name for waker in WAKERS)]
        for name in silent:
            functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        try:
            yield
        finally:
            for name in silent:
                functions.delete_function_concurrency(FunctionName=name)
