"""What admins do with vended credentials: each is one edit of the stack's template, and may safely come twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import template
from audit import ENDED, EXTENDED, REVEALED, REVOKED, ROTATED, VENDED, Entry
from credential import Credential, asked, confirmed, hours, instant, moment
from folders import meeting, words
from refused import Refused
from request import Request, digest
from secret import Mark, Secrets
from settings import Settings
from stack import Seen, VendedStack
from template import Document

SCHEDULE = "schedule"  # who ends what is over
KEPT = timedelta(days=7)  # an ended credential, before it is taken away
Log = Callable[[Entry], None]


class Vending:
    """`log` is told each event once, when it has begun."""

    def __init__(self, stack: VendedStack, secrets: Secrets, settings: Settings, log: Log, now: datetime) -> None:
        self._stack, self._secrets, self._settings, self._log, self._now = stack, secrets, settings, log, now

    def vend(self, body: Any, request: Request, in_git: Mapping[str, str]) -> dict[str, Any]:
        """`in_git`: folders of those whom git declares, by their names."""
        made = asked(body, self._settings, self._now, request.by, digest(request.word), request.key)
        shared = confirmed(body)
        if not template.fits(made, self._settings):
            raise Refused(400, "too-long", "The addresses are too many for one user: name fewer or wider networks.")
        entry = self._entry(request, VENDED, made.name, f"{made.prefix} until {made.expires}")

        def change(document: Document) -> Document:
            there = document.find(made.name)
            if _again(document, entry) or (there is not None and there.request == request.key):
                return document
            _free(document, made.name)
            others = {**in_git, **{one.user: one.prefix for one in document.credentials.values()}}
            return document.put(made, _with(entry, made, others, shared))

        self._edit(change, entry)
        return {"name": made.name, "reveal": request.word, "state": "making"}

    def extend(self, name: str, body: Mapping[str, Any], request: Request) -> dict[str, Any]:
        expires = instant(self._now + timedelta(hours=hours(body.get("hours"))))
        entry = self._entry(request, EXTENDED, name, f"until {expires}")

        def change(document: Document) -> Document:
            if _again(document, entry):
                return document
            there = self._there(document, name)
            return document.put(replace(there, expires=expires, active=True), entry)

        self._edit(change, entry)
        return {"name": name, "state": "making"}

    def rotate(self, name: str, request: Request) -> dict[str, Any]:
        entry = self._entry(request, ROTATED, name)

        def change(document: Document) -> Document:
            if _again(document, entry):
                return document
            there = self._there(document, name)
            if not there.active or self._over(there):
                raise Refused(409, "ended", f"{name} has ended: extend it first.")
            new = replace(there, serial=there.serial + 1, made=instant(self._now), reveal=digest(request.word))
            return document.put(new, *self._revealed(there), entry)

        self._edit(change, entry)
        return {"name": name, "reveal": request.word, "state": "making"}

    def revoke(self, name: str, request: Request) -> dict[str, Any]:
        entry = self._entry(request, REVOKED, name)

        def change(document: Document) -> Document:
            gone = any(one.name == name and one.did == REVOKED for one in document.audit)
            if _again(document, entry) or (gone and document.find(name) is None):
                return document
            return document.drop(name, *self._revealed(self._there(document, name)), entry)

        self._edit(change, entry)
        return {"name": name, "state": "ending"}

    def reveal(self, name: str, word: Any, by: str) -> dict[str, str]:
        seen = self._stack.look()
        credential = seen.document.find(name)
        if credential is None or not isinstance(word, str) or not word.isascii() or digest(word) != credential.reveal:
            raise self._unknown(name, credential, seen)
        if (mark := self._secrets.mark(credential)) is not None:
            raise _shown(f"at {mark.at} to {mark.by}")
        key = self._key(credential)
        if not key:
            raise _making(name)
        if not self._secrets.claim(credential):
            raise _shown("to another request a moment ago")
        entry = Entry(instant(self._now), by, REVEALED, name)
        self._secrets.set_mark(credential, Mark(credential.serial, entry.at, by))
        pair = self._secrets.pair(credential)
        if pair["accessKeyId"] != key:
            raise Refused(409, "changed", "This secret was changed outside of the web app. Rotate it to get a new one.")
        self._log(entry)
        return pair

    def sweep(self) -> int:
        """End what is over, and take away what has been over for long; how many."""
        entries: list[Entry] = []

        def change(document: Document) -> Document:
            entries.clear()
            for credential in document.credentials.values():
                entry = Entry(instant(self._now), SCHEDULE, ENDED, credential.name)
                if self._over(credential, KEPT):
                    document = document.drop(
                        credential.name, *self._revealed(credential), replace(entry, detail="taken away")
                    )
                elif self._over(credential) and credential.active:
                    document = document.put(replace(credential, active=False), replace(entry, detail="key inactive"))
                else:
                    continue
                entries.append(document.audit[-1])
            return document

        if self._stack.look().status == "":
            return 0
        self._stack.edit(change)
        for entry in entries:
            self._log(entry)
        return len(entries)

    def audit(self) -> list[dict[str, str]]:
        """Newest first; secrets that were shown are told by their own marks until the credential next changes."""
        document = self._stack.look().document
        shown = (entry for one in document.credentials.values() for entry in self._revealed(one))
        return [entry.told() for entry in sorted((*document.audit, *shown), key=lambda one: one.at, reverse=True)]

    def _edit(self, change: Callable[[Document], Document], entry: Entry) -> None:
        done = self._stack.edit(change).done(entry.request)
        if done is not None and done.at == entry.at:
            self._log(done)

    def _entry(self, request: Request, did: str, name: str, detail: str = "") -> Entry:
        return Entry(instant(self._now), request.by, did, name, detail, request.key, request.said)

    def _revealed(self, credential: Credential) -> tuple[Entry, ...]:
        mark = self._secrets.mark(credential)
        return () if mark is None else (Entry(mark.at, mark.by, REVEALED, credential.name),)

    def _there(self, document: Document, name: str) -> Credential:
        found = document.find(name)
        if found is None:
            raise Refused(404, "not-found", f"No vended credential is called {name}.")
        return found

    def _over(self, credential: Credential, since: timedelta = timedelta(0)) -> bool:
        return moment(credential.expires, self._now) + since < self._now

    def _key(self, credential: Credential) -> str:
        """The id of its key, once that is the one that was asked for last, and is in the secret."""
        made = moment(credential.made, self._now)
        key, secret = (
            self._stack.resource(f"{template.logical_id(credential.name)}{kind}") for kind in ("Key", "Secret")
        )
        if key is None or secret is None or not (_settled(key, made) and _settled(secret, made)):
            return ""
        return str(key["PhysicalResourceId"])

    def _unknown(self, name: str, credential: Credential | None, seen: Seen) -> Refused:
        if seen.busy:
            return _making(name)
        if credential is not None:
            return Refused(403, "wrong-word", "This is not the word that was given for the present key.")
        why = self._stack.failure(template.logical_id(name))
        if why:
            return Refused(409, "failed", f"{name} could not be made: {why}")
        return Refused(404, "not-found", f"No vended credential is called {name}.")


def _making(name: str) -> Refused:
    return Refused(409, "making", f"{name} is still being made.", retry_after=3)


def _shown(how: str) -> Refused:
    return Refused(410, "shown", f"This secret was shown {how}. Rotate it to get a new one.")


def _settled(resource: Mapping[str, Any], since: datetime) -> bool:
    complete = resource["ResourceStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    return complete and bool(resource["LastUpdatedTimestamp"] >= since)


def _free(document: Document, name: str) -> None:
    for other in document.credentials:
        if other == name:
            raise Refused(409, "name-taken", f"There is a vended credential {name} already.")
        if template.logical_id(other) == template.logical_id(name):
            raise Refused(409, "name-taken", f"{name} is too much like {other}: take another name.")


def _with(entry: Entry, made: Credential, others: Mapping[str, str], shared: bool) -> Entry:
    """The event of a credential, with who shares its folder. Raises Refused where nobody said that this is meant."""
    names = meeting(made.prefix, others)
    if not names:
        return entry
    if not shared:
        told = f"{made.prefix}/ would be shared: {words(names, others)}. Who may read there sees what all deliver."
        raise Refused(409, "folder-taken", f"{told} Confirm that this is meant, or take another folder.")
    return replace(entry, detail=f"{entry.detail}, shared: {words(names, others)}")


def _again(document: Document, entry: Entry) -> bool:
    """Whether this very request was done before. Raises Refused for its key with another request."""
    before = document.done(entry.request)
    if before is None:
        return False
    if (before.did, before.name, before.said) != (entry.did, entry.name, entry.said):
        raise Refused(422, "idempotency-key", "This Idempotency-Key was used for another request: send a new one.")
    return True
