"""`python -m hearthwatch` is the `hearthwatch` command."""

from hearthwatch.cli.app import main

main()
