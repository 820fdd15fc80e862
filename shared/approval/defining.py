"""The routes by which definitions are read, drawn, drafted, published and retired, in every service with cases."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import INCLUDE, Schema, fields
from sqlalchemy.orm import Session

from shared.approval import drafting
from shared.approval.core.definition import Definition
from shared.approval.core.parsing import parse
from shared.approval.drawing import Language, Wording, draw
from shared.approval.service import Approvals
from shared.approval.tables import DefinitionState
from shared.http import allow, expected_revision, here, principal, reading, signed_in, tag_revision, uow
from shared.identity import Role

_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "The revision that was read, as its ETag",
}
_REQUIRED = {**_IF_MATCH, "required": True}


class VersionOut(Schema):
    """One version of a definition: where it stands, and who did what to it when."""

    version = fields.Integer(required=True)
    state = fields.String(required=True, metadata={"enum": [word.value for word in DefinitionState]})
    sha256 = fields.String(required=True, metadata={"description": "Of the body's canonical JSON"})
    rev = fields.Integer(required=True, metadata={"description": "How often the draft was saved"})
    saved_by = fields.String(required=True, allow_none=True)
    saved_at = fields.AwareDateTime(required=True, allow_none=True)
    published_by = fields.String(
        required=True, allow_none=True, metadata={"description": "An account, or `system:` and a service"}
    )
    published_at = fields.AwareDateTime(required=True, allow_none=True)
    retired_by = fields.String(required=True, allow_none=True)
    retired_at = fields.AwareDateTime(required=True, allow_none=True)


class DefinitionOut(Schema):
    """A definition with its versions, the newest first."""

    key = fields.String(required=True)
    title_zh = fields.String(required=True)
    title_en = fields.String(required=True)
    versions = fields.List(fields.Nested(VersionOut), required=True)


class StepOut(Schema):
    """One line of a route in words, and how deep it lies in forks."""

    depth = fields.Integer(required=True)
    zh = fields.String(required=True)
    en = fields.String(required=True)


class DefinitionTextOut(VersionOut):
    """One version of a definition as it is written."""

    key = fields.String(required=True)
    title_zh = fields.String(required=True)
    title_en = fields.String(required=True)
    body = fields.Dict(required=True)


class DefinitionToldOut(DefinitionTextOut):
    """One version of a definition, and what its drawing says."""

    steps = fields.List(fields.Nested(StepOut), required=True)


class DefinitionIn(Schema):
    """A definition as `docs/howto/define-a-route.md` describes it; the engine itself says what is wrong with it."""

    class Meta:
        """Every name is taken here."""

        unknown = INCLUDE


class FaultOut(Schema):
    """One mistake of a definition, as a problem would tell it."""

    pointer = fields.String(required=True, metadata={"description": "JSON pointer into what was sent"})
    code = fields.String(required=True)
    zh = fields.String(required=True, data_key="detail")
    en = fields.String(required=True, data_key="detail_en")


class CheckedOut(Schema):
    """What a draft comes to: without faults it can be published, and while it can be drawn it can be saved."""

    faults = fields.List(fields.Nested(FaultOut), required=True)
    steps = fields.List(fields.Nested(StepOut), required=True, metadata={"description": "Empty when it does not parse"})
    drawing = fields.String(
        required=True, allow_none=True, metadata={"description": "The route as SVG; null when it does not parse"}
    )


class NothingIn(Schema):
    """An order that needs no more than its address."""


class DrawingIn(Schema):
    """In which language a route is drawn."""

    language = fields.Enum(Language, by_value=True, load_default=Language.CHINESE)


def add_definitions(blp: Blueprint, approvals: Approvals) -> None:
    """Add the routes of definitions to those of a service's cases."""
    _add_reading(blp, approvals)
    _add_drafting(blp, approvals)


def _add_reading(blp: Blueprint, approvals: Approvals) -> None:
    def sees_drafts(session: Session) -> bool:
        return approvals.may_define(session, principal(), here=here())

    @blp.route("/definitions", methods=["GET"])
    @blp.response(200, DefinitionOut(many=True))
    @signed_in
    def list_definitions() -> Any:
        """List the definitions of this service's cases (审批流程)."""
        session = reading()
        return list(drafting.list_all(session, with_drafts=sees_drafts(session)))

    @blp.route("/definitions/<key>/<int:version>", methods=["GET"])
    @blp.response(200, DefinitionToldOut)
    @signed_in
    def show_definition(key: str, version: int) -> Any:
        """Answer one version of a definition; the ETag of a draft is its revision, of another its version."""
        session = reading()
        found = drafting.find(session, key, version, with_drafts=sees_drafts(session))
        tag_revision(found.rev if found.state == DefinitionState.DRAFT else found.version)
        return {**vars(found), "steps": _steps(parse(found.body))}

    @blp.route("/definitions/<key>/<int:version>/drawing", methods=["GET"])
    @blp.arguments(DrawingIn, location="query")
    @blp.response(200, {"type": "string"}, content_type="image/svg+xml", description="The route as a picture")
    @signed_in
    def draw_definition(query: dict[str, Any], key: str, version: int) -> Any:
        """Draw one version of a definition."""
        session = reading()
        found = drafting.find(session, key, version, with_drafts=sees_drafts(session))
        return Response(draw(parse(found.body), language=query["language"]), content_type="image/svg+xml")


def _steps(definition: Definition) -> list[dict[str, Any]]:
    chinese, english = (Wording.of(definition, language).steps(definition) for language in Language)
    return [{"depth": depth, "zh": zh, "en": en} for (depth, zh), (_, en) in zip(chinese, english, strict=True)]


def _add_drafting(blp: Blueprint, approvals: Approvals) -> None:
    _add_writing(blp, approvals)
    _add_settling(blp, approvals)


def _add_writing(blp: Blueprint, approvals: Approvals) -> None:
    @blp.route("/definitions/<key>/check", methods=["POST"])
    @blp.arguments(DrawingIn, location="query")
    @blp.arguments(DefinitionIn)
    @blp.response(200, CheckedOut)
    @allow(Role.SYSTEM_ADMIN)
    def check_draft(query: dict[str, Any], body: dict[str, Any], key: str) -> Any:
        """Name every mistake of a draft and draw it as it would be, without saving it."""
        approvals.check_may_define(uow(), principal())
        found = drafting.check_draft(uow().session, key, body)
        return {
            "faults": found.faults,
            "steps": _steps(found.definition) if found.definition else [],
            "drawing": draw(found.definition, language=query["language"]) if found.definition else None,
        }

    @blp.route("/definitions/<key>/draft", methods=["PUT"], parameters=[_IF_MATCH])
    @blp.arguments(DefinitionIn)
    @blp.response(200, DefinitionTextOut)
    @allow(Role.SYSTEM_ADMIN)
    def save_draft(body: dict[str, Any], key: str) -> Any:
        """Save the draft of a definition; it must parse, and If-Match names the draft that it replaces."""
        approvals.check_may_define(uow(), principal())
        expected = expected_revision() if "If-Match" in request.headers else None
        saved = drafting.save(uow(), key, body, by=principal().account_id, expected_rev=expected)
        tag_revision(saved.rev)
        return saved


def _add_settling(blp: Blueprint, approvals: Approvals) -> None:
    @blp.route("/definitions/<key>/draft/publish", methods=["POST"], parameters=[_REQUIRED])
    @blp.arguments(NothingIn)
    @blp.response(200, DefinitionTextOut)
    @allow(Role.SYSTEM_ADMIN)
    def publish_draft(_body: dict[str, Any], key: str) -> Any:
        """Publish the draft of a definition; running cases stay on their versions."""
        approvals.check_may_define(uow(), principal())
        published = drafting.publish(uow(), key, by=principal().account_id, expected_rev=expected_revision())
        tag_revision(published.version)
        return published

    @blp.route("/definitions/<key>/draft/discard", methods=["POST"], parameters=[_REQUIRED])
    @blp.arguments(NothingIn)
    @blp.response(200, DefinitionTextOut)
    @allow(Role.SYSTEM_ADMIN)
    def discard_draft(_body: dict[str, Any], key: str) -> Any:
        """Delete the draft of a definition, and answer it as it was; what is published stays."""
        approvals.check_may_define(uow(), principal())
        return drafting.discard(uow(), key, expected_rev=expected_revision())

    @blp.route("/definitions/<key>/retire", methods=["POST"], parameters=[_REQUIRED])
    @blp.arguments(NothingIn)
    @blp.response(200, DefinitionTextOut)
    @allow(Role.SYSTEM_ADMIN)
    def retire_definition(_body: dict[str, Any], key: str) -> Any:
        """Retire a definition: no case is started on it any more, running ones go on."""
        approvals.check_may_define(uow(), principal())
        retired = drafting.retire(uow(), key, by=principal().account_id, expected_version=expected_revision())
        tag_revision(retired.version)
        return retired
