"""Ages, numbers and who may give a post."""
