"""What refreshable views and upkeep would keep of the world of `panel_world`, by simpler rules.

The real statements take hours of one machine at 100 million, and they are measured elsewhere
(`signals_scale`); here only their results matter: as many rows, of the same shape.
"""

import time
from typing import Final

from clickhouse_connect.driver.client import Client

_H: Final = "(purpose, id) -> sipHash64(purpose, id) / 18446744073709551616. AS h"
RUN: Final = 1

# Each table with what fills it; a table that has rows is left alone.
FILLED: Final[tuple[tuple[str, str], ...]] = (
    (
        "near_duplicates",
        """INSERT INTO near_duplicates
        (mention_id, original, parent, reason, similarity, published_at)
        SELECT mention_id, concat(mention_id, 'o'), concat(mention_id, 'o'),
            ['exact', 'near', 'repost', 'giveaway'][1 + kafka_offset % 4], 0.9, published_at
        FROM mentions WHERE counted = 1 AND sipHash64('copy', mention_id) % 20 = 0""",
    ),
    (
        "care_items",
        f"""INSERT INTO care_items
        WITH {_H}, h('answered', mention_id) < 0.7 AS is_answered,
            toUInt32(60 + 30000 * pow(h('wait', mention_id), 3)) AS wait_sec,
            if(is_answered, published_at + toIntervalSecond(wait_sec), NULL) AS reply_at
        SELECT source, mention_id, author_id, author_handle, published_at, needs_reply, 0,
            concat('care', toString(kafka_offset % 5)), sentiment, brands, topics, lang, 0,
            reply_at, if(is_answered, concat(mention_id, 'r'), ''), NULL, NULL, NULL, reply_at,
            if(is_answered, wait_sec, NULL), published_at + INTERVAL 1 HOUR,
            is_answered AND wait_sec <= 3600, reply_at + INTERVAL 3 DAY,
            if(is_answered, 'resolved', 'waiting'), notEmpty(campaigns)
        FROM mentions WHERE needs_reply AND counted = 1""",
    ),
    (
        "first_contacts_kept",
        """INSERT INTO first_contacts_kept
        SELECT source, author_id, brand, min(published_at),
            if(sipHash64(author_id) % 3 = 0, 'like', 'mention'), any(mention_id), any(lang),
            any(topics), count()
        FROM mentions ARRAY JOIN brands AS brand WHERE author_role = '' AND counted = 1
        GROUP BY source, author_id, brand
        SETTINGS max_bytes_before_external_group_by = 2000000000, max_threads = 2""",
    ),
    (
        "contacts_by_day",
        """INSERT INTO contacts_by_day
        SELECT toDate(published_at, 'UTC') AS day, brand, source, kind, count()
        FROM mentions ARRAY JOIN brands AS brand GROUP BY day, brand, source, kind""",
    ),
    (
        "intent_signals",
        f"""INSERT INTO intent_signals
        WITH {_H}
        SELECT source, mention_id, author_id, published_at, intent, intent_latent, intent_active,
            stage, sentiment, acts, lang, brands, topics, if(h('met', author_id) < 0.4, brands, []),
            h('met', author_id) >= 0.4
        FROM mentions
        WHERE intent != 'none' AND author_role = '' AND kind != 'repost' AND counted = 1""",
    ),
    (
        "author_journeys",
        f"""INSERT INTO author_journeys
        WITH {_H}, h('bought', author_id) < 0.08 AS buys,
            toUInt32(2000000 * h('contact', author_id)) AS lead_sec
        SELECT source, author_id, min(at) AS first, any(mention_id), count(),
            countIf(is_proactive), first + toIntervalSecond(lead_sec), 'mention',
            if(buys, first + toIntervalSecond(3000000), NULL), lead_sec,
            if(buys, lead_sec / 3000000, NULL), first, if(buys, first, NULL),
            if(buys, first + INTERVAL 40 DAY, NULL), NULL
        FROM intent_signals GROUP BY source, author_id
        SETTINGS max_bytes_before_external_group_by = 2000000000, max_threads = 2""",
    ),
    (
        "journey_steps",
        f"""INSERT INTO journey_steps
        WITH {_H}
        SELECT source, author_id, if(empty(brands), '', brands[1]), published_at, mention_id, stage,
            'awareness', if(h('later', mention_id) < 0.5, 'decision', ''),
            toInt64(2000000 * h('stay', mention_id))
        FROM mentions WHERE stage != 'none' AND author_role = '' AND counted = 1""",
    ),
    (
        "touchpoint_questions",
        """INSERT INTO touchpoint_questions
        SELECT toDate(published_at, 'UTC') AS day,
            arrayJoin(if(empty(brands), [''], brands)) AS brand, stage,
            arrayJoin(if(empty(topics), [''], topics)) AS asked_about, count(), intDiv(count(), 2),
            max((published_at, mention_id)).2, max(published_at)
        FROM mentions WHERE has(acts, 'question') AND author_role = '' AND counted = 1
        GROUP BY day, brand, stage, asked_about""",
    ),
    (
        "brand_accounts_kept",
        """INSERT INTO brand_accounts_kept
        SELECT DISTINCT source, author_id, author_handle
        FROM mentions WHERE author_role = 'care'""",
    ),
    (
        "orders",
        f"""INSERT INTO orders
        (order_id, author_id, ordered_at, amount, currency, items, product, topic, topic_id,
            kafka_partition, kafka_offset, kafka_timestamp, stored_at)
        WITH {_H}
        SELECT concat('o', mention_id), author_id, published_at,
            toDecimal64(5 + toUInt32(200 * h('price', mention_id)), 4),
            if(h('currency', author_id) < 0.9, 'EUR', 'USD'), 1, 'Nimbara Uno', 'orders.v1',
            'world', 0, kafka_offset, published_at, published_at
        FROM mentions
        WHERE sipHash64('order', mention_id) % 25 = 0 AND sipHash64('buys', author_id) % 4 = 0
            AND counted = 1""",
    ),
    (
        "gestures",
        """INSERT INTO gestures
        (gesture_id, author_id, given_at, cost, currency, description, topic, topic_id,
            kafka_partition, kafka_offset, kafka_timestamp, stored_at)
        SELECT concat('g', order_id), author_id, ordered_at, toDecimal64(20, 4), currency,
            'a present', 'gestures.v1', 'world', 0, kafka_offset, ordered_at, ordered_at
        FROM orders WHERE sipHash64('given', order_id) % 40 = 0""",
    ),
    (
        "value_people",
        f"""INSERT INTO value_people
        WITH {_H}
        SELECT {RUN}, author_id, any(author_handle), max(followers),
            toUInt32(1 + 20000 * pow(h('circle', author_id), 3)), uniq(source), count(), count(),
            uniq(toMonday(published_at)), min(published_at), max(published_at),
            countIf(has(acts, 'gives_recommendation')) AS given, 0, 0, 0, 0,
            countIf(has(acts, 'question')), countIf(has(acts, 'complaint')),
            countIf(has(acts, 'praise')), countIf(sentiment = 'positive'),
            countIf(sentiment = 'negative'), given, intDiv(given, 2), intDiv(given, 2),
            least(count(), 50), least(intDiv(count(), 3), 20), count(), count(), 1, 1, count(),
            count(), given * 5, given, toDecimal64(given / 2, 6), toDecimal64(given / 4, 6), given,
            toDecimal64(given / 2, 6), 0, sipHash64('buys', author_id) % 4 = 0, 1, 0
        FROM mentions WHERE author_role = '' AND counted = 1
        GROUP BY author_id
        SETTINGS max_bytes_before_external_group_by = 2000000000, max_threads = 2""",
    ),
    (
        "value_referrals",
        f"""INSERT INTO value_referrals
        SELECT {RUN}, order_id, author_id, concat('a', toString(sipHash64(order_id) % 5000)),
            ['named', 'answered', 'reacted'][1 + sipHash64('how', order_id) % 3],
            1 + sipHash64('type', order_id) % 2, ordered_at, ordered_at - INTERVAL 2 DAY, '',
            ordered_at
        FROM orders WHERE sipHash64('referred', order_id) % 10 = 0""",
    ),
    (
        "value_communities",
        f"""INSERT INTO value_communities
        SELECT {RUN}, community, 'Nimbara', count(), sum(ties), sum(mutual_ties),
            countIf(weeks > 1), countIf(helped > 0), sum(helped), sum(answers_to_brand),
            sum(answers_from_brand), count()
        FROM value_people GROUP BY community""",
    ),
    (
        "value_presence",
        f"""INSERT INTO value_presence
        SELECT {RUN}, toStartOfMonth(published_at) AS month, source, '', count(),
            countIf(needs_reply), uniq(author_id), countIf(author_role = 'care'),
            countIf(author_role = 'care' AND kafka_offset % 4 = 0), 600, 9000
        FROM mentions GROUP BY month, source""",
    ),
    (
        "value_declared",
        f"""INSERT INTO value_declared
        SELECT {RUN}, 'attribute', arrayJoin(['battery', 'repairable', 'honest', 'fast'])""",
    ),
    (
        "value_attributes",
        f"""INSERT INTO value_attributes
        SELECT {RUN}, toStartOfMonth(today() - 30 * (number % 14)),
            if(number % 3 = 0, '', concat('campaign ', toString(number % 4))),
            ['', 'battery', 'repairable', 'honest', 'fast'][1 + intDiv(number, 14) % 5],
            if(number % 2 = 0, 'people', 'brand'), 500, 200, 90, 60
        FROM numbers(2000)""",
    ),
    (
        "value_examples",
        f"""INSERT INTO value_examples
        SELECT {RUN}, toStartOfMonth(published_at), '', ['battery', 'honest'][1 + kafka_offset % 2],
            'people', sentiment, published_at, mention_id, stored_at
        FROM mentions WHERE sipHash64('example', mention_id) % 1000000 = 0""",
    ),
    (
        "value_recommendations",
        f"""INSERT INTO value_recommendations
        SELECT {RUN}, toStartOfMonth(today() - 30 * number), 1000, 300 FROM numbers(14)""",
    ),
    ("value_runs", f"INSERT INTO value_runs (run, seconds) VALUES ({RUN}, 60)"),
    (
        "ledger",
        """INSERT INTO ledger (topic, topic_id, kafka_partition, position, first_offset,
            last_offset, records, mentions, worker, planned_at, model_version, rules_version)
        SELECT 'mentions.raw.v1', 'world', number % 8, intDiv(number, 8) * 1000,
            intDiv(number, 8) * 1000, intDiv(number, 8) * 1000 + 999, 1000, 1000,
            concat('worker-', toString(number % 3)),
            now64(3) - toIntervalSecond(toUInt32(395 * 86400 * (1 - number / batches))),
            'world-1', 'world-1'
        FROM numbers(assumeNotNull((SELECT intDiv(count(), 1000) FROM mentions))) AS n
        CROSS JOIN (SELECT intDiv(count(), 1000) AS batches FROM mentions) AS b""",
    ),
    (
        "heartbeats",
        """INSERT INTO heartbeats
        (producer, sequence, sent_at, every_sec, sign, topic, topic_id, kafka_partition,
            kafka_offset, kafka_timestamp, stored_at)
        WITH now64(3) - toIntervalSecond(10 * intDiv(number, 5)) AS at
        SELECT ['bluesky', 'mastodon', 'reddit', 'youtube', 'rss'][1 + number % 5],
            number, at, 10, 'alive', 'mentions.raw.v1', 'world', 0, number, at,
            at + INTERVAL 1 SECOND
        FROM numbers(5 * 30 * 8640)""",
    ),
    (
        "dead_letters",
        """INSERT INTO dead_letters (topic, topic_id, kafka_partition, kafka_offset,
            kafka_timestamp, stage, reason, key, value, seen_at)
        SELECT 'mentions.raw.v1', 'world', 0, number * 7, now() - number * 300, 'decode',
            'truncated', 'a', '{', now() - number * 300
        FROM numbers(20000)""",
    ),
    (
        "alerts",
        """INSERT INTO alerts (kind, series, lang, change, alert_id, event, state, at, opened_at,
            since, severity, observed, expected, window_min, false_per_week, sure, watched,
            before_contact, words, link)
        SELECT 'brand', ['Nimbara', 'Kolmio', 'Tessera'][1 + number % 3], 'es', number,
            concat('alert', toString(intDiv(number, 3))), 'opened',
            ['open', 'growing', 'closed'][1 + number % 3], now() - intDiv(number, 3) * 6800,
            now() - intDiv(number, 3) * 6800, now() - intDiv(number, 3) * 6800, 3, 40, 5, 60, 0.1,
            0.99, 40, 0.5, ['buy'], 'http://localhost/'
        FROM numbers(15000)""",
    ),
    (
        "alert_evidence",
        """INSERT INTO alert_evidence (alert_id, mention_id)
        SELECT concat('alert', toString(intDiv(number, 5))), mention_id
        FROM (
            SELECT mention_id, rowNumberInAllBlocks() AS number FROM mentions
            WHERE published_at > now() - INTERVAL 60 DAY AND intent = 'active'
                AND sipHash64(mention_id) % 100 = 0
            ORDER BY published_at DESC LIMIT 25000
        )""",
    ),
    (
        "model_drift",
        """INSERT INTO model_drift (model_version, day, scope, name, what, kind, draws,
            reference_draws, bins, psi, noise, floor, is_enough, is_alarm)
        SELECT 'world-1', today() - number % 395,
            ['all', 'lang', 'lang', 'source', 'source'][1 + intDiv(number, 395) % 5],
            ['', 'es', 'en', 'bluesky', 'reddit'][1 + intDiv(number, 395) % 5],
            ['lang', 'source', 'length', 'unseen', 'spam', 'topic', 'intent', 'stage'
                ][1 + intDiv(number, 1975) % 8],
            if(intDiv(number, 1975) % 8 < 6, 'input', 'output'), 5000, 40000, 10, 0.05, 0.01, 0.02,
            1, number % 500 = 0
        FROM numbers(15800)""",
    ),
    (
        "labels",
        """INSERT INTO labels (mention_id, labeller, labelled_at, guide_version, intent, stage,
            needs_reply, sentiment, acts_judged, how, topic, topic_id, kafka_partition,
            kafka_offset, kafka_timestamp)
        SELECT mention_id, if(kafka_offset % 2 = 0, 'ana', 'leo'), published_at, '1', intent, stage,
            if(needs_reply, 'yes', 'no'), sentiment, 1, 'random', 'labels.v1', 'world', 0,
            kafka_offset, published_at
        FROM mentions
        WHERE published_at > now() - INTERVAL 90 DAY AND sipHash64('label', mention_id) % 1000 = 0
            AND counted = 1 LIMIT 20000""",
    ),
    (
        "worker_models",
        """INSERT INTO worker_models (worker, model_version)
        SELECT concat('worker-', toString(number)), 'world-1' FROM numbers(3)""",
    ),
    (
        "engagement_weeks",
        """INSERT INTO engagement_weeks
        SELECT toMonday(published_at, 'UTC') AS week, source,
            arrayJoin(arrayConcat([''], brands)) AS brand, intDiv(count(), 10), intDiv(count(), 5),
            intDiv(count(), 20), intDiv(count(), 3), intDiv(count(), 5), intDiv(count(), 9),
            intDiv(count(), 30)
        FROM mentions WHERE counted = 1 GROUP BY week, source, brand""",
    ),
    (
        "listened",
        """INSERT INTO listened (sequence, version, section, name, own, since, until)
        SELECT 1, 'world-1', s.1, s.2, s.3, if(s.1 = 'campaign', today() - 20, NULL),
            if(s.1 = 'campaign', today() - 10, NULL)
        FROM (SELECT arrayJoin([('brand', 'Nimbara', 1), ('brand', 'Kolmio', 0),
            ('campaign', 'campaign 1', 0), ('campaign', 'campaign 2', 0)]) AS s)""",
    ),
)


# What panels read of the above; these are filled by the statements that keep them.
REFRESHED: Final = (
    "heard_by_hour",
    "campaign_days",
    "experience_days",
    "customers_top",
    "ratings_top",
    "bonds_top",
    "influence_top",
    "people_figures",
    "exchange_top",
    "referral_months",
    "gesture_days",
    "gestures_top",
    "first_contacts_timed",
    "journey_places",
    "journey_changes",
    "journey_cohorts",
    "sources_kept",
    "labelled_mentions",
    "leads_top",
    "care_queue_top",
    "propensity_top",
    "interests_top",
)


def fill_kept(client: Client) -> None:
    """Fill every table that is still empty, and say how long those took that are really kept."""
    for table, statement in FILLED:
        [[rows]] = client.query("SELECT count() FROM {t:Identifier}", {"t": table}).result_rows
        if not rows:
            client.command(statement, settings={"max_threads": 2})
    [[done]] = client.query("SELECT count() FROM heard_by_hour").result_rows
    for table in () if done else reversed(REFRESHED):
        began = time.monotonic()
        for what in ("START", "REFRESH", "WAIT", "STOP"):
            client.command(f"SYSTEM {what} VIEW {table}_view")
        print(f"{table} kept in {time.monotonic() - began:.1f} s", flush=True)
