"""API keys for operators: create, list and revoke."""
