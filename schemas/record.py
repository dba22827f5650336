"""The frozen base of all values, and the key that names a value by its content."""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A value: frozen, closed to unknown fields, JSON in and out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with the fields of *update* replaced; what was derived of the old ones is left."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(copied).model_fields.keys():
            del copied.__dict__[name]
        return copied


class Keyed(Record):
    """A value that is named by its content: same key, same thing."""

    @cached_property
    def key(self) -> str:
        """SHA-256 (hex) of the canonical JSON of every field."""
        return content_key(self.model_dump(mode="json"))


def content_key(value: Any) -> str:  # noqa: ANN401 (any JSON value)
    """Return the SHA-256 (hex) of *value* as canonical JSON: sorted names, no spaces, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
