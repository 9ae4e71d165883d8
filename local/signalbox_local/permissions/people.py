"""IAM and STS: users, roles, groups, policies and instance profiles, by name."""

from collections.abc import Iterable

from signalbox_local.authorisation import Permission
from signalbox_local.iam_records import backend_of
from signalbox_local.permissions.asked import Asked

_KINDS = {
    "UserName": "user",
    "GroupName": "group",
    "InstanceProfileName": "instance-profile",
    "PolicyName": "policy",
}


def permissions(asked: Asked) -> Iterable[Permission]:
    """The holder of a policy comes before the policy; a role put in an instance profile is passed."""
    if asked.operation == "AddRoleToInstanceProfile":
        profile = asked.needs(_arn(asked, "instance-profile", str(asked.text("InstanceProfileName"))))
        return (*profile, Permission("iam:PassRole", _role(asked, str(asked.text("RoleName")))))
    if role := asked.text("RoleName"):
        return asked.needs(_role(asked, role))
    for parameter, kind in _KINDS.items():
        if name := asked.text(parameter):
            return asked.needs(_arn(asked, kind, name))
    return asked.on_named_arns()


def sessions(asked: Asked) -> Iterable[Permission]:
    """STS; the role's trust policy is the authoriser's to read."""
    role = asked.text("RoleArn")
    return asked.needs(role) if role else asked.needs()


def _role(asked: Asked, name: str) -> str:
    roles = list(backend_of(asked.account).roles.values())
    return next((role.arn for role in roles if role.name == name), _arn(asked, "role", name))


def _arn(asked: Asked, kind: str, name: str) -> str:
    return f"arn:aws:iam::{asked.account}:{kind}{asked.text('Path') or '/'}{name}"
