"""The policies of a template, as IAM would read them: references become what they could be once things are made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ACCOUNT, REGION = "123456789012", "eu-west-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "lake-silo",
    "AWS::URLSuffix": "amazonaws.com",
}
PATH = "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"
# Parameters by name, and those that begin with a word; others are called what they are.
PARAMETERS: Mapping[str, Any] = {"KeyArn": KEY, "OrganizationId": "o-a1b2c3d4e5", "UnitPaths": [PATH]}
BEGINNINGS = {"Account": ACCOUNT, "Unit": PATH, "Principal": f"arn:aws:iam::{ACCOUNT}:root"}
ENDINGS = {"Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:topic", "Arn": KEY}
# What !GetAtt Arn gives, or !Ref where that is the ARN (CloudFormation template reference, return values).
ARNS = {
    "AWS::CodeBuild::Project": f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/{{}}",
    "AWS::CodeCommit::Repository": f"arn:aws:codecommit:{REGION}:{ACCOUNT}:{{}}",
    "AWS::DataSync::Task": f"arn:aws:datasync:{REGION}:{ACCOUNT}:task/task-0123456789abcdef0",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}",
    "AWS::Events::Rule": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{{}}",
    "AWS::IAM::ManagedPolicy": f"arn:aws:iam::{ACCOUNT}:policy/{{}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "AWS::IAM::User": f"arn:aws:iam::{ACCOUNT}:user/{{}}",
    "AWS::KinesisFirehose::DeliveryStream": f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/{{}}",
    "AWS::KMS::Key": KEY,
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}:*",
    "AWS::RedshiftServerless::Namespace": f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:namespace/{{}}",
    "AWS::RedshiftServerless::Workgroup": f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:workgroup/{{}}",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{{}}-a1b2c3",
    "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{{}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{{}}",
}
REF_IS_ARN = {
    "AWS::DataSync::Task",
    "AWS::IAM::ManagedPolicy",
    "AWS::SecretsManager::Secret",
    "AWS::SNS::Topic",
    "AWS::StepFunctions::StateMachine",
}
# A statement of these says `*`, or nothing, and means the resource that it hangs on (IAM and KMS guides).
ITSELF = {("AWS::KMS::Key", "KeyPolicy"), ("AWS::IAM::Role", "AssumeRolePolicyDocument")}


@dataclass(frozen=True, slots=True)
class Policy:
    resource: str
    place: str  # path below the resource's properties
    document: Mapping[str, Any]


def policies(template: Mapping[str, Any]) -> Iterator[Policy]:
    kinds = {name: resource["Type"] for name, resource in template["Resources"].items()}
    for name, resource in template["Resources"].items():
        for place, found in _documents(resource.get("Properties", {}), ""):
            document = resolved(found, kinds)
            if (kinds[name], place) in ITSELF:
                own = ARNS[kinds[name]].format(name)
                document = {**document, "Statement": [{**one, "Resource": own} for one in document["Statement"]]}
            yield Policy(name, place, document)


def _documents(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    match value:
        case {"Statement": list()}:
            yield place, value
        case {"Fn::Sub": str(text)} if '"Statement"' in text:
            yield place, {"Fn::Json": value}
        case str() if value.startswith("{") and '"Statement"' in value:
            yield place, json.loads(value)
        case dict():
            for key, child in value.items():
                yield from _documents(child, f"{place}.{key}".lstrip("."))
        case list():
            for index, child in enumerate(value):
                yield from _documents(child, f"{place}[{index}]")


def resolved(value: Any, kinds: Mapping[str, str]) -> Any:
    """The value without intrinsic functions; a list of parameters becomes a list."""
    match value:
        case {"Ref": str(name)}:
            return _reference(name, kinds)
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return _attribute(name, attribute, kinds)
        case {"Fn::Sub": [str(text), dict(own)]}:
            return _text(text, kinds, {key: resolved(child, kinds) for key, child in own.items()})
        case {"Fn::Sub": str(text)}:
            return _text(text, kinds, {})
        case {"Fn::Join": [str(between), parts]}:
            return between.join(resolved(parts, kinds))
        case {"Fn::Json": text}:
            return json.loads(resolved(text, kinds))
        case dict():
            return {key: resolved(child, kinds) for key, child in value.items()}
        case list():
            return [resolved(child, kinds) for child in value]
    return value


def _reference(name: str, kinds: Mapping[str, str]) -> Any:
    if name in kinds:
        return _attribute(name, "Arn", kinds) if kinds[name] in REF_IS_ARN else name.lower()
    if name in PSEUDO or name in PARAMETERS:
        return PSEUDO.get(name) or PARAMETERS[name]
    begun = [value for word, value in BEGINNINGS.items() if name.startswith(word)]
    ended = [value for word, value in ENDINGS.items() if name.endswith(word)]
    return [*begun, *ended, name.lower()][0]


def _attribute(name: str, attribute: str, kinds: Mapping[str, str]) -> str:
    if attribute.rpartition(".")[2].endswith("Arn") and kinds[name] in ARNS:
        return ARNS[kinds[name]].format(name.lower())
    return f"{name}.{attribute}".lower()


def _text(text: str, kinds: Mapping[str, str], own: Mapping[str, Any]) -> str:
    def one(found: re.Match[str]) -> str:
        name, _, attribute = found[1].partition(".")
        value = own.get(found[1]) or (_attribute(name, attribute, kinds) if attribute else _reference(name, kinds))
        return str(value)

    return re.sub(r"\$\{(?!!)([^}]+)\}", one, text).replace("${!", "${")
