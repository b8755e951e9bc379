"""Commands of an operator for a system, local or on AWS: ``redrive`` and ``verify``."""
