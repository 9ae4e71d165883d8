"""Where real requests go, by load balancer and DNS name; what the data plane counts goes to CloudWatch."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.elbv2.models import elbv2_backends
from moto.route53.models import RecordSet, route53_backends

from signalbox.rollouts.dns import ALIAS_TTL, host_of
from signalbox_local.alarms.store import MetricKey, Sample, store_of
from signalbox_local.control import Control
from signalbox_local.estate.topology import web_listeners
from signalbox_local.plane.reports import Report

Urls = dict[str, dict[str, str]]
_ADDRESSES = {"A", "AAAA", "CNAME"}


def keep_metrics(report: Report, account: str, region: str) -> None:
    """Puts what the data plane counted into the region's metrics."""
    store = store_of(cloudwatch_backends[account][region])
    for metric in report.metrics:
        key = MetricKey.of(metric.namespace, metric.name, metric.dimensions)
        store.add(key, Sample.of_values(metric.at, metric.values, metric.counts, metric.unit))


def traffic_control(
    addresses: Callable[[], Mapping[str, str]], lock: AbstractContextManager[Any], account: str, region: str
) -> Control:
    """`GET /_signalbox/traffic` → URLs by load balancer and port, and by DNS name with weights."""

    def traffic(method: str, query: Mapping[str, str], body: Any) -> object:
        with lock:
            urls = load_balancer_urls(addresses(), account, region)
        return {"load_balancers": urls, "names": dict(_names(urls, account))}

    return traffic


def load_balancer_urls(addresses: Mapping[str, str], account: str, region: str) -> Urls:
    """`{DNS name: {port: URL}}` of the application load balancers; `addresses` is by listener ARN."""
    urls: Urls = {}
    for balancer, listener in web_listeners(elbv2_backends[account][region]):
        known = urls.setdefault(balancer.dns_name, {})
        if listener.arn in addresses:
            known[str(listener.port)] = addresses[listener.arn]
    return urls


def _names(urls: Urls, account: str) -> Iterator[tuple[str, dict[str, Any]]]:
    first = {name.lower(): next(iter(ports.values())) for name, ports in urls.items() if ports}
    for name, records in _records_by_name(account).items():
        answers = {(each.set_identifier, _target(each)): each for each in records if _target(each) in first}
        if answers:
            listed = [
                {"weight": _weight(each), "url": first[target]} for (_, target), each in answers.items()
            ]
            yield name, {"ttl": min(map(_ttl, records)), "records": listed}


def _records_by_name(account: str) -> dict[str, list[RecordSet]]:
    found: dict[str, list[RecordSet]] = {}
    for zone in list(route53_backends[account]["aws"].zones.values()):
        for record in list(zone.rrsets):
            if record.type in _ADDRESSES:
                found.setdefault(record.name.rstrip(".") + ".", []).append(record)
    return found


def _target(record: RecordSet) -> str:
    """The DNS name that a record leads to; empty when it leads to an address."""
    values = [str(each) for each in record.records or ()]
    name = record.alias_target["DNSName"] if record.alias_target else next(iter(values), "")
    return host_of(str(name))


def _weight(record: RecordSet) -> int:
    return 1 if record.weight is None else int(record.weight)


def _ttl(record: RecordSet) -> int:
    return int(record.ttl or ALIAS_TTL)
