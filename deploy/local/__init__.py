"""The local stack: a broker, ClickHouse and the app's own services on one machine, without Docker.

`config` says what runs, `supervisor` runs it, `control` starts, stops and inspects it from outside,
`handles` starts a broker or ClickHouse alone.
"""
