"""Measures the approval engine: against its peers, in races, over full tables and in memory."""
