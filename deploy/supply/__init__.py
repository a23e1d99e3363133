"""What comes from others: their licences, a bill of materials, and known holes.

`python -m deploy.supply check` needs no network and takes a second; `make lint` runs it.
"""
