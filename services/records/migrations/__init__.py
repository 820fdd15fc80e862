"""Revisions of the tables of records."""
