"""What the checker looks at, by subject. Nothing in here imports application code: see tests/architecture."""
