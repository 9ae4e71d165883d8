"""CloudTrail records what is done in all Regions: a trail that is not logging does not count, nor one that
leaves management events out. AWS does not say whether its rule sees the first: the sweep looks, too."""

from collections.abc import Sequence

from signalbox.compliance.model import Configuration, Danger, Judgement, Mode, Resource, Write
from signalbox.compliance.rules.rule import Playbook, Rule, compliant, non_compliant
from signalbox.compliance.rules.volumes_encrypted_by_default import ACCOUNT


def _trails(configuration: Configuration) -> Sequence[dict[str, object]]:
    """Of all Regions: those of the organisation as well."""
    found = configuration.get("Trails")
    return [each for each in found if each["IsMultiRegion"]] if isinstance(found, list | tuple) else ()


def _judge(configuration: Configuration) -> Judgement:
    trails = _trails(configuration)
    whole = [each for each in trails if each["RecordsManagement"]]
    logging = [str(each["Name"]) for each in whole if each["IsLogging"]]
    if logging:
        return compliant(f"{logging[0]} records all Regions")
    if whole:
        return non_compliant(f"{_names(whole)}: not logging")
    if trails:
        return non_compliant(f"{_names(trails)}: management events are left out")
    return non_compliant("no trail records all Regions")


def _names(trails: Sequence[dict[str, object]]) -> str:
    return ", ".join(str(each["Name"]) for each in trails)


def _startable(configuration: Configuration) -> list[str]:
    """The ARNs of those at home in this account and Region; one that validates its log files first."""
    own = [each for each in _trails(configuration) if each["IsStartable"] and each["RecordsManagement"]]
    own.sort(key=lambda each: (not each["ValidatesFiles"], str(each["Name"])))
    return [str(each["Arn"]) for each in own]


def _obstacle(configuration: Configuration) -> str:
    if _startable(configuration):
        return ""
    return (
        "no trail of all Regions, with all management events, could be started: making one takes a decision"
    )


def _act(resource: Resource, configuration: Configuration) -> tuple[Write, ...]:
    return (_named("StartLogging", _startable(configuration)[0]),)


def _undo(resource: Resource, before: Configuration) -> tuple[Write, ...]:
    return (_named("StopLogging", _startable(before)[0]),)


def _restored(configuration: Configuration) -> Configuration:
    logging = {str(each["Arn"]): each["IsLogging"] for each in _trails(configuration)}
    return {arn: logging[arn] for arn in _startable(configuration)[:1]}


def _named(operation: str, trail: str) -> Write:
    return Write(service="cloudtrail", operation=operation, parameters={"Name": trail})


RULE = Rule(
    name="trail-logging",
    title="A trail of all Regions is logging",
    identifier="MULTI_REGION_CLOUD_TRAIL_ENABLED",
    resource_type=ACCOUNT,
    scope=(),
    judge=_judge,
    playbook=Playbook(
        mode=Mode.AUTO,
        danger=Danger.NONE,
        obstacle=_obstacle,
        act=_act,
        undo=_undo,
        restored=_restored,
    ),
)
