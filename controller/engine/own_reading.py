"""Our own reading of what CloudFormation does not detect (user guide, "Resource type support"), stack by stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from controller.diff.literal import StackFacts
from controller.engine.catalog_drift import CRAWLER, TABLE, CatalogDrift
from controller.engine.found import Subject
from controller.engine.policy_drift import BUCKET_POLICY, CATALOG_POLICY, PolicyDrift
from controller.engine.silos import Silos
from controller.model.live import LiveResource, LiveStack
from controller.model.observed import Present, Unreadable

Comparison = Callable[[str, str, Mapping[str, Any], StackFacts], None]  # nested stack, logical id, properties


class OwnReading:
    """Compares the resources of the types that it knows, and puts down in the subject's `found` what differs."""

    def __init__(self, silos: Silos, subject: Subject) -> None:
        self._silos, self._subject = silos, subject
        policies = PolicyDrift(silos, subject.place, subject.origin, subject.found)
        catalog = CatalogDrift(silos, subject)
        self._types: Mapping[str, Comparison] = {
            BUCKET_POLICY: policies.bucket,
            CATALOG_POLICY: policies.catalog,
            CRAWLER: catalog.crawler,
            TABLE: catalog.table,
        }

    def look(self, nested: str, stack: str, resources: Sequence[LiveResource]) -> str:
        """All of a nested stack; returns why that could not be read, where it could not."""
        if not any(resource.type in self._types for resource in resources):
            return ""
        place = self._subject.place
        match self._silos.stack(place, stack), self._silos.template(place, stack):
            case Present(there), Present(body):
                self._compare(nested, there, body, {resource.logical_id: resource for resource in resources})
            case (Unreadable(why), _) | (_, Unreadable(why)):
                return why
            case _:  # it went meanwhile
                pass
        return ""

    def _compare(
        self, nested: str, there: LiveStack, body: Mapping[str, Any], by_id: Mapping[str, LiveResource]
    ) -> None:
        place = self._subject.place
        facts = StackFacts(body, there.parameters, by_id, place.account, place.region, there.name)
        for logical, resource in sorted(body.get("Resources", {}).items()):
            if logical not in by_id:
                continue
            try:
                if (compare := self._types.get(resource["Type"])) is not None:
                    compare(nested, logical, resource["Properties"], facts)
            except (AttributeError, KeyError, TypeError) as error:
                # Whoever runs the account may have deployed any template, and may have a macro complete it.
                address = self._subject.origin.address(nested, logical)
                self._subject.found.unreadable[address] = f"its template is not as we write it: {error!r}"
