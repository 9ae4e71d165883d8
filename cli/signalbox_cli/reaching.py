"""A client of the API for whoever the connection says."""

import os
from urllib.parse import urlsplit

from botocore.credentials import Credentials

from signalbox_cli.client import ApiClient
from signalbox_cli.configuration import config_file, read_config
from signalbox_cli.connection import Asked, Local, Misconfigured, Remote, choose
from signalbox_local.state_file import StateFolder


def reach(asked: Asked) -> tuple[ApiClient, bool]:
    """The client, and whether it is one of a local runtime. Raises Misconfigured."""
    config = read_config(config_file(os.environ))
    chosen = choose(asked, os.environ, config, StateFolder().read)
    if isinstance(chosen, Local):
        return _local(chosen), True
    return _remote(chosen), False


def _local(chosen: Local) -> ApiClient:
    keys = Credentials(chosen.access_key_id, chosen.secret_access_key)
    return ApiClient(chosen.url, chosen.region, keys, chosen.api_key)


def _remote(chosen: Remote) -> ApiClient:
    # The credentials of a local runtime need none of it.
    from botocore.session import Session  # noqa: PLC0415

    session = Session(profile=chosen.profile)
    region = chosen.region or session.get_config_variable("region")
    if not region:
        host = urlsplit(chosen.url).hostname
        raise Misconfigured(f"{host} does not tell its Region", "give --region, or set AWS_REGION")
    credentials = session.get_credentials()
    if credentials is None:
        raise Misconfigured(
            "there are no AWS credentials", "give --profile, or set AWS_PROFILE, or sign in: aws sso login"
        )
    return ApiClient(chosen.url, region, credentials, chosen.api_key)
