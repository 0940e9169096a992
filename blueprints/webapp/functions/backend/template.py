"""The template of the stack of vended credentials: the only place where they are kept. Values in, a template out.

Resources follow from the credentials that the template's metadata lists, and are those that the blueprint `partners`
makes for a partner in git. No secret is in here: CloudFormation puts it from the key into the secret by itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from audit import FEWEST, KEPT, Entry
from credential import Credential
from refused import Refused
from settings import Settings

LARGEST = 1_000_000  # bytes of a template, and what it makes at most; CloudFormation user guide, quotas
RESOURCES = 500
POLICY_MAX = 2_048  # characters of a user's inline policies, white space left out; IAM user guide, quotas
TAG_MAX = 256  # characters of a tag's value; IAM user guide, quotas
USER, KEY, SECRET = "AWS::IAM::User", "AWS::IAM::AccessKey", "AWS::SecretsManager::Secret"
VENDED, AUDIT = "lake:vended", "lake:audit"

SIGNED = frozenset({"api", "web"})  # protocols by which the pair itself signs requests to S3
OBJECTS = {
    "upload": ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"),
    "download": ("s3:GetObject",),
    "delete": ("s3:DeleteObject",),
    "list": (),
}
KEY_USES = {"upload": ("kms:Decrypt", "kms:GenerateDataKey"), "download": ("kms:Decrypt",), "delete": (), "list": ()}

# Made of nothing but a condition that never holds: a template needs a resource, and the last credential may go.
NEVER = {"Fn::Equals": ["a", "b"]}
NOTHING = {"Type": SECRET, "Condition": "Never"}


@dataclass(frozen=True)
class Document:
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    audit: tuple[Entry, ...] = ()  # newest last

    def find(self, name: str) -> Credential | None:
        return self.credentials.get(name)

    def done(self, key: str) -> Entry | None:
        """The event of a request that came before."""
        return next((entry for entry in reversed(self.audit) if key and entry.request == key), None)

    def put(self, credential: Credential, *entries: Entry) -> Document:
        return Document({**self.credentials, credential.name: credential}, (*self.audit, *entries))

    def drop(self, name: str, *entries: Entry) -> Document:
        kept = {key: one for key, one in self.credentials.items() if key != name}
        return Document(kept, (*self.audit, *entries))


def read(template: Mapping[str, Any]) -> Document:
    """What a template of ours keeps; an empty one keeps nothing."""
    kept = template.get("Metadata", {})
    found = {name: Credential(name=name, **_tuples(said)) for name, said in kept.get(VENDED, {}).items()}
    return Document(found, tuple(Entry(*entry) for entry in kept.get(AUDIT, [])))


def write(document: Document, settings: Settings, fewest: int = FEWEST) -> str:
    """The template's text; old events but the `fewest` newest go where they would not fit.

    Raises Refused where that is not enough, or where CloudFormation makes no more in one stack.
    """
    for kept in range(KEPT, fewest - 1, -5):
        newest = document.audit[max(0, len(document.audit) - kept) :]
        made = body(replace(document, audit=newest), settings)
        text = json.dumps(made, separators=(",", ":"))
        if len(text) <= LARGEST and len(made["Resources"]) <= RESOURCES:
            return text
    raise Refused(
        409,
        "full",
        f"There is no room for another credential beside {len(document.credentials) - 1}: revoke what is not needed, "
        "or make those that stay Partners in git.",
    )


def digest(template: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()


def parameters(settings: Settings) -> dict[str, str]:
    """Values that all credentials share, for each is told only once of a template that may not grow long."""
    given = {
        "Bucket": settings.bucket,
        "BucketArn": f"arn:{settings.partition}:s3:::{settings.bucket}",
        "Boundary": settings.boundary,
    }
    if settings.key:
        given |= {"KeyArn": settings.key, "ViaS3": f"s3.{settings.region}.{settings.suffix}"}
    return given


def stack_tags(settings: Settings) -> dict[str, str]:
    """CloudFormation gives them to all that the stack makes."""
    return {"lake:organization": settings.organization, "lake:silo": settings.silo}


def body(document: Document, settings: Settings) -> dict[str, Any]:
    resources: dict[str, Any] = {"Nothing": NOTHING}
    for _, credential in sorted(document.credentials.items()):
        resources |= _resources(credential, settings)
    kept = {name: _plain(credential) for name, credential in sorted(document.credentials.items())}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Credentials vended by the web app of the silo {settings.silo}: edited by it alone",
        "Metadata": {VENDED: kept, AUDIT: [_row(entry) for entry in document.audit]},
        "Parameters": {name: {"Type": "String"} for name in parameters(settings)},
        "Conditions": {"Never": NEVER},
        "Resources": resources,
    }


def logical_id(name: str) -> str:
    """As of a partner in git. Names that would meet in one id are not both vended."""
    return "".join(part.capitalize() for part in name.split("-"))


def _resources(credential: Credential, settings: Settings) -> dict[str, Any]:
    name = logical_id(credential.name)
    user, key = f"{name}User", f"{name}Key"
    pair = f'"accessKeyId":"${{{key}}}","secretAccessKey":"${{{key}.SecretAccessKey}}"'
    place = f'"region":"${{AWS::Region}}","bucket":"${{Bucket}}","prefix":"{credential.prefix}/"'
    secret: dict[str, Any] = {"Name": f"{settings.secrets}{credential.name}"}
    if settings.key:
        secret["KmsKeyId"] = {"Ref": "KeyArn"}
    return {
        user: {
            "Type": USER,
            "Properties": {
                "UserName": credential.user,
                "Path": settings.partners,
                "PermissionsBoundary": {"Ref": "Boundary"},
                "Policies": [{"PolicyName": "own-prefix", "PolicyDocument": policy(credential, settings)}],
                "Tags": [{"Key": tag, "Value": value} for tag, value in tags(credential).items()],
            },
        },
        key: {
            "Type": KEY,
            "Properties": {
                "UserName": {"Ref": user},
                "Serial": credential.serial,
                "Status": "Active" if credential.active else "Inactive",
            },
        },
        f"{name}Secret": {"Type": SECRET, "Properties": {**secret, "SecretString": {"Fn::Sub": f"{{{pair},{place}}}"}}},
    }


def tags(credential: Credential) -> dict[str, str]:
    found = {
        "lake:partner": credential.user,
        "lake:prefix": credential.prefix,
        "lake:protocols": " ".join(credential.protocols),
        "lake:permissions": " ".join(credential.permissions),
        "lake:expires": credential.expires,
    }
    if credential.cidrs:
        found["lake:cidrs"] = " ".join(credential.cidrs)
    if credential.max_object_mib is not None:
        found["lake:max-object-mib"] = str(credential.max_object_mib)
    return {**found, "lake:vended-by": credential.by}


def policy(credential: Credential, settings: Settings) -> dict[str, Any]:
    statements = _granted(credential, settings) if credential.active else [_deny("Ended")]
    return {"Version": "2012-10-17", "Statement": statements}


def fits(credential: Credential, settings: Settings) -> bool:
    """Whether IAM takes the tags, and the policy once CloudFormation has put its values in."""
    if any(len(value) > TAG_MAX for value in tags(credential).values()):
        return False
    text = json.dumps(policy(credential, settings), separators=(",", ":"))
    for name, value in parameters(settings).items():
        text = text.replace(f'{{"Ref":"{name}"}}', f'"{value}"').replace(f"${{{name}}}", value)
    return len(text.replace('{"Fn::Sub":', "")) <= POLICY_MAX


def _granted(credential: Credential, settings: Settings) -> list[dict[str, Any]]:
    """Allowed below its prefix until its end; once more as denials, so that no other grant outlives or widens these."""
    until = {"DateLessThanEquals": {"aws:CurrentTime": credential.expires}}
    by_tls = {"Bool": {"aws:SecureTransport": "true"}}
    known = credential.permissions if SIGNED & set(credential.protocols) else ()
    found: list[dict[str, Any]] = []
    if actions := _actions(OBJECTS, known):
        below = {"Fn::Sub": f"${{BucketArn}}/{credential.prefix}/*"}
        found.append(_allow("Objects", actions, below, {**until, **by_tls}))
    if "list" in known:
        names = {"StringLike": {"s3:prefix": f"{credential.prefix}/*"}}
        found.append(_allow("Names", "s3:ListBucket", {"Ref": "BucketArn"}, {**until, **by_tls, **names}))
    if settings.key and (uses := _actions(KEY_USES, known)):
        found.append(
            _allow("Key", uses, {"Ref": "KeyArn"}, {**until, "StringEquals": {"kms:ViaService": {"Ref": "ViaS3"}}})
        )
    found.append(_deny("Expired", {"DateGreaterThan": {"aws:CurrentTime": credential.expires}}))
    found.append(_deny("Plain", {"Bool": {"aws:SecureTransport": "false"}}))
    directly = {"Bool": {"aws:ViaAWSService": "false"}}
    if credential.cidrs:
        found.append(_deny("Elsewhere", {"NotIpAddress": {"aws:SourceIp": list(credential.cidrs)}, **directly}))
    found.append(_deny("Sessions", {"Null": {"aws:TokenIssueTime": "false"}, **directly}))
    return found


def _actions(table: Mapping[str, tuple[str, ...]], permissions: tuple[str, ...]) -> list[str]:
    return sorted({action for permission in permissions for action in table[permission]})


def _allow(sid: str, action: Any, resource: Any, condition: dict[str, Any]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


def _deny(sid: str, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    found = {"Sid": sid, "Effect": "Deny", "Action": "*", "Resource": "*"}
    return {**found, "Condition": condition} if condition else found


NAMES = {"max_object_mib": "maxObjectMiB"}  # in the metadata, as in a manifest
FIELDS = {kept: name for name, kept in NAMES.items()}
UNSAID = {"cidrs": (), "max_object_mib": None, "note": "", "serial": 0, "active": True}


def _plain(credential: Credential) -> dict[str, Any]:
    said = {key: value for key, value in asdict(credential).items() if key != "name"}
    return {NAMES.get(key, key): value for key, value in said.items() if UNSAID.get(key, ...) != value}


def _tuples(said: Mapping[str, Any]) -> dict[str, Any]:
    known = {FIELDS.get(key, key): tuple(value) if isinstance(value, list) else value for key, value in said.items()}
    return {**UNSAID, **known}


def _row(entry: Entry) -> list[str]:
    row = list(asdict(entry).values())
    while row[-1] == "":
        row.pop()
    return row
