"""Jobs over what is stored; each may be run again at any time."""
