"""Properties of types that have a handler, which no service here would keep: refused by name, never dropped.

Handlers whose services know only some of a type's properties (buckets, topics, streams, REST interfaces) refuse the
others themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

UNMADE: Mapping[str, frozenset[str]] = {
    "AWS::Athena::WorkGroup": frozenset(("WorkGroupConfigurationUpdates",)),
    "AWS::CodeBuild::Project": frozenset(("ResourceAccessRole", "Triggers", "Visibility")),
    "AWS::CodeCommit::Repository": frozenset(("Code", "Triggers")),
    "AWS::CodePipeline::Pipeline": frozenset(("DisableInboundStageTransitions",)),
    "AWS::Glue::Table": frozenset(("OpenTableFormatInput",)),
    "AWS::IAM::User": frozenset(("LoginProfile",)),
    "AWS::Lambda::Function": frozenset(
        ("FunctionScalingConfig", "PublishToLatestPublished", "RecursiveLoop", "RuntimeManagementConfig")
    ),
    "AWS::Logs::LogGroup": frozenset(
        (
            "BearerTokenAuthenticationEnabled",
            "DataProtectionPolicy",
            "DeletionProtectionEnabled",
            "FieldIndexPolicies",
            "ResourcePolicyDocument",
        )
    ),
    "AWS::SNS::Subscription": frozenset(("Region", "ReplayPolicy", "SubscriptionRoleArn")),
    "AWS::SecretsManager::Secret": frozenset(("ReplicaRegions", "Type")),
}
