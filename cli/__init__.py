"""The command line: one ``click`` group in ``main``, a module for each command. Parses and prints; decides nothing."""
