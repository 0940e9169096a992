"""A catalogue of tiny blueprints: what the engine needs of them, and nothing that AWS would ask besides."""

from __future__ import annotations

from controller.render.blueprint import Catalogue

STORAGE = """
Resources:
  RawBucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: {BucketName: !Sub {{ (bucket_prefix | sub ~ "-raw-${AWS::AccountId}") | yaml }}}
  Inventory:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: {{ silo | yaml }}
      BillingMode: {{ encryption | yaml }}
  Database:
    Type: AWS::Glue::Database
    Properties: {CatalogId: !Ref AWS::AccountId, DatabaseInput: {Name: {{ database | yaml }}}}
Outputs:
  RawBucketName: {Value: !Ref RawBucket}
"""

FLOW = """
Parameters:
  RawBucketName: {Type: String}
Resources:
  ProcessedTable:
    Type: AWS::Glue::Table
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseName: {{ database | yaml }}
      TableInput:
        Name: {{ table | yaml }}
        StorageDescriptor:
          Columns:
{% for column in columns %}
            - {Name: {{ column.name | yaml }}, Type: {{ column.type | yaml }}}
{% endfor %}
  Schedule:
    Type: AWS::Events::Rule
    Metadata: {lake:field: spec.schedule}
    Properties: {ScheduleExpression: {{ schedule | yaml }}}
  Positions:
    Type: AWS::DynamoDB::Table
    Properties: {TableName: {{ flow | yaml }}}
  Job:
    Type: AWS::Glue::Job
    Properties: {Role: process, DefaultArguments: {--contract: {{ contract | yaml }}}}
"""

WEBAPP = """
Resources:
  Pages:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: {{ silo | yaml }}}
"""

ROOT = """
Parameters:
  BundleDigest: {Type: String}
  Commit: {Type: String}
Resources:
  Release:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: !Ref BundleDigest}
{% for stack in nested %}
  {{ stack.id | id }}:
    Type: AWS::CloudFormation::Stack
{% if stack.holds_data %}
    DeletionPolicy: Retain
{% endif %}
    Properties:
      TemplateURL: {{ (assets ~ stack.key) | yaml }}
{% endfor %}
Outputs:
  BundleDigest: {Value: !Ref BundleDigest}
"""

MASTER = """
Parameters:
  OrganizationId: {Type: String}
  UnitPaths: {Type: CommaDelimitedList}
Resources:
  CodeBucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      BucketName: !Sub {{ (code_prefix | sub ~ "-${AWS::Region}") | yaml }}
      VersioningConfiguration: {Status: Enabled}
      LifecycleConfiguration:
        Rules:
          - Id: old
            Status: Enabled
            NoncurrentVersionExpiration: {NoncurrentDays: {{ keep_versions | yaml }}}
"""

BASELINE = """
Resources:
  Enrolled:
    Type: AWS::SSM::Parameter
    Properties: {Name: /lake/enrolled, Type: String, Value: {{ code_prefix | yaml }}}
"""


def catalogue(version: str = "1.0.0", **changed: str) -> Catalogue:
    """`changed` replaces templates (`storage`, `flow`, `webapp`, `root`, `master`, `baseline`), or the site's `page` or
    `pins`.
    """
    templates = {
        "silo": changed.get("root", ROOT),
        "storage": changed.get("storage", STORAGE),
        "flows/http": changed.get("flow", FLOW),
        "webapp": changed.get("webapp", WEBAPP),
        "pipeline/master": changed.get("master", MASTER),
        "pipeline/silo-baseline": changed.get("baseline", BASELINE),
    }
    files = {f"{name}/template.yaml.j2": text.encode() for name, text in templates.items()}
    schemas = {f"{name}/schema.json": b"{}" for name in templates}
    builds = {f"pipeline/buildspecs/{name}.yml": b"version: 0.2" for name in ("plan", "apply", "drift")}
    script = {"flows/_processing/scripts/process.py": b"print('processed')\n"}
    pages = {
        "webapp/site/index.html": changed.get("page", "<!doctype html>").encode(),
        "webapp/site/vendor.json": changed.get("pins", "[]").encode(),
    }
    return Catalogue(dict(sorted({**files, **schemas, **builds, **script, **pages}.items())), version)
