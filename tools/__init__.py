"""What a developer or an operator runs: the local system, imports, tokens."""
