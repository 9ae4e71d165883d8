"""What a rollout sees: its scene, who has the traffic, and the alarms that guard it."""

from datetime import datetime

from signalbox.kernel.durations import parse_duration
from signalbox.rollouts.guards import names_of_copies
from signalbox.rollouts.model import Split, StepKind
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.routing import share_of
from signalbox.rollouts.scene import Scene
from signalbox.rollouts.steps.given_up import lost_for
from signalbox.rollouts.steps.propagation import lag_of


def look(rollout: Rollout, now: datetime, ports: Ports) -> Scene:
    """What the decisions are given; before the snapshot there is only what is there now."""
    estate = ports.estates.observe(rollout.layout, rollout.rollout_id)
    floor = rollout.spec.guards.min_healthy_percent
    return Scene(
        rollout_id=rollout.rollout_id,
        version=rollout.version,
        layout=rollout.layout,
        snapshot=rollout.snapshot or estate.settings(),
        estate=estate,
        min_healthy_percent=100 if floor is None else floor,
        alarms=rollout.alarms,
        rebuilding=rollout.rebuilding,
        starved=_is_starved(rollout, now),
        lag=lag_of(rollout, estate.rules, now),
        lost_for=lost_for(rollout, now),
    )


def _is_starved(rollout: Rollout, now: datetime) -> bool:
    since = rollout.waits_since
    return since is not None and now - since > parse_duration(rollout.spec.guards.deadline)


def split_of(scene: Scene) -> Split:
    """The new version's share of traffic: the candidate's weight, and of what stable gets the part of healthy
    targets that run the new version already."""
    estate, stable = scene.estate, scene.layout.stable_target_group
    shares = [share_of(rule, stable, scene.candidate_target_group) for rule in estate.rules]
    weight = max(shares, default=0.0)
    beside = () if scene.has_own_target_group else estate.healthy_candidate
    serving = estate.healthy_stable + beside
    renewed = sum(1 for i in serving if i.version == scene.candidate_version)
    share = round(weight + (100 - weight) * renewed / (len(serving) or 1))
    return Split(stable=100 - share, candidate=share)


def guard_names(rollout: Rollout) -> tuple[str, ...]:
    """The alarms to read: the service's own and, once a candidate is provisioned, the copies that see it."""
    own = rollout.spec.guards.alarms
    provisioned = any(s.kind is StepKind.PROVISION for s in rollout.steps[: rollout.step])
    return (*own, *copies_of(rollout)) if provisioned else own


def copies_of(rollout: Rollout) -> tuple[str, ...]:
    """The names of all alarms that the rollout makes."""
    return names_of_copies(rollout.rollout_id, rollout.alarms, rollout.layout)


def watched(rollout: Rollout, ports: Ports) -> tuple[str, ...]:
    """The ARNs of all alarms of a rollout, those included that are still to be made."""
    copies = [
        f"arn:aws:cloudwatch:{ports.region}:{ports.account}:alarm:{name}" for name in copies_of(rollout)
    ]
    return (*(alarm.arn for alarm in rollout.alarms), *copies)
