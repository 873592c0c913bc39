"""What a side of a check is, free of any framework."""
