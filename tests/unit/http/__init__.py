"""The HTTP kit's own rules: words, fields, problems, pages."""
