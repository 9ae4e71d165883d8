"""Who has made, widened, prolonged or deleted an exception can be told afterwards."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from signalbox_cli.client import Answer
from tests.scenario.command_line import CommandLine
from tests.scenario.world import World

ID = "shop-photos-for-now"
PATH = f"/exceptions/{ID}"


def until(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds")


def test_an_auditor_sees_who_widened_prolonged_and_deleted_an_exception(world: World, tmp_path: Path) -> None:
    since = max((each["sequence"] for each in world.events()), default=0)
    made = {
        "id": ID, "rule": "bucket-public-access", "resource": "shop-photos",
        "reason": "until the new site is there", "owner": "web", "until": until(7),
    }  # fmt: skip
    widened = {**{name: made[name] for name in made if name != "resource"}, "until": until(30)}
    line = CommandLine(world.runtime.folder, tmp_path)

    def put(body: dict[str, Any]) -> Answer:
        return world.api("operator").request("PUT", PATH, body)

    assert (put(made).status, put(made).body["version"], put(widened).body["version"]) == (201, 1, 2)
    assert ID in line("exceptions", "list").stdout
    assert world.api("deployer").request("DELETE", PATH).status == 403
    assert line("exceptions", "delete", ID, "--reason", "the new site is there").stdout == f"{ID}: over\n"
    assert world.api("operator").request("DELETE", PATH).status == 204

    assert ID not in line("exceptions", "list").stdout
    assert ID not in json.dumps(world.api("viewer").request("GET", "/exceptions").body)
    assert f"{ID}" in line("exceptions", "list", "--all").stdout
    shown = world.api("viewer").request("GET", PATH).body
    assert (shown["deleted"], shown["in_force"], shown["version"]) == (True, False, 3)
    rows = csv.DictReader(io.StringIO(line("exceptions", "export").stdout))
    told = [row for row in rows if row["exception"] == ID]
    assert [(row["version"], row["deleted"], row["resource"], row["reason"]) for row in told] == [
        ("3", "true", "", "the new site is there"),
        ("2", "false", "", made["reason"]),
        ("1", "false", "shop-photos", made["reason"]),
    ]
    assert {row["by"].partition(":user/")[2] for row in told} == {"operator"}
    assert [row["at"] for row in told] == sorted((row["at"] for row in told), reverse=True)
    heard = [each["event"] for each in world.events(since)]
    ours = {
        event["detail"]["sequence"]: (event["detail-type"], event["detail"]["actor"])
        for event in heard
        if event["detail"].get("exception") == ID
    }
    assert ours == {
        int(row["version"]): (f"Exception {'Deleted' if row['deleted'] == 'true' else 'Applied'}", row["by"])
        for row in told
    }
    assert put(made).status == 201
    assert world.api("operator").request("GET", PATH).body["version"] == 4
    assert world.api("operator").request("DELETE", PATH).status == 204
