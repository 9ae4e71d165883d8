"""RDS instances are backed up, and not reachable from the internet."""

from datetime import timedelta

from signalbox.compliance.model import Configuration, Danger, Judgement, Mode, Resource, Verdict, Write
from signalbox.compliance.rules.rule import Playbook, Rule, compliant, fields, no_obstacle, non_compliant

DATABASE = "AWS::RDS::DBInstance"
RETENTION = 7  # days that backups are kept, as RDS does for what is made in its console
# The next window comes within a week; then RDS still has to work.
UNTIL_THE_WINDOW = timedelta(days=8)


def _backed_up(configuration: Configuration) -> Judgement:
    days = configuration.get("BackupRetentionPeriod")
    if days:
        return compliant(f"backups are kept for {days} days")
    coming = configuration.get("PendingBackupRetentionPeriod")
    if coming:
        return Judgement(
            verdict=Verdict.PENDING, reason=f"backups for {coming} days begin in the maintenance window"
        )
    return non_compliant("there are no automated backups")


def _cannot_be_backed_up_alone(configuration: Configuration) -> str:
    if configuration.get("Cluster"):
        return "its cluster keeps the backups: set their retention there"
    if configuration.get("Source"):
        return "it is a read replica: whether it is backed up goes with how it is used"
    return ""


def _keep_backups(resource: Resource, configuration: Configuration) -> tuple[Write, ...]:
    return (_modify(configuration, BackupRetentionPeriod=RETENTION),)


def _keep_backups_as_before(resource: Resource, before: Configuration) -> tuple[Write, ...]:
    return (_modify(before, BackupRetentionPeriod=before.get("BackupRetentionPeriod")),)


def _not_public(configuration: Configuration) -> Judgement:
    if configuration.get("PubliclyAccessible") is True:
        return non_compliant("it has a public address")
    return compliant("it has no public address")


def _make_private(resource: Resource, configuration: Configuration) -> tuple[Write, ...]:
    return (_modify(configuration, PubliclyAccessible=False),)


def _make_public_again(resource: Resource, before: Configuration) -> tuple[Write, ...]:
    return (_modify(before, PubliclyAccessible=before.get("PubliclyAccessible")),)


def _modify(configuration: Configuration, **fields: object) -> Write:
    """In the maintenance window, where the change would interrupt; whatever else waits for it stays there."""
    name = configuration["DBInstanceIdentifier"]
    return Write(
        service="rds",
        operation="ModifyDBInstance",
        parameters={"DBInstanceIdentifier": name, "ApplyImmediately": False, **fields},
    )


BACKED_UP = Rule(
    name="database-backups",
    title="RDS instances have automated backups",
    identifier="DB_INSTANCE_BACKUP_ENABLED",
    resource_type=DATABASE,
    judge=_backed_up,
    playbook=Playbook(
        mode=Mode.APPROVE,
        danger=Danger.INTERRUPTS,
        obstacle=_cannot_be_backed_up_alone,
        act=_keep_backups,
        undo=_keep_backups_as_before,
        restored=fields("BackupRetentionPeriod", "PendingBackupRetentionPeriod"),
        within=UNTIL_THE_WINDOW,
    ),
)
NOT_PUBLIC = Rule(
    name="database-not-public",
    title="RDS instances have no public address",
    identifier="RDS_INSTANCE_PUBLIC_ACCESS_CHECK",
    resource_type=DATABASE,
    judge=_not_public,
    playbook=Playbook(
        mode=Mode.APPROVE,
        danger=Danger.REFUSES,
        obstacle=no_obstacle,
        act=_make_private,
        undo=_make_public_again,
        restored=fields("PubliclyAccessible"),
        within=timedelta(minutes=30),
    ),
)
