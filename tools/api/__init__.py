"""The commands that call the API, by the Python client."""
