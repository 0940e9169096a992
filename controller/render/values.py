"""What each blueprint of a silo is given: plain values, and nothing that differs between two runs of the same lake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controller.kinds.consumer import Consumer
from controller.kinds.flow import Column, Contract, Flow
from controller.kinds.silo import Layer, Silo
from controller.model.bundle import Asset, canonical
from controller.model.facts import AccountOf, Fact
from controller.model.manifest import Manifest
from controller.model.ownership import TAG_FLOW, code_bucket, logical_id
from controller.render.blueprint import Catalogue
from controller.render.components import components
from controller.render.consumer import data_sets, queries_values
from controller.render.partners import partner_stacks
from controller.render.sftp import AUTHORIZER, keyed, sftp_values
from controller.render.sftp import BLUEPRINT as SFTP
from controller.render.sharing import (
    Giver,
    column_grants,
    facts_of,
    giver_values,
    policy_grants,
    received,
    sharing_values,
    storage_values,
)
from controller.render.targets import targets
from controller.render.webapp import BLUEPRINT as WEBAPP
from controller.render.webapp import FUNCTIONS, origins, webapp_values
from controller.resolve.lake import Lake, Member, retired

ROOT = "silo"
STORAGE = "storage"
SHARING = "sharing"
CATALOGS = "catalogs"
PARTNERS = "partners"
QUERIES = "queries"  # the part of a consumer that every other one of it may build on, as on a silo's storage
JOB_SCRIPT = "flows/_processing/scripts/process.py"
WRITER = "x-writer"  # in a flow type's schema: the AWS service that lands its data in the silo's drop zone


@dataclass(frozen=True, slots=True)
class Part:
    """One nested stack of a silo: which blueprint, where, with what, because of which manifest."""

    blueprint: str
    address: str
    id: str
    values: Mapping[str, Any]
    scripts: tuple[Asset, ...]
    tags: Mapping[str, str]
    manifest: Manifest
    facts: tuple[Fact, ...] = ()  # what the template takes as parameters and no manifest says
    others: tuple[Manifest, ...] = ()  # further manifests that its resources name as theirs


def parts(lake: Lake, member: Member, catalogue: Catalogue) -> tuple[Part, ...]:
    """The nested stacks in the order of their addresses. A retired silo keeps its data and loses what works on it."""
    made = _parts(lake, member, catalogue) if isinstance(member, Silo) else _consumer(lake, member)
    return tuple(sorted((*made, *_catalogs(lake, member)), key=lambda part: part.address))


def database(silo: str) -> str:
    """Glue and Athena names know no hyphens."""
    return silo.replace("-", "_")


def _parts(lake: Lake, silo: Silo, catalogue: Catalogue) -> Iterator[Part]:
    flows = () if silo.lifecycle == "retired" else lake.flows_of(silo.name)
    given = () if silo.lifecycle == "retired" else policy_grants(lake, silo.name)
    stored = {**_storage(lake, silo, _writers(flows, catalogue)), **storage_values(given)}
    yield Part(STORAGE, STORAGE, logical_id(STORAGE), stored, (), {}, silo.manifest, facts_of(given, ()))
    if silo.lifecycle != "retired":
        for name, values in components(silo, flows, database(silo.name)):
            yield Part(name, name, logical_id(name), values, (), {}, silo.manifest)
    for flow in flows:
        blueprint = f"flows/{flow.source_type}"
        scripts, own = _scripts(lake, flow, catalogue), catalogue.scripts(blueprint)
        yield Part(
            blueprint=blueprint,
            address=f"flow/{flow.name}",
            id=logical_id("flow", flow.name),
            values={
                **_flow(lake, silo, flow, [script.key for script in scripts]),
                **({"scripts": {name: script.key for name, script in own.items()}} if own else {}),
                **({"prefix": _prefix(lake, flow)} if _reads_uploads(flow, catalogue) else {}),
            },
            scripts=(*scripts, *own.values()),
            tags={TAG_FLOW: flow.name},
            manifest=flow.manifest,
        )

    yield from _partners(lake, silo)
    yield from _sftp(lake, silo, catalogue)
    yield from _webapp(lake, silo, catalogue)
    if silo.lifecycle != "retired":
        yield from _sharing(lake, silo, catalogue)


def _partners(lake: Lake, silo: Silo) -> Iterator[Part]:
    """A retired silo lets nobody deliver any more: its partners' users go."""
    if silo.lifecycle != "retired":
        for number, members, values in partner_stacks(lake, silo):
            manifests = tuple(partner.manifest for partner in members)
            place, own = f"{PARTNERS}/{number}", logical_id(PARTNERS, str(number))
            yield Part(PARTNERS, place, own, values, (), {}, silo.manifest, others=manifests)


def _sftp(lake: Lake, silo: Silo, catalogue: Catalogue) -> Iterator[Part]:
    if silo.sftp is not None and silo.lifecycle != "retired":
        function = catalogue.function(SFTP, AUTHORIZER)
        manifests = tuple(partner.manifest for partner in keyed(lake, silo))
        values = sftp_values(lake, silo, function)
        yield Part(SFTP, SFTP, logical_id(SFTP), values, (function,), {}, silo.manifest, others=manifests)


def _webapp(lake: Lake, silo: Silo, catalogue: Catalogue) -> Iterator[Part]:
    if silo.webapp is not None and silo.lifecycle != "retired":
        functions = {name: catalogue.function(WEBAPP, name) for name in FUNCTIONS}
        read = [
            (_prefix(lake, flow), flow.name) for flow in lake.flows_of(silo.name) if _reads_uploads(flow, catalogue)
        ]
        values = webapp_values(lake, silo, functions, read)
        yield Part(WEBAPP, WEBAPP, logical_id(WEBAPP), values, tuple(functions.values()), {}, silo.manifest)


def _sharing(lake: Lake, silo: Silo, catalogue: Catalogue) -> Iterator[Part]:
    """What a giving silo needs besides the policies of its bucket and its key."""
    given, granted = policy_grants(lake, silo.name), column_grants(lake, silo.name)
    shares = [share for share in lake.shares.values() if share.silo == silo.name]
    if not shares:
        return
    function = catalogue.function(SHARING, "catalog_policy")
    values = {
        "silo": silo.name,
        "encryption": silo.encryption,
        "database": database(silo.name),
        "code_bucket": code_bucket(lake.organization.code_bucket.name_prefix, silo.region),
        "function": function.key,
        **sharing_values(given, granted),
    }
    facts = facts_of(given, granted)
    yield Part(SHARING, SHARING, logical_id(SHARING), values, (function,), {}, shares[0].manifest, facts)


def _consumer(lake: Lake, consumer: Consumer) -> Iterator[Part]:
    givers = received(lake, consumer)
    values = queries_values(lake, consumer, [giver_values(giver, database, consumer.region) for giver in givers])
    facts = _accounts(givers) if consumer.dashboards else ()
    yield Part("consumer", QUERIES, logical_id(QUERIES), values, (), {}, consumer.manifest, facts)


def _catalogs(lake: Lake, member: Member) -> Iterator[Part]:
    """Whatever is shared with the member, each giver's tables in a database of the giver's name."""
    if retired(member):
        return
    givers = received(lake, member)
    if givers:
        shown = member if isinstance(member, Consumer) and member.dashboards is not None else None
        values = {
            "member": member.name,
            "givers": [giver_values(giver, database, member.region) for giver in givers],
            "dashboards": data_sets(lake, shown, givers, database) if shown else None,
        }
        yield Part(CATALOGS, CATALOGS, logical_id(CATALOGS), values, (), {}, member.manifest, _accounts(givers))


def _accounts(givers: Iterable[Giver]) -> tuple[Fact, ...]:
    return tuple(AccountOf(one.silo.name) for one in givers if not isinstance(one.silo.account, str))


def _writers(flows: Iterable[Flow], catalogue: Catalogue) -> list[str]:
    schemas = (catalogue.schema(f"flows/{flow.source_type}") for flow in flows)
    return sorted({schema[WRITER] for schema in schemas if WRITER in schema})


def _storage(lake: Lake, silo: Silo, writers: list[str]) -> dict[str, Any]:
    return {
        "bucket_prefix": f"{lake.organization.name}-{silo.name}",
        "silo": silo.name,
        "database": database(silo.name),
        "encryption": silo.encryption,
        "owners": sorted(set(silo.owners)),
        "writers": writers,
        "site_origins": origins(silo),
        "layers": {"dropzone": _layer(silo.dropzone), "raw": _layer(silo.raw), "processed": _layer(silo.processed)},
    }


def _layer(layer: Layer) -> dict[str, Any]:
    lock = layer.object_lock
    return {
        "archive_after_days": layer.archive_after_days,
        "expire_after_days": layer.expire_after_days,
        "object_lock": {"mode": lock.mode, "days": lock.days} if lock else None,
    }


def _scripts(lake: Lake, flow: Flow, catalogue: Catalogue) -> tuple[Asset, ...]:
    """The job, and the flow's own step where it has one."""
    job = catalogue.asset(JOB_SCRIPT)
    own = flow.transform.script
    return (job,) if own is None else (job, Asset(lake.scripts[own], ".py"))


def _flow(lake: Lake, silo: Silo, flow: Flow, scripts: list[str]) -> dict[str, Any]:
    partition = flow.contract.partition_by
    return {
        "silo": silo.name,
        "flow": flow.name,
        "encryption": silo.encryption,
        "database": database(silo.name),
        "table": flow.table,
        "source": {"type": flow.source_type, **flow.source},
        "columns": [_column(column) for column in flow.contract.columns],
        "key": list(flow.contract.key),
        "partition": {"column": partition.column, "granularity": partition.granularity} if partition else None,
        "contract": canonical(_contract(flow.contract)).decode(),
        "schedule": flow.schedule,
        "code_bucket": code_bucket(lake.organization.code_bucket.name_prefix, silo.region),
        "master_account": lake.organization.master_account,
        "job": {
            "script": scripts[0],
            "transform": scripts[1] if len(scripts) > 1 else None,
            "workers": flow.transform.workers,
            "worker_type": flow.transform.worker_type,
        },
        "targets": targets(flow),
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.type,
        "required": column.required,
        "sensitive": column.sensitive,
        "allowed": list(column.allowed),
        "from": column.source_name,
    }


def _contract(contract: Contract) -> dict[str, Any]:
    """What the job is told; compatibility is for the plan, which judges changes before they are deployed."""
    partition = contract.partition_by
    return {
        "columns": [_column(column) for column in contract.columns],
        "key": list(contract.key),
        "partition": {"column": partition.column, "granularity": partition.granularity} if partition else None,
    }


def _reads_uploads(flow: Flow, catalogue: Catalogue) -> bool:
    return "prefix" in catalogue.values_of(f"flows/{flow.source_type}")


def _prefix(lake: Lake, flow: Flow) -> str:
    """Where in the drop zone the flow's files arrive: its own prefix, or its partner's in this silo."""
    if prefix := flow.source.get("prefix"):
        return str(prefix)
    granted = (access for access in lake.partners[flow.source["partner"]].access if access.silo == flow.silo)
    return next(granted).dropzone
