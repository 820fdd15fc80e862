"""Revisions of the tables of awards."""
