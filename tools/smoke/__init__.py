"""What is run after a deployment, to see whether the API does what its callers expect."""
