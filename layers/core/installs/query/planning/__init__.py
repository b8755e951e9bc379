"""Tree to plan: constraints, access paths, key ranges, cost (docs/adr/0007)."""
