"""Which node this is among all of them, from settings: what every service is told when it starts."""

from __future__ import annotations

from shared.errors import AnyuanError
from shared.nodes.core.nodemap import Here, NodeMap
from shared.nodes.files import read_published, read_root_key
from shared.regions import Regions
from shared.settings import Settings, SettingsError


def has_links(settings: Settings) -> bool:
    """Tell whether this node goes by a charter, and so may have neighbours."""
    return settings.charter_file is not None


def map_of(settings: Settings) -> NodeMap:
    """Answer the map that the charter publishes, whatever its age."""
    root_key = read_root_key(settings.need("root_key_file"))
    return read_published(settings.need("charter_file"), root_key=root_key).map


def here_of(settings: Settings) -> Here:
    """Answer which node this is among all of them; alone, it hosts the whole province.

    :raises SettingsError: when the charter cannot be read: a node that does not know what it hosts does nothing.
    """
    if not has_links(settings):
        return Here(settings.node, NodeMap.single(Regions.load(), node=settings.node))
    try:
        return Here(settings.node, map_of(settings))
    except AnyuanError as error:
        raise SettingsError(f"ANYUAN_CHARTER_FILE cannot be read: {error.zh} / {error.en}") from error
