"""Revisions of the tables of links."""
