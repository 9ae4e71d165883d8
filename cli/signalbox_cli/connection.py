"""Where the API is and who calls it, from options, environment, configuration and a local runtime. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

URL, API_KEY = "SIGNALBOX_URL", "SIGNALBOX_API_KEY"
OPERATOR = "operator"
CALLERS = ("viewer", "deployer", "approver", OPERATOR)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Misconfigured(Exception):
    """The connection cannot be made so; the text says why, `advice` what would do."""

    def __init__(self, why: str, *advice: str) -> None:
        super().__init__(why)
        self.advice = advice


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of a command, as given."""

    url: str | None = None
    region: str | None = None
    profile: str | None = None
    caller: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A deployed API; the caller is whoever the AWS credentials say. Without a region the profile's is it."""

    url: str
    region: str | None
    profile: str | None
    api_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """The runtime of the working directory, as one of its callers."""

    url: str
    region: str
    api_key: str
    access_key_id: str
    secret_access_key: str


def choose(
    asked: Asked,
    environment: Mapping[str, str],
    config: Mapping[str, str],
    find_runtime: Callable[[], Mapping[str, Any] | None],
) -> Remote | Local:
    """`--as` means the local runtime; else `--url`, the environment, the configuration, the local runtime.
    `find_runtime` answers with its state file, and is asked only when it matters."""
    if asked.caller is not None and asked.url is not None:
        raise Misconfigured("--as and --url exclude each other", "--as is for the local runtime")
    url = asked.url or environment.get(URL) or config.get("url")
    if asked.caller is None and url:
        return _remote(url, asked, environment, config)
    runtime = find_runtime()
    if runtime is None:
        raise _nowhere(asked)
    return _local(asked, runtime)


def _remote(url: str, asked: Asked, environment: Mapping[str, str], config: Mapping[str, str]) -> Remote:
    return Remote(
        url=_checked(url),
        region=_region(url, asked, environment, config),
        profile=asked.profile or config.get("profile"),
        api_key=environment.get(API_KEY) or config.get("api_key"),
    )


def _checked(url: str) -> str:
    """Signed requests go over TLS, or stay on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("https", "http") or not host:
        raise Misconfigured(
            f"{url!r} is not the URL of an API", "give it as https://….execute-api.eu-west-1.amazonaws.com/v1"
        )
    if parts.scheme == "http" and host not in LOOPBACK:
        raise Misconfigured(f"{url} would send the API key in plain text", "give it with https://")
    return url.rstrip("/")


def _region(url: str, asked: Asked, environment: Mapping[str, str], config: Mapping[str, str]) -> str | None:
    """The one of an API Gateway's own host name is right: only the option is stronger."""
    given = asked.region or _region_of_host(urlsplit(url).hostname or "")
    return (
        given
        or config.get("region")
        or environment.get("AWS_REGION")
        or environment.get("AWS_DEFAULT_REGION")
    )


def _region_of_host(host: str) -> str | None:
    labels = host.split(".")
    place = labels.index("execute-api") if "execute-api" in labels else None
    return labels[place + 1] if place is not None and place + 1 < len(labels) else None


def _local(asked: Asked, runtime: Mapping[str, Any]) -> Local:
    caller = asked.caller or OPERATOR
    if caller not in runtime["callers"]:
        raise Misconfigured(
            f"--as {caller}: there is no such caller", f"the callers are {', '.join(CALLERS)}"
        )
    keys = runtime["callers"][caller]
    return Local(
        url=runtime["api_url"],
        region=runtime["region"],
        api_key=runtime["api_key"],
        access_key_id=keys["access_key_id"],
        secret_access_key=keys["secret_access_key"],
    )


def _nowhere(asked: Asked) -> Misconfigured:
    if asked.caller is not None:
        return Misconfigured("no local runtime is ready in this folder", "`signalbox local up` starts one")
    return Misconfigured(
        "it is not known where the API is",
        f"give --url, or set {URL}, or url in the configuration file (docs/command-line.md)",
        "or start a local runtime in this folder: `signalbox local up`",
    )
