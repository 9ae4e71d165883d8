"""Register a service, or replace its registration. Reads AWS, changes nothing there."""

from signalbox.kernel.caller import Caller
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Invalid, NotFound, Unprocessable, Violation
from signalbox.rollouts.draft import Draft, draft
from signalbox.rollouts.ports import Ports, Registered
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.validation import violations


def put_service(spec: ServiceSpec, caller: Caller, ports: Ports) -> tuple[Registered, bool]:
    """(the registration, whether it is new). Raises Invalid and Unprocessable."""
    wrong = violations(spec)
    if wrong:
        raise Invalid(*wrong)
    drafted = draft(spec, ports.estates.survey(spec, None), None)
    refuse_if_strict(spec, drafted)
    now = rfc3339(ports.clock())
    before = _before(spec.name, ports)
    service = Registered(
        spec=spec,
        created_at=before.created_at if before else now,
        updated_at=now,
        updated_by=caller.arn,
        warnings=drafted.warnings,
        unsuitable=drafted.suitability.unsuitable,
        safest=drafted.suitability.safest,
        sequence=before.sequence if before else None,
    )
    return service, ports.services.put(service)


def refuse_if_strict(spec: ServiceSpec, drafted: Draft) -> None:
    """With `guards.strict` a dead or blind guard is a refusal."""
    if spec.guards.strict and drafted.useless_guards:
        raise Unprocessable(*(Violation("guards.strict", text) for text in drafted.useless_guards))


def _before(name: str, ports: Ports) -> Registered | None:
    try:
        return ports.services.get(name)
    except NotFound:
        return None
