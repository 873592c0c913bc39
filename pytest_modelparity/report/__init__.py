"""What a check and a run found, as plain values, and their words; standard library only."""
