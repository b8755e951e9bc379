"""Events: their schemas and document, the log of the local bus, and sending them again."""
