"""A vended credential's secret: shown once, and marked as shown. Its text is nowhere else in here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from credential import Credential
from settings import Settings

SHOWN = "lake:shown"


@dataclass(frozen=True)
class Mark:
    """Which of a credential's keys was shown, when and to whom."""

    serial: int
    at: str
    by: str


class Secrets:
    def __init__(self, secretsmanager: Any, s3: Any, settings: Settings) -> None:
        self._api, self._s3, self._settings = secretsmanager, s3, settings

    def mark(self, credential: Credential) -> Mark | None:
        """None where its present key was not shown, or where there is no secret yet."""
        try:
            tags = self._api.describe_secret(SecretId=self._name(credential)).get("Tags") or []
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        words = next((str(tag["Value"]) for tag in tags if tag["Key"] == SHOWN), "").split(" ")
        if len(words) != 3 or words[0] != str(credential.serial):
            return None
        return Mark(int(words[0]), words[1], words[2])

    def claim(self, credential: Credential) -> bool:
        """Whether nobody claimed its present key before: S3 makes the object once, however many ask at once.

        The mark, which takes a moment to be seen, comes after it and stays; the object goes with its day. Whoever fails
        before the mark has been shown nothing.
        """
        place = {"Bucket": self._settings.shelf, "Key": f"shown/{credential.name}/{credential.reveal}"}
        try:
            self._s3.put_object(**place, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict"):
                return False
            raise
        return True

    def pair(self, credential: Credential) -> dict[str, str]:
        """What the partner logs in with."""
        found: dict[str, str] = json.loads(self._api.get_secret_value(SecretId=self._name(credential))["SecretString"])
        return found

    def set_mark(self, credential: Credential, mark: Mark) -> None:
        value = f"{mark.serial} {mark.at} {mark.by}"
        self._api.tag_resource(SecretId=self._name(credential), Tags=[{"Key": SHOWN, "Value": value}])

    def _name(self, credential: Credential) -> str:
        return f"{self._settings.secrets}{credential.name}"
