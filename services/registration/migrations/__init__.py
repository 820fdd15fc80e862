"""Revisions of the tables of registration."""
