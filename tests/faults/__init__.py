"""Faults under load on a real node, each judged by a checker that knows no application code."""
