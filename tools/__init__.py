"""Commands for developers and operators: the local system, imports, tokens."""
