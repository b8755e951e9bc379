"""The local system: the real template on an emulated AWS, on this machine alone."""
