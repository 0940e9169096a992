"""The embedded AWS: starts, is reset to a lake, stops. One in a process, for moto's state is the process's."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sts.models import sts_backends

from controller.kinds.silo import NewAccount
from controller.local import clients, functions, organization, resources, sftp, web
from controller.local.authorization import decisions
from controller.local.authorization.refusal import Refusal
from controller.local.cloudformation import service as cloudformation
from controller.local.cloudformation import stacksets
from controller.local.organization import Seeded, credentials, people
from controller.local.organization.tree import PARTITION, account_name
from controller.local.pipelines import service as pipelines
from controller.local.server import callers, calls
from controller.local.server.calls import Call
from controller.local.server.gateway import Gateway
from controller.local.server.http import Application, Listener
from controller.resolve.lake import Lake

# Seconds that a thread may compute while others wait. Many clients of one process talk to this server in the same
# process, each answer wakes somebody up, and Python's own 5 ms are longer than most answers take.
SWITCH = 0.0005

KEY, SECRET, TOKEN = "ASIAEMBEDDEDCONTROLR", "embedded", "embedded"


def _served(service: str | None) -> Application:
    """What answers for a service; moto names none where it has none."""
    application: Application = create_backend_app(service) if service else _unserved
    return application


def _unserved(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
    service = calls.credential(environ).service
    return Refusal(400, "UnknownService", f"the embedded AWS has no API of {service}", service).answer(start_response)


class _Dispatcher(DomainDispatcherApplication):  # type: ignore[misc]
    """moto would list its folders and try its patterns at each request, and let all others wait meanwhile."""

    def __init__(self, create: Callable[[str | None], Application]) -> None:
        super().__init__(create)
        self._services: dict[str | None, str | None] = {}

    def get_backend_for_host(self, host: str | None) -> str | None:
        if host not in self._services:
            self._services[host] = super().get_backend_for_host(host)
        return self._services[host]


class EmbeddedAws:
    """A whole AWS on this machine, with the organization of a lake.

    `places` puts accounts in other units than the manifests do (a path of names), or outside of it (None).
    `environment` is what a process needs to talk to it and to nothing else.
    """

    def __init__(self, lake: Lake, *, port: int = 0, places: Mapping[str, str | None] | None = None) -> None:
        self.gateway = Gateway(_Dispatcher(_served))
        _install()
        self._listener = Listener(self.gateway, port)
        clients.use_endpoint(self.endpoint)
        self._switch = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH)
        self.seeded: Seeded
        self.reset(lake, places=places)
        pipelines.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._listener.port}"

    @property
    def calls(self) -> list[Call]:
        """Every call from outside since the start or the last `calls.clear()`, in the order of their arrival."""
        return self.gateway.calls

    @property
    def sftp(self) -> tuple[sftp.Endpoint, ...]:
        """The SFTP servers that deployments have made so far."""
        return sftp.endpoints()

    @property
    def sites(self) -> tuple[web.Site, ...]:
        """The web sites that deployments have made so far, with what their admins were mailed."""
        return web.sites()

    def name(self, account: str) -> str:
        """What an account is called: as its silo, where a manifest names it."""
        called = account_name(account)
        made = {
            silo.account.name: silo.name for silo in self._lake.silos.values() if isinstance(silo.account, NewAccount)
        }
        return made.get(called, called)

    def profiles(self, session: str) -> str:
        """A configuration file of AWS's tools: a profile for each silo and consumer, to act in its account."""
        return people.config(self.roles, self._region, session)

    @property
    def roles(self) -> dict[str, str]:
        """The role to act by in each account that there is, by the name of its silo or consumer."""
        return people.let_in(self._lake)

    def when_accounts_change(self, call: Callable[[], None]) -> None:
        """Have `call` called after an account was created, moved or removed."""
        organization.install(stacksets.organization_changed, call)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that is the lake's controller; files of real accounts are out of its reach."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": TOKEN,
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def reset(self, lake: Lake, *, places: Mapping[str, str | None] | None = None) -> None:
        """Forget everything and be a new organization for `lake`; endpoint and credentials stay."""
        self._forget()
        self._lake, self._region = lake, lake.organization.home_region
        self.seeded = organization.seed(lake, places or {})
        credentials.deposit(lake)
        _sign_in(self.seeded.controller)

    def stop(self) -> None:
        pipelines.stop()
        self._forget()
        self._listener.close()
        sys.setswitchinterval(self._switch)

    def __enter__(self) -> EmbeddedAws:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _forget(self) -> None:
        pipelines.reset()  # what runs stops before what it runs on
        sftp.reset()
        web.reset()
        functions.reset()
        cloudformation.reset()
        resources.reset()
        BackendDict.reset()
        reset_model_data()
        callers.forget()
        clients.forget_roles()
        self.gateway.restore()
        self.gateway.calls.clear()


def _install() -> None:
    """Put the project's own services in the place of moto's; once a process is enough, and each sees to that."""
    organization.install(stacksets.organization_changed)
    decisions.install()
    cloudformation.install()
    resources.install()
    pipelines.install()


def _sign_in(role: str) -> None:
    """A session of the controller's role under keys that never change: a reset leaves `environment` as it was."""
    account = role.split(":")[4]
    session = sts_backends[account][PARTITION].assume_role("us-east-1", "siloctl", role, "", 3600, "")
    keys = iam_backends[account][PARTITION].access_keys
    keys[KEY] = keys.pop(session.access_key_id)
    keys[KEY].access_key_id = session.access_key_id = KEY
    session.secret_access_key, session.session_token = SECRET, TOKEN
