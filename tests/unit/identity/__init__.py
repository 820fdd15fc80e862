"""Passwords, tokens, people and what they see."""
