"""S3 buckets."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.compliance.resources.tags import tags_in
from signalbox.aws.errors import aws_errors, code_of
from signalbox.compliance.model import Observed, Resource
from signalbox.compliance.rules.bucket_public_access import BLOCKS

_GONE = "NoSuchBucket"


def observe(resource: Resource) -> Observed | None:
    """Its public access block, whether it serves a website, its tags: three calls."""
    of = {"Bucket": resource.id}
    s3 = client("s3")
    with aws_errors():
        try:
            blocks = _unless("NoSuchPublicAccessBlockConfiguration", lambda: s3.get_public_access_block(**of))
            website = _unless("NoSuchWebsiteConfiguration", lambda: s3.get_bucket_website(**of))
            tags = _unless("NoSuchTagSet", lambda: s3.get_bucket_tagging(**of))
        except ClientError as error:
            if code_of(error) == _GONE:
                return None
            raise
    found = (blocks or {}).get("PublicAccessBlockConfiguration", {})
    return Observed(
        configuration={
            "Configured": blocks is not None,
            **{name: bool(found.get(name)) for name in BLOCKS},
            "Website": website is not None,
        },
        name=resource.id,
        tags=tags_in((tags or {}).get("TagSet", [])),
    )


def _unless(code: str, call: Callable[[], Any]) -> Any | None:  # noqa: ANN401 - answers of three calls
    """None for the error that says that nothing is configured."""
    try:
        return call()
    except ClientError as error:
        if code_of(error) == code:
            return None
        raise
