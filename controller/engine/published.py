"""What was published for a silo last, read back from the code bucket."""

from __future__ import annotations

from controller.engine.ports import Ports
from controller.model.live import Place
from controller.model.observed import Present
from controller.model.ownership import bundle_key
from controller.publish.archive import ArchiveRefused
from controller.publish.bundle import read_release
from controller.publish.origin import Origin
from controller.resolve.lake import Lake


def origin_of(ports: Ports, lake: Lake, name: str, place: Place) -> Origin:
    """What was published last tells which manifest line asked for what."""
    match ports.bucket(place.region).get(bundle_key(place.account)):
        case Present(value=stored):
            try:
                return Origin(name, read_release(stored.content), lake.folder)
            except ArchiveRefused:
                return Origin(name, {})
        case _:
            return Origin(name, {})
