"""Starts and looks at executions of the power machine."""

from signalbox.aws.executions import execution_status, start_execution


class PowerExecutions:
    """Port `Executions` of fleets."""

    def __init__(self, machine_arn: str) -> None:
        self._machine_arn = machine_arn

    def start(self, fleet: str, run_id: str, generation: int) -> None:
        """Start the generation's execution; the same one twice is one."""
        given = {"fleet": fleet, "run_id": run_id, "generation": generation}
        start_execution(self._machine_arn, f"{run_id}-g{generation}", given)

    def status(self, run_id: str, generation: int) -> str | None:
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED; None when there is no such execution."""
        return execution_status(self._machine_arn, f"{run_id}-g{generation}")
