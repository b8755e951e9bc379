"""What an operator runs against a system, local or on AWS: ``redrive`` and ``verify``."""
