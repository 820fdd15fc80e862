"""The routes of links: how they do, and the little that an administrator may do about them without a command line."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from services.links import commands
from services.links.schemas import LinkOut, ResumeIn, StatusOut
from shared.http import allow, now, principal, reading, uow
from shared.identity import Role
from shared.nodes.office import Office
from shared.nodes.overview import overview


def links_blueprint(office: Office) -> Blueprint:
    """Make the routes of a node's links."""
    blp = Blueprint("links", __name__, description="Links between nodes 节点往来")

    @blp.route("/status")
    @blp.response(200, StatusOut)
    @allow(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)
    def status() -> Any:
        """Answer how the links of this node do, as `anyuan node status --json` prints it."""
        return overview(reading(), office, now())

    @blp.route("/nodes/<node>/resume", methods=["POST"])
    @blp.arguments(ResumeIn)
    @blp.response(200, LinkOut)
    @allow(Role.SYSTEM_ADMIN)
    def resume(given: dict[str, Any], node: str) -> Any:
        """Let the stopped stream of a node go on, with the reason; what it missed is asked for."""
        return commands.resume(uow(), office, node, by=principal(), reason=given["reason"])

    @blp.route("/nodes/<node>/compare", methods=["POST"])
    @blp.response(200, LinkOut)
    @allow(Role.SYSTEM_ADMIN)
    def compare(node: str) -> Any:
        """Ask a node now how far both streams are, as is done every hour."""
        return commands.compare(uow(), office, node, by=principal())

    return blp
