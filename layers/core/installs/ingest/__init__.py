"""The one way in: rows as lines, applied to the table (CONTRACT.md section 10)."""
