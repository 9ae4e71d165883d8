"""Launch template versions as EC2 keeps them: merged with a source, numbered for ever, deletable."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidLaunchTemplateVersionNotFound
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateVersion
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ec2.utils import parse_user_data

PAGE = 200


def create_version(template: LaunchTemplate, data: dict[str, Any], description: str) -> LaunchTemplateVersion:
    """Appends a version; the number of a deleted one is never given again."""
    number = max([vars(template).get("last_number", 0), *(each.number for each in template.versions)]) + 1
    vars(template)["last_number"] = number
    version = LaunchTemplateVersion(template, number, data, description)
    template.versions.append(version)
    return version


def get_version(template: LaunchTemplate, wanted: object) -> LaunchTemplateVersion:
    """The version by number, `$Latest` or `$Default`; raises VersionNotFound."""
    match str(wanted).lower():
        case "$latest":
            return template.versions[-1]
        case "$default":
            number = str(template.default_version_number)
        case number:
            pass
    for version in template.versions:
        if str(version.number) == number:
            return version
    raise InvalidLaunchTemplateVersionNotFound(template_id=template.id, version=str(wanted))


def create_launch_template_version(response: LaunchTemplates) -> ActionResult:
    """CreateLaunchTemplateVersion: what the request does not name comes from SourceVersion; one ClientToken
    makes one version."""
    template = _named_template(response)
    token = response._get_param("ClientToken")
    made: dict[str, LaunchTemplateVersion] = vars(template).setdefault("made_by_token", {})
    if token in made:
        return ActionResult({"LaunchTemplateVersion": _described(response, made[token])})
    data = dict(response._get_param("LaunchTemplateData", {}))
    if "UserData" in data:
        data["UserData"] = parse_user_data(data["UserData"])
    source = response._get_param("SourceVersion")
    inherited = get_version(template, source).data if source else {}
    response.error_on_dryrun()
    description = response._get_param("VersionDescription")
    version = template.create_version({**inherited, **data}, description)
    if token:
        made[token] = version
    return ActionResult({"LaunchTemplateVersion": _described(response, version)})


def delete_launch_template_versions(response: LaunchTemplates) -> ActionResult:
    """DeleteLaunchTemplateVersions: an answer per version; the default version stays."""
    template = _named_template(response)
    response.error_on_dryrun()
    deleted, kept = [], []
    for number in map(str, response._get_param("Versions", [])):
        answer = {
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name,
            "VersionNumber": int(number),
        }
        if error := _delete(template, number):
            kept.append(answer | {"ResponseError": {"Code": error[0], "Message": error[1]}})
        else:
            deleted.append(answer)
    return ActionResult(
        {
            "SuccessfullyDeletedLaunchTemplateVersions": deleted,
            "UnsuccessfullyDeletedLaunchTemplateVersions": kept,
        }
    )


def _delete(template: LaunchTemplate, number: str) -> tuple[str, str] | None:
    if number == str(template.default_version_number):
        return "unexpectedError", "The default version of a launch template cannot be deleted"
    try:
        template.versions.remove(get_version(template, number))
    except InvalidLaunchTemplateVersionNotFound as error:
        return "launchTemplateVersionDoesNotExist", error.message
    return None


def _named_template(response: LaunchTemplates) -> LaunchTemplate:
    if name := response._get_param("LaunchTemplateName"):
        template: LaunchTemplate = response.ec2_backend.get_launch_template_by_name(name)
    else:
        template = response.ec2_backend.get_launch_template(response._get_param("LaunchTemplateId"))
    return template


def _described(response: LaunchTemplates, version: LaunchTemplateVersion) -> dict[str, Any]:
    template = version.template
    return {
        "CreateTime": version.create_time,
        "CreatedBy": f"arn:{response.partition}:iam::{response.current_account}:root",
        "DefaultVersion": template.is_default(version),
        "LaunchTemplateData": version.data,
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "VersionDescription": version.description,
        "VersionNumber": version.number,
    }
