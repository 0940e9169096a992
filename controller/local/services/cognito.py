"""Signing in to a user pool with a password and an authenticator app, each step as Cognito asks for it.

moto lets everybody in who knows a session, has one secret for all authenticators, and overlooks what a client allows.
Cognito developer guide, "Authentication flows"; Cognito user pools API reference, InitiateAuth, RespondToAuthChallenge.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.twofactor import InvalidToken
from moto.cognitoidp.exceptions import (
    CodeMismatchException,
    InvalidParameterException,
    NotAuthorizedError,
    ResourceNotFoundError,
    UserNotFoundError,
)
from moto.cognitoidp.models import CognitoIdpBackend, CognitoIdpUserPool, UserStatus, cognitoidp_backends
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.cognitoidp.utils import cognito_totp, verify_totp
from moto.core.responses import EmptyResult

AUTHENTICATOR, PENDING = "authenticator", "authenticator_to_verify"  # secrets, where moto's user keeps them
ENDS = "refresh_tokens_end"  # when, where moto's pool keeps it
INVITED = "invited_by_mail"  # a mark of users whom Cognito has written to
MINUTES = 3  # that a session lives, where the client says nothing
NEW_PASSWORD, MFA, SETUP = "NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "MFA_SETUP"
PASSWORD_FLOW, REFRESH_FLOWS = "USER_PASSWORD_AUTH", ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN")
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}

Answer = dict[str, Any]
_jwt = CognitoIdpUserPool.create_jwt


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has got some way, and what has to come next."""

    pool: Any
    client: Any
    user: Any
    challenge: str
    ends: float
    verified: bool = False  # of a set-up: a code of the new authenticator was right


def install() -> None:
    CognitoIdpUserPool.create_jwt = create_jwt
    CognitoIdpBackend.initiate_auth = initiate_auth
    CognitoIdpBackend.respond_to_auth_challenge = respond_to_auth_challenge
    CognitoIdpBackend.associate_software_token = associate_software_token
    CognitoIdpBackend.verify_software_token = verify_software_token
    CognitoIdpResponse.revoke_token = revoke_token


def create_jwt(pool: Any, client_id: str, username: str, token_use: str, *more: Any, **named: Any) -> Any:
    """With the life that the client gives its tokens."""
    if not more and "expires_in" not in named:
        named["expires_in"] = _life(pool.clients[client_id], token_use.capitalize(), 1, "hours")
    return _jwt(pool, client_id, username, token_use, *more, **named)


def _life(client: Any, kind: str, count: int, unit: str) -> int:
    """Seconds that a token of a kind lives, `count` of `unit` where the client says nothing."""
    said = client.extended_config
    named = said.get("TokenValidityUnits", {}).get(f"{kind}Token", unit)
    return int(said.get(f"{kind}TokenValidity") or count) * UNITS[named]


def initiate_auth(backend: Any, client_id: str, auth_flow: str, auth_parameters: Mapping[str, str]) -> Answer:
    pool = next((one for one in backend.user_pools.values() if client_id in one.clients), None)
    if pool is None:
        raise ResourceNotFoundError(f"User pool client {client_id} does not exist.")
    client = pool.clients[client_id]
    if auth_flow in REFRESH_FLOWS:
        _allow(client, "REFRESH_TOKEN_AUTH")
        return _refreshed(pool, client, str(auth_parameters.get("REFRESH_TOKEN", "")))
    if auth_flow != PASSWORD_FLOW:
        raise InvalidParameterException(f"The embedded AWS cannot do {auth_flow}")
    _allow(client, PASSWORD_FLOW)
    return _next(backend, _session(pool, client, _by_password(pool, client, auth_parameters)))


def _allow(client: Any, flow: str) -> None:
    if f"ALLOW_{flow}" not in client.extended_config.get("ExplicitAuthFlows", ()):
        raise InvalidParameterException(f"{flow} flow not enabled for this client")


def _by_password(pool: Any, client: Any, said: Mapping[str, str]) -> Any:
    user = _named(pool, said.get("USERNAME", ""))
    if user is None and client.extended_config.get("PreventUserExistenceErrors") != "ENABLED":
        raise UserNotFoundError("User does not exist.")
    if user is None or not secrets.compare_digest(str(user.password).encode(), said.get("PASSWORD", "").encode()):
        raise NotAuthorizedError("Incorrect username or password.")
    if not user.enabled:
        raise NotAuthorizedError("User is disabled.")
    return user


def _named(pool: Any, name: str) -> Any | None:
    """In a pool that says so, whatever the case of letters."""
    if pool.extended_config.get("UsernameConfiguration", {}).get("CaseSensitive") is not False:
        return pool._get_user(name)
    return next((one for one in list(pool.users.values()) if one.username.lower() == name.lower()), None)


def _refreshed(pool: Any, client: Any, token: str) -> Answer:
    found = pool.refresh_tokens.get(token)
    if found is None or found[0] != client.id:
        revoked = found is None and token in pool.refresh_tokens
        raise NotAuthorizedError("Refresh Token has been revoked" if revoked else "Invalid Refresh Token")
    if time.time() >= vars(pool).get(ENDS, {}).get(token, 0):
        raise NotAuthorizedError("Refresh Token has expired")
    if not pool._get_user(found[1]).enabled:
        raise NotAuthorizedError("User is disabled.")
    return _result(pool.create_tokens_from_refresh_token(token))


def _next(backend: Any, session: Session) -> Answer:
    """The next challenge after the password, or the tokens where there is none."""
    user, pool = session.user, session.pool
    if user.status is UserStatus.FORCE_CHANGE_PASSWORD:
        told = {attribute["Name"]: attribute["Value"] for attribute in user.attributes}
        more = {"requiredAttributes": "[]", "userAttributes": json.dumps(told)}
        return _challenge(backend, session, NEW_PASSWORD, more)
    if user.software_token_mfa_enabled and pool.mfa_config != "OFF":
        return _challenge(backend, session, MFA, {})
    if pool.mfa_config == "ON":
        return _challenge(backend, session, SETUP, {"MFAS_CAN_SETUP": json.dumps([MFA])})
    return _tokens(session)


def _session(pool: Any, client: Any, user: Any) -> Session:
    minutes = client.extended_config.get("AuthSessionValidity", MINUTES)
    return Session(pool, client, user, "", time.monotonic() + 60 * minutes)


def _challenge(backend: Any, session: Session, name: str, more: Mapping[str, str]) -> Answer:
    told = {"USER_ID_FOR_SRP": session.user.username, **more}
    kept = _kept(backend, replace(session, challenge=name))
    return {"ChallengeName": name, "ChallengeParameters": told, "Session": kept}


def _kept(backend: Any, session: Session) -> str:
    name = secrets.token_urlsafe(32)
    backend.sessions[name] = session
    return name


def _tokens(session: Session) -> Answer:
    refresh, _ = session.pool.create_refresh_token(session.client.id, session.user.username)
    vars(session.pool).setdefault(ENDS, {})[refresh] = time.time() + _life(session.client, "Refresh", 30, "days")
    answer = _result(session.pool.create_tokens_from_refresh_token(refresh))
    answer["AuthenticationResult"]["RefreshToken"] = refresh
    return answer


def _result(tokens: tuple[str, str, int]) -> Answer:
    access, identity, seconds = tokens
    result = {"AccessToken": access, "IdToken": identity, "ExpiresIn": seconds, "TokenType": "Bearer"}
    return {"ChallengeParameters": {}, "AuthenticationResult": result}


def respond_to_auth_challenge(
    backend: Any, session: str, client_id: str, challenge_name: str, challenge_responses: Mapping[str, str]
) -> Answer:
    found = _found(backend, session)
    theirs = _named(found.pool, challenge_responses.get("USERNAME", "")) is found.user
    if (found.client.id, found.challenge) != (client_id, challenge_name) or not theirs or not found.user.enabled:
        raise NotAuthorizedError("Invalid session for the user.")
    match challenge_name:
        case "NEW_PASSWORD_REQUIRED":
            backend._validate_password(found.pool.id, challenge_responses.get("NEW_PASSWORD", ""))
            found.user.password, found.user.status = challenge_responses["NEW_PASSWORD"], UserStatus.CONFIRMED
        case "SOFTWARE_TOKEN_MFA":
            _check(vars(found.user)[AUTHENTICATOR], challenge_responses.get("SOFTWARE_TOKEN_MFA_CODE", ""))
        case "MFA_SETUP":
            if not found.verified:
                raise NotAuthorizedError("Invalid session for the user.")
            found.user.software_token_mfa_enabled, found.user.preferred_mfa_setting = True, MFA
    del backend.sessions[session]
    return _next(backend, found) if challenge_name == NEW_PASSWORD else _tokens(found)


def associate_software_token(backend: Any, access_token: str, session: str) -> Answer:
    """A secret for a new authenticator; the one in use stays until a code of the new one was right."""
    user = _setting_up(backend, session).user if session else _owner(backend, access_token)
    secret = base64.b32encode(secrets.token_bytes(32)).decode().rstrip("=")
    vars(user)[PENDING] = secret
    return {"SecretCode": secret} | ({"Session": session} if session else {})


def verify_software_token(
    backend: Any, access_token: str, session: str, user_code: str, friendly_device_name: str
) -> Answer:
    found = _setting_up(backend, session) if session else None
    user = found.user if found is not None else _owner(backend, access_token)
    if PENDING not in vars(user):
        raise InvalidParameterException("User has not associated a software token")
    _check(vars(user)[PENDING], user_code)
    vars(user)[AUTHENTICATOR] = vars(user).pop(PENDING)
    user.token_verified = True
    if found is None:
        return {"Status": "SUCCESS"}
    del backend.sessions[session]
    return {"Status": "SUCCESS", "Session": _kept(backend, replace(found, verified=True))}


def _check(secret: str, code: str) -> None:
    """Raises where it is not the code of now, or of half a minute before or after."""
    try:
        verify_totp(cognito_totp(secret), code.encode(), valid_window=1)
    except InvalidToken as error:
        raise CodeMismatchException("Invalid code received for user") from error


def _found(backend: Any, session: str) -> Session:
    found = backend.sessions.get(session)
    if not isinstance(found, Session) or found.ends < time.monotonic():
        raise NotAuthorizedError("Invalid session for the user, session is expired.")
    return found


def _setting_up(backend: Any, session: str) -> Session:
    """Whoever has an authenticator already does not get another for the password alone."""
    found = _found(backend, session)
    if found.challenge != SETUP:
        raise NotAuthorizedError("Invalid session for the user.")
    return found


def _owner(backend: Any, access_token: str) -> Any:
    for pool in backend.user_pools.values():
        if access_token in pool.access_tokens:
            return pool._get_user(pool.access_tokens[access_token][1])
    raise NotAuthorizedError("Invalid Access Token")


def revoke_token(response: Any) -> Any:
    """A refresh token and what was made from it are good for nothing any more."""
    asked = response.parameters
    for backends in list(cognitoidp_backends.values()):
        for pool in [pool for one in list(backends.values()) for pool in one.user_pools.values()]:
            if pool.refresh_tokens.get(asked["Token"], ("",))[0] == asked["ClientId"]:
                pool.refresh_tokens[asked["Token"]] = None
    return EmptyResult()
