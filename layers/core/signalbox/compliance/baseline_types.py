"""The types of which a baseline can be recorded: the scope of the rule in AWS Config. For each the fields
that are taken from an example when nobody names any: settings, not what tells resources apart."""

from collections.abc import Mapping

BASELINE_TYPES: Mapping[str, tuple[str, ...]] = {
    "AWS::EC2::Instance": (
        "configuration.metadataOptions.httpTokens",
        "configuration.metadataOptions.httpEndpoint",
        "configuration.metadataOptions.httpPutResponseHopLimit",
        "configuration.monitoring.state",
        "configuration.ebsOptimized",
    ),
    "AWS::EC2::SecurityGroup": ("configuration.ipPermissions", "configuration.ipPermissionsEgress"),
    "AWS::EC2::Volume": ("configuration.encrypted", "configuration.volumeType"),
    "AWS::RDS::DBInstance": (
        "configuration.storageEncrypted",
        "configuration.publiclyAccessible",
        "configuration.backupRetentionPeriod",
        "configuration.multiAZ",
        "configuration.deletionProtection",
        "configuration.autoMinorVersionUpgrade",
        "configuration.copyTagsToSnapshot",
    ),
    "AWS::S3::Bucket": (
        "supplementaryConfiguration.PublicAccessBlockConfiguration",
        "supplementaryConfiguration.ServerSideEncryptionConfiguration",
        "supplementaryConfiguration.BucketVersioningConfiguration.status",
        "supplementaryConfiguration.IsRequesterPaysEnabled",
    ),
}
