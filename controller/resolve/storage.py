"""Life cycles that S3 accepts: objects are archived before they expire, and a lock does not outlive them."""

from __future__ import annotations

from collections.abc import Iterator

from controller.kinds.silo import Layer, Silo
from controller.model.problem import Problem
from controller.resolve.specs import Specs


def check(specs: Specs) -> Iterator[Problem]:
    for silo in specs.silos.values():
        for name, layer in (("dropzone", silo.dropzone), ("raw", silo.raw), ("processed", silo.processed)):
            yield from _layer(silo, f"spec.storage.{name}", layer)


def _layer(silo: Silo, field: str, layer: Layer) -> Iterator[Problem]:
    expire, archive, lock = layer.expire_after_days, layer.archive_after_days, layer.object_lock
    if expire is None:
        return
    if archive is not None and archive >= expire:
        message = f"objects expire after {expire} days, before they would be archived after {archive}"
        yield Problem.of(
            silo.manifest, "life-cycle", f"{field}.archiveAfterDays", message, "archive earlier, or not at all"
        )
    if lock is not None and lock.days > expire:
        message = f"objects are locked for {lock.days} days, but expire after {expire}"
        yield Problem.of(silo.manifest, "life-cycle", f"{field}.objectLock.days", message, "let them expire later")
