"""Known divergences, and the file that holds them."""
