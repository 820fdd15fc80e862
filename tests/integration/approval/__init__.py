"""The approval kit on real databases."""
