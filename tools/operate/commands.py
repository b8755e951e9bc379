"""The commands ``redrive`` and ``verify``: of the local system, or of one on AWS by its names."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from tools.local.errors import LocalSystemError
from tools.local.paths import DEFAULT_STATE
from tools.local.state import StateDirectory
from tools.operate.redrive import Redrive, Result
from tools.operate.target import Target
from tools.operate.verify import Finding, Verifier

State = Annotated[
    Path,
    typer.Option("--state", help="Where the local system keeps its files.", envvar="LOCAL_STATE"),
]
Profile = Annotated[str | None, typer.Option(help="The AWS profile; else the environment's.")]
Region = Annotated[str | None, typer.Option(help="The AWS region; else the profile's.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("redrive")(redrive)
    app.command("verify")(verify)


def redrive(
    bucket: Annotated[
        str | None, typer.Option(help="On AWS: the bucket (output ParkingBucketName).")
    ] = None,
    function: Annotated[
        str | None, typer.Option(help="On AWS: the function (output CascadeFunctionName).")
    ] = None,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Run records again that the cascade could not handle; what is done leaves the bucket.

    Ends with 1 where a record is still there.
    """
    console = _console()
    if (bucket is None) != (function is None):
        _fail(console, "Give --bucket and --function together, or neither for the local system.")
    try:
        if bucket is None or function is None:
            running = StateDirectory(state).running()
            target = Target.local(running)
            bucket, function = running.parking_bucket, running.cascade_function
        else:
            target = Target.aws(profile, region)
        work = Redrive(target.objects(), target.functions(), bucket, function)
        results: Counter[Result] = Counter()
        with _progress(console) as bar:
            task = bar.add_task("Running again", total=None)
            found = list(work.keys())
            bar.update(task, total=len(found))
            for key in found:
                result, told = work.run(key)
                results[result] += 1
                if result is not Result.DONE:
                    console.print(f"{key}: {result.value}: {told}")
                bar.advance(task)
    except (LocalSystemError, ClientError, BotoCoreError) as error:
        _fail(console, str(error))
    said = ", ".join(f"{number} {result.value}" for result, number in results.items())
    console.print(said or "Nothing is parked.")
    raise typer.Exit(int(results.total() > results[Result.DONE]))


def verify(
    table: Annotated[str | None, typer.Option(help="On AWS: the table (output TableName).")] = None,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what disagrees.")] = False,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Say what in the table disagrees: what hangs, half-done cascades, pointers, keys, counters.

    It may be stopped and begun again at any time, and run beside live traffic. Ends with 1 where
    something disagrees still.
    """
    console = _console()
    left = number = 0
    try:
        if table is None:
            running = StateDirectory(state).running()
            opened = Target.local(running).table(running.table_name)
        else:
            opened = Target.aws(profile, region).table(table)
        described = opened.client.describe_table(TableName=opened.name)["Table"]
        with _progress(console) as bar:
            # ItemCount is hours old on AWS: the bar grows with what is found.
            about = described.get("ItemCount") or None
            walked = bar.add_task("Walking", total=about)
            looked = bar.add_task("Looking", total=None)
            verifier = Verifier(
                opened,
                repair,
                lambda done: bar.update(
                    walked, completed=done, total=None if about is None else max(about, done)
                ),
                lambda done, total: bar.update(looked, completed=done, total=total),
            )
            for finding in verifier.run():
                number += 1
                left += not finding.mended
                console.print(_told(finding))
    except (LocalSystemError, ClientError, BotoCoreError) as error:
        _fail(console, str(error))
    console.print(f"{number} disagree, {left} still do." if number else "Everything agrees.")
    raise typer.Exit(int(left > 0))


def _told(finding: Finding) -> str:
    result = {None: "", True: " (mended)", False: " (not mended)"}[finding.mended]
    return f"{finding.about}: {'; '.join(finding.told)}{result}"


def _progress(console: Console) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    return Progress(*columns, console=console)


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True, markup=False)


def _fail(console: Console, told: str) -> NoReturn:
    console.print(told, style="red")
    raise typer.Exit(1)
