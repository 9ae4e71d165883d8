"""What people, AWS Config and owners do to a finding while it is put right: one thing, or two in a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.exceptions import ClientError

from signalbox.compliance.commands.put_exception import put_exception
from signalbox.compliance.commands.remediate import approve, reject, remediate
from signalbox.compliance.commands.undo_remediation import undo_remediation
from signalbox.compliance.model import Write
from signalbox.compliance.record import State
from signalbox.compliance.spec import ExceptionSpec
from signalbox.kernel.caller import Caller
from signalbox.kernel.clock import rfc3339
from tests.integration.compliance_stages import delete
from tests.simulation.compliance_estate import ACCOUNT_TYPE, condition, distrust
from tests.simulation.compliance_part import APPROVER, CALLER, owner
from tests.simulation.fibers import hub
from tests.simulation.substitutes import present

if TYPE_CHECKING:
    from tests.simulation.compliance_part import CompliancePart
    from tests.simulation.universe import Universe

BETWEEN = 3.0  # seconds between the first and the second of a pair
EXCEPTED_FOR = timedelta(days=30)


def verb(act: Callable[..., object], caller: Caller, part: CompliancePart) -> None:
    """What somebody says to the finding."""
    part.universe.ask_compliance(lambda ports: act(part.id, caller, ports))


def undo(part: CompliancePart) -> None:
    """Somebody whose application it has broken."""
    part.universe.ask_compliance(lambda ports: undo_remediation(part.id, None, CALLER, ports))


def excepted(universe: Universe, rule: str, resource: str | None = None) -> None:
    """Somebody decides to leave what the rule finds as it is."""
    spec = ExceptionSpec(
        id="theirs",
        reason="a simulation",
        owner="shop",
        until=rfc3339(present() + EXCEPTED_FOR),
        rule=rule,
        resource=resource,
    )
    universe.ask_compliance(lambda ports: put_exception(spec, CALLER, ports))


def _said(part: CompliancePart) -> list[dict[str, Any]]:
    """What AWS Config has told of the resource, oldest first."""
    events = (recorded.event for recorded in part.universe.bus.events())
    return [
        event
        for event in events
        if event["source"] == "aws.config" and event["detail"]["resourceId"] == part.resource.id
    ]


def _told_again(which: int, part: CompliancePart) -> None:
    said = _said(part)
    if said:
        part.universe.bus.publish(said[max(which, -len(said))])


def _found_anew(part: CompliancePart) -> None:
    """Config records that it is wrong, from a copy that is as old as what it found first."""
    said = _said(part)
    if not said:
        return
    detail = said[0]["detail"]
    now = datetime.fromtimestamp(hub.now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    result = {**detail["newEvaluationResult"], "resultRecordedTime": now}
    event = {**said[0], "detail": {**detail, "newEvaluationResult": result}}
    part.universe.bus.publish({name: event[name] for name in ("source", "detail-type", "detail")})


def _write(part: CompliancePart, writes: tuple[Write, ...]) -> None:
    """By hand; it may be so already."""
    for write in writes:
        with suppress(ClientError):
            getattr(part.universe.client(write.service), xform_name(write.operation))(**write.parameters)


def _mend(part: CompliancePart) -> None:
    """Nobody makes a swap by hand."""
    now = condition(part.resource)
    if now is not None and part.rule.playbook.stages is None:
        _write(part, part.rule.playbook.act(part.resource, now.fields))


def _break_again(part: CompliancePart) -> None:
    if part.first is not None and part.rule.playbook.stages is None:
        _write(part, part.rule.playbook.undo(part.resource, part.first.fields))


def _delete(part: CompliancePart) -> None:
    if part.resource.type != ACCOUNT_TYPE:
        delete(part.resource, owner(part.universe))


def _except(part: CompliancePart) -> None:
    excepted(part.universe, part.rule.name, part.resource.id)


def _distrust(part: CompliancePart) -> None:
    if part.resource.type != ACCOUNT_TYPE and condition(part.resource) is not None:
        distrust(part.universe.client, part.resource)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody does, and where a finding may be in the end because of it."""

    act: Callable[[CompliancePart], object]
    leads_to: tuple[State, ...] = ()


DEEDS: Mapping[str, Deed] = {
    "approve": Deed(act=partial(verb, approve, APPROVER)),
    "reject": Deed(act=partial(verb, reject, APPROVER), leads_to=(State.OPEN,)),
    "remediate": Deed(act=partial(verb, remediate, CALLER)),
    "undo-fix": Deed(act=undo, leads_to=(State.EXCEPTED,)),
    "told-again": Deed(act=partial(_told_again, -1)),
    "told-late": Deed(act=partial(_told_again, -2)),
    "found-anew": Deed(act=_found_anew),
    "mended": Deed(act=_mend, leads_to=(State.REMEDIATED,)),
    "broken-again": Deed(act=_break_again, leads_to=(State.FAILED, State.FLAPPING)),
    "deleted": Deed(act=_delete, leads_to=(State.GONE,)),
    "distrusted": Deed(act=_distrust, leads_to=(State.OPEN,)),
    "excepted": Deed(act=_except, leads_to=(State.EXCEPTED,)),
}
ALONE = tuple(DEEDS)
VERBS = ("approve", "reject", "remediate", "undo-fix")
OWNERS = ("mended", "broken-again", "deleted", "distrusted", "excepted")
PAIRS = (
    *(f"{first}+{second}" for first, second in product(VERBS, repeat=2)),
    *(f"{owner}+{verb}" for owner, verb in product(OWNERS, VERBS)),
)


def do(part: CompliancePart, names: str, noted: Callable[[], object]) -> None:
    """`reject+remediate`: one after the other; returns at once. `noted` is told of what owners do."""

    def act() -> None:
        for number, name in enumerate(names.split("+")):
            hub.sleep(BETWEEN if number else 0)
            DEEDS[name].act(part)
            if name in OWNERS:
                noted()

    part.ordered += names.split("+")
    hub.spawn(act)
