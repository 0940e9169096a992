"""Types that are kept by their provider schema alone: no service of moto stands behind them.

A resource is its properties and what the schema says AWS would add: an identifier and read-only attributes. It can be
read, changed, found to differ from its template, and deleted, as any other.
"""

from __future__ import annotations

import copy
import secrets
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.local.resources.api import Taken
from controller.local.resources.handler import Made, ResourceFailed, Scope
from controller.local.resources.naming import generated
from controller.local.resources.schemas import Path, ProviderSchema, provider_schema
from controller.local.resources.tagging import live_tags, wanted_tags

TYPES = (
    "AWS::AccessAnalyzer::Analyzer",
    "AWS::AppFlow::ConnectorProfile",
    "AWS::AppFlow::Flow",
    "AWS::Athena::DataCatalog",
    "AWS::Athena::NamedQuery",
    "AWS::Budgets::Budget",
    "AWS::CertificateManager::Certificate",
    "AWS::CloudFront::CachePolicy",
    "AWS::CloudFront::Function",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudFront::OriginRequestPolicy",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::CloudTrail::Trail",
    "AWS::CodeConnections::Connection",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Cognito::UserPoolIdentityProvider",
    "AWS::DMS::Endpoint",
    "AWS::DMS::ReplicationConfig",
    "AWS::DMS::ReplicationInstance",
    "AWS::DMS::ReplicationSubnetGroup",
    "AWS::DMS::ReplicationTask",
    "AWS::DataSync::Agent",
    "AWS::DataSync::LocationObjectStorage",
    "AWS::DataSync::LocationS3",
    "AWS::DataSync::LocationSMB",
    "AWS::DataSync::Task",
    "AWS::EC2::EIP",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::Events::EventBus",
    "AWS::Events::EventBusPolicy",
    "AWS::Glue::DataCatalogEncryptionSettings",
    "AWS::Glue::Trigger",
    "AWS::Glue::Workflow",
    "AWS::LakeFormation::DataCellsFilter",
    "AWS::LakeFormation::DataLakeSettings",
    "AWS::LakeFormation::Permissions",
    "AWS::LakeFormation::PrincipalPermissions",
    "AWS::LakeFormation::Resource",
    "AWS::LakeFormation::Tag",
    "AWS::LakeFormation::TagAssociation",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Version",
    "AWS::Logs::MetricFilter",
    "AWS::QuickSight::Analysis",
    "AWS::QuickSight::Dashboard",
    "AWS::RAM::ResourceShare",
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::Transfer::User",
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::WAFv2::WebACL",
    "AWS::WAFv2::WebACLAssociation",
)

REFERS_BY_ID = frozenset(  # Ref answers their own id, although their identifier holds the parent's as well
    (
        "AWS::ApiGatewayV2::Authorizer",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
    )
)
IN_ARNS = {  # services that ARNs call otherwise than types do
    "accessanalyzer": "access-analyzer",
    "certificatemanager": "acm",
    "cognito": "cognito-idp",
    "redshiftserverless": "redshift-serverless",
}
KINDS = {"locationobjectstorage": "location", "locations3": "location", "locationsmb": "location"}  # likewise
BEGINS = {  # of ids, before a hyphen
    "AWS::EC2::EIP": "eipalloc",
    "AWS::EC2::InternetGateway": "igw",
    "AWS::EC2::RouteTable": "rtb",
    "AWS::EC2::SecurityGroup": "sg",
    "AWS::EC2::Subnet": "subnet",
    "AWS::EC2::SubnetRouteTableAssociation": "rtbassoc",
    "AWS::EC2::VPC": "vpc",
    "AWS::EC2::VPCEndpoint": "vpce",
    "AWS::Transfer::Server": "s",
}
ADDRESSES = {  # of what browsers go to
    "AWS::ApiGatewayV2::Api": "https://{id}.execute-api.{region}.amazonaws.com",
    "AWS::CloudFront::Distribution": "d{id}.cloudfront.net",
}
GLOBAL = ("budgets", "cloudfront")  # whose ARNs name no region

Place = tuple[str, str, str]  # account, region, type

_lock = threading.Lock()
_kept: dict[Place, dict[str, Kept]] = {}


@dataclass(slots=True)
class Kept:
    """One resource. `properties` are live: a test that changes them plays somebody's hand."""

    properties: dict[str, Any]
    attributes: dict[str, Any]
    tags: dict[str, str]


def reset() -> None:
    with _lock:
        _kept.clear()


def find(account: str, region: str, type_name: str, physical_id: str) -> Kept | None:
    """The live resource, for readers in this process and for whoever wants to change it by hand."""
    return _kept.get((account, region, type_name), {}).get(physical_id)


def listed(account: str, region: str, type_name: str) -> dict[str, Kept]:
    """All resources of a type, by physical id."""
    return dict(_kept.get((account, region, type_name), {}))


def everywhere(account: str, type_name: str) -> dict[str, Kept]:
    """The same over all regions: what is global is kept where its stack is."""
    places = [place for place in list(_kept) if place[0] == account and place[2] == type_name]
    return {name: kept for place in places for name, kept in dict(_kept[place]).items()}


def forget(account: str, region: str, type_name: str, physical_id: str) -> None:
    """Delete a resource behind CloudFormation's back."""
    with _lock:
        _kept.get((account, region, type_name), {}).pop(physical_id, None)


@dataclass(frozen=True, slots=True)
class Stored:
    """The handler of one of TYPES, and what handlers with more to do than keeping are built upon."""

    type: str

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        schema = provider_schema(self.type)
        attributes = self._attributes(scope, schema, properties)
        known = {**copy.deepcopy(dict(properties)), **_named(scope, schema, properties)}
        physical_id = _identifier(scope, schema, {**known, **attributes})
        with _lock:
            there = _kept.setdefault((scope.account, scope.region, self.type), {})
            if physical_id in there:
                raise Taken(f"{physical_id} already exists")
            there[physical_id] = Kept(known, attributes, wanted_tags(scope, _without_odd_tags(properties)))
        return Made(physical_id, attributes)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        kept = find(scope.account, scope.region, self.type, physical_id)
        if kept is None:
            return None
        hidden = {path[0] for path in provider_schema(self.type).write_only if len(path) == 1}
        seen = copy.deepcopy({key: kept.properties.get(key) for key in properties if key not in hidden})
        if "Tags" in seen and "Tags" in _without_odd_tags(properties):
            seen["Tags"] = live_tags(scope, properties, kept.tags)
        return seen

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        kept = find(scope.account, scope.region, self.type, physical_id)
        if kept is None:
            raise ResourceFailed(f"Resource of type '{self.type}' with identifier '{physical_id}' was not found.")
        gone = before.keys() - after.keys()
        kept.properties = {key: value for key, value in kept.properties.items() if key not in gone}
        kept.properties.update(copy.deepcopy(dict(after)))
        kept.tags = wanted_tags(scope, _without_odd_tags(after))
        return Made(physical_id, kept.attributes)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        forget(scope.account, scope.region, self.type, physical_id)

    def _attributes(self, scope: Scope, schema: ProviderSchema, properties: Mapping[str, Any]) -> dict[str, Any]:
        """What AWS would answer to Fn::GetAtt: ARNs, ids and addresses in their usual shape, other texts as the id."""
        own = _id(self.type, scope)
        title = next((str(value) for value in _named(scope, schema, properties).values()), own)
        return {
            ".".join(path): _value(scope, self.type, path[-1], title, own)
            for path in schema.read_only
            if "*" not in path and path[0] not in properties and schema.is_text(path)
        }


def _without_odd_tags(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Tags where they are a map or a list of keys and values; some types carry strings under that name."""
    tags = properties.get("Tags")
    plain = isinstance(tags, Mapping) or (isinstance(tags, list) and all("Key" in tag for tag in tags))
    return properties if plain else {}


def _named(scope: Scope, schema: ProviderSchema, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that identify the resource, with a generated name for each that the template leaves out."""
    read_only = set(schema.read_only)
    return {
        path[0]: properties.get(path[0]) or generated(scope, 63, lower=True)
        for path in schema.primary_identifier
        if len(path) == 1 and path not in read_only
    }


def _identifier(scope: Scope, schema: ProviderSchema, known: Mapping[str, Any]) -> str:
    own = schema.type in REFERS_BY_ID
    parts = [_at(known, path) for path in schema.primary_identifier if not own or path in schema.read_only]
    return "|".join(str(part) for part in parts if part is not None) or generated(scope)


def _at(known: Mapping[str, Any], path: Path) -> Any:
    if ".".join(path) in known:
        return known[".".join(path)]
    value: Any = known
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _value(scope: Scope, type_name: str, name: str, title: str, own: str) -> str:
    _, service, kind = type_name.lower().split("::")
    if name.lower().endswith("arn"):
        region = "" if service in GLOBAL else scope.region
        return f"arn:aws:{IN_ARNS.get(service, service)}:{region}:{scope.account}:{KINDS.get(kind, kind)}/{title}"
    if type_name in ADDRESSES and name.endswith(("Endpoint", "DomainName")):
        return ADDRESSES[type_name].format(id=own.lower(), region=scope.region)
    if name.endswith(("Url", "URL", "Uri", "Endpoint")):
        return f"https://{own}.{service}.{scope.region}.amazonaws.com"
    if name.endswith(("DomainName", "Address")):
        return f"{own}.{service}.{scope.region}.amazonaws.com"
    return own


def _id(type_name: str, scope: Scope) -> str:
    digits = secrets.token_hex(9)[:17]
    if type_name in BEGINS:
        return f"{BEGINS[type_name]}-{digits}"
    match type_name:
        case "AWS::CloudFront::Distribution" | "AWS::CloudFront::OriginAccessControl":
            return f"E{digits[:13].upper()}"
        case "AWS::DataSync::Agent" | "AWS::DataSync::Task":
            return f"{type_name.rsplit('::', 1)[-1].lower()}-{digits}"
    if type_name.startswith("AWS::DataSync::Location"):
        return f"loc-{digits}"
    return digits[:10] if "ApiGatewayV2" in type_name else str(uuid.uuid4())


HANDLERS: tuple[Stored, ...] = tuple(Stored(name) for name in TYPES)
