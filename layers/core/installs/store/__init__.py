"""The only place that knows DynamoDB: keys, items, reads, transactions, counters."""
