"""`python -m trialbridge` is the command `trialbridge`."""

from trialbridge.cli.commands import main

if __name__ == "__main__":
    main(prog_name="trialbridge")
