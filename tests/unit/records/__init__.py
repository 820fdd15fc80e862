"""The arithmetic of shifts and hours."""
