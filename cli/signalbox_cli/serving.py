"""The process behind `signalbox local up`: loads the embedded AWS and serves until it is told to stop."""

import gc
import logging
import math
import os
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from signalbox_local.estate import EstateSettings
from signalbox_local.loopback import PortTaken
from signalbox_local.runtime import Runtime, Settings
from signalbox_local.stack import TemplateError
from signalbox_local.state_file import StateFolder

API_PORT, AWS_PORT = "SIGNALBOX_API_PORT", "SIGNALBOX_AWS_PORT"
SECOND = 1.0
_DEFAULT_PORTS = {API_PORT: 4000, AWS_PORT: 4566}


class CannotServe(Exception):
    """Why, in words for the user."""


def serve(folder: StateFolder, template: Path, parameters: Mapping[str, str], began: float) -> None:
    """Returns after SIGINT, SIGTERM or SIGHUP, when nothing is left running. Raises CannotServe."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    settings = _settings(folder, template, parameters)
    _forget_aws()
    _log_to(folder.logs / "runtime.log")
    runtime = _runtime(settings)
    try:
        state = runtime.start()
        gc.freeze()
        gc.enable()
        folder.write(state)
        _announce(state, time.monotonic() - began)
        threading.Thread(target=runtime.warm, name="warm", daemon=True).start()
        while not stopping.wait(SECOND):
            pass  # a signal that another thread was given is handled when this one wakes
        print("stopping", flush=True)
    except TemplateError as error:
        raise CannotServe(f"{template}: {error}") from error
    finally:
        folder.forget()
        runtime.stop()


def _settings(folder: StateFolder, template: Path, parameters: Mapping[str, str]) -> Settings:
    return Settings(
        template=template.resolve(),
        logs=folder.logs.resolve(),
        api_port=_port(API_PORT),
        aws_port=_port(AWS_PORT),
        parameters=parameters,
        estate=EstateSettings.from_env(os.environ),
        retry_seconds=_number("SIGNALBOX_LOCAL_RETRY_SECONDS", 1),
        traffic=_is_on("SIGNALBOX_LOCAL_TRAFFIC"),
        metric_seconds=_number("SIGNALBOX_LOCAL_METRIC_SECONDS", 10),
        alarm_speedup=_number("SIGNALBOX_LOCAL_ALARM_SPEEDUP", 1),
    )


def _number(variable: str, default: float) -> float:
    text = os.environ.get(variable) or str(default)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise CannotServe(f"{variable} is {text!r}: a number above 0 is wanted")
    return number


def _is_on(variable: str) -> bool:
    text = os.environ.get(variable) or "on"
    if text not in {"on", "off"}:
        raise CannotServe(f"{variable} is {text!r}: `on` or `off` is wanted")
    return text == "on"


def _port(variable: str) -> int:
    text = os.environ.get(variable) or str(_DEFAULT_PORTS[variable])
    if not text.isdecimal():
        raise CannotServe(f"{variable} is {text!r}: a port number is wanted, or 0 for any free port")
    return int(text)


def _runtime(settings: Settings) -> Runtime:
    try:
        return Runtime(settings)
    except PortTaken as taken:
        variable = API_PORT if taken.port == settings.api_port else AWS_PORT
        advice = f"set {variable} to another one, or to 0 for any free port"
        raise CannotServe(f"port {taken.port} is in use by another program: {advice}") from taken


def _forget_aws() -> None:
    """No profile, region or key of the user may reach the embedded AWS, nor it the user's account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true"
    )


def _log_to(file: Path) -> None:
    logging.basicConfig(
        filename=file, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.captureWarnings(True)


def _announce(state: Mapping[str, Any], seconds: float) -> None:
    print(f"API endpoint  {state['api_url']}")
    print(f"AWS endpoint  {state['aws_endpoint']}")
    print(f"ready after {seconds:.1f} s; keys are in {StateFolder().file}; Ctrl-C stops it", flush=True)
