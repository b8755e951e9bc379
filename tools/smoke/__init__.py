"""The smoke test of a deployed API, run after each deployment."""
