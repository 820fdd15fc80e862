"""Revisions of the tables of notifications."""
