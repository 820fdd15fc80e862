"""What is decided about nodes, streams and letters, from plain values: no database, no broker, no clock."""
