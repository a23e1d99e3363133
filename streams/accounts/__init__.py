"""Accounts of the console: who they are, their sessions, and the log of what they do.

passwords  how a password is kept
book       accounts and their changes
sessions   who is signed in
audit      what was done
link       the one-time address of a console without accounts
keeper     what the console is handed
cli        `escucha users`
"""
