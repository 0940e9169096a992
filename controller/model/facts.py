"""What a bundle needs and no manifest says: ids that AWS gave. They reach a root stack as parameters.

A template names them by parameter, so that it is rendered without asking AWS for anything; the plan reads the values.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from controller.model.ownership import logical_id

SPOKEN = 200  # characters; with the digest well below a parameter's 255 (CloudFormation user guide, quotas)


@dataclass(frozen=True, slots=True)
class OrganizationId:
    @property
    def parameter(self) -> str:
        return "OrganizationId"

    @property
    def description(self) -> str:
        return "The organization, outside of which nothing is shared"


@dataclass(frozen=True, slots=True)
class UnitPath:
    """The unit and all below it, as `aws:PrincipalOrgPaths` has it: ids from the organization down, then /*."""

    path: str  # of names, such as Lake/Analytics

    @property
    def parameter(self) -> str:
        return _of_unit("unit", self.path)

    @property
    def description(self) -> str:
        return f"The organizational unit {self.path} and all below it"


@dataclass(frozen=True, slots=True)
class UnitPrincipal:
    """The unit's ARN, which Lake Formation and RAM take for a principal."""

    path: str

    @property
    def parameter(self) -> str:
        return _of_unit("principal", self.path)

    @property
    def description(self) -> str:
        return f"The organizational unit {self.path} as a principal"


@dataclass(frozen=True, slots=True)
class AccountOf:
    """The account of a silo that the organization creates."""

    silo: str

    @property
    def parameter(self) -> str:
        return logical_id("account", self.silo)

    @property
    def description(self) -> str:
        return f"The account of the silo {self.silo}"


Fact = OrganizationId | UnitPath | UnitPrincipal | AccountOf


def _of_unit(word: str, path: str) -> str:
    """The digest keeps apart units whose names differ in what a parameter's name cannot hold, or beyond its length."""
    return logical_id(word, path)[:SPOKEN] + hashlib.sha256(path.encode()).hexdigest()[:8].upper()
