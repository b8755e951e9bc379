"""The importer: rows of a file into the table (CONTRACT.md section 10)."""
