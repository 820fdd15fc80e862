"""Registration over HTTP and by events, on both engines."""
