"""What was measured, and the scripts that measure it again."""
