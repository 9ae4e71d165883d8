"""How things stand: what was found by each rule, and whether anything is known of it."""

from collections.abc import Mapping, Sequence

from signalbox.compliance.decisions.data import Data, data
from signalbox.compliance.decisions.posture import Posture, posture
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.rules import baseline_kept
from signalbox.kernel.errors import Rejected, Transient

_NO_RULE = Data(missing="AWS Config does not look: this stack has no rule for it there")


def tell_posture(ports: CompliancePorts) -> Posture:
    """Of all rules, and of those that are no more but have findings."""
    return posture(ports.findings.all(), _known(ports), ports.clock())


def _known(ports: CompliancePorts) -> Mapping[str, Data]:
    """By rule of ours. When AWS Config cannot be asked nothing is known, and findings are told all the
    same."""
    known = dict.fromkeys(ports.rules, _NO_RULE)
    if ports.config_rules:
        known |= _told(ports)
    return known


def _told(ports: CompliancePorts) -> Mapping[str, Data]:
    try:
        recording, looks = ports.evaluations.recording(), ports.evaluations.looks(ports.config_rules)
    except (Transient, Rejected) as problem:
        unasked = Data(missing=f"AWS Config could not be asked: {problem}")
        return dict.fromkeys(ports.config_rules.values(), unasked)
    return {
        rule: data(recording, looks.get(name), _types(rule, ports))
        for name, rule in ports.config_rules.items()
    }


def _types(rule: str, ports: CompliancePorts) -> Sequence[str]:
    """Of which there must be records; of baselines where there is one."""
    if rule == baseline_kept.NAME:
        return [each.resource_type for each in ports.baselines.all() if not each.is_ended]
    return ports.rules[rule].recorded_types if rule in ports.rules else ()
