from accessctl.cli.main import entry

entry()
