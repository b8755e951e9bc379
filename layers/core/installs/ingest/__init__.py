"""The one way in: rows of the platform, applied to the table (CONTRACT.md section 10).

A row comes in as a JSON text (a line of a file, the body of a message) or as a parsed JSON value
(an invocation). ``apply.apply_values`` takes up to 500 of either, writes each row whole or not at
all, and returns a result for each, in order:

>>> from installs.ingest.apply import apply_values
>>> from installs.ingest.decisions import Options
>>> rows = ['{"type": "user", "id": "usr_1", "delete": true}', "nonsense"]
>>> results = apply_values(table, rows, check_time=deadline.check)  # doctest: +SKIP
>>> [result.document() for result in results]  # doctest: +SKIP
[{'result': 'changed', 'type': 'user', 'id': 'usr_1'},
 {'result': 'rejected', 'type': None, 'id': None, 'code': 'invalid_json', 'pointer': '', ...}]

``Outcome.DEFERRED`` says that nothing is wrong with a row, and nothing of it was written: it may be
sent again. Every other result is final. Lines of one row are applied in order; one that was
deferred defers the later lines that depend on it.

``lines.read_line`` and ``lines.take_line`` check a row by itself, without a table, and raise
``InvalidLineError`` with all its issues; ``apply.apply`` takes the lines. ``schedule.touched`` says
which rows a line depends on. ``lines.FILE_ORDER`` has the types of rows, those that others refer to
first.

Only ``models`` and ``values`` need pydantic; no function that answers requests imports them.
"""
