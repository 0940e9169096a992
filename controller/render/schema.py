"""The values that a blueprint takes, checked by its `schema.json` before they reach its template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs

from controller.render.intrinsic import TemplateError

BASE = "blueprint:///"  # where the files of the catalogue stand, so that one schema can refer to another's definitions


class Schemas:
    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._compiled: dict[str, Any] = {}

    def check(self, name: str, values: Mapping[str, Any]) -> None:
        if name not in self._compiled:
            self._compiled[name] = jsonschema_rs.validator_for(
                {"$ref": f"{BASE}{name}/schema.json"}, retriever=self._retrieve
            )
        faults = [
            f"{'/'.join(map(str, e.instance_path))}: {e.message}" for e in self._compiled[name].iter_errors(values)
        ]
        if faults:
            raise TemplateError(f"{name}: values do not fit its schema: " + "; ".join(sorted(faults)))

    def _retrieve(self, uri: str) -> Any:
        return json.loads(self._files[urlsplit(uri).path.lstrip("/")])
