"""Port `Metrics`: the adapter over CloudWatch as moto has it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from signalbox.aws import clients
from signalbox.aws.metrics import CloudWatchMetrics
from signalbox.kernel.errors import Rejected, Transient
from signalbox.rollouts.estate import Placement
from signalbox.rollouts.experiments import queries, samples, sides
from signalbox_local import moto_seams
from tests.unit.builders import layout, scene
from tests.unit.experiments import conversion, latency

MINUTE = timedelta(minutes=1)
NOON = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=1)
STABLE, CANDIDATE = sides(layout(Placement.SLOT), scene(Placement.SLOT).estate)


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    clients._made.cache_clear()
    seams = moto_seams.Seams()
    with mock_aws():
        moto_seams.metric_data(seams)
        yield boto3.client("cloudwatch")
    seams.undo()
    clients._made.cache_clear()


def put(cloudwatch: Any, name: str, variant: str, at: datetime, *values: float) -> None:
    datum = {
        "MetricName": name,
        "Dimensions": [{"Name": "Variant", "Value": variant}],
        "Timestamp": at,
        "Values": list(values),
    }
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[datum])


def test_sums_of_whole_periods_from_the_beginning_on(cloudwatch: Any) -> None:
    for at, visits in ((NOON - MINUTE, 7.0), (NOON, 900.0), (NOON + MINUTE, 901.0), (NOON + 2 * MINUTE, 5.0)):
        put(cloudwatch, "Visits", "stable", at, visits)
    put(cloudwatch, "Orders", "stable", NOON + MINUTE, 90.0)
    put(cloudwatch, "Visits", "candidate", NOON, 100.0)
    asked = [*queries(conversion(), STABLE), *queries(conversion(), CANDIDATE)]
    found = CloudWatchMetrics().read(asked, NOON, NOON + 2 * MINUTE, 60)
    assert found == ({NOON: 900.0, NOON + MINUTE: 901.0}, {NOON + MINUTE: 90.0}, {NOON: 100.0}, {})
    stable, candidate = samples(conversion(), found)
    assert (stable.size, candidate.size) == (1_801, 100)


def test_averages_with_the_number_of_their_samples(cloudwatch: Any) -> None:
    put(cloudwatch, "Latency", "stable", NOON, 10.0, 20.0, 30.0)
    counts, averages = CloudWatchMetrics().read(queries(latency(), STABLE), NOON, NOON + MINUTE, 60)
    assert (counts, averages) == ({NOON: 3.0}, {NOON: 20.0})


def _page(status: str, *times: datetime, more: bool = False) -> dict[str, Any]:
    result = {"Id": "q0", "Timestamps": list(times), "Values": [1.0] * len(times), "StatusCode": status}
    return {"MetricDataResults": [result], **({"NextToken": "more"} if more else {})}


def _read(*pages: dict[str, Any]) -> Any:
    """What is made of such answers."""
    with Stubber(clients.client("cloudwatch")) as stub:
        for page in pages:
            stub.add_response("get_metric_data", page)
        return CloudWatchMetrics().read(queries(conversion(), STABLE), NOON, NOON + 2 * MINUTE, 60)


def test_pages_are_put_together(cloudwatch: Any) -> None:
    found = _read(_page("PartialData", NOON, more=True), _page("Complete", NOON + MINUTE))
    assert found == ({NOON: 1.0, NOON + MINUTE: 1.0}, {})


@pytest.mark.parametrize(("status", "error"), [("InternalError", Transient), ("Forbidden", Rejected)])
def test_what_cloudwatch_cannot_tell_is_no_zero(cloudwatch: Any, status: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        _read(_page(status))
