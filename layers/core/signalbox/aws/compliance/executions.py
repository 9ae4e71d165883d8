"""Starts, looks at and wakes executions of the remediation machine."""

from signalbox.aws.executions import answer_token, execution_status, start_execution
from signalbox.compliance.progress import Progress


class RemediationExecutions:
    """Port `Executions` of compliance. Without a machine (functions that the machine itself calls) only
    `wake` works."""

    def __init__(self, machine_arn: str = "") -> None:
        self._machine_arn = machine_arn

    def start(self, finding_id: str, generation: int) -> None:
        """Start the generation's execution; the same one twice is one."""
        given = {"finding": finding_id, "generation": generation}
        start_execution(self._machine_arn, f"{finding_id}-g{generation}", given)

    def status(self, finding_id: str, generation: int) -> str | None:
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED; None when there is no such execution."""
        return execution_status(self._machine_arn, f"{finding_id}-g{generation}")

    def wake(self, token: str, progress: Progress) -> None:
        """Answer a wait's token. Raises Conflict when nobody waits for it any more."""
        answer_token(token, progress.to_wire())
