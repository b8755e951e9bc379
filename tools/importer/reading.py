"""A file of lines, checked whole before anything is written, in constant memory.

Its lines go into temporary files, by when they may be applied: what other rows refer to comes
first. So standard input can be read once, and a file be in any order.
"""

from __future__ import annotations

import gzip
import io
import sys
import tempfile
import zlib
from contextlib import ExitStack, contextmanager
from typing import IO, TYPE_CHECKING, Final, NamedTuple, cast

from installs.ingest.lines import FILE_ORDER, LONGEST_LINE, InvalidLineError, Line, read_line
from tools.importer.errors import ImportRefusedError, Problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

_GZIP: Final = b"\x1f\x8b"
_PASSES: Final[Mapping[str, int]] = {
    type_name: number for number, group in enumerate(FILE_ORDER) for type_name in group
}
"""The pass in which lines of a type are applied: after those that they may refer to."""


class NumberedLine(NamedTuple):
    """A line with its number in the file, from 1, and its text."""

    number: int
    line: Line
    text: bytes


class Spool:
    """Lines in a temporary file, read again in the order in which they were added."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self.lines = 0

    def add(self, number: int, text: bytes) -> None:
        """Add a line, which holds no line break but at its end."""
        self._file.write(b"%d %s\n" % (number, text.strip()))
        self.lines += 1

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Return each line with its number."""
        self._file.seek(0)
        for stored in self._file:
            number, _, text = stored.partition(b" ")
            yield int(number), text
        self._file.seek(0, 2)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


def numbered(spool: Spool) -> Iterator[NumberedLine]:
    """Return the lines of a spool; all of them have been checked."""
    for number, text in spool:
        yield NumberedLine(number, read_line(text), text)


@contextmanager
def checked(path: Path | None) -> Iterator[tuple[Spool, ...]]:
    """Check a file, or standard input without one, and give its lines in the order of passes.

    Raises
    ------
    ImportRefusedError
        A line is wrong, or the file cannot be read.
    """
    name = "standard input" if path is None else path.name
    problems = Problems()
    with ExitStack() as stack:
        spools = tuple(stack.enter_context(Spool()) for _ in range(1 + max(_PASSES.values())))
        try:
            for number, text in file_lines(path):
                if text.strip():
                    _check(number, text, spools, problems)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            problems.add(0, None, f"is not a whole gzip file: {error}")
        except OSError as error:
            problems.add(0, None, f"cannot be read: {error.strerror}")
        if problems.count:
            raise ImportRefusedError(name, problems)
        yield spools


def file_lines(path: Path | None) -> Iterator[tuple[int, bytes]]:
    """Return the lines of a file, or of standard input, each with its number from 1.

    Raises
    ------
    OSError, EOFError, zlib.error
        It cannot be read, or is not a whole gzip file.
    """
    with _opened(path) as file:
        yield from enumerate(_lines(file), start=1)


def _check(number: int, text: bytes, spools: tuple[Spool, ...], problems: Problems) -> None:
    try:
        line = read_line(text)
    except InvalidLineError as error:
        for issue in error.issues:
            problems.add(number, issue.pointer or None, issue.detail)
        return
    spools[_PASSES[line.type_name]].add(number, text)


@contextmanager
def _opened(path: Path | None) -> Iterator[IO[bytes]]:
    """Open a file, or standard input; gzip is recognized by its first bytes."""
    with ExitStack() as stack:
        raw = sys.stdin.buffer if path is None else stack.enter_context(path.open("rb"))
        buffered = io.BufferedReader(cast("io.RawIOBase", raw))
        packed = buffered.peek(2)[:2] == _GZIP
        yield cast("IO[bytes]", gzip.GzipFile(fileobj=buffered) if packed else buffered)


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Return the lines; of one that is too long, as much as shows it."""
    while line := file.readline(LONGEST_LINE + 2):
        rest = line
        while len(rest) > LONGEST_LINE + 1 and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE + 2)
        yield line
