"""Every parser is given what nobody should send it: `python -m tests.fuzz --seconds 60`.

An input comes out as an event, or as one of the project's own refusals, within a time and without
memory beyond what it is worth; nothing else. What is valid beside it is not lost.
"""
