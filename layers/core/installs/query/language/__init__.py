"""From text to tree: the filter, the sort and the cursor of a list (CONTRACT.md section 2)."""
