"""Makes the Lambda resources of a translated template: in our registry, and as records in moto."""

import io
import zipfile

from signalbox_local.async_invocations import AsyncSettings
from signalbox_local.functions import FunctionSpec, Permission
from signalbox_local.intrinsics import Made
from signalbox_local.workshop import Properties, Workshop


def make_layer(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    arn = workshop.functions.arn(properties["LayerName"], "1").replace(":function:", ":layer:")
    workshop.layers[arn] = workshop.folder(properties["Content"])
    return Made(arn, {"Arn": arn})


def make_function(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    name = workshop.name(logical_id, properties.get("FunctionName"))
    spec = FunctionSpec(
        name=name,
        code=workshop.folder(properties["Code"]),
        handler=properties["Handler"],
        role_arn=properties["Role"],
        environment={
            **_logging(properties.get("LoggingConfig", {})),
            **{
                key: str(value)
                for key, value in properties.get("Environment", {}).get("Variables", {}).items()
            },
        },
        search_path=tuple(workshop.layers[arn] for arn in properties.get("Layers", [])),
        timeout=float(properties.get("Timeout", 3)),
        memory=int(properties.get("MemorySize", 128)),
        reserved_concurrency=_whole(properties.get("ReservedConcurrentExecutions")),
    )
    arn = workshop.functions.register(spec)
    if queue := properties.get("DeadLetterConfig", {}).get("TargetArn"):
        workshop.functions.configure_async(name, "", AsyncSettings(dead_letter_arn=queue))
    # For whoever lists or reads functions: the code itself never passes through moto.
    workshop.client("lambda").create_function(
        FunctionName=name,
        Runtime=properties["Runtime"],
        Role=spec.role_arn,
        Handler=spec.handler,
        Code={"ZipFile": _placeholder()},
        Timeout=int(spec.timeout),
        MemorySize=spec.memory,
        Environment={"Variables": dict(spec.environment)},
    )
    return Made(name, {"Arn": arn})


def make_version(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    arn = workshop.functions.publish(properties["FunctionName"])
    workshop.client("lambda").publish_version(FunctionName=properties["FunctionName"])
    return Made(arn, {"Version": arn.rsplit(":", 1)[1], "FunctionArn": arn})


def make_alias(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    name, alias, version = properties["FunctionName"], properties["Name"], str(properties["FunctionVersion"])
    arn = workshop.functions.alias(name, alias, version)
    workshop.client("lambda").create_alias(FunctionName=name, Name=alias, FunctionVersion=version)
    return Made(arn, {"AliasArn": arn})


def make_invoke_settings(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    destination = properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    settings = AsyncSettings(
        retries=int(properties.get("MaximumRetryAttempts", 2)), on_failure_arn=destination
    )
    workshop.functions.configure_async(properties["FunctionName"], properties["Qualifier"], settings)
    return Made(logical_id)


def make_permission(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    source = properties.get("SourceArn", "*")
    permission = Permission(properties["FunctionName"], logical_id, properties["Principal"], source)
    workshop.functions.permit(permission)
    return Made(logical_id)


def _logging(config: Properties) -> dict[str, str]:
    settings = {
        "AWS_LAMBDA_LOG_FORMAT": config.get("LogFormat"),
        "AWS_LAMBDA_LOG_LEVEL": config.get("ApplicationLogLevel"),
    }
    return {name: str(value) for name, value in settings.items() if value}


def _placeholder() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("handler.py", "")
    return archive.getvalue()


def _whole(value: object) -> int | None:
    return None if value is None else int(str(value))
