"""Say how resources of a type are meant to be; or that nothing is expected of them any more."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from signalbox.compliance.baseline_types import BASELINE_TYPES
from signalbox.compliance.decisions.baselines import value_of
from signalbox.compliance.decisions.expectations import field_violations, value_violations
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Baseline
from signalbox.compliance.rules.baseline_kept import NAME
from signalbox.compliance.spec import BaselineSpec
from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Invalid, NotFound, Rejected, Transient, Unprocessable, Violation


def record_baseline(
    resource_type: str, spec: BaselineSpec, caller: Caller, ports: CompliancePorts
) -> tuple[Baseline, bool]:
    """(the baseline, whether the type had none). What is so already is no new version. Raises Invalid,
    Unprocessable, Conflict when somebody else is faster, and what AWS Config says; a refused call stores
    nothing."""
    _check(resource_type, spec)
    expected = spec.expected or _of_example(resource_type, spec, ports)
    too_much = value_violations(expected)
    if too_much:
        raise Invalid(*too_much)
    before = ports.baselines.find(resource_type)
    baseline = Baseline(
        resource_type=resource_type,
        version=before.version + 1 if before else 1,
        expected=expected,
        reason=spec.reason,
        at=ports.clock(),
        by=caller.arn,
        like=spec.like,
    )
    is_new = before is None or before.is_ended
    if before is not None and _is_same(before, baseline):
        return before, False
    return _saved(baseline, ports), is_new


def end_baseline(resource_type: str, caller: Caller, ports: CompliancePorts) -> Baseline:
    """The version that ends it; ended twice it is ended once. Raises NotFound, and Conflict."""
    before = get_baseline(resource_type, ports)
    if before.is_ended:
        return before
    ended = replace(
        before,
        version=before.version + 1,
        reason=caller.reason,
        at=ports.clock(),
        by=caller.arn,
        is_ended=True,
    )
    return _saved(ended, ports)


def get_baseline(resource_type: str, ports: CompliancePorts) -> Baseline:
    """Its latest version, which may be that it is over. Raises NotFound."""
    found = ports.baselines.find(resource_type)
    if found is None:
        raise NotFound(f"no baseline of {resource_type} has been recorded")
    return found


def is_compared(ports: CompliancePorts) -> bool:
    """Whether AWS Config has the rule that compares with baselines."""
    return NAME in ports.config_rules.values()


def _check(resource_type: str, spec: BaselineSpec) -> None:
    wrong = []
    if resource_type not in BASELINE_TYPES:
        wrong.append(Violation("resource_type", f"one of {', '.join(BASELINE_TYPES)}"))
    if (spec.expected is None) == (spec.like is None):
        wrong.append(Violation("expected", "give either this or like: values, or a resource that has them"))
    if spec.fields is not None and spec.like is None:
        wrong.append(Violation("fields", "these are taken from a resource: name it in like"))
    wrong += field_violations({f"expected.{path}": path for path in spec.expected or ()})
    wrong += field_violations({f"fields.{number}": path for number, path in enumerate(spec.fields or ())})
    if wrong:
        raise Invalid(*wrong)


def _of_example(resource_type: str, spec: BaselineSpec, ports: CompliancePorts) -> Mapping[str, object]:
    """Fields that somebody has named must be there; of the usual ones those count that are."""
    item = ports.records.find(resource_type, str(spec.like))
    if item is None:
        raise Unprocessable(Violation("like", f"AWS Config has recorded no {resource_type} {spec.like}"))
    fields = spec.fields or BASELINE_TYPES[resource_type]
    found = {field: value_of(field, item.configuration) for field in fields}
    missing = [field for field, value in found.items() if value is None]
    if spec.fields and missing:
        raise Unprocessable(Violation("fields", f"{spec.like} has no {', '.join(missing)}"))
    if len(missing) == len(found):
        raise Unprocessable(Violation("like", f"{spec.like} has none of {', '.join(missing)}: name fields"))
    return {field: value for field, value in found.items() if value is not None}


def _is_same(before: Baseline, after: Baseline) -> bool:
    """But for when, and by whom."""
    return before == replace(after, version=before.version, at=before.at, by=before.by)


def _saved(baseline: Baseline, ports: CompliancePorts) -> Baseline:
    """Nothing has changed about the resources, so that AWS Config must be asked to look again."""
    ports.baselines.save(baseline)
    for config_rule in [name for name, rule in ports.config_rules.items() if rule == NAME]:
        with suppress(Transient, Rejected):  # it looks each hour anyway
            ports.evaluations.evaluate(config_rule)
    return baseline
