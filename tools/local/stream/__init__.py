"""A DynamoDB stream delivered to a function by Lambda's documented rules."""
