"""The S3 deploy action: uploads an artifact whole or unpacked, and deletes nothing (CodePipeline user guide)."""

from __future__ import annotations

import io
import mimetypes
import zipfile
from typing import Any

from botocore.exceptions import ClientError

from controller.local.pipelines.actions.context import ActionFailed, Context, refused


def upload(context: Context) -> None:
    settings = context.configuration()
    artifact = context.artifact(context.run.declared["inputArtifacts"][0]["name"])
    bucket, prefix = settings["BucketName"], settings.get("ObjectKey", "")
    extract = settings.get("Extract", "false").lower() == "true"
    if not extract and not prefix:
        raise ActionFailed("ConfigurationError", "ObjectKey is required when Extract is not true")
    files = _members(artifact.content) if extract else {"": artifact.content}
    s3, options = context.client("s3"), _options(settings)
    for name, content in files.items():
        key = "/".join(filter(None, (prefix.rstrip("/") if extract else prefix, name)))
        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType=kind, **options)
        except ClientError as error:
            raise refused(bucket, error) from error
    context.run.settle("Succeeded", f"{len(files)} object{'s' if len(files) != 1 else ''} to {bucket}")


def _members(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}
    except zipfile.BadZipFile:
        raise ActionFailed("JobFailed", "The artifact is not a valid zip file") from None


def _options(settings: dict[str, str]) -> dict[str, Any]:
    options = {name: settings[key] for name, key in (("CacheControl",) * 2, ("ACL", "CannedACL")) if key in settings}
    if "KMSEncryptionKeyARN" in settings:
        options |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": settings["KMSEncryptionKeyARN"]}
    return options
