"""The credentials of outside systems that a silo's owners put into its account by hand, before a flow can use them."""

from __future__ import annotations

import json

from moto.secretsmanager.models import secretsmanager_backends

from controller.resolve.lake import Lake

VALUE = json.dumps({"username": "embedded", "password": "embedded"})


def deposit(lake: Lake) -> None:
    """Each secret that a flow names, in its silo's account and region.

    An account that the apply is to create has none: nobody could put one there.
    """
    wanted = {
        (silo.account, silo.region, flow.source["credentialsSecret"])
        for silo in lake.silos.values()
        for flow in lake.flows_of(silo.name)
        if isinstance(silo.account, str) and "credentialsSecret" in flow.source
    }
    for account, region, name in sorted(wanted):
        secretsmanager_backends[account][region].create_secret(
            name=name,
            secret_string=VALUE,
            secret_binary=None,
            description=None,
            tags=None,
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
