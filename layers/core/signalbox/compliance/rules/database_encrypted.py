"""RDS instances are encrypted. None can be encrypted in place: an encrypted copy takes its place."""

from datetime import timedelta

from signalbox.compliance.model import Configuration, Danger, Judgement, Mode
from signalbox.compliance.rules.database_stages import WAYS
from signalbox.compliance.rules.database_state import database_in
from signalbox.compliance.rules.database_swap import NAME
from signalbox.compliance.rules.databases import DATABASE
from signalbox.compliance.rules.rule import Playbook, Rule, compliant, non_compliant


def _judge(configuration: Configuration) -> Judgement:
    database = database_in(configuration)
    if database.StorageEncrypted:
        return compliant("its storage is encrypted")
    copy = database.Copy
    if database.KeptSince and copy is not None and copy.StorageEncrypted:
        kept = f"it is kept as {database.DBInstanceIdentifier}"
        return compliant(f"the encrypted {copy.DBInstanceIdentifier} has taken its place; {kept}")
    return non_compliant("its storage is not encrypted")


def _obstacle(configuration: Configuration) -> str:
    database = database_in(configuration)
    left = [each.DBSnapshotIdentifier for each in database.Snapshots]
    reasons = (
        (bool(database.KeptSince), f"it is kept since {database.KeptSince}: delete it when nobody needs it"),
        (bool(left), f"an earlier attempt has left {', '.join(left)}: see whether somebody needs that"),
        (
            bool(database.Cluster),
            f"it is a member of the cluster {database.Cluster}, which is encrypted as a whole",
        ),
        (bool(database.Replicas), f"it replicates with {', '.join(database.Replicas)}"),
        (bool(database.Lost), f"a restored instance would not have {', '.join(database.Lost)}"),
        (
            bool(database.Pending),
            f"it would get at once what waits for its window: {', '.join(database.Pending)}",
        ),
        (
            database.DBInstanceStatus != "available",
            f"it is {database.DBInstanceStatus}: wait until it is available",
        ),
    )
    return next((why for applies, why in reasons if applies), "")


def _restored(configuration: Configuration) -> Configuration:
    names = ("DBInstanceIdentifier", "Copy", "Snapshots", "KeptSince")
    return {name: configuration[name] for name in names}


RULE = Rule(
    name=NAME,
    title="RDS instances are encrypted",
    identifier="RDS_STORAGE_ENCRYPTED",
    resource_type=DATABASE,
    judge=_judge,
    playbook=Playbook(
        mode=Mode.APPROVE,
        danger=Danger.INTERRUPTS,
        obstacle=_obstacle,
        act=WAYS.act,
        undo=WAYS.undo,
        restored=_restored,
        within=timedelta(minutes=30),
        stages=WAYS.stages,
    ),
)
