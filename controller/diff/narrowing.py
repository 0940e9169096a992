"""Whether changes take access away from somebody: a partner who ends, a share that goes, a policy that gets stricter.

Told from the templates alone, so it errs to one side: what may take some is taken to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controller.diff.change import Change, Detail, Verb

# Types that say who may do what, or are somebody who may.
ACCESS_TYPES = frozenset(
    {
        "AWS::IAM::AccessKey",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::User",
        "AWS::IAM::UserPolicy",
        "AWS::KMS::Key",
        "AWS::LakeFormation::PrincipalPermissions",
        "AWS::Lambda::Permission",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::SecretsManager::ResourcePolicy",
    }
)

# Besides: who signs in to a web app, what the catalog lets in, keys of APIs, whom dashboards and networks let in.
DOORS = ACCESS_TYPES | {
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::UsagePlanKey",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Route",
    "AWS::Cognito::UserPoolUser",
    "AWS::EC2::SecurityGroup",
    "AWS::LakeFormation::DataLakeSettings",
    "AWS::QuickSight::DataSet",
    "AWS::QuickSight::DataSource",
    "AWS::Transfer::Server",
    "Custom::LakeCatalogPolicy",
}
SILENT = frozenset({"(DeletionPolicy)", "(DependsOn)", "(Metadata)", "(UpdateReplacePolicy)"})  # no right hangs on them


def narrows(changes: Iterable[Change]) -> bool:
    """What is only made, or only lets in more, takes nothing away."""
    return any(change.type in DOORS and _takes(change) for change in changes)


def _takes(change: Change) -> bool:
    match change.verb:
        case Verb.DELETE | Verb.REPLACE:
            return True
        case Verb.UPDATE:
            return any(detail.path not in SILENT and not _allows(detail) for detail in change.details)
        case _:
            return False


def _allows(detail: Detail) -> bool:
    """One more statement that allows; anything else that is new, such as a condition, may be a limit."""
    return detail.before is None and isinstance(detail.after, Mapping) and detail.after.get("Effect") == "Allow"
