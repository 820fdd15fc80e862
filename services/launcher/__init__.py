"""Starts things: the `anyuan` command, one process per role, or everything in one process."""
