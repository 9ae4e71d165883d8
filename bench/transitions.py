"""What a rollout costs by preset: state transitions, function calls and writes, beside designs that poll."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.runtime import Runtime
from signalbox_local.sample_service import Wish, make_service

BAKE = "2s"
PRESETS: dict[str, dict[str, object]] = {
    "canary": {"preset": "canary", "bake": BAKE},
    "blue-green": {"preset": "blue-green", "bake": BAKE},
    "linear": {"preset": "linear", "share": 20, "every": BAKE},
    "steps (5 shifts)": {
        "steps": [
            {"provision": {"percent": 100}},
            *({"shift": {"percent": percent}} for percent in (10, 25, 50, 75)),
            {"shift": {"percent": 100}},
            {"bake": {"for": BAKE}},
            {"retire": {}},
        ]
    },
}
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
MINUTES = 10  # of each bake, for the designs that poll
POLL_STATES = 3  # Wait, Check, Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Counted on one rollout. `bound` is 2 x steps + 4 + 3 x settling holds."""

    preset: str
    steps: int
    bakes: int
    settles: int
    transitions: int
    invocations: int
    writes: int

    @property
    def bound(self) -> int:
        """What the machine may take at the most."""
        return 2 * self.steps + 4 + 3 * self.settles

    def polling(self, seconds: int) -> int:
        """Transitions of a design that looks each so many seconds of 10-minute bakes and settles for free."""
        return 2 * self.steps + 4 + POLL_STATES * self.bakes * MINUTES * 60 // seconds


def entered(history: Sequence[dict[str, Any]]) -> list[str]:
    """The names of the states that an execution entered."""
    states = [event for event in history if event["type"].endswith("StateEntered")]
    return [str(state["stateEnteredEventDetails"]["name"]) for state in states]


def history_of(runtime: Runtime, rollout_id: str) -> list[dict[str, Any]]:
    """Every event of the rollout's first execution."""
    stepfunctions = runtime.aws("stepfunctions")
    machines = stepfunctions.list_state_machines()["stateMachines"]
    machine = next(one["stateMachineArn"] for one in machines if "RolloutMachine" in one["name"])
    arn = machine.replace(":stateMachine:", ":execution:") + f":{rollout_id}-g1"
    return list(stepfunctions.get_execution_history(executionArn=arn, maxResults=1000)["events"])


def measure(runtime: Runtime, preset: str, size: int = 4) -> Cost:
    """One good rollout."""
    name = f"cost-{preset.split(' ', 1)[0]}-{size}"
    service = make_service(runtime.aws, Wish(name=name, size=size, versions=("v1", "v2"), draining=0))
    runtime.api.request("PUT", f"/services/{name}", service.spec(strategy=PRESETS[preset]))
    before = runtime.last_call()
    rollout_id = runtime.start(name, service.images["v2"])
    rollout = runtime.until(name, rollout_id, "succeeded")
    states = entered(history_of(runtime, rollout_id))
    calls = [call for call in runtime.calls(before) if call["operation"] in WRITES]
    return Cost(
        preset=preset,
        steps=len(rollout["steps"]),
        bakes=sum(1 for step in rollout["steps"] if step["kind"] == "bake"),
        settles=sum(1 for state in states if state.startswith("Settle")),
        transitions=len(states),
        invocations=sum(1 for state in states if state not in ("NextStep", "Succeeded")),
        writes=sum(1 for call in calls if "Function" in call["principal"]),
    )
