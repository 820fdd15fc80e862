"""Rules of the house that a machine can hold: the shape of the code, and documents that must not rot."""
