"""The shapes of somebody's phrases."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from shared.approval.phrases import LONGEST_PHRASE, MOST_PHRASES


class PhrasesIn(Schema):
    """The phrases that somebody keeps, in their order; none brings the common ones back."""

    saved = fields.List(
        fields.String(validate=[validate.Length(min=1, max=LONGEST_PHRASE), validate.Regexp(r".*\S")]),
        required=True,
        validate=validate.Length(max=MOST_PHRASES),
    )


class PhrasesOut(Schema):
    """Somebody's own phrases, and those that are offered while they have none, by verb."""

    saved = fields.List(fields.String(), required=True)
    defaults = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)
