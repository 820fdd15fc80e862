"""Parts of the system together with real servers."""
