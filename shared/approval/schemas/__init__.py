"""The shapes in which cases are shown and decided over HTTP."""
