"""Every name, key and tag that siloctl owns in AWS, and the words that tell them apart from other people's."""

from __future__ import annotations

import re

MASTER_STACK = "lake-master"
SILO_STACK = "lake-silo"
VENDED_STACK = "lake-vended"  # of credentials that the admins of a web app hand out
BASELINE_SET = "lake-baseline"
PIPELINE = "lake-delivery"
SITE_PIPELINE = "lake-site"  # takes a web app's pages, where a silo has one

ROLE_PATH = "/lake/"
READER_ROLE = "lake-controller-read"  # in each silo: what status and drift read with
REVOKER_ROLE = "lake-controller-revoke"  # in each silo: makes a partner's keys inactive, and can do nothing else
PARTNER_PATH = "/partners/"  # of a partner's users, before the silo's name and a slash
PARTNER_BOUNDARY = "lake-partner-boundary"  # the most that any of them may ever do
ORGANIZATION_ROLE = "lake-organization"  # in the management account: creates and moves accounts

TAGS = "lake:"  # how all of ours begin
TAG_ORGANIZATION = "lake:organization"
TAG_SILO = "lake:silo"
TAG_CONSUMER = "lake:consumer"
TAG_FLOW = "lake:flow"
TAG_MANAGED_BY = "lake:managed-by"
MANAGED_BY = "siloctl"

# On the user of a partner, where the SFTP authorizer reads them. Lists are words with a space between, for a tag holds
# no comma (IAM user guide, tag rules); no tag means no limit.
TAG_PARTNER = "lake:partner"  # the partner's name
TAG_PREFIX = "lake:prefix"  # of the drop zone, without slashes around it
TAG_PROTOCOLS = "lake:protocols"  # of web, api, sftp
TAG_PERMISSIONS = "lake:permissions"  # of upload, list, download, delete
TAG_EXPIRES = "lake:expires"  # the last instant, as 2027-06-30T23:59:59Z
TAG_CIDRS = "lake:cidrs"  # networks it may come from
TAG_MAX_OBJECT = "lake:max-object-mib"  # the largest upload

TAG_SHOWN = "lake:shown"  # on the secret of a vended credential, once somebody was shown it

PARTNERS_SECRETS = "lake/partners/"  # then silo and partner: what the partners blueprint calls them

RELEASES = "releases/"
ASSETS = "assets/sha256/"
STATE = "state/"
INDEX_KEY = STATE + "index.json"
LOCK_KEY = STATE + "lock.json"
BUNDLE = "bundle.zip"
SITE = "site.zip"  # the pages of a silo's web app, for a pipeline of their own

CONSUMER = "consumer/"  # before the name of a Consumer, wherever silos and consumers stand side by side


def bundle_key(account: str) -> str:
    """The key that an account's pipeline polls; the baseline builds the same from `AWS::AccountId`."""
    return f"{RELEASES}{account}/{BUNDLE}"


def site_key(account: str) -> str:
    """The key that the web app's pipeline polls; its blueprint builds the same from `AWS::AccountId`."""
    return f"{RELEASES}{account}/{SITE}"


def member_address(key: str) -> str:
    """`silo/sales` for the silo that is called `sales`; a consumer's key is its address."""
    return key if key.startswith(CONSUMER) else f"silo/{key}"


def code_bucket(prefix: str, region: str) -> str:
    return f"{prefix}-{region}"


def asset_address(prefix: str, region: str) -> str:
    """What the key of an asset is appended to, for whoever fetches it."""
    return f"https://{code_bucket(prefix, region)}.s3.{region}.amazonaws.com/"


def deploy_role(region: str) -> str:
    """Which the baseline makes for a silo's pipeline to deploy with."""
    return f"lake-{region}-cloudformation-codepipeline-rl"


def role_arn(account: str, role: str) -> str:
    return f"arn:aws:iam::{account}:role{ROLE_PATH}{role}"


def logical_id(*words: str) -> str:
    """A CloudFormation logical id from names that stay: `flow`, `web-sessions` -> `FlowWebSessions`.

    Two different names must not meet in one id, so a digit group or hyphen keeps its place as a capital:
    the loader refuses names of one silo that would still meet (`name-collision`).
    """
    return "".join(part.capitalize() for word in words for part in re.split(r"[^A-Za-z0-9]+", word) if part)
