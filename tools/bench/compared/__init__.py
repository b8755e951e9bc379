"""The service, the baseline below it, and an alternative: one handler on boto3 and pydantic.

The alternative reads and writes the service's own table and gives its answers. It is spared roles,
counters and totals.
"""
