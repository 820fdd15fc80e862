"""Sealing, settings, instants and the unit of work."""
