"""Plan to page: related rows, the merge scan, the top rows and the totals."""
