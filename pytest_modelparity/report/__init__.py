"""The results of a check and of a run, as plain values and as text; standard library only."""
