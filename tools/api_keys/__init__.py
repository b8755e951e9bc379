"""API keys for whoever operates the service: made, listed, revoked."""
