"""The exporter: what there is, as lines that the importer takes (CONTRACT.md section 10)."""
