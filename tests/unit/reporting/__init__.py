"""What may be corrected and sent in a report."""
