"""Where the API is and who calls: options, environment, configuration, local runtime, in this order."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from signalbox_cli.asking import segment
from signalbox_cli.configuration import config_file, read_config
from signalbox_cli.connection import Asked, Local, Misconfigured, Remote, choose

ON_AWS = "https://0bd08f5d96.execute-api.eu-central-1.amazonaws.com/v1"
RUNTIME = {
    "api_url": "http://127.0.0.1:4000",
    "api_key": "local-key",
    "region": "eu-west-1",
    "callers": {
        name: {"access_key_id": f"{name}-id", "secret_access_key": f"{name}-secret"}
        for name in ("viewer", "deployer", "approver", "operator")
    },
}
NOTHING: Mapping[str, str] = {}


def remote(
    asked: Asked | None = None, environment: Mapping[str, str] = NOTHING, config: Mapping[str, str] = NOTHING
) -> Remote:
    chosen = choose(asked or Asked(), environment, config, lambda: RUNTIME)
    assert isinstance(chosen, Remote)
    return chosen


def test_without_anything_the_runtime_of_the_folder_is_used_as_its_operator() -> None:
    assert choose(Asked(), {}, {}, lambda: RUNTIME) == Local(
        url="http://127.0.0.1:4000",
        region="eu-west-1",
        api_key="local-key",
        access_key_id="operator-id",
        secret_access_key="operator-secret",
    )


def test_as_picks_a_caller_of_the_runtime_whatever_else_is_configured() -> None:
    chosen = choose(Asked(caller="viewer"), {"SIGNALBOX_URL": ON_AWS}, {"url": ON_AWS}, lambda: RUNTIME)
    assert isinstance(chosen, Local)
    assert chosen.access_key_id == "viewer-id"


def test_the_option_is_stronger_than_the_environment_and_that_than_the_configuration() -> None:
    environment, config = {"SIGNALBOX_URL": "https://second/"}, {"url": "https://third"}
    assert remote(Asked(url="https://first"), environment, config).url == "https://first"
    assert remote(None, environment, config).url == "https://second"
    assert remote(None, {}, config).url == "https://third"


def test_the_key_comes_from_the_environment_or_the_configuration() -> None:
    config = {"url": ON_AWS, "api_key": "kept"}
    assert remote(None, {"SIGNALBOX_API_KEY": "given"}, config).api_key == "given"
    assert remote(None, {}, config).api_key == "kept"
    assert remote(Asked(url=ON_AWS)).api_key is None


def test_the_region_is_the_host_s_own_unless_an_option_says_otherwise() -> None:
    environment, config = {"AWS_REGION": "us-east-1"}, {"region": "us-west-2"}
    assert remote(Asked(url=ON_AWS), environment, config).region == "eu-central-1"
    assert remote(Asked(url=ON_AWS, region="eu-north-1"), environment, config).region == "eu-north-1"
    assert remote(Asked(url="https://deploy.example.com"), environment, config).region == "us-west-2"
    assert remote(Asked(url="https://deploy.example.com"), environment).region == "us-east-1"
    default = {"AWS_DEFAULT_REGION": "sa-east-1"}
    assert remote(Asked(url="https://deploy.example.com"), default).region == "sa-east-1"
    assert remote(Asked(url="https://deploy.example.com")).region is None


def test_a_profile_can_be_configured() -> None:
    assert remote(Asked(url=ON_AWS, profile="mine"), {}, {"profile": "theirs"}).profile == "mine"
    assert remote(Asked(url=ON_AWS), {}, {"profile": "theirs"}).profile == "theirs"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Asked(caller="viewer", url=ON_AWS), "exclude each other"),
        (Asked(caller="root"), "--as root"),
        (Asked(url="ftp://example.com"), "not the URL"),
        (Asked(url="checkout"), "not the URL"),
        (Asked(url="https://[::1"), "not the URL"),
        (Asked(url="http://example.com"), "in plain text"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(asked: Asked, told: str) -> None:
    with pytest.raises(Misconfigured, match=told) as refused:
        choose(asked, {}, {}, lambda: RUNTIME)
    assert refused.value.advice


def test_with_nothing_to_go_by_it_says_what_can_be_given() -> None:
    with pytest.raises(Misconfigured, match="not known where") as refused:
        choose(Asked(), {}, {}, lambda: None)
    assert "SIGNALBOX_URL" in refused.value.advice[0]
    with pytest.raises(Misconfigured, match="no local runtime"):
        choose(Asked(caller="viewer"), {}, {}, lambda: None)


@pytest.mark.parametrize("name", ["", ".", "..", "../rollouts", "a/b"])
def test_a_name_that_leads_elsewhere_is_none(name: str) -> None:
    with pytest.raises(Misconfigured):
        segment(name)


def test_a_name_stays_one_part_of_the_path() -> None:
    assert segment("a b?c#d%2f") == "a%20b%3Fc%23d%252f"


def _written(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "config.toml"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_the_configuration_lies_where_xdg_says() -> None:
    assert config_file({"XDG_CONFIG_HOME": "/x"}) == Path("/x/signalbox/config.toml")
    assert config_file({}) == Path.home() / ".config/signalbox/config.toml"


def test_without_a_file_there_are_no_settings(tmp_path: Path) -> None:
    assert read_config(tmp_path / "config.toml") == {}


def test_its_settings_are_read(tmp_path: Path) -> None:
    file = _written(tmp_path, f'url = "{ON_AWS}"\napi_key = "secret"\n')
    assert read_config(file) == {"url": ON_AWS, "api_key": "secret"}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = _written(tmp_path, 'api_key = "secret"', mode)
    with pytest.raises(Misconfigured, match=f"mode 0{mode:o}") as refused:
        read_config(file)
    assert refused.value.advice == (f"chmod 600 {file}",)


@pytest.mark.parametrize(
    ("text", "told"),
    [("url", "not TOML"), ("key = 'x'", "key is not a setting"), ("url = 3", "url is not a setting")],
)
def test_a_file_with_something_else_is_refused_with_its_name(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Misconfigured, match=told) as refused:
        read_config(_written(tmp_path, text))
    assert "config.toml" in str(refused.value)
