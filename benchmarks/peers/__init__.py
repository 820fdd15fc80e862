"""The same approval in other people's engines, each as its own documentation does it.

They are installed from `requirements.txt` into an environment of their own; nothing of ours is imported but `turn`.
"""
