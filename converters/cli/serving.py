"""The command `trialbridge serve`."""

from __future__ import annotations

import os

import click

from trialbridge.cli.options import EPILOG, SETTINGS, Command


@click.command(cls=Command, context_settings=SETTINGS, epilog=EPILOG)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port",
    metavar="NUMBER",
    type=click.IntRange(0, 65_535),
    default=8710,
    show_default=True,
    help="Port to listen at; 0 takes a free one, which the log tells.",
)
@click.option(
    "--workers",
    metavar="NUMBER",
    type=click.IntRange(1, 256),
    help="How many requests are worked on at a time, each in a process; by default one a core.",
)
@click.option(
    "--limit-size",
    metavar="MIB",
    type=click.IntRange(1, 1024),
    default=32,
    show_default=True,
    help="Most of a body.",
)
@click.option(
    "--limit-time",
    metavar="SECONDS",
    type=click.FloatRange(min=0.1, max=3_600),
    default=30,
    show_default=True,
    help="How long the work on a request may take; then its process is stopped.",
)
@click.option(
    "--limit-waiting",
    metavar="NUMBER",
    type=click.IntRange(0, 10_000),
    default=64,
    show_default=True,
    help="How many requests may wait for a process; others are told to come again.",
)
@click.option(
    "--limit-memory",
    metavar="MIB",
    type=click.IntRange(min=512),
    help="Most memory of a process; by default 3,072 on Linux, which alone can limit it.",
)
def serve(
    host: str,
    port: int,
    workers: int | None,
    limit_size: int,
    limit_time: float,
    limit_waiting: int,
    limit_memory: int | None,
) -> None:
    """Convert, check and compare records over HTTP.

    The log goes to standard error, a line of JSON for each request, with nothing of the records.
    Ctrl-C or SIGTERM ends it once the requests that are being worked on are answered.
    docs/howto/service.md says what is asked for how; so does GET /openapi.json. Needs the extra
    `serve`.
    """
    from trialbridge.extras import MissingExtra
    from trialbridge.running.workers import limits_memory
    from trialbridge.service.limits import MIB, Limits
    from trialbridge.service.running import run

    if limit_memory is not None and not limits_memory():
        raise click.UsageError("--limit-memory needs Linux, which limits the memory of a process")
    memory = limit_memory or (3_072 if limits_memory() else None)
    limits = Limits(
        workers=workers or os.cpu_count() or 1,
        waiting=limit_waiting,
        size=limit_size * MIB,
        seconds=limit_time,
        memory=memory * MIB if memory else None,
    )
    try:
        run(host, port, limits)
    except MissingExtra as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise click.ClickException(f"cannot listen at {host}, port {port}: {reason}") from error
