"""The S3 source action: reads one object, by its current version or by the one that the start named."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from botocore.exceptions import ClientError

from controller.local.pipelines.actions.context import ActionFailed, Context, refused

MISSING = ("NoSuchKey", "404", "NoSuchVersion", "NoSuchBucket")


def take(context: Context) -> None:
    settings = context.configuration()
    bucket, key, version = settings["S3Bucket"], settings["S3ObjectKey"], ""
    for override in context.execution.overrides:
        if override["actionName"] == context.run.name:
            key = override["revisionValue"] if override["revisionType"] == "S3_OBJECT_KEY" else key
            version = override["revisionValue"] if override["revisionType"] == "S3_OBJECT_VERSION_ID" else version
    found = _read(context, bucket, key, version)
    content = found["Body"].read()
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise ActionFailed("ConfigurationError", f"The object {key} in bucket {bucket} is not a zip archive")
    context.run.revision = found["VersionId"]
    etag = found["ETag"].strip('"')
    if not version:
        context.pipeline.seen[context.run.name] = found["VersionId"]
    context.execution.revisions.append(
        {
            "actionName": context.run.name,
            "revisionId": found["VersionId"],
            "revisionSummary": f"Amazon S3 version id: {found['VersionId']}",
        }
    )
    for output in context.run.declared.get("outputArtifacts", ()):
        context.keep(output["name"], content)
    context.tell({"BucketName": bucket, "ObjectKey": key, "ETag": etag, "VersionId": found["VersionId"]})
    context.run.settle("Succeeded", f"Amazon S3 version id: {found['VersionId']}")


def _read(context: Context, bucket: str, key: str, version: str) -> Any:
    s3 = context.client("s3")
    try:
        if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
            raise ActionFailed(
                "ConfigurationError", f"The S3 bucket {bucket} is not versioned; CodePipeline needs versions"
            )
        return s3.get_object(Bucket=bucket, Key=key, **({"VersionId": version} if version else {}))
    except ClientError as error:
        if error.response["Error"]["Code"] not in MISSING:
            raise refused(bucket, error) from error
        text = f'The object with key "{key}" does not exist in bucket {bucket}.'
        raise ActionFailed("ConfigurationError", text) from error
