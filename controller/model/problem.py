"""Faults in manifests and blueprints, as data. Each code is explained in `docs/problems.md`, made from `CODES`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from controller.model.manifest import Manifest
from controller.model.source import Source


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: `code` is stable and in `CODES`, `field` such as `spec.source.partner`, `hint` names the fix."""

    code: str
    message: str
    at: Source
    subject: str = ""  # such as flow/shipments; empty where no manifest could be read
    field: str = ""
    hint: str = ""
    severity: Severity = Severity.ERROR

    @classmethod
    def of(
        cls,
        manifest: Manifest,
        code: str,
        field: str,
        message: str,
        hint: str = "",
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        """A fault of one field of a manifest, at that field's place."""
        return cls(code, message, manifest.at(field), manifest.subject, field, hint, severity)

    @property
    def order(self) -> tuple[Source, str, str, str]:
        return (self.at, self.code, self.field, self.message)


def ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort by place, without repeats: the same lake always lists the same problems in the same order."""
    return tuple(sorted(set(problems), key=lambda problem: problem.order))


# What each code means, in Markdown: one or two sentences on why it is a fault and what to do.
CODES: dict[str, str] = {
    "allowed-value": (
        "A value in a column's `allowed` list is not of the column's type, so no record could ever have it. Write "
        'the values as text, in the form that the type has: `"12"`, `"2026-01-31"`.'
    ),
    "ambiguous-scalar": (
        "An unquoted number such as `012`, `1_000`, `0x1F`, `12:30` or `.inf` means different things to YAML 1.1 "
        "and YAML 1.2 tools. Put it in quotes if it is text (account ids are), or write a plain number."
    ),
    "bad-cidr": (
        "The value is not an IP network, or has bits set beyond its prefix length. Write the network itself, such "
        "as `203.0.113.0/24`."
    ),
    "bad-schedule": (
        "EventBridge would refuse the schedule. `rate(1 hour)` has the singular for one and `rate(5 minutes)` the "
        "plural for more; `cron(…)` has six fields of which day-of-month or day-of-week is `?`; `on-arrival` is "
        "for drop-zone flows alone."
    ),
    "capacity-order": "A warehouse cannot begin with more units than it may have at most.",
    "column-name": (
        "Glue, Athena, parquet and Redshift have to agree on a column's name: lower-case letters, digits and "
        "underscores, a letter first, 127 characters at most. Give the source's own name in `from`."
    ),
    "column-type": (
        "The contract knows `string`, `boolean`, `int`, `bigint`, `double`, `date`, `timestamp` and "
        "`decimal(p,s)` with up to 38 digits."
    ),
    "control-character": (
        "A text holds a character that is not seen, such as NUL, an escape or a change of writing direction. "
        "Reviewers could not see it either, so it is refused."
    ),
    "duplicate-access": (
        "A partner has two prefixes in one silo. It gets one user a silo, and that user one prefix: use a prefix "
        "above both."
    ),
    "duplicate-account": (
        "Each account is the master, one silo or one consumer, never two of them, and a new account needs an "
        "e-mail address and a name of its own."
    ),
    "duplicate-column": (
        "Two columns have one name (Glue ignores case), or are filled from one field of the source, or a column is "
        "called like a partition: `dt`, `file`, or the partition column with its granularity."
    ),
    "duplicate-key": (
        "A mapping has a key twice. YAML tools keep the one or the other without a word, so neither is taken."
    ),
    "duplicate-name": (
        "Two manifests of one kind, or two waves, have the same name. The first by path counts as the declared one."
    ),
    "duplicate-target": (
        "Two targets load the same table or data set, or a flow has two targets of one type. The later load would "
        "overwrite the earlier."
    ),
    "dynamic-reference": (
        "A value holds `{{resolve:`, which CloudFormation would replace with a secret or parameter at deployment. "
        "Values are data: name secrets in the fields that are made for it."
    ),
    "empty-file": "There is no manifest in the file. Write one, or remove the file.",
    "engine-url": "The JDBC address belongs to another database product than `engine` says.",
    "expired": (
        "The date is in the past. Nothing is issued or granted for a time that is over: set a later date, or "
        "remove the manifest. For a Share and a Partner it is a warning: the next apply takes what it "
        "gave away, or makes the partner's keys inactive."
    ),
    "expires-soon": (
        "The date is within 14 days. A warning: replace the credentials or extend the share before it ends."
    ),
    "file-too-large": "A manifest file or script is larger than 1 MiB. Manifests are a few kilobytes; split the file.",
    "key-not-required": (
        "A column of `key` is not `required`. A record without it would have no identity, and the latest of a key "
        "could not win."
    ),
    "life-cycle": (
        "The days of a layer contradict each other: S3 archives before it expires, and a locked object cannot expire."
    ),
    "issued-too-early": (
        "Keys are numbered by days from 2020-01-01 on, and a number only ever grows, so that CloudFormation makes a "
        "new key. Say the day of the last rotation, or leave `issued` out."
    ),
    "matches-nothing": "A pattern or label matches nothing today. A warning, for what it is meant for may still come.",
    "missing-field": "A field that the kind needs is not there. The hint says what belongs in it.",
    "more-problems": "The manifest has more problems than are shown. Mend those above and validate again.",
    "name-collision": (
        "Two flows of a silo differ only in hyphens, which CloudFormation's logical ids cannot hold; their stacks "
        "would be one. Rename the newer."
    ),
    "name-too-long": (
        "A name that is built from this one would be longer than AWS allows: buckets have 63 characters, roles "
        "64. The hint says how many to take away."
    ),
    "needs-lakeformation": (
        "Bucket and catalog policies share whole tables. Leaving columns out needs `via: lakeformation`, and so does a "
        "table with sensitive columns."
    ),
    "no-blueprint-yet": (
        "The manifest asks for something that no blueprint can build yet. It is said here rather than left out in "
        "silence."
    ),
    "no-code-bucket": (
        "A pipeline's S3 source must be in its own region, so each region of a silo or consumer, and the home "
        "region, has to be in the Organization's `regions`."
    ),
    "no-manifests": "The folder has no file that ends in `.yaml` or `.yml`.",
    "not-a-file": "A folder, a link to a folder, or a device is named like a manifest.",
    "not-a-manifest": (
        "The document is a list or a single value. A manifest is a mapping with `apiVersion`, `kind`, `metadata` "
        "and `spec`."
    ),
    "not-found": "There is no such file or folder. `--manifests` names the lake's folder.",
    "not-text": "The file is binary, or in another encoding than UTF-8.",
    "open-cidr": (
        "The network is every address there is. Leave the list out where everybody may connect, so that the "
        "manifest says so plainly."
    ),
    "organization-missing": (
        "A lake has one Organization manifest: it says where the master account is and which units take part."
    ),
    "out-of-range": "A number, text or list is smaller or larger than the field allows.",
    "outside-folder": "A link leads out of the lake's folder. What is deployed has to be in the reviewed repository.",
    "partition-type": "Partitions are by day, month or year, so their column is a `date` or a `timestamp`.",
    "partner-cannot-upload": (
        "The flow reads a partner's uploads, but the Partner has no `upload` permission in the flow's silo."
    ),
    "policy-too-large": (
        "An IAM, bucket or key policy would come near AWS's size limit. Split what asks for it, or merge prefixes."
    ),
    "prefix-overlap": (
        "Two owners of drop-zone prefixes meet: one prefix is the other, or lies inside it. Each prefix belongs "
        "to one partner or flow."
    ),
    "repeated-item": "A list that is a set has a value twice.",
    "reserved-column": (
        "The name is a reserved word. Redshift cannot load it (an error where the flow has that target); Athena "
        "needs it quoted in every query (a warning)."
    ),
    "reserved-name": (
        "The name belongs to the service: S3 keeps some beginnings of bucket names, Redshift its reserved words and "
        "its own schemas, loading a warehouse the tables that begin with `lake_`, partners the secrets below "
        "`lake/partners/`, web apps the users that begin with `vended-`."
    ),
    "script-not-found": "The transform script is not below the lake's folder, or cannot be read.",
    "script-not-python": "The transform script does not parse as Python, or has no function `transform`.",
    "several-organizations": "A lake has one Organization. Two lakes are two folders.",
    "sftp-mismatch": (
        "What is said of SFTP does not fit together: a network of a public endpoint, addresses that are not one a "
        "subnet, public keys of a partner that may use SFTP nowhere. A warning where a partner's silo has no server."
    ),
    "shared-with-nobody": "The share names neither units nor accounts.",
    "target-unavailable": (
        "The target needs a component that the flow's silo does not have: `redshift` a warehouse, `quicksight` "
        "dashboards."
    ),
    "template-too-large": (
        "A rendered template would come near CloudFormation's limits of size, resources or parameters, all templates "
        "of a silo together near the 2,500 resources of one operation, or a document in one near its service's limit."
    ),
    "too-many-networks": (
        "A partner's networks stand in a tag of its user, where SFTP's authorizer reads them, and a tag holds 256 "
        "characters. Name wider networks."
    ),
    "unit-outside": (
        "The unit is not below the units that the Organization names for this purpose, so the baseline would "
        "never reach its accounts."
    ),
    "units-overlap": "A unit of the Organization is inside another that it names. Each branch is listed once.",
    "unknown-account": (
        "The share goes to an account that no Silo or Consumer manifest declares. Data leaves only to accounts "
        "that are declared."
    ),
    "unknown-column": "The contract, or the shared tables, have no column of that name.",
    "unknown-field": (
        "The kind has no such field here; the hint names the closest one. Unknown fields are refused, for a "
        "mistyped one would do nothing."
    ),
    "unknown-kind": "`kind` is missing, or none of Organization, Silo, Consumer, Partner, Flow and Share.",
    "unknown-reference": "No manifest declares what this one refers to. The hint names the closest name and its place.",
    "unreadable-file": "The operating system did not let the file be read.",
    "rollout-too-long": (
        "The bakes between all waves together take as long as the build that applies may run at all, so no release "
        "would ever reach the last wave. Shorten `bake`, or have fewer waves."
    ),
    "wave-order": (
        "A wave takes nobody because one before it takes all that are left (a warning), or no wave takes the rest "
        "(an error)."
    ),
    "webapp-mismatch": (
        "What is said of the web app does not fit together: a certificate without a domain, or of another account. A "
        "warning where a partner may come by browser and its silo has no web app."
    ),
    "wrong-account": (
        "Who sees dashboards is a user or a group in QuickSight of the manifest's own account. For people elsewhere, "
        "share the tables with a Consumer."
    ),
    "wrong-region": (
        "The network, agent or endpoint is in another region than the silo, or a certificate for CloudFront in another "
        "than us-east-1."
    ),
    "wrong-type": (
        "The value is of another type than the field. Unquoted words such as `no` and unquoted numbers are no "
        "text to YAML: the message says what was read."
    ),
    "wrong-value": "The value does not have the form of the field; the hint describes it with an example.",
    "yaml-alias": (
        "Anchors and aliases are refused: a few lines of them can expand to gigabytes, and a review should see "
        "what is there."
    ),
    "yaml-depth": "Values are nested deeper than any manifest needs.",
    "yaml-key": "A key is a number, a boolean, nothing, or a whole list. Keys are text; quote it if it is a name.",
    "yaml-merge": "Merge keys (`<<`) are not part of YAML 1.2 and hide what a manifest says.",
    "yaml-syntax": (
        "The text is not YAML. Often it is a tab, a missing space after a colon, or indentation that fits no line "
        "above."
    ),
    "yaml-tag": "Tags such as `!!python/object` or `!Ref` are refused: a manifest holds plain values.",
}
