"""The routes of one's phrases."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from shared.approval import phrases
from shared.approval.schemas.phrases import PhrasesIn, PhrasesOut
from shared.http import principal, reading, signed_in, uow


def add_phrases(blp: Blueprint) -> None:
    """Add reading and keeping one's phrases."""

    @blp.route("/phrases", methods=["GET"])
    @blp.response(200, PhrasesOut)
    @signed_in
    def show_phrases() -> Any:
        """Answer the phrases that one picks an opinion from (常用语)."""
        return _told(phrases.saved(reading(), principal().account_id))

    @blp.route("/phrases", methods=["PUT"])
    @blp.arguments(PhrasesIn)
    @blp.response(200, PhrasesOut)
    @signed_in
    def keep_phrases(body: dict[str, Any]) -> Any:
        """Keep these phrases, in this order, in the place of those one had."""
        phrases.save(uow(), principal().account_id, body["saved"])
        return _told(tuple(body["saved"]))


def _told(saved: tuple[str, ...]) -> dict[str, Any]:
    return {"saved": saved, "defaults": {verb.value: texts for verb, texts in phrases.DEFAULTS.items()}}
