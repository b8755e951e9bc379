"""From tree to plan, without reads: constraints, access paths, cost (docs/adr/0007)."""
