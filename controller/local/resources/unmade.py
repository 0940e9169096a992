"""Properties of types that have a handler, which no service here would keep: refused by name, never dropped.

Handlers whose services know only some of a type's properties (buckets, topics, streams, REST interfaces) refuse the
others themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

UNMADE: Mapping[str, frozenset[str]] = {
    "AWS::ApiGatewayV2::Api": frozenset(
        ("BasePath", "Body", "BodyS3Location", "CorsConfiguration", "CredentialsArn", "RouteKey", "Target")
    ),
    "AWS::ApiGatewayV2::Authorizer": frozenset(("AuthorizerUri", "IdentityValidationExpression")),
    "AWS::ApiGatewayV2::Integration": frozenset(
        ("ConnectionId", "CredentialsArn", "RequestParameters", "ResponseParameters", "TlsConfig")
    ),
    "AWS::ApiGatewayV2::Route": frozenset(("ApiKeyRequired", "RequestModels", "RequestParameters")),
    "AWS::ApiGatewayV2::Stage": frozenset(("ClientCertificateId", "DeploymentId")),
    "AWS::Athena::WorkGroup": frozenset(("WorkGroupConfigurationUpdates",)),
    "AWS::CodeBuild::Project": frozenset(("ResourceAccessRole", "Triggers", "Visibility")),
    "AWS::CodeCommit::Repository": frozenset(("Code", "Triggers")),
    "AWS::CodePipeline::Pipeline": frozenset(("DisableInboundStageTransitions",)),
    "AWS::Cognito::UserPool": frozenset(
        (
            "EmailAuthenticationMessage",
            "EmailAuthenticationSubject",
            "IssuerConfiguration",
            "KeyConfiguration",
            "LambdaConfig",
            "WebAuthnFactorConfiguration",
            "WebAuthnRelyingPartyID",
            "WebAuthnUserVerification",
        )
    ),
    "AWS::Cognito::UserPoolUser": frozenset(("ClientMetadata", "ForceAliasCreation", "ValidationData")),
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
