"""Access to DynamoDB and S3: keys, items, reads, transactions, counters."""
