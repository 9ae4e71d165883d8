"""Builds the product as `sam build` does, and deploys it as `sam deploy` does."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import yaml

from tests.smoke.emulator import ROOT, session, session_environment

STACK = "signalbox"
_SAM = Path(sys.executable).with_name("sam")


def build(folder: Path, python: str, wheels: str) -> Path:
    """The built template, with artefacts for a Python (`3.13`) and a processor (`aarch64-manylinux_2_28`)."""
    environment = {**os.environ, "LAMBDA_PYTHON": python, "LAMBDA_WHEELS": wheels, "SAM_CLI_TELEMETRY": "0"}
    environment["PATH"] = f"{_SAM.parent}{os.pathsep}{environment['PATH']}"
    environment.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    _run([_SAM, "build", "--build-dir", folder, "--cache-dir", folder / "cache"], environment)
    return folder / "template.yaml"


def build_for_this_machine(folder: Path) -> Path:
    """Artefacts that this machine's own Python runs."""
    system = "apple-darwin" if sys.platform == "darwin" else "manylinux_2_28"
    return build(folder, f"3.{sys.version_info.minor}", f"{platform.machine()}-{system}")


def rewrite_machines_as_json(built: Path) -> None:
    """The emulator reads no YAML machines. The built template is changed, never the source."""
    document = yaml.safe_load(built.read_text(encoding="utf-8"))
    for name, resource in document["Resources"].items():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            source = built.parent / resource["Properties"]["DefinitionUri"]
            definition = yaml.safe_load(source.read_text(encoding="utf-8"))
            target = built.parent / f"{name}.asl.json"
            target.write_text(json.dumps(definition), encoding="utf-8")
            resource["Properties"]["DefinitionUri"] = target.name
    built.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def deploy(built: Path, address: str) -> dict[str, str]:
    """The stack's outputs, once it stands in the emulator."""
    runtime = f"Runtime=python3.{sys.version_info.minor}"
    architecture = "Architecture=" + ("arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64")
    arguments = [
        "--template-file",
        str(built),
        "--stack-name",
        STACK,
        "--resolve-s3",
        "--no-confirm-changeset",
    ]
    given = ["--capabilities", "CAPABILITY_IAM", "--parameter-overrides", runtime, architecture]
    _run([_SAM, "deploy", *arguments, *given], session_environment(address), cwd=built.parent)
    stack = (
        session().client("cloudformation", endpoint_url=address).describe_stacks(StackName=STACK)["Stacks"][0]
    )
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _run(command: list[str | Path], environment: dict[str, str], cwd: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{command[1]} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
