"""Entry point of script/server and script/manage."""

from portal.stack.cli import main

main()
