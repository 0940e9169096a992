"""Who calls: the account and the principal behind an access key, as moto's IAM and STS know them."""

from __future__ import annotations

from dataclasses import dataclass, field

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from controller.local.organization.tree import PARTITION


@dataclass(frozen=True, slots=True)
class Key:
    """A user's own, which somebody outside holds and signs with; keys of sessions stay within this process."""

    secret: str = field(repr=False)
    status: str

    @property
    def active(self) -> bool:
        return self.status == "Active"


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal; for a session `arn` is the role's own, which is what `aws:PrincipalArn` holds (IAM user guide)."""

    account: str
    arn: str
    kind: str  # role | user
    session: str = ""  # the session's name
    session_policy: str = ""  # what AssumeRole passed, as text
    key: Key | None = None


_accounts: dict[str, str] = {}
_sessions: dict[str, tuple[str, str]] = {}  # access key -> session name, session policy


def forget() -> None:
    _accounts.clear()
    _sessions.clear()


def caller(access_key: str) -> Caller | None:
    """Find the principal of an access key; None for a key that nobody has."""
    account = _account(access_key)
    if account is None:
        return None
    iam = iam_backends[account][PARTITION]
    role = iam.access_keys[access_key].role_arn
    if role:
        return Caller(account, str(role), "role", *_session(account, access_key))
    for user in list(iam.users.values()):
        for key in user.access_keys:
            if key.access_key_id == access_key:
                return Caller(account, str(user.arn), "user", key=Key(str(key.secret_access_key), str(key.status)))
    return None


def _account(access_key: str) -> str | None:
    """Moto scans all accounts for each request; remembering the answer keeps a large lake as fast as a small one."""
    known = _accounts.get(access_key)
    if known is not None and access_key in iam_backends[known][PARTITION].access_keys:
        return known
    for account, backends in list(iam_backends.items()):
        if access_key in backends[PARTITION].access_keys:
            _accounts[access_key] = account
            return str(account)
    return None


def _session(account: str, access_key: str) -> tuple[str, str]:
    if access_key not in _sessions:
        for one in reversed(sts_backends[account][PARTITION].assumed_roles):
            if one.access_key_id == access_key:
                _sessions[access_key] = (str(one.session_name), str(one.policy or ""))
                break
        else:
            return "", ""
    return _sessions[access_key]
