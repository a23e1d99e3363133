"""What the rules in force name is known to SQL, and only what they name."""

from clickhouse_connect.driver.client import Client

from streams.upkeep.listened import note_rules

FIRST = """
brands:
  - {name: Nimbara, own: true, handles: ["@nimbara"], products: [{name: Uno}]}
  - {name: Kolmio, handles: [kolmio]}
campaigns:
  - {name: spring, rule: primavera, from: 2026-03-01}
care_accounts: ["@Nimbara_Help"]
"""


def apply(client: Client, sequence: int, rules: str) -> None:
    row = [sequence, f"v{sequence}", rules, "kim"]
    columns = ["sequence", "version", "listening", "applied_by"]
    client.insert("rule_versions", [row], column_names=columns)


def test_rules_become_rows_and_newer_rules_take_their_place(client: Client) -> None:
    client.command("TRUNCATE TABLE rule_versions")
    assert note_rules(client) == 0
    apply(client, 0, "care_accounts: [bundled]")
    apply(client, 1, FIRST)
    assert note_rules(client) == 8
    assert note_rules(client) == 0

    found = client.query(
        "SELECT section, name, brand, own, toString(since) FROM listened_current"
        " WHERE section != 'rules' ORDER BY section, name"
    )
    assert [tuple(row) for row in found.result_rows] == [
        ("account", "Nimbara_Help", "", 1, None),
        ("account", "kolmio", "Kolmio", 0, None),
        ("account", "nimbara", "Nimbara", 1, None),
        ("brand", "Kolmio", "Kolmio", 0, None),
        ("brand", "Nimbara", "Nimbara", 1, None),
        ("campaign", "spring", "", 0, "2026-03-01"),
        ("product", "Uno", "Nimbara", 1, None),
    ]
    handles = client.query("SELECT handle FROM brand_handles ORDER BY handle").result_rows
    assert [handle for (handle,) in handles] == ["nimbara", "nimbara_help"]

    apply(client, 2, "care_accounts: []")
    note_rules(client)
    assert client.query(
        "SELECT count() FROM listened_current WHERE section != 'rules'"
    ).first_row == (0,)
