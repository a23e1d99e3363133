"""What an operator does beside running it: doctor, backup, restore, size."""
