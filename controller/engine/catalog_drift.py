"""Drift of tables and crawlers: CloudFormation detects none (user guide, "Resource type support").

Of a table its columns and its place are compared, of a link to another account's table that it is there. The rest
belongs to whoever fills it: partitions, counts, statistics.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.diff.change import Detail
from controller.diff.drift import DriftClass, Finding
from controller.diff.literal import StackFacts, UnresolvedError
from controller.engine.found import Subject
from controller.engine.silos import Silos
from controller.engine.ways_out import APPLY, anew_by_git, there
from controller.model.live import LiveTable
from controller.model.observed import Absent, Observed, Present, Unreadable

TABLE, CRAWLER = "AWS::Glue::Table", "AWS::Glue::Crawler"


@dataclass
class CatalogDrift:
    """Reads a database, or the crawlers, once for all that are in it."""

    silos: Silos
    subject: Subject
    _tables: dict[str, Observed[Mapping[str, LiveTable]]] = field(default_factory=dict)  # by database
    _crawlers: Observed[frozenset[str]] | None = None

    def table(self, nested: str, logical: str, properties: Mapping[str, Any], facts: StackFacts) -> None:
        address = self.subject.origin.address(nested, logical)
        try:
            database, wanted = str(facts.literal(properties["DatabaseName"])), facts.literal(properties["TableInput"])
        except UnresolvedError as error:
            self.subject.found.unreadable[address] = f"its expected columns cannot be told: {error}"
            return
        if database not in self._tables:
            self._tables[database] = self.silos.tables(self.subject.place, database)
        match self._tables[database]:
            case Unreadable(why):
                self.subject.found.unreadable[address] = why
                return
            case Present(tables):
                live = tables.get(wanted["Name"])
            case Absent():
                live = None
        self.subject.found.compared["tables"] += 1
        details = _differences(_expected(wanted), live) if live and "StorageDescriptor" in wanted else ()
        if live is None or details:
            verb = "update-table" if live else "create-table"
            given = json.dumps({"DatabaseName": database, "TableInput": wanted}, sort_keys=True)
            command = there(f"aws glue {verb} --cli-input-json {shlex.quote(given)}", self.subject.place)
            self._tell(nested, logical, TABLE, details, command)

    def crawler(self, nested: str, logical: str, properties: Mapping[str, Any], facts: StackFacts) -> None:
        if self._crawlers is None:
            self._crawlers = self.silos.crawlers(self.subject.place)
        match self._crawlers:
            case Unreadable(why):
                self.subject.found.unreadable[self.subject.origin.address(nested, logical)] = why
            case Present(names):
                self.subject.found.compared["crawlers"] += 1
                if facts.resources[logical].physical_id not in names:
                    source = self.subject.origin.source("", nested)
                    self._tell(nested, logical, CRAWLER, (), anew_by_git(source))
            case Absent():
                pass

    def _tell(self, nested: str, logical: str, type: str, details: tuple[Detail, ...], reassert: str) -> None:
        source = self.subject.origin.source(nested, logical)
        where = f"{source.path}:{source.line}" if source else "the manifest"
        changed = f"write the columns as they are now into {where}; then {APPLY}"
        gone = f"take what asks for it out of {where}, then {APPLY}"
        self.subject.found.findings.append(
            Finding(
                DriftClass.CHANGED_BY_HAND,
                self.subject.origin.address(nested, logical),
                type,
                "was changed by hand" if details else "was deleted by hand",
                details,
                reassert=reassert,
                accept=changed if details else gone,
                source=source,
            )
        )


def _expected(wanted: Mapping[str, Any]) -> LiveTable:
    storage = wanted["StorageDescriptor"]
    return LiveTable(_columns(storage["Columns"]), _columns(wanted.get("PartitionKeys", ())), storage["Location"])


def _columns(said: Any) -> tuple[tuple[str, str], ...]:
    """Glue keeps the names in lower case (Glue developer guide, Column)."""
    return tuple((str(column["Name"]).lower(), str(column["Type"])) for column in said)


def _differences(expected: LiveTable, actual: LiveTable) -> tuple[Detail, ...]:
    """Column by column; their order last, since a file's columns are found by it in some formats."""
    found = []
    for word, before, after in (
        ("Columns", expected.columns, actual.columns),
        ("PartitionKeys", expected.partitions, actual.partitions),
    ):
        old, new = dict(before), dict(after)
        names = [*old, *(name for name in new if name not in old)]
        told = [Detail(f"{word}[{name}]", old.get(name), new.get(name)) for name in names]
        found += [detail for detail in told if detail.before != detail.after]
        if old == new and before != after:
            found.append(Detail(word, [name for name, _ in before], [name for name, _ in after]))
    if expected.location != actual.location:
        found.append(Detail("Location", expected.location, actual.location))
    return tuple(found)
