"""What is computed from what was said: signals, each defined once."""
