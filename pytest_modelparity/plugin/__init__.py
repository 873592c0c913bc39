"""The pytest plugin: what pytest calls, and nothing else."""
