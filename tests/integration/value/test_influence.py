"""Influence, referrals and money give what is counted by hand."""

from decimal import Decimal

from tests.integration.value.conftest import Shop

GIVES = {"acts": ["gives_recommendation"]}


def influence(shop: Shop) -> list[tuple[object, ...]]:
    shop.run()
    return shop.rows(
        "SELECT author_id, exposed_people, influenced_people, influenced_net, unmatched"
        " FROM influence ORDER BY author_id"
    )


def referrals(shop: Shop) -> list[tuple[object, ...]]:
    shop.run()
    return shop.rows("SELECT order_id, recommender_id, how, type FROM referrals ORDER BY order_id")


def test_only_who_saw_it_and_ordered_within_the_window_was_moved(shop: Shop) -> None:
    shop.mention("rec", "eva", 0, **GIVES)
    shop.mention("plain", "eva", 0)
    for who in ("in time", "at the end", "too late", "before", "of another", "eva"):
        shop.reaction(who, "plain" if who == "of another" else "rec", 1)
    for who, day in (("in time", 2), ("at the end", 15), ("too late", 15.01), ("before", 0.5)):
        shop.order(who, who, day)
    shop.order("of another", "of another", 2)
    shop.order("never saw it", "stranger", 2)
    shop.order("her own", "eva", 2)
    shop.order("given back", "too late", 2, "-10")
    assert influence(shop) == [("eva", 4, 2, Decimal(2), 4)]
    shop.set("influence_days", 20)
    assert influence(shop) == [("eva", 4, 3, Decimal(3), 4)]


def test_copies_reposts_bots_staff_and_spam_recommend_nothing(shop: Shop) -> None:
    shop.mention("copy", "a", 0, **GIVES)
    shop.client.insert(
        "near_duplicates", [["copy", "first", "first"]], ["mention_id", "original", "parent"]
    )
    shop.mention("repost", "b", 0, kind="repost", **GIVES)
    shop.mention("bot", "c", 0, author_is_bot=1, **GIVES)
    shop.mention("staff", "d", 0, author_role="care", **GIVES)
    shop.mention("spam", "e", 0, spam=0.9, **GIVES)
    for id_ in ("copy", "repost", "bot", "staff", "spam"):
        shop.reaction("buyer", id_, 1)
    shop.order("o", "buyer", 2)
    assert influence(shop) == []
    assert referrals(shop) == []


def test_who_would_have_ordered_anyway_is_taken_off_and_shared(shop: Shop) -> None:
    # With Eva and Tom 40 are about and see nothing; 10 of them order: a quarter, anyway.
    for n in range(38):
        shop.mention(f"m{n}", f"p{n:02}", 0.5)
        if n < 10:
            shop.order(f"p{n}", f"p{n:02}", 3)
    shop.mention("rec", "eva", 0, **GIVES)
    shop.mention("rec 2", "tom", 0, **GIVES)
    for n in range(4):  # all four order
        shop.reaction(f"x{n}", "rec", 0.5)
        shop.order(f"x{n}", f"x{n}", 3)
    assert influence(shop) == [("eva", 4, 4, Decimal(3), 0)]
    # Of the same four two also saw Tom's, and they share.
    for n in range(2):
        shop.reaction(f"x{n}", "rec 2", 0.6)
    # Two reactions in that week are another class of activity, where nobody is comparable: then all
    # of the week are, whatever their activity, and a quarter of them again.
    assert influence(shop) == [
        ("eva", 4, 4, Decimal("2.25"), 0),
        ("tom", 2, 2, Decimal("0.75"), 0),
    ]
    shop.set("few", 41)
    assert influence(shop)[1] == ("tom", 2, 2, Decimal(1), 2)


def test_a_referral_goes_to_whom_the_shop_names_then_to_the_last_who_spoke(shop: Shop) -> None:
    shop.mention("ask", "buyer", 0, acts=["asks_recommendation"])
    shop.answer("advice", "ana", "ask", 1, **GIVES)
    shop.mention("rec", "ben", 0, **GIVES)
    shop.reaction("buyer", "rec", 2)
    shop.order("named", "buyer", 4, referred_by="cleo")
    shop.order("to herself", "buyer", 5, referred_by="buyer")
    shop.order("long after", "buyer", 31.5)
    shop.reaction("other", "rec", 2)
    shop.order("reacted", "other", 3)
    shop.order("before", "other", 1.5)
    assert referrals(shop) == [
        ("named", "cleo", "named", 1),
        ("reacted", "ben", "reacted", 2),  # had ordered before
        ("to herself", "ana", "answered", 1),
    ]
    [shares] = shop.rows(
        "SELECT orders, named, answered, reacted, type_1, type_2, unattributed, unattributed_share"
        " FROM referral_shares WHERE month = '2026-05-01'"
    )
    assert shares == (4, 1, 1, 1, 2, 1, 1, 0.25)


def test_who_had_voiced_intent_for_a_brand_would_have_come_anyway(shop: Shop) -> None:
    shop.mention("rec", "ben", 0, **GIVES)
    for who, day in (("sooner", 1.0), ("later", 3.0)):
        shop.mention(f"wants {who}", who, day, intent="active", brands=["Nimbara"])
        shop.reaction(who, "rec", 2)
        shop.order(who, who, 4)
    assert referrals(shop) == [("later", "ben", "reacted", 1), ("sooner", "ben", "reacted", 2)]


def test_the_additive_value_counts_each_amount_once(shop: Shop) -> None:
    shop.set("acquisition_cost", 7)
    shop.set("knowledge_worth", 2.5)
    shop.set("margin", 0.5)
    shop.mention("rec", "eva", 0, **GIVES)
    shop.mention("tip", "eva", 0, acts=["usage_tip"])
    shop.mention("tip and review", "eva", 0, kind="review", acts=["usage_tip"])
    shop.order("own", "eva", 1, "100")
    shop.order("named", "new", 5, "40", referred_by="eva")
    shop.order("first", "old", 1, "1")
    shop.order("again", "old", 5, "60", referred_by="eva")
    shop.reaction("fan", "rec", 1)
    shop.order("after it", "fan", 2, "30")
    shop.run()
    [eva] = shop.rows(
        "SELECT lifetime_value, referral_value, influence_value, knowledge_value, additive_value,"
        " influence_factor, collaboration_factor FROM social_customer_value"
        " WHERE author_id = 'eva'"
    )
    assert eva == (
        Decimal(50),
        Decimal(27),  # 40 × ½ + 7
        Decimal(15),
        Decimal(5),
        Decimal(97),
        3,
        2,
    )


def test_currencies_stay_apart_until_a_rate_is_set_for_the_day(shop: Shop) -> None:
    query = "SELECT currency, trips, value_trips FROM social_customer_value ORDER BY currency"
    shop.order("a", "eva", 0, "10.50")
    shop.order("b", "eva", 1, "20", currency="USD")
    shop.order("c", "eva", 5, "20", currency="USD")
    shop.run()
    assert shop.rows(query) == [("EUR", 1, Decimal("10.5")), ("USD", 2, Decimal(40))]
    shop.set("currency", text="EUR")
    rates = [["USD", "EUR", "2026-05-05", "0.9"], ["USD", "EUR", "2026-05-08", "0.8"]]
    for currency, into, day, rate in rates:
        shop.client.command(
            "INSERT INTO exchange_rates (currency, into, valid_from, rate) VALUES"
            f" ('{currency}', '{into}', '{day}', {rate})"
        )
    assert shop.rows(query) == [("EUR", 3, Decimal("44.5"))]  # 10.5 + 18 + 16
    shop.order("d", "eva", 0, "1", currency="USD")  # before any rate
    assert shop.rows(query)[1] == ("USD", 1, Decimal(1))


def test_money_given_back_lowers_what_was_spent_and_is_no_trip(shop: Shop) -> None:
    shop.order("a", "eva", 0, "100", items=2)
    shop.order("b", "eva", 1, "50")
    shop.order("c", "eva", 2, "-50")
    shop.run()
    assert shop.rows(
        "SELECT items, trips, item_price, value_items, value_trips FROM social_customer_value"
    ) == [(3, 2, Decimal("33.3333"), Decimal(50), Decimal(100))]


def test_the_ledger_of_gestures_says_what_is_sure_and_what_is_likely(shop: Shop) -> None:
    shop.mention("rec", "fan", 0, **GIVES)
    shop.gesture("poster", "fan", 0, "100")
    shop.reaction("liked", "rec", 1)
    shop.order("liked", "liked", 2, "30")
    shop.order("had bought", "old", 0, "1")
    shop.order("anyway", "old", 3, "20", referred_by="fan")
    shop.order("new", "new", 4, "50", referred_by="fan")
    shop.run()
    assert shop.rows("SELECT id, net, net_low, net_high FROM gesture_ledger ORDER BY at") == [
        ("poster", *map(Decimal, (-100, -100, -100))),
        ("liked", *map(Decimal, (-100, -100, -70))),
        ("anyway", *map(Decimal, (-80, -100, -50))),
        ("new", *map(Decimal, (-30, -50, 0))),
    ]
    assert shop.rows("SELECT net, net_low, net_high FROM gesture_returns") == [
        (Decimal(-30), Decimal(-50), Decimal(0))
    ]
