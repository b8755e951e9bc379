"""The commands ``redrive``, ``redrive-rows``, ``verify`` and ``erase``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tools.local.paths import DEFAULT_STATE
from tools.operate.erase import Eraser
from tools.operate.redrive import Redrive, Result
from tools.operate.redrive_rows import RowRedrive
from tools.operate.verify import Verifier
from tools.options import Profile, Region, StackName, State, require_id
from tools.outcome import Exit, end, errors, exit_on_error, output, progress
from tools.systems import TABLE, Choose, chosen, on_table

if TYPE_CHECKING:
    from tools.operate.findings import Finding

RowId = Annotated[str, typer.Argument(metavar="ID", help="The id.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

CONSUMERS: Final = (
    ("DeadLetterBucketName", "CascadeFunctionName"),
    ("UnpublishedBucketName", "PublishFunctionName"),
)
"""The outputs that name the buckets of dead letters, and the functions that take them."""


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("redrive")(redrive)
    app.command("redrive-rows")(redrive_rows)
    app.command("verify")(on_table(verify))
    erase = typer.Typer(no_args_is_help=True, help="Remove a tenant's or a person's rows for good.")
    erase.command("workspace")(on_table(erase_workspace))
    erase.command("user")(on_table(erase_user))
    app.add_typer(erase, name="erase")


def redrive(
    stack: StackName = None,
    bucket: Annotated[
        str | None,
        typer.Option(
            help="On AWS: one bucket alone (output DeadLetterBucketName or UnpublishedBucketName)."
        ),
    ] = None,
    function: Annotated[
        str | None,
        typer.Option(
            help="On AWS: its function (output CascadeFunctionName or PublishFunctionName)."
        ),
    ] = None,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Run dead letters of the cascade and the publisher again; those that succeed are removed.

    Ends with 1 if a dead letter is left.
    """
    named = {"bucket": ("--bucket", bucket), "function": ("--function", function)}
    console = output()
    with exit_on_error():
        system = chosen(named, stack=stack, profile=profile, region=region, state=state)
        pairs = [tuple(named)] if bucket is not None else CONSUMERS
        results: Counter[Result] = Counter()
        with progress() as bar:
            task = bar.add_task("Redriving", total=None)
            works = [
                Redrive(system.objects(), system.functions(), *map(system.output, pair))
                for pair in pairs
            ]
            letters = [(work, key) for work in works for key in work.letters()]
            bar.update(task, total=len(letters))
            for work, key in letters:
                result, why = work.run(key)
                results[result] += 1
                if result is not Result.DONE:
                    console.print(f"{key}: {result.value}: {why}")
                bar.advance(task)
    summary = ", ".join(f"{number} {result.value}" for result, number in results.items())
    console.print(summary or "There are no dead letters.")
    raise typer.Exit(int(results.total() > results[Result.DONE]))


def redrive_rows(
    stack: StackName = None,
    queue: Annotated[
        str | None, typer.Option(help="On AWS: the queue (output RowsQueueUrl).")
    ] = None,
    dead_letters: Annotated[
        str | None, typer.Option(help="On AWS: its dead letters (output RowsDeadLettersUrl).")
    ] = None,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Send rows again that could not be applied, and say why they could not.

    What is refused once more waits in the dead letters again.
    """
    console = output()
    number = 0
    named = {
        "RowsQueueUrl": ("--queue", queue),
        "RowsDeadLettersUrl": ("--dead-letters", dead_letters),
    }
    with exit_on_error():
        system = chosen(named, stack=stack, profile=profile, region=region, state=state)
        for sent in RowRedrive(system.queues(), *map(system.output, named)).run():
            number += 1
            console.print(f"{sent.group_id}: {sent.reasons}")
    console.print(f"{number} messages were sent again." if number else "No rows wait.")


def verify(
    choose: Choose,
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Repair what disagrees.")] = False,
) -> None:
    """Report disagreements in the table: dependents, unfinished cascades, pointers, keys, counters.

    Notes are no disagreements, and stay as they are: rows that name a row which is not there, and
    add-ons whose parent is gone. It may be stopped and run again at any time, also beside live
    traffic; nothing live is deleted.

    Ends with 1 if a disagreement is left.
    """
    console = output()
    left = number = 0
    table = choose().table()
    described = table.client.describe_table(TableName=table.name)["Table"]
    with progress() as bar:
        # ItemCount is hours old on AWS: the bar grows with what is found.
        about = described.get("ItemCount") or None
        scanned = bar.add_task("Scanning", total=about)
        looked = bar.add_task("Checking", total=None)
        verifier = Verifier(
            table,
            repair,
            lambda done: bar.update(
                scanned, completed=done, total=None if about is None else max(about, done)
            ),
            lambda done, total: bar.update(looked, completed=done, total=total),
        )
        for finding in verifier.run():
            number += 1
            left += not finding.repaired
            console.print(_line_of(finding))
    for note in verifier.notes:
        console.print(f"note: {_line_of(note)}")
    console.print(f"{number} disagreements, {left} left." if number else "No disagreements.")
    seen = verifier.scanned
    errors().print(f"Checked: {seen['rows']:,} rows, {seen['items']:,} items")
    raise typer.Exit(int(left > 0))


def _line_of(finding: Finding) -> str:
    result = {None: "", True: " (repaired)", False: " (not repaired)"}[finding.repaired]
    return f"{finding.about}: {'; '.join(finding.faults)}{result}"


def erase_workspace(choose: Choose, *, workspace_id: RowId, yes: Yes = False) -> None:
    """Remove a workspace for good: its access, its installs and all that depends on them.

    It may be stopped and run again at any time. An integration that the workspace has authored
    and that others have installed is kept, and named.
    """
    _erase(choose, "workspace", workspace_id, yes=yes)


def erase_user(choose: Choose, *, user_id: RowId, yes: Yes = False) -> None:
    """Remove a user for good: roles, API keys that act as the user, name and e-mail address.

    It may be stopped and run again at any time. Rows that the user made keep the bare id; the
    history of installs keeps what happened, but not the user's id.
    """
    _erase(choose, "user", user_id, yes=yes)


def _erase(choose: Choose, kind: str, row_id: str, *, yes: bool) -> None:
    require_id(row_id)
    system = choose()
    if not yes:
        try:
            place = system.output(TABLE)
            typer.confirm(
                f"Remove the {kind} {row_id} from {place} for good?", abort=True, err=True
            )
        except typer.Abort:
            end(Exit.USAGE, "Nothing was removed. Without a terminal, pass --yes.")
    console = output()
    with progress() as bar:
        task = bar.add_task("Erasing", total=None)
        eraser = Eraser(system.table(), lambda done: bar.update(task, completed=done))
        erase = eraser.workspace if kind == "workspace" else eraser.user
        erase(row_id)
    for name, number in sorted(eraser.removed.items()):
        console.print(f"{number} {name}")
    if not eraser.removed:
        console.print("Nothing was left of it.")
    for integration_id in eraser.kept:
        console.print(f"kept: integration {integration_id}, which other workspaces have installed")
