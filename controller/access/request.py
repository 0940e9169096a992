"""One request: who asks for what upon which resource, and what else is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Kind = Literal["user", "role-session", "root", "federated-user", "service", "anonymous"]


@dataclass(frozen=True, slots=True)
class Principal:
    """`arn` is a session's own for sessions, whose role stands in `role_arn`; services have only `service`."""

    kind: Kind
    arn: str = ""
    account: str = ""
    role_arn: str = ""
    service: str = ""

    @property
    def arns(self) -> tuple[str, ...]:
        """The ARNs that a policy may name to mean this principal."""
        return tuple(arn for arn in (self.arn, self.role_arn) if arn)


@dataclass(frozen=True)
class Request:
    """`context` maps condition keys to their values, a tuple for a key of several; what is not in it is missing.

    `told` narrows that: when set, only keys in it (in lower case) are known to be missing, and any other is unknown.
    `resource_account` is empty where nobody knows the owner.
    """

    principal: Principal
    action: str
    resource: str
    resource_account: str
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    told: frozenset[str] | None = None

    @cached_property
    def _lowered(self) -> dict[str, str | tuple[str, ...]]:
        return {key.lower(): values for key, values in self.context.items()}

    def values(self, key: str) -> tuple[str, ...] | None:
        """The values of a condition key, whose name has no case; none where it is missing, None where nobody knows."""
        found = self._lowered.get(key.lower())
        if found is not None:
            return (found,) if isinstance(found, str) else found
        return () if self.told is None or key.lower() in self.told else None

    def several(self, key: str) -> bool:
        """Whether the key is one of several values, however many it has now."""
        return isinstance(self._lowered.get(key.lower()), tuple)
