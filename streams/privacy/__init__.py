"""Rights of the people behind the mentions: retention, access, erasure."""
