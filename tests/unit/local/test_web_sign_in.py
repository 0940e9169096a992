"""Signing in to a user pool of the embedded AWS: password, first change of it, authenticator, tokens."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.cognitoidp.utils import cognito_totp

from controller.local import clients
from controller.local.web import tokens
from tests.fakes import site as fake
from tests.fakes.site import ACCOUNT, ADMIN, REGION, SCOPE

pytestmark = pytest.mark.emulator

CHOSEN = "Correct-horse-7-battery"


class Browser:
    """Somebody without any keys of AWS."""

    def __init__(self, endpoint: str, client: str) -> None:
        config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
        self.cognito = boto3.client("cognito-idp", region_name=REGION, endpoint_url=endpoint, config=config)
        self.client = client

    def begins(self, password: str, name: str = ADMIN) -> Any:
        said = {"USERNAME": name, "PASSWORD": password}
        return self.cognito.initiate_auth(ClientId=self.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=said)

    def answers(self, challenge: Any, name: str = ADMIN, **said: str) -> Any:
        return self.cognito.respond_to_auth_challenge(
            ClientId=self.client,
            ChallengeName=challenge["ChallengeName"],
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": name, **said},
        )

    def sets_up(self, challenge: Any) -> tuple[str, Any]:
        """The secret of a new authenticator, and the challenge after its first code."""
        given = self.cognito.associate_software_token(Session=challenge["Session"])
        code = code_of(given["SecretCode"])
        session = self.cognito.verify_software_token(Session=given["Session"], UserCode=code)["Session"]
        return given["SecretCode"], {**challenge, "Session": session}

    def refreshes(self, token: str) -> Any:
        return self.cognito.initiate_auth(
            ClientId=self.client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": token}
        )


def code_of(secret: str) -> str:
    return cognito_totp(secret).generate(int(time.time())).decode()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.fixture
def physical(embedded: Any) -> dict[str, str]:
    whole = fake.template()
    kinds = ("Pool", "Client", "Admin")
    return fake.deploy({"Resources": {name: whole["Resources"][name] for name in kinds}})


@pytest.fixture
def browser(embedded: Any, physical: dict[str, str]) -> Browser:
    return Browser(embedded.endpoint, physical["Client"])


@pytest.fixture
def mailed(physical: dict[str, str]) -> Callable[[], str]:
    """The first password, as the pool keeps it until it is changed."""

    def password() -> str:
        pool = tokens.pool(f"https://cognito-idp.{REGION}.amazonaws.com/{physical['Pool']}")
        assert pool is not None
        return str(pool.users[ADMIN].password)

    return password


def refused(code: str) -> Any:
    return pytest.raises(ClientError, match=code)


def signed_in(browser: Browser, password: str) -> tuple[str, dict[str, Any]]:
    """The secret of the authenticator, and what the first sign-in gave."""
    change = browser.begins(password)
    secret, set_up = browser.sets_up(browser.answers(change, NEW_PASSWORD=CHOSEN))
    return secret, browser.answers(set_up)["AuthenticationResult"]


def test_the_first_sign_in_changes_the_password_and_sets_up_an_authenticator(
    browser: Browser, physical: dict[str, str], mailed: Callable[[], str]
) -> None:
    change = browser.begins(mailed())
    assert change["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    with refused("InvalidPasswordException"):
        browser.answers(change, NEW_PASSWORD="short")
    set_up = browser.answers(change, NEW_PASSWORD=CHOSEN)
    assert set_up["ChallengeName"] == "MFA_SETUP"
    assert set_up["ChallengeParameters"]["MFAS_CAN_SETUP"] == '["SOFTWARE_TOKEN_MFA"]'
    _, verified = browser.sets_up(set_up)
    result = browser.answers(verified)["AuthenticationResult"]
    issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{physical['Pool']}"
    claims = tokens.claims(result["AccessToken"], issuer, [physical["Client"]])
    assert (claims["username"], claims["token_use"], claims["client_id"]) == (ADMIN, "access", physical["Client"])
    assert tokens.scopes(claims) == [SCOPE]
    assert claims["exp"] - claims["iat"] == result["ExpiresIn"] == 3600  # 60 minutes, as the client has it
    assert tokens.scopes(tokens.claims(result["IdToken"], issuer, [physical["Client"]])) == []


def test_every_later_sign_in_asks_for_a_code(browser: Browser, mailed: Callable[[], str]) -> None:
    secret, _ = signed_in(browser, mailed())
    asked = browser.begins(CHOSEN)
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    with refused("CodeMismatchException"):
        browser.answers(asked, SOFTWARE_TOKEN_MFA_CODE=wrong(code_of(secret)))
    assert browser.answers(asked, SOFTWARE_TOKEN_MFA_CODE=code_of(secret))["AuthenticationResult"]["AccessToken"]
    with refused("NotAuthorizedException"):  # a session is good for one answer
        browser.answers(asked, SOFTWARE_TOKEN_MFA_CODE=code_of(secret))


def test_an_authenticator_is_proved_before_it_counts(browser: Browser, mailed: Callable[[], str]) -> None:
    set_up = browser.answers(browser.begins(mailed()), NEW_PASSWORD=CHOSEN)
    with refused("NotAuthorizedException"):
        browser.answers(set_up)
    given = browser.cognito.associate_software_token(Session=set_up["Session"])
    with refused("CodeMismatchException"):
        browser.cognito.verify_software_token(Session=given["Session"], UserCode=wrong(code_of(given["SecretCode"])))
    with refused("NotAuthorizedException"):
        browser.answers(set_up)


def test_the_password_alone_gets_nobody_another_authenticator(browser: Browser, mailed: Callable[[], str]) -> None:
    signed_in(browser, mailed())
    with refused("NotAuthorizedException"):
        browser.sets_up(browser.begins(CHOSEN))


def test_a_name_counts_whatever_its_case_where_the_pool_says_so(
    browser: Browser, physical: dict[str, str], mailed: Callable[[], str]
) -> None:
    with refused("NotAuthorizedException"):
        browser.begins(mailed(), ADMIN.upper())
    pool = tokens.pool(f"https://cognito-idp.{REGION}.amazonaws.com/{physical['Pool']}")
    assert pool is not None
    pool.extended_config["UsernameConfiguration"] = {"CaseSensitive": False}
    change = browser.begins(mailed(), ADMIN.upper())
    assert browser.answers(change, ADMIN.title(), NEW_PASSWORD=CHOSEN)["ChallengeName"] == "MFA_SETUP"


def test_a_wrong_password_and_an_unknown_name_are_told_alike(browser: Browser, mailed: Callable[[], str]) -> None:
    said = []
    for password, name in (("wrong", ADMIN), (mailed(), "nobody@acme.example")):
        with refused("NotAuthorizedException") as raised:
            browser.begins(password, name)
        said.append(raised.value.response["Error"]["Message"])
    assert said == ["Incorrect username or password."] * 2


def test_a_session_is_good_for_its_own_user_and_step_alone(
    browser: Browser, physical: dict[str, str], mailed: Callable[[], str]
) -> None:
    cognito = clients.client("cognito-idp", ACCOUNT, REGION)
    cognito.admin_create_user(UserPoolId=physical["Pool"], Username="other@acme.example")
    change = browser.begins(mailed())
    with refused("NotAuthorizedException"):
        browser.answers(change, "other@acme.example", NEW_PASSWORD=CHOSEN)
    with refused("NotAuthorizedException"):
        browser.answers({**change, "ChallengeName": "SOFTWARE_TOKEN_MFA"}, SOFTWARE_TOKEN_MFA_CODE="000000")
    assert browser.begins(mailed())["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_a_client_allows_the_flows_that_it_names(browser: Browser, physical: dict[str, str]) -> None:
    cognito = clients.client("cognito-idp", ACCOUNT, REGION)
    cognito.update_user_pool_client(
        UserPoolId=physical["Pool"], ClientId=physical["Client"], ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"]
    )
    with refused("USER_PASSWORD_AUTH flow not enabled for this client"):
        browser.begins("any")


def test_a_refresh_token_makes_new_tokens_until_it_is_revoked_or_its_user_disabled(
    browser: Browser, physical: dict[str, str], mailed: Callable[[], str]
) -> None:
    cognito = clients.client("cognito-idp", ACCOUNT, REGION)
    _, first = signed_in(browser, mailed())
    assert browser.refreshes(first["RefreshToken"])["AuthenticationResult"]["AccessToken"]
    cognito.admin_disable_user(UserPoolId=physical["Pool"], Username=ADMIN)
    with refused("User is disabled"):
        browser.refreshes(first["RefreshToken"])
    cognito.admin_enable_user(UserPoolId=physical["Pool"], Username=ADMIN)
    browser.cognito.revoke_token(Token=first["RefreshToken"], ClientId=physical["Client"])
    with refused("Refresh Token has been revoked"):
        browser.refreshes(first["RefreshToken"])
    with refused("Invalid Refresh Token"):
        browser.refreshes("never")


def test_a_refresh_token_ends_when_its_client_says(
    browser: Browser, physical: dict[str, str], mailed: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = signed_in(browser, mailed())
    now = time.time()
    for hours, good in ((11, True), (13, False)):
        monkeypatch.setattr("controller.local.services.cognito.time.time", lambda at=now + 3600 * hours: at)
        if good:
            assert browser.refreshes(first["RefreshToken"])["AuthenticationResult"]["IdToken"]
        else:
            with refused("Refresh Token has expired"):
                browser.refreshes(first["RefreshToken"])


def test_who_was_invited_is_told_until_the_password_is_changed(embedded: Any) -> None:
    physical = fake.deploy()
    (invitation,) = embedded.sites[0].invitations
    assert invitation.name == ADMIN and invitation.password not in repr(embedded.sites)
    assert len(invitation.password) == 14  # as the pool's policy wants
    signed_in(Browser(embedded.endpoint, physical["Client"]), invitation.password)
    assert embedded.sites[0].invitations == ()
