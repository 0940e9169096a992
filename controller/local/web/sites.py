"""What stands at the ports, told to whoever wants to go there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from moto.cognitoidp.models import UserStatus

from controller.local.resources import store
from controller.local.services.cognito import INVITED
from controller.local.web import api, distribution, ports, tokens
from controller.local.web.place import Place


@dataclass(frozen=True, slots=True)
class Invitation:
    """What Cognito has mailed to somebody who has not signed in yet."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Site:
    id: str  # of its distribution
    account: str
    region: str
    domain: str  # CloudFront's name for it
    address: str  # where it is on this machine
    api: str  # where its HTTP API is, without CloudFront before it; empty where it has none
    invitations: tuple[Invitation, ...]


def sites() -> tuple[Site, ...]:
    """Those that are there, in the order of their ports."""
    return tuple(site for port in ports.every(distribution.TYPE) if (site := _told(port)) is not None)


def names(port: int) -> tuple[str, ...]:
    """The hosts that a port of this machine stands for; none where no site is there."""
    found = next((one for one in ports.every(distribution.TYPE) if one.listener.port == port), None)
    kept = found and store.find(found.place.account, found.place.region, distribution.TYPE, found.place.id)
    if not kept:
        return ()
    return (str(kept.attributes["DomainName"]), *kept.properties["DistributionConfig"].get("Aliases", ()))


def open_site(place: Place) -> None:
    ports.listen(place, distribution.TYPE, distribution.serve)


def open_api(place: Place) -> None:
    ports.listen(place, api.API, api.serve)


def close(id: str) -> None:
    ports.close(id)


def _told(port: ports.Port) -> Site | None:
    place = port.place
    kept = store.find(place.account, place.region, distribution.TYPE, place.id)
    if kept is None:
        return None
    behind = next((one for one in map(ports.find, distribution.apis(kept.properties)) if one is not None), None)
    pools = api.pools(behind.place) if behind is not None else ()
    return Site(
        id=place.id,
        account=place.account,
        region=place.region,
        domain=str(kept.attributes["DomainName"]),
        address=port.address,
        api=behind.address if behind is not None else "",
        invitations=tuple(one for pool in pools for one in _invited(tokens.pool(pool))),
    )


def _invited(pool: Any | None) -> list[Invitation]:
    """The first password stands until it is changed."""
    users = [] if pool is None else list(pool.users.values())
    waiting = (one for one in users if one.status is UserStatus.FORCE_CHANGE_PASSWORD and vars(one).get(INVITED))
    return [Invitation(str(one.username), str(one.password)) for one in waiting]
