"""Revisions of the tables of reporting."""
