"""The list engine: the query language, the order and the cursors (CONTRACT.md section 2)."""
