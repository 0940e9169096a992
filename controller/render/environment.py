"""The one Jinja environment. Every value passes `yaml`, so that no text from a manifest is ever read as YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import CodeType
from typing import Any

import jinja2
from jinja2.bccache import Bucket

from controller.model.bundle import canonical, sha256
from controller.render.intrinsic import TemplateError, parse, sub
from controller.render.schema import Schemas

SHORT = 8  # hex digits of a digest that tells apart things within one stack
# What JSON leaves as it is and YAML does not read: DEL, and characters that JSON writes as two surrogates.
_ESCAPES = re.compile(r"\\ud([89ab][0-9a-f]{2})\\ud([c-f][0-9a-f]{2})|\x7f")


class _Compiled(jinja2.BytecodeCache):
    """Templates of this process, so that each text is compiled once however many catalogues are read."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


_compiled = _Compiled()


class Environment:
    def __init__(self, files: Mapping[str, bytes]) -> None:
        texts = {path: content.decode() for path, content in files.items() if path.endswith(".j2")}
        self._schemas = Schemas(files)
        self._jinja = jinja2.Environment(
            loader=jinja2.DictLoader(texts),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,  # noqa: S701 - the target is YAML, where `yaml` does the quoting
            finalize=_only_quoted,
            bytecode_cache=_compiled,
        )
        self._jinja.globals["dynamic_ref"] = dynamic_ref
        self._jinja.filters |= {"yaml": quoted, "sub": sub, "short_digest": short_digest, "id": id_of}

    def render(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Check the values by the blueprint's schema, then render.

        Raises TemplateError where they do not fit: the lake was checked before, so that it is a fault of ours.
        """
        return parse(self.text(name, values))

    def text(self, name: str, values: Mapping[str, Any]) -> str:
        """The same as YAML, with the comments that `render` leaves out."""
        self._schemas.check(name, values)
        try:
            return self._jinja.get_template(f"{name}/template.yaml.j2").render(values)
        except jinja2.TemplateError as error:
            raise TemplateError(f"{name}: {error}") from error


class Quoted(str):
    """Text that is safe to stand in YAML."""

    __slots__ = ()


def quoted(value: Any) -> Quoted:
    """JSON, which YAML reads as the same value whatever it holds: `no`, `012` and `a: b` stay what they are."""
    return Quoted(_ESCAPES.sub(_escape, json.dumps(value, sort_keys=True, default=_not_json)))


def _not_json(value: Any) -> Any:
    """A name that the blueprint's values lack ends up here."""
    missing = isinstance(value, jinja2.Undefined)
    raise TemplateError(f"no such value: {value._undefined_name}" if missing else f"not plain data: {value!r}")


def _escape(found: re.Match[str]) -> str:
    if found[1] is None:
        return r"\u007f"
    return f"\\U{(int('d' + found[1], 16) - 0xD800 << 10) + int('d' + found[2], 16) - 0xDC00 + 0x10000:08x}"


def dynamic_ref(name: str, key: str) -> str:
    """What CloudFormation replaces by one field of a JSON secret of the account when it makes the resource."""
    return f"{{{{resolve:secretsmanager:{name}:SecretString:{key}}}}}"


def short_digest(value: Any) -> str:
    return sha256(canonical(value))[:SHORT]


def id_of(value: str) -> Quoted:
    """A logical id or a part of one: letters and digits, which need no quotes."""
    if not re.fullmatch(r"[A-Za-z0-9]+", value):
        raise TemplateError(f"{value!r} is no logical id")
    return Quoted(value)


def _only_quoted(value: Any) -> Any:
    """Called by Jinja on each `{{ }}`: a blueprint that forgets `| yaml` does not render at all."""
    if isinstance(value, Quoted):
        return value
    raise TemplateError(f"a value is not quoted: write {{{{ … | yaml }}}} ({value!r})")
