"""The command line against a running stack: what each command answers, where, and with which exit code."""

import json
import re
from pathlib import Path

import pytest
import yaml

from signalbox_local.sample_service import SampleService
from tests.contract.template import ROOT
from tests.scenario.command_line import CommandLine
from tests.scenario.conftest import LocalRuntime
from tests.scenario.world import Story, World

LONG = "{preset: blue-green, bake: 10m}"


@pytest.fixture
def signalbox(runtime: LocalRuntime, tmp_path: Path) -> CommandLine:
    """In the folder of the runtime."""
    return CommandLine(folder=runtime.folder, home=tmp_path)


@pytest.fixture
def shop(world: World, signalbox: CommandLine) -> SampleService:
    """A service that was registered with `apply`."""
    service = world.service(size=1)
    applied = signalbox("services", "apply", "-f", "-", stdin=yaml.safe_dump(service.spec()))
    assert (applied.returncode, applied.stdout) == (0, f"{service.name}: registered\n"), applied.stderr
    return service


def test_a_service_is_applied_planned_rolled_out_and_forgotten(
    signalbox: CommandLine, shop: SampleService, tmp_path: Path
) -> None:
    file = tmp_path / "service.yaml"
    file.write_text(
        yaml.safe_dump(shop.spec(owner="search", strategy={"preset": "blue-green", "bake": "5s"}))
    )
    again = signalbox("services", "apply", "-f", str(file))
    assert again.stdout == f"{shop.name}: registration replaced\n"
    assert "warning: strategy: a bake of 5 s is shorter" in again.stderr
    assert signalbox.json("services", "show", shop.name)["owner"] == "search"
    assert shop.name in [service["name"] for service in signalbox.json("services", "list")]

    plan = signalbox("services", "plan", shop.name, shop.images["v2"], "--strategy", "{preset: blue-green}")
    assert re.search(r"^1 +provision 100 %$", plan.stdout, re.MULTILINE), plan
    assert "autoscaling:CreateAutoScalingGroup" in plan.stdout
    assert signalbox("rollouts", "list", shop.name).stderr == "there are none\n"

    start = ("rollouts", "start", shop.name, shop.images["v2"], "--wait")
    told = signalbox(*start, "--reason", "[red]release\x1b[2J")
    assert told.returncode == 0, told
    assert "Rollout Requested          [red]release" in told.stdout
    assert re.search(r"traffic +stable 0 %, candidate 100 %", told.stdout)
    assert re.search(r"capacity +stable 1 of 1 healthy; candidate 1 of 1 healthy", told.stdout)
    assert "\x1b" not in told.stdout
    assert told.stdout.splitlines()[-1].endswith(f"{shop.images['v2']} serves all traffic")

    timeline = signalbox.json("rollouts", "timeline", shop.name)
    assert [event["sequence"] for event in timeline] == list(range(1, len(timeline) + 1))
    assert signalbox.json("rollouts", "timeline", shop.name, "--last", "1")[0]["type"] == "Rollout Succeeded"
    assert "Rollout Succeeded" in signalbox("rollouts", "timeline", shop.name).stdout
    undone = signalbox("undo", shop.name, "--wait")
    assert undone.returncode == 0, undone
    assert undone.stdout.splitlines()[-1].endswith(f"{shop.images['v1']} serves all traffic")
    listed = signalbox.json("rollouts", "list", shop.name)
    assert [rollout["phase"] for rollout in listed] == ["succeeded", "succeeded"]

    assert signalbox("services", "delete", shop.name).stdout == f"{shop.name}: forgotten\n"
    gone = signalbox("services", "show", shop.name)
    assert (gone.returncode, gone.stdout) == (1, "")
    assert gone.stderr.startswith(f"✗ Not Found (404): there is no service {shop.name}\n→ ")


def test_verbs_act_on_the_open_rollout_and_the_end_is_in_the_exit_code(
    signalbox: CommandLine, shop: SampleService, world: World
) -> None:
    none = signalbox("abort", shop.name)
    assert (none.returncode, none.stderr) == (1, f"✗ {shop.name} has no open rollout\n")
    started = signalbox.json("rollouts", "start", shop.name, shop.images["v2"], "--strategy", LONG)

    story = Story(world, shop.name, started["rollout_id"])
    story.until_holding("bake")
    assert signalbox("pause", shop.name, "-m", "lunch").stdout == f"{started['rollout_id']}: holding\n"
    story.until_holding("pause")
    assert signalbox("resume", shop.name, started["rollout_id"]).returncode == 0
    guard = signalbox.json("rollouts", "show", shop.name)["guards"][0]
    assert (guard["name"], guard["comparison"], guard["threshold"]) == (shop.alarm, "GreaterThanThreshold", 5)
    assert guard["since"]
    shown = signalbox("rollouts", "show", shop.name).stdout
    assert "◔ holding · watching the guards" in shown
    assert "candidate  1 of 1 healthy" in shown
    second = signalbox("rollouts", "start", shop.name, shop.images["v3"])
    assert second.returncode == 1
    assert started["rollout_id"] in second.stderr
    aborted = signalbox("abort", shop.name, "--reason", "wrong build", "--wait", "-o", "json")
    assert aborted.returncode == 4, aborted
    assert json.loads(aborted.stdout)["phase"] == "aborted"
    assert "wrong build" in aborted.stderr
    late = signalbox("abort", shop.name, started["rollout_id"])
    assert (late.returncode, late.stdout) == (0, f"{started['rollout_id']}: aborted\n")
    assert late.stderr == "it had ended already: abort changes nothing\n"


def test_a_rollout_that_its_guard_throws_back_ends_with_three(
    signalbox: CommandLine, shop: SampleService, world: World
) -> None:
    start = ("rollouts", "start", shop.name, shop.images["v2"], "--strategy", LONG)
    rollout_id = signalbox.json(*start)["rollout_id"]
    with signalbox.begin("rollouts", "watch", shop.name) as watch:
        assert watch.stdout
        while "watching the guards" not in (line := watch.stdout.readline()):
            assert line, watch.stderr
        world.raise_alarm(f"signalbox-{rollout_id}-{shop.alarm}")
        told = watch.stdout.read()
        assert watch.wait(60) == 3
    # Looks may miss the guard itself, whose alarm goes with the candidate. The timeline does not.
    assert f"alarm {shop.alarm} (candidate) is in ALARM" in told
    assert re.search(r"traffic +stable 100 %, candidate 0 %", told)
    assert "Rollout Rolled Back" in told


def test_the_example_is_sent_and_what_aws_lacks_is_told(signalbox: CommandLine) -> None:
    refused = signalbox("services", "apply", "-f", str(ROOT / "examples/service.yaml"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("✗ Unprocessable Entity (422): ")
    assert "  guards.alarms.1: alarm checkout-latency does not exist in eu-west-1" in refused.stderr


def test_who_may_not_is_told_so(signalbox: CommandLine, shop: SampleService) -> None:
    refused = signalbox("services", "delete", shop.name, "--as", "deployer")
    assert refused.returncode == 1
    assert "user/deployer is not authorized" in refused.stderr
    assert "docs/deployment.md#callers" in refused.stderr


@pytest.mark.parametrize("name", ["[red]x[/red]", "../rollouts", "ü\x1b[2J%2F"])
def test_odd_names_lead_nowhere(signalbox: CommandLine, name: str) -> None:
    refused = signalbox("services", "show", name)
    assert refused.returncode == 1
    assert "(404)" in refused.stderr or "is not a name" in refused.stderr, refused.stderr
    assert "\x1b" not in refused.stderr


def _deployed(runtime: LocalRuntime, signalbox: CommandLine, **more: str) -> CommandLine:
    """The same stack as if it were on AWS: by URL, with the keys and the Region of the environment."""
    keys = runtime.callers["operator"]
    environment = {
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_REGION": runtime.region,
        "SIGNALBOX_URL": runtime.api_url,
        "SIGNALBOX_API_KEY": runtime.api_key,
    }
    return CommandLine(folder=signalbox.home, home=signalbox.home, environment={**environment, **more})


def test_a_deployed_stack_is_called_with_credentials_key_and_url_of_the_environment(
    runtime: LocalRuntime, signalbox: CommandLine
) -> None:
    assert isinstance(_deployed(runtime, signalbox).json("services", "list"), list)


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"SIGNALBOX_API_KEY": "wrong"}, "the API key is missing or wrong"),
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "the secret key is wrong"),
        ({"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"}, "AWS does not know these credentials"),
    ],
)
def test_what_is_wrong_with_a_connection_is_told_with_what_to_do(
    runtime: LocalRuntime, signalbox: CommandLine, environment: dict[str, str], told: str
) -> None:
    refused = _deployed(runtime, signalbox, **environment)("services", "list")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert told in refused.stderr


def test_a_key_can_be_kept_in_a_file_that_nobody_else_may_read(
    runtime: LocalRuntime, signalbox: CommandLine
) -> None:
    config = signalbox.home / "signalbox" / "config.toml"
    config.parent.mkdir()
    config.write_text(f'url = "{runtime.api_url}"\napi_key = "{runtime.api_key}"\n')
    config.chmod(0o600)
    deployed = _deployed(runtime, signalbox, SIGNALBOX_URL="", SIGNALBOX_API_KEY="")
    assert isinstance(deployed.json("services", "list"), list)
    config.chmod(0o640)
    refused = deployed("services", "list")
    assert refused.returncode == 1
    assert refused.stderr == f"✗ {config} has mode 0640: others may read the API key\n→ chmod 600 {config}\n"
