"""A game day: a staging stack is broken on purpose, watched, and restored."""
