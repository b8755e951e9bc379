"""The commands ``redrive`` and ``verify``, for the local system or one on AWS."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from tools.local.paths import DEFAULT_STATE
from tools.local.state import StateDirectory
from tools.operate.redrive import Redrive, Result
from tools.operate.target import Target
from tools.operate.verify import Finding, Verifier
from tools.options import Address, Profile, Region, State, Where
from tools.outcome import Exit, end, output, progress, told


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("redrive")(redrive)
    app.command("verify")(verify)


def redrive(
    bucket: Annotated[
        str | None, typer.Option(help="On AWS: the bucket (output DeadLetterBucketName).")
    ] = None,
    function: Annotated[
        str | None, typer.Option(help="On AWS: the function (output CascadeFunctionName).")
    ] = None,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Run dead letters of the cascade again; those that succeed are removed.

    Ends with 1 if a dead letter is left.
    """
    if (bucket is None) != (function is None):
        end(Exit.USAGE, "Give --bucket and --function together, or neither for the local system.")
    console = output()
    with told():
        if bucket is None or function is None:
            running = StateDirectory(state).running()
            target = Target.local(running)
            bucket, function = running.dead_letter_bucket, running.cascade_function
        else:
            target = Target.aws(profile, region)
        work = Redrive(target.objects(), target.functions(), bucket, function)
        results: Counter[Result] = Counter()
        with progress() as bar:
            task = bar.add_task("Redriving", total=None)
            found = list(work.keys())
            bar.update(task, total=len(found))
            for key in found:
                result, why = work.run(key)
                results[result] += 1
                if result is not Result.DONE:
                    console.print(f"{key}: {result.value}: {why}")
                bar.advance(task)
    said = ", ".join(f"{number} {result.value}" for result, number in results.items())
    console.print(said or "There are no dead letters.")
    raise typer.Exit(int(results.total() > results[Result.DONE]))


def verify(
    repair: Annotated[bool, typer.Option("--repair", help="Repair what disagrees.")] = False,
    table: Where = None,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Report disagreements in the table: dependents, unfinished cascades, pointers, keys, counters.

    It may be stopped and run again at any time, also beside live traffic.

    Ends with 1 if a disagreement is left.
    """
    console = output()
    left = number = 0
    with told():
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
                console.print(_told(finding))
    console.print(f"{number} disagreements, {left} left." if number else "No disagreements.")
    raise typer.Exit(int(left > 0))


def _told(finding: Finding) -> str:
    result = {None: "", True: " (repaired)", False: " (not repaired)"}[finding.repaired]
    return f"{finding.about}: {'; '.join(finding.told)}{result}"
