"""The command line: `python -m service serve`, `fit`, `demo` and `openapi`.

In come arguments and the environment, out goes an exit status: 0, 1 if any fit is refused, 2 for what does not fit.
"""

# ruff: noqa: PLC0415 - each command imports what it alone needs: `serve` must not bring in the mathematics

import argparse
import ipaddress
import logging
import os
import signal
import sys
from collections.abc import Sequence

from service.contract import FailedFit, Failure, read_fits

UNGUARDED = """\
partialpool: anybody who reaches {host} could use this service, as there are no keys. Make one with
`python -m service keys create NAME`, or say `--no-auth` (PARTIALPOOL_AUTH=false) if something else keeps others out."""

FIRST = "partialpool: this is the first key; a service that runs already asks for keys once it is started again."

LONGEST_NAME = 100
"""Characters that a key's name may have."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of the command that the arguments name."""
    parser = argparse.ArgumentParser(prog="partialpool", description="Multilevel linear models over HTTP.")
    commands = parser.add_subparsers(dest="command", required=True)

    command = commands.add_parser("serve", help="answer requests until stopped")
    command.add_argument("--host", help="the address to listen on")
    command.add_argument("--port", help="the port to listen on; 0 takes a free one")
    command.add_argument("--no-auth", action="store_true", help="answer everybody, whether or not there are keys")
    command.set_defaults(run=serve)

    command = commands.add_parser("keys", help="make, list and revoke keys")
    actions = command.add_subparsers(dest="action", required=True)
    action = actions.add_parser("create", help="make a key and print it, the only time it can be seen")
    action.add_argument("name", type=key_name, help="whose it is, in up to 100 characters")
    actions.add_parser("list", help="list the keys there are, without their secrets")
    action = actions.add_parser("revoke", help="make a key useless from now on")
    action.add_argument("id", help="the key's id, as the list has it")
    command.set_defaults(run=keys)

    command = commands.add_parser("fit", help="fit a model to a file of data, without HTTP")
    command.add_argument("data", help="a CSV, Arrow or Parquet file")
    command.add_argument("formula", help="such as 'y ~ x + (1 | group)', or 'cbind(y, z) ~ x + (1 | group)' for two")
    command.add_argument("--json", action="store_true", help="print the whole document, not its summary")
    command.add_argument(
        "--digits", type=int, choices=range(11), default=2, metavar="DIGITS", help="decimals of the summary, up to 10"
    )
    command.add_argument(
        "option", nargs="*", help="options of POST /v1/fits, as in its query: method=ML weights=w theta=0"
    )
    command.set_defaults(run=fit)

    command = commands.add_parser("demo", help="start the service, fit a model over HTTP and print what comes back")
    command.set_defaults(run=demo)

    command = commands.add_parser("openapi", help="print the published schema")
    command.set_defaults(run=openapi)

    options = parser.parse_args(arguments)
    try:
        status = int(options.run(options))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read it has enough, as `head` has. Python would write the rest as it ends, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def serve(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; 0 when stopped, 2 for a setting that does not fit."""
    import uvicorn

    from service import connections, server
    from service.app import create_app, open_files
    from service.jobs.database import StoreUnusable
    from service.jobs.keys import Keys
    from service.logs import begin_log
    from service.settings import BadSetting, settings_of, unknown_variables

    try:
        settings = settings_of(host=options.host, port=options.port, auth=False if options.no_auth else None)
        # What cannot be opened is said here in a line; the server would say it in a traceback.
        with open_files(settings) as files:
            if settings.auth and not is_loopback(settings.host) and not Keys(files.database).exist():
                print(UNGUARDED.format(host=settings.host), file=sys.stderr)
                return 2
    except (BadSetting, OSError, StoreUnusable) as error:
        print(f"partialpool: {error}", file=sys.stderr)
        return 2
    begin_log()
    # The database's thread asks for its turn dozens of times for a fit, and would wait five milliseconds each time.
    sys.setswitchinterval(0.0005)
    for sentence in unknown_variables():
        logging.warning(sentence)
    server.make_room(settings.connections)
    bounds = connections.Bounds(settings.connections, settings.head_seconds, answer_seconds=settings.body_seconds)
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        http=connections.connection_class(bounds),
        loop="uvloop",
        ws="none",
        lifespan="on",
        access_log=False,  # the middleware writes one without queries
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=settings.grace_seconds,
    )
    # Having shut down, the server raises the signal again for whoever handled it before; a stop that was asked for is
    # a success. A function and not SIG_IGN, which child processes would inherit.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: None)
    server.Server(config).run()
    return 0


def keys(options: argparse.Namespace) -> int:
    """Make, list or revoke keys; 1 if there is no such key."""
    from service.jobs.database import StoreUnusable, open_database
    from service.jobs.keys import Keys
    from service.settings import BadSetting, settings_of

    try:
        kept = Keys(open_database(settings_of().database_url))
        match options.action:
            case "create":
                if not kept.exist():
                    print(FIRST, file=sys.stderr)
                print(kept.create(options.name))
            case "list":
                for key in kept.list():
                    state = "valid" if key.revoked_at is None else f"revoked {key.revoked_at:%Y-%m-%d}"
                    print(f"{key.id}  {key.created_at:%Y-%m-%d}  {state}  {key.name}")
            case "revoke" if not kept.revoke(options.id):
                print(f"partialpool: no valid key has the id {options.id}", file=sys.stderr)
                return 1
    except (BadSetting, OSError, StoreUnusable) as error:
        print(f"partialpool: {error}", file=sys.stderr)
        return 2
    return 0


def key_name(text: str) -> str:
    """The name of a key, if it can be shown on a line of the list; argparse says so where it cannot."""
    if not 1 <= len(text) <= LONGEST_NAME or not text.isprintable() or text.isspace():
        raise argparse.ArgumentTypeError(f"a name has 1 to {LONGEST_NAME} characters that can be printed")
    return text


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def fit(options: argparse.Namespace) -> int:
    """Print the fit of a model to a file, or of one for each response; 1 with the reason if any is refused."""
    from service.jobs.forkserver import LIBRARIES

    os.environ.update(LIBRARIES | os.environ)  # as in a worker, before NumPy is imported
    from service.tasks import fits

    try:
        reply = fits.fit_file(options.data, options.formula, options.option)
    except OSError as error:
        print(f"partialpool: {error}", file=sys.stderr)
        return 1
    if reply.failed:
        print(f"partialpool: {Failure.model_validate_json(reply.body).detail}", file=sys.stderr)
        return 1
    shown = reply if options.json else fits.summarise(reply.body, options.digits)
    print(shown.body.decode().rstrip("\n"))
    return int(any(isinstance(each, FailedFit) for each in read_fits(reply.body)))


def demo(_: argparse.Namespace) -> int:
    """Show a fit by the service at the address that is set, which is started unless it is there."""
    from service.demo import demonstrate
    from service.settings import BadSetting, settings_of

    try:
        settings = settings_of()
    except BadSetting as error:
        print(f"partialpool: {error}", file=sys.stderr)
        return 2
    return demonstrate(settings.host, settings.port)


def openapi(_: argparse.Namespace) -> int:
    """Print the published schema as openapi/openapi.json keeps it."""
    from service.api import publication
    from service.app import create_app
    from service.settings import Settings

    sys.stdout.write(publication.as_text(publication.published(create_app(Settings()))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
