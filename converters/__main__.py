"""`python -m trialbridge` is the command `trialbridge`."""

from trialbridge.cli.start import main

if __name__ == "__main__":
    main()
