"""Databases: engines for PostgreSQL and SQLite, the unit of work, and the tables every service has."""

from shared.storage.database import Database
from shared.storage.kit import InstantUTC, kit_metadata, naming
from shared.storage.unit_of_work import Hosting, UnitOfWork

__all__ = ["Database", "Hosting", "InstantUTC", "UnitOfWork", "kit_metadata", "naming"]
