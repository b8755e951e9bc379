"""The list of installs: from the text of a query to a page (CONTRACT.md section 2, docs/adr/0007).

Its three parts run one after the other, and each imports only those before it. In each, read the
modules in this order; ``execution/executor.py`` has the whole run::

    language   text -> query      schema, operators, nodes, parser, order, cursor, parameters
    planning   query -> plan      list_request, constraints, key_ranges, access_paths,
                                  ordered_ranges, plans, planner; statistics, cost, pushdown
    execution  plan -> page       executor, page, semi_joins, predicate, joins, keyed_rows;
                                  ordered_page, merge_scan; top_k

One query, from part to part, of a caller who sees ``wsp_1``::

    text       filter={"memberPolicy": "manual"}&limit=2
    query      memberPolicy = "manual", newest first, two rows, deleted rows left out
    plan       merge byWorkspace: the range wsp_1#live backward; DynamoDB checks memberPolicy
    page       two installs, their number in all, and cursors to the pages beside it
"""
