"""Events: the changes of installs, published to an event bus (CONTRACT.md section 11)."""
