"""The main job told from beginning to end, through HTTP only, with a real account for every role."""
