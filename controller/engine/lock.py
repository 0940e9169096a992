"""One lease for the whole lake: `state/lock.json`, taken only where there is none, stolen only from the dead."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, RLock, Thread
from typing import Any

from controller.engine.ports import Bucket, Ports
from controller.model.errors import ControllerError, LockHeld
from controller.model.observed import Absent, Present, Unreadable
from controller.model.ownership import LOCK_KEY
from controller.model.world import Stored

LEASE = timedelta(minutes=30)
BEAT = timedelta(minutes=5)  # how often it is renewed, however long one step takes


@dataclass
class Lease:
    """Held until released; `renew` moves its end, and raises LockHeld when somebody took it from us."""

    bucket: Bucket
    ports: Ports
    record: dict[str, Any]
    etag: str
    _one_at_a_time: RLock = field(default_factory=RLock)

    def renew(self) -> None:
        with self._one_at_a_time:
            record = {**self.record, "expires": _time(self.ports.now() + LEASE)}
            stored = self.bucket.put(LOCK_KEY, _text(record), self.etag)
            if stored is None:
                raise LockHeld("the lock was taken by somebody else while we were applying")
            self.record, self.etag = record, stored.etag


@contextmanager
def held(bucket: Bucket, ports: Ports, operation: str, beat: timedelta = BEAT) -> Iterator[Lease]:
    """Take the lock or raise LockHeld with the record of who has it; a lock that cannot be read counts as held.

    It is renewed with every `beat` until it is released: a StackSet's operation may take hours.
    """
    now = ports.now()
    record = {
        "id": str(uuid.uuid4()),
        "operation": operation,
        "owner": ports.owner(),
        "taken": _time(now),
        "expires": _time(now + LEASE),
    }
    stored = bucket.put(LOCK_KEY, _text(record), None) or _steal(bucket, ports, record)
    lease = Lease(bucket, ports, record, stored.etag)
    done = Event()
    renewing = Thread(target=_keep, args=(lease, done, beat), name="lease", daemon=True)
    renewing.start()
    try:
        yield lease
    finally:
        done.set()
        renewing.join()
        bucket.delete(LOCK_KEY, lease.etag)


def _keep(lease: Lease, done: Event, beat: timedelta) -> None:
    while not done.wait(beat.total_seconds()):
        try:
            lease.renew()
        except LockHeld:
            return  # the next stage's own renewal tells of it
        except ControllerError:
            continue  # AWS may answer to the next one: the lease outlives several of them


def clear(bucket: Bucket, ports: Ports) -> None:
    """Take away a lock that a dead run left behind; any other stays."""
    match bucket.get(LOCK_KEY):
        case Present(stored):
            try:
                dead = _is_dead(_read(stored), ports)
            except LockHeld:
                return
            if dead:
                bucket.delete(LOCK_KEY, stored.etag)
        case _:
            return


def _steal(bucket: Bucket, ports: Ports, record: Mapping[str, Any]) -> Stored:
    match bucket.get(LOCK_KEY):
        case Present(stored) if _is_dead(_read(stored), ports):
            taken = bucket.put(LOCK_KEY, _text(record), stored.etag)
        case Present(stored):
            raise _held_by(_read(stored))
        case Absent():  # released between our two calls
            taken = bucket.put(LOCK_KEY, _text(record), None)
        case Unreadable(why):
            raise LockHeld(f"{LOCK_KEY} could not be read: {why}")
    if taken is None:
        raise LockHeld("somebody else took the lock at the same moment", hint="run it again when they are done")
    return taken


def _is_dead(record: Mapping[str, Any], ports: Ports) -> bool:
    """Its holder is a process of this machine that is no more; or its time is over, and nobody can tell if it lives."""
    match ports.alive(record["owner"]):
        case None:
            return datetime.fromisoformat(record["expires"]) < ports.now()
        case alive:
            return not alive


def _held_by(record: Mapping[str, Any]) -> LockHeld:
    owner = record["owner"]
    who = f"{owner.get('user', 'somebody')}@{owner.get('host', 'somewhere')}"
    return LockHeld(
        f"{who} holds the lock: {record.get('operation')} since {record.get('taken')}, until {record.get('expires')} "
        f"(id {record.get('id')})",
        hint=f"wait for it; if that run is dead, delete {LOCK_KEY} from the code bucket (docs/bootstrap.md)",
    )


def _read(stored: Stored) -> dict[str, Any]:
    """A lock that we cannot read is somebody's mistake, not a free lake: it is held until it is deleted by hand."""
    try:
        record: dict[str, Any] = json.loads(stored.content)
        end, owner = datetime.fromisoformat(record["expires"]), record["owner"]
    except (ValueError, KeyError, TypeError):
        end, owner = None, None
    if end is None or end.tzinfo is None or not isinstance(owner, dict):
        raise LockHeld(f"{LOCK_KEY} is not a lock of ours", hint="delete it from the code bucket of the home region")
    return record


def _text(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, sort_keys=True).encode()


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
