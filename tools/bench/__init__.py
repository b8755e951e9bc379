"""Benchmarks, on a DynamoDB engine of this machine; their figures are in docs/performance.md."""
