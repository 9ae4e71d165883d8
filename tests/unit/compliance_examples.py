"""A configuration of each sort for each rule, as the adapters read them."""

from dataclasses import dataclass, field
from typing import Any

from signalbox.compliance.model import Configuration, Verdict
from signalbox.compliance.rules.bucket_public_access import BLOCKS
from signalbox.compliance.rules.database_state import DatabaseCopy, DatabaseSnapshot
from signalbox.compliance.rules.volume_state import Copy
from tests.unit.compliance_databases import unencrypted
from tests.unit.compliance_volumes import attachment, available, host, volume

SSH_TO_ALL = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "Cidr": "0.0.0.0/0", "Description": "ops"}
SSH_TO_ALL_6 = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "Cidr": "::/0"}
SSH_TO_US = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "Cidr": "10.0.0.0/8"}
RDP_TO_ALL = {"IpProtocol": "tcp", "FromPort": 3389, "ToPort": 3389, "Cidr": "0.0.0.0/0"}
HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "Cidr": "0.0.0.0/0"}
DNS = {"IpProtocol": "udp", "FromPort": 0, "ToPort": 65535, "Cidr": "0.0.0.0/0"}


def trail(name: str = "main", **more: Any) -> Configuration:
    return {
        "Name": name, "Arn": f"arn:{name}", "IsMultiRegion": True, "IsLogging": False, "IsStartable": True,
        "ValidatesFiles": True, "RecordsManagement": True, **more,
    }  # fmt: skip


def database(**more: Any) -> Configuration:
    return {
        "DBInstanceIdentifier": "orders", "BackupRetentionPeriod": 0, "PendingBackupRetentionPeriod": None,
        "PubliclyAccessible": True, "Cluster": "", "Source": "", **more,
    }  # fmt: skip


def recorded(configuration: Any) -> Configuration:
    """A volume whose baseline wants it to be encrypted."""
    baseline = {"version": 3, "expected": {"configuration.encrypted": True}}
    return {"configuration": configuration, "supplementaryConfiguration": {}, "Baseline": baseline}


@dataclass(frozen=True)
class Example:
    """A rule, and a configuration of each sort."""

    bad: Configuration
    good: Configuration
    obstacles: tuple[Configuration, ...] = ()
    right_after: Verdict = Verdict.COMPLIANT
    also_bad: tuple[Configuration, ...] = field(default_factory=tuple)
    also_good: tuple[Configuration, ...] = field(default_factory=tuple)


OPEN: Configuration = {"Configured": False, **dict.fromkeys(BLOCKS, False), "Website": False}
HALF: Configuration = {**OPEN, "Configured": True, "BlockPublicAcls": True}
COPY = Copy(
    VolumeId="vol-2", SnapshotId="snap-1", State="in-use", Encrypted=True, Attachments=(attachment(),)
)
DATABASE_COPY = DatabaseCopy(
    DBInstanceIdentifier="orders", DBInstanceStatus="available", StorageEncrypted=True,
    DeletionProtection=False, Modified={},
)  # fmt: skip
DATABASE_SNAPSHOT = DatabaseSnapshot(
    DBSnapshotIdentifier="signalbox-1-final", Status="available", Encrypted=False, Day="2026-11-22"
)
EXAMPLES = {
    "bucket-public-access": Example(
        bad=OPEN,
        also_bad=(HALF,),
        good={"Configured": True, **dict.fromkeys(BLOCKS, True), "Website": False},
        obstacles=({**OPEN, "Website": True},),
    ),
    "ssh-closed": Example(
        bad={"Ingress": [HTTPS, SSH_TO_ALL, SSH_TO_ALL_6, RDP_TO_ALL]},
        good={"Ingress": [HTTPS, SSH_TO_US, DNS]},
        also_good=({"Ingress": []}, {}),
        obstacles=(
            {"Ingress": [{"IpProtocol": "-1", "Cidr": "0.0.0.0/0"}]},
            {"Ingress": [{**SSH_TO_ALL, "FromPort": 20}]},
        ),
    ),
    "rdp-closed": Example(bad={"Ingress": [RDP_TO_ALL]}, good={"Ingress": [SSH_TO_ALL]}),
    "database-backups": Example(
        bad=database(),
        good=database(BackupRetentionPeriod=1),
        obstacles=(database(Cluster="orders-cluster"), database(Source="main")),
        right_after=Verdict.PENDING,
    ),
    "database-encrypted": Example(
        bad=unencrypted(),
        also_bad=(unencrypted(Restored={"DBInstanceClass": "db.t3.medium", "DeletionProtection": False}),),
        good=unencrypted(StorageEncrypted=True),
        also_good=(unencrypted(Copy=DATABASE_COPY, KeptSince="2026-11-22"),),
        obstacles=(
            unencrypted(KeptSince="2026-11-22"),
            unencrypted(Snapshots=(DATABASE_SNAPSHOT,)),
            unencrypted(Cluster="shop"),
            unencrypted(Replicas=("orders-2",)),
            unencrypted(Lost=("its domain",)),
            unencrypted(Pending=("Port",)),
            unencrypted(DBInstanceStatus="stopped"),
        ),
    ),
    "database-not-public": Example(bad=database(), good=database(PubliclyAccessible=False)),
    "volumes-encrypted-by-default": Example(
        bad={"EbsEncryptionByDefault": False}, good={"EbsEncryptionByDefault": True}
    ),
    "trail-logging": Example(
        bad={
            "Trails": [
                trail("b"),
                trail("c", ValidatesFiles=False),
                trail("a", IsMultiRegion=False),
                trail("0", RecordsManagement=False),
            ]
        },
        good={"Trails": [trail(), trail("organisation", IsLogging=True, IsStartable=False)]},
        obstacles=(
            {"Trails": []},
            {"Trails": [trail(IsStartable=False)]},
            {"Trails": [trail(RecordsManagement=False)]},
            {},
        ),
    ),
    "volume-encrypted": Example(
        bad=volume(),
        also_bad=(
            volume(Instance=host(State="stopped"), Attachments=(attachment(DeleteOnTermination=False),)),
            available(VolumeType="io2", Throughput=None, MultiAttachEnabled=True),
        ),
        good=volume(Encrypted=True),
        also_good=(available(Copies=(COPY,), KeptSince="2026-11-22"),),
        obstacles=(
            volume(Copies=(COPY,)),
            volume(Attachments=(attachment(), attachment(InstanceId="i-2"))),
            volume(Attachments=(attachment(State="detaching"),)),
            volume(Instance=None),
            volume(Instance=host(Managed=False)),
            volume(Instance=host(Group="web")),
            volume(Instance=host(Lifecycle="spot")),
            volume(Instance=host(RootDeviceType="instance-store")),
            volume(Instance=host(InstanceStore=True)),
            volume(Instance=host(HeldFor="c-2")),
            volume(Instance=host(StopProtected=True)),
            volume(Instance=host(State="pending")),
        ),
    ),
    "instance-managed": Example(bad={"Ping": ""}, good={"Ping": "Online"}, also_good=({"Ping": "Inactive"},)),
    "instance-agent": Example(
        bad={"Applications": []},
        also_bad=({}, {"Applications": ["cloudwatch-exporter"]}),
        good={"Applications": ["amazon-cloudwatch-agent"]},
        also_good=({"Applications": ["Amazon CloudWatch Agent"]},),
    ),
    "required-tags": Example(
        bad={"Tags": {"env": "qa"}, "Required": ["env", "owner"]},
        also_bad=({"Required": ["owner"]},),
        good={"Tags": {"owner": ""}, "Required": ["owner"]},
        also_good=({"Tags": {}, "Required": []}, {"Tags": {}}),
    ),
    "baseline-kept": Example(
        bad=recorded({"encrypted": False, "volumeType": "gp2"}),
        also_bad=(recorded({}), recorded(None)),
        good=recorded({"encrypted": True, "volumeType": "gp2"}),
    ),
    "instance-metadata": Example(
        bad={"HttpTokens": "optional", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 2},
        good={"HttpTokens": "required", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1},
        also_good=({"HttpTokens": "required", "HttpEndpoint": "disabled", "HttpPutResponseHopLimit": 1},),
    ),
}
