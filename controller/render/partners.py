"""What a silo's partners are given: stacks of users and keys, each partner always in the same stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from controller.kinds.partner import Access, Partner
from controller.kinds.silo import Silo
from controller.model.bundle import sha256
from controller.model.ownership import logical_id
from controller.resolve.credentials import Credential
from controller.resolve.lake import Lake

SHARDS = 4  # never another number: a user would move from one stack to another, which its name does not allow
SIGNED = frozenset({"api", "web"})  # protocols by which a partner's own keys sign requests to S3
OBJECTS = {
    "upload": ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"),
    "download": ("s3:GetObject",),
    "delete": ("s3:DeleteObject",),
    "list": (),
}
# S3 decrypts a multipart upload's parts when it joins them (S3 user guide, SSE-KMS).
KEY = {"upload": ("kms:Decrypt", "kms:GenerateDataKey"), "download": ("kms:Decrypt",), "delete": (), "list": ()}


def partner_stacks(lake: Lake, silo: Silo) -> Iterator[tuple[int, tuple[Partner, ...], dict[str, Any]]]:
    """The number of each stack, who is in it, and its values; at 150 partners a stack has some 40."""
    shards: dict[int, list[tuple[Partner, int, Access]]] = {}
    for partner in lake.partners.values():
        for index, access in enumerate(partner.access):
            if access.silo == silo.name:
                shards.setdefault(shard(partner.name), []).append((partner, index, access))
    for number, members in sorted(shards.items()):
        given = [_values(partner, index, access, lake.credentials[partner.name]) for partner, index, access in members]
        values = {"silo": silo.name, "encryption": silo.encryption, "partners": given}
        yield number, tuple(partner for partner, _, _ in members), values


def shard(partner: str) -> int:
    return int(sha256(partner.encode())[:8], 16) % SHARDS


def _values(partner: Partner, index: int, access: Access, credential: Credential) -> dict[str, Any]:
    by_key = bool(SIGNED & set(access.protocols))
    return {
        "id": logical_id(partner.name),
        "name": partner.name,
        "contact": partner.contact,
        "field": f"spec.access[{index}]",
        "prefix": access.dropzone,
        "protocols": sorted(access.protocols),
        "permissions": sorted(access.permissions),
        "object_actions": _actions(OBJECTS, access) if by_key else [],
        "key_actions": _actions(KEY, access) if by_key else [],
        "lists": by_key and "list" in access.permissions,
        "expires": f"{partner.expires}T23:59:59Z",
        "cidrs": sorted(partner.source_cidrs),
        "max_object_mib": partner.max_object_mib,
        "active": credential.active,
        "keys": [{"place": key.place, "serial": key.serial} for key in credential.keys],
        "current": credential.current.place,
    }


def _actions(table: dict[str, tuple[str, ...]], access: Access) -> list[str]:
    return sorted({action for permission in access.permissions for action in table[permission]})
