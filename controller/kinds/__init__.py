"""The manifest kinds, one module each: its spec, how it is read, what it refers to.

Adding a kind is a module here, its line in `KINDS`, and `schemas/<kind>.schema.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller.kinds import consumer, flow, organization, partner, share, silo
from controller.kinds.consumer import Consumer
from controller.kinds.flow import Flow
from controller.kinds.organization import Organization
from controller.kinds.partner import Partner
from controller.kinds.share import Share
from controller.kinds.silo import Silo
from controller.model.manifest import Manifest

Spec = Organization | Silo | Consumer | Partner | Flow | Share

KINDS: Mapping[str, Callable[[Manifest], Spec]] = {
    "Organization": organization.read,
    "Silo": silo.read,
    "Consumer": consumer.read,
    "Partner": partner.read,
    "Flow": flow.read,
    "Share": share.read,
}
