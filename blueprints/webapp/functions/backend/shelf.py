"""Templates that are too long for a request: CloudFormation reads them where the backend laid them down."""

from __future__ import annotations

import hashlib
from typing import Any

from settings import Settings

SECONDS = 300  # that an address is good for: CloudFormation reads it before it answers


class Shelf:
    """`s3` is asked for the silo's bucket of vending alone. Its rule takes away what is a day old."""

    def __init__(self, s3: Any, settings: Settings) -> None:
        self._api, self._bucket = s3, settings.shelf

    def address(self, text: str) -> str:
        """Where CloudFormation reads `text`, by the right of whoever calls this: the address is signed.

        It is called by its content, so that another template is another object. It holds no secret.
        """
        body = text.encode()
        place = {"Bucket": self._bucket, "Key": f"templates/{hashlib.sha256(body).hexdigest()}.json"}
        self._api.put_object(**place, Body=body, ContentType="application/json")
        return str(self._api.generate_presigned_url("get_object", Params=place, ExpiresIn=SECONDS))
