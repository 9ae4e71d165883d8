"""What moto's IAM holds of a principal, read at every decision, so that a change acts at once."""

from moto.iam.models import Group, IAMBackend, ManagedPolicy, Role, User, iam_backends


def backend_of(account: str) -> IAMBackend:
    """The IAM backend of an account (twelve digits)."""
    return iam_backends[account]["aws"]


def account_of(arn: str) -> str:
    """The account that an ARN names."""
    return arn.split(":")[4]


def find_user(arn: str) -> User | None:
    """The user of `arn:aws:iam::…:user/path/name`."""
    kind, _, name = arn.split(":", 5)[5].rpartition("/")
    return backend_of(account_of(arn)).users.get(name) if kind.split("/")[0] == "user" else None


def find_role(arn: str) -> Role | None:
    """The role of a role's ARN, or of the ARN of a session of it (`…:assumed-role/name/session`)."""
    parts = arn.split(":", 5)[5].split("/")
    name = parts[1] if parts[0] == "assumed-role" else parts[-1]
    if parts[0] not in {"role", "assumed-role"}:
        return None
    roles = list(backend_of(account_of(arn)).roles.values())
    return next((role for role in roles if role.name == name), None)


def identity_policies(arn: str) -> tuple[str, ...]:
    """The JSON texts of all identity-based policies of a user, role or session; empty for nobody."""
    if role := find_role(arn):
        return _documents(role)
    if user := find_user(arn):
        groups = backend_of(account_of(arn)).get_groups_for_user(user.name)
        return _documents(user) + tuple(text for group in groups for text in _documents(group))
    return ()


def permissions_boundary(arn: str) -> str | None:
    """The JSON text of the boundary of a role; moto knows none for users."""
    role = find_role(arn)
    if role is None or not role.permissions_boundary_arn:
        return None
    return _default_document(backend_of(account_of(arn)).managed_policies[role.permissions_boundary_arn])


def _documents(holder: Role | User | Group) -> tuple[str, ...]:
    attached = (_default_document(policy) for policy in list(holder.managed_policies.values()))
    return (*list(holder.policies.values()), *attached)


def _default_document(policy: ManagedPolicy) -> str:
    default = policy.default_version_id
    return next(version.document for version in policy.versions if version.version_id == default)
