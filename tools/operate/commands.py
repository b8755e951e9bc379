"""The commands ``redrive`` and ``verify``, for the local system or one on AWS."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from tools.local.paths import DEFAULT_STATE
from tools.local.state import StateDirectory
from tools.operate.erase import Eraser
from tools.operate.redrive import Redrive, Result
from tools.operate.redrive_rows import RowRedrive
from tools.operate.target import Target
from tools.operate.verify import Verifier
from tools.options import Address, Profile, Region, State, TableName, require_id
from tools.outcome import Exit, end, exit_on_error, output, progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tools.local.state import RunningStack
    from tools.operate.findings import Finding

RowId = Annotated[str, typer.Argument(metavar="ID", help="The id.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("redrive")(redrive)
    app.command("redrive-rows")(redrive_rows)
    app.command("verify")(verify)
    erase = typer.Typer(no_args_is_help=True, help="Remove a tenant's or a person's rows for good.")
    erase.command("workspace")(erase_workspace)
    erase.command("user")(erase_user)
    app.add_typer(erase, name="erase")


def redrive(
    bucket: Annotated[
        str | None,
        typer.Option(
            help="On AWS: the bucket (output DeadLetterBucketName or UnpublishedBucketName)."
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

    On AWS it takes one bucket with its function; locally both.

    Ends with 1 if a dead letter is left.
    """
    console = output()
    with exit_on_error():
        target, places = _target(
            {"--bucket": bucket, "--function": function},
            lambda running: [
                (running.dead_letter_bucket, running.cascade_function),
                (running.unpublished_bucket, running.publish_function),
            ],
            state, profile, region,
        )  # fmt: skip
        results: Counter[Result] = Counter()
        with progress() as bar:
            task = bar.add_task("Redriving", total=None)
            works = [Redrive(target.objects(), target.functions(), *place) for place in places]
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
    with exit_on_error():
        target, [(queue, dead_letters)] = _target(
            {"--queue": queue, "--dead-letters": dead_letters},
            lambda running: [(running.rows_queue, running.rows_dead_letters)],
            state, profile, region,
        )  # fmt: skip
        for sent in RowRedrive(target.queues(), queue, dead_letters).run():
            number += 1
            console.print(f"{sent.group_id}: {sent.reasons}")
    console.print(f"{number} messages were sent again." if number else "No rows wait.")


def _target(
    resources: Mapping[str, str | None],
    local: Callable[[RunningStack], list[tuple[str, str]]],
    state: Path,
    profile: str | None,
    region: str | None,
) -> tuple[Target, list[tuple[str, str]]]:
    """Return the system of a redrive, and the pairs of its resources: one is resources, or none."""
    names = [name for name in resources.values() if name is not None]
    if not names:
        running = StateDirectory(state).running()
        return Target.local(running), local(running)
    if len(names) < len(resources):
        end(
            Exit.USAGE, f"Give {' and '.join(resources)} together, or neither for the local system."
        )
    first, second = names
    return Target.aws(profile, region), [(first, second)]


def verify(
    repair: Annotated[bool, typer.Option("--repair", help="Repair what disagrees.")] = False,
    table: TableName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Report disagreements in the table: dependents, unfinished cascades, pointers, keys, counters.

    Notes are no disagreements, and stay as they are: rows that name a row which is not there, and
    add-ons whose parent is gone. It may be stopped and run again at any time, also beside live
    traffic; nothing live is deleted.

    Ends with 1 if a disagreement is left.
    """
    console = output()
    left = number = 0
    with exit_on_error():
        opened = Address.chosen(table, state, profile, region).open()
        described = opened.client.describe_table(TableName=opened.name)["Table"]
        with progress() as bar:
            # ItemCount is hours old on AWS: the bar grows with what is found.
            about = described.get("ItemCount") or None
            scanned = bar.add_task("Scanning", total=about)
            looked = bar.add_task("Checking", total=None)
            verifier = Verifier(
                opened,
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
    raise typer.Exit(int(left > 0))


def _line_of(finding: Finding) -> str:
    result = {None: "", True: " (repaired)", False: " (not repaired)"}[finding.repaired]
    return f"{finding.about}: {'; '.join(finding.faults)}{result}"


def erase_workspace(
    workspace_id: RowId,
    yes: Yes = False,
    table: TableName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Remove a workspace for good: its access, its installs and all that depends on them.

    It may be stopped and run again at any time. An integration that the workspace has authored
    and that others have installed is kept, and named.
    """
    _erase(Address.chosen(table, state, profile, region), "workspace", workspace_id, yes=yes)


def erase_user(
    user_id: RowId,
    yes: Yes = False,
    table: TableName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Remove a user for good: roles, API keys that act as the user, name and e-mail address.

    It may be stopped and run again at any time. Rows that the user made keep the bare id; the
    history of installs keeps what happened, but not the user's id.
    """
    _erase(Address.chosen(table, state, profile, region), "user", user_id, yes=yes)


def _erase(address: Address, kind: str, row_id: str, *, yes: bool) -> None:
    require_id(row_id)
    if not yes:
        try:
            typer.confirm(
                f"Remove the {kind} {row_id} from {address.name} for good?", abort=True, err=True
            )
        except typer.Abort:
            end(Exit.USAGE, "Nothing was removed. Without a terminal, pass --yes.")
    console = output()
    with exit_on_error(), progress() as bar:
        task = bar.add_task("Erasing", total=None)
        eraser = Eraser(address.open(), lambda done: bar.update(task, completed=done))
        erase = eraser.workspace if kind == "workspace" else eraser.user
        erase(row_id)
    for name, number in sorted(eraser.removed.items()):
        console.print(f"{number} {name}")
    if not eraser.removed:
        console.print("Nothing was left of it.")
    for integration_id in eraser.kept:
        console.print(f"kept: integration {integration_id}, which other workspaces have installed")
