"""From plan to page: the predicate, joins, the merge scan, top k, and the total."""
