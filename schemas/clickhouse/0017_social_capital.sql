-- People, communities and coherence, as views over the newest run of the tables of `value_`.

-- Promise: each person's rating from 0 to 100, the mean of seven components that stand beside it. A
-- component is 100 · x ÷ (x + median of those who have any), so 50 is the median of those, and no
-- loud one can run away. reach: followers; recommendation: recommendations given; influence: people
-- moved, net; collaboration: acts; reciprocity: mutual ties; loyalty: orders; constancy: weeks spoken
-- in. Segments take the first that fits; "at least the median" is 50.
-- Seed: "10 puntos" 10 c.
CREATE VIEW IF NOT EXISTS social_rating AS
WITH
    (
        SELECT
        (
            quantileExactLowIf(0.5)(followers, followers > 0),
            quantileExactLowIf(0.5)(recommended, recommended > 0),
            quantileExactLowIf(0.5)(toFloat64(influenced_net), influenced_net > 0),
            quantileExactLowIf(0.5)(collaborative_acts, collaborative_acts > 0),
            quantileExactLowIf(0.5)(mutual_ties, mutual_ties > 0),
            quantileExactLowIf(0.5)(orders, orders > 0),
            quantileExactLowIf(0.5)(weeks, weeks > 0)
        )
        FROM value_people
        WHERE run = (SELECT max(run) FROM value_runs)
    ) AS medians,
    (x, median) -> if(x > 0, 100 * x / (x + median), 0) AS against
SELECT
    author_id,
    handle,
    community,
    round(against(followers, medians.1), 1) AS reach,
    round(against(recommended, medians.2), 1) AS recommendation,
    round(against(toFloat64(influenced_net), medians.3), 1) AS influence,
    round(against(collaborative_acts, medians.4), 1) AS collaboration,
    round(against(mutual_ties, medians.5), 1) AS reciprocity,
    round(against(orders, medians.6), 1) AS loyalty,
    round(against(weeks, medians.7), 1) AS constancy,
    round(
        (reach + recommendation + influence + collaboration + reciprocity + loyalty + constancy) / 7,
        1
    ) AS rating,
    multiIf(
        influence >= 50 AND loyalty >= 50, 'champion',
        influence >= 50 OR recommendation >= 50, 'recommender',
        collaboration >= 50 OR reciprocity >= 50, 'helper',
        loyalty >= 50, 'loyal',
        constancy >= 50, 'constant',
        'quiet'
    ) AS segment
FROM value_people
WHERE run = (SELECT max(run) FROM value_runs);

-- Promise: the four bonds of each customer, from 0 to 100, side by side. Structural: products bought,
-- networks spoken in, weeks; financial: money spent, against others of the currency; social: ties to
-- other people, and mutual ones; all as in social_rating. Emotional: share of positive among the
-- mentions with a feeling, one of each added, so that a single word decides little; 0 without any.
-- Seed: "10 puntos" 9.
CREATE VIEW IF NOT EXISTS customer_bonds AS
WITH
    (
        SELECT
        (
            quantileExactLowIf(0.5)(products, products > 0),
            quantileExactLowIf(0.5)(sources, sources > 0),
            quantileExactLowIf(0.5)(weeks, weeks > 0),
            quantileExactLowIf(0.5)(ties, ties > 0),
            quantileExactLowIf(0.5)(mutual_ties, mutual_ties > 0)
        )
        FROM value_people
        WHERE run = (SELECT max(run) FROM value_runs)
    ) AS medians,
    (x, median) -> if(x > 0, 100 * x / (x + median), 0) AS against
SELECT
    p.author_id AS author_id,
    p.handle AS handle,
    round(
        (
            against(p.products, medians.1) + against(p.sources, medians.2)
            + against(p.weeks, medians.3)
        ) / 3,
        1
    ) AS structural,
    if(
        p.positive + p.negative = 0,
        0,
        round(100 * (p.positive + 1) / (p.positive + p.negative + 2), 1)
    ) AS emotional,
    round(f.financial, 1) AS financial,
    round((against(p.ties, medians.4) + against(p.mutual_ties, medians.5)) / 2, 1) AS social
FROM
(
    SELECT * FROM value_people WHERE run = (SELECT max(run) FROM value_runs) AND orders > 0
) AS p
INNER JOIN
(
    SELECT author_id, max(against(toFloat64(spent), toFloat64(median))) AS financial
    FROM
    (
        SELECT author_id, currency, sum(amount) AS spent
        FROM orders_valued
        GROUP BY author_id, currency
    ) AS s
    INNER JOIN
    (
        SELECT currency, quantileExactLowIf(0.5)(spent, spent > 0) AS median
        FROM
        (
            SELECT author_id, currency, sum(amount) AS spent
            FROM orders_valued
            GROUP BY author_id, currency
        )
        GROUP BY currency
    ) AS m ON m.currency = s.currency
    GROUP BY author_id
) AS f ON f.author_id = p.author_id;

-- Promise: what each person gave the brand and the others, and what they got. Given: attention (own
-- words and reactions), knowledge (collaborative acts), recommendations, orders. Received from the
-- brand: answers and gestures; from people: answers and reactions. `answered_share`: answers of the
-- brand to what was said to it; above 1 it answers more than it is addressed. Unit: acts, never money.
-- Seed: "10 puntos" 10 a.
CREATE VIEW IF NOT EXISTS exchange_of_value AS
SELECT
    author_id,
    handle,
    community,
    originals + reactions_given AS attention_given,
    collaborative_acts AS knowledge_given,
    recommended AS recommendations_given,
    orders AS orders_given,
    answers_to_people AS answers_given_to_people,
    answers_from_brand AS answers_received_from_brand,
    gestures AS gestures_received,
    answers_from_people AS answers_received_from_people,
    reactions_received AS reactions_received,
    if(answers_to_brand = 0, NULL, answers_from_brand / answers_to_brand) AS answered_share
FROM value_people
WHERE run = (SELECT max(run) FROM value_runs);

-- The same per community; people of none are community 0.
CREATE VIEW IF NOT EXISTS exchange_by_community AS
SELECT
    community,
    count() AS people,
    sum(originals + reactions_given) AS attention_given,
    sum(collaborative_acts) AS knowledge_given,
    sum(recommended) AS recommendations_given,
    sum(orders) AS orders_given,
    sum(answers_from_brand) AS answers_received_from_brand,
    sum(gestures) AS gestures_received,
    (answers_received_from_brand + gestures_received) / people AS received_per_person
FROM value_people
WHERE run = (SELECT max(run) FROM value_runs)
GROUP BY community;

-- Promise: per community its social capital. Reciprocity: share of tied pairs in which both answered;
-- density: tied pairs of all pairs; returning: spoke in more than one week; helping: answered another
-- member who asked for something; brand_reciprocity: answers of the brand ÷ answers to it.
-- Seed: "Tres lecciones". Unit: people, pairs, shares.
CREATE VIEW IF NOT EXISTS social_capital AS
SELECT
    community,
    toString(brand) AS brand,
    members,
    ties,
    mutual_ties,
    if(ties = 0, 0, mutual_ties / ties) AS reciprocity,
    2 * ties / (members * (members - 1)) AS density,
    returning_members,
    returning_members / members AS returning_share,
    helping_members,
    helping_members / members AS helping_share,
    helps,
    if(answers_to_brand = 0, NULL, answers_from_brand / answers_to_brand) AS brand_reciprocity,
    members_answered_by_brand / members AS answered_by_brand_share
FROM value_communities
WHERE run = (SELECT max(run) FROM value_runs);

-- Promise: per month and place what share of all that was said was said there, and what share of the
-- brand's answers was given there; `gap` above 0 says people talk there more than the brand answers.
-- listen_react: answers ÷ posts to nobody in particular; 1 and more is listening, below is talking.
-- Seeds: "Tres lecciones", "escuchar y reaccionar", "10 puntos" 1. Unit: mentions, shares, seconds.
CREATE VIEW IF NOT EXISTS brand_presence AS
SELECT
    month,
    toString(source) AS source,
    toString(site) AS site,
    said,
    people,
    needed_reply,
    answers,
    broadcasts,
    said / greatest(sum(said) OVER of_month, 1) AS said_share,
    answers / greatest(sum(answers) OVER of_month, 1) AS answered_share,
    said_share - answered_share AS gap,
    if(broadcasts = 0, NULL, answers / broadcasts) AS listen_react,
    if(answer_sec_p50 < 0, NULL, answer_sec_p50) AS answer_p50_sec,
    if(answer_sec_p90 < 0, NULL, answer_sec_p90) AS answer_p90_sec
FROM value_presence
WHERE run = (SELECT max(run) FROM value_runs)
WINDOW of_month AS (PARTITION BY month);

-- Promise: per month ('' as campaign) and per campaign (all its months together) how each declared
-- attribute is said by people and published by the brand, and with what feeling. Attributes that
-- nobody says and the brand does not publish have a row too. Unit: mentions.
CREATE VIEW IF NOT EXISTS attribute_coherence AS
SELECT
    p.period AS period,
    p.campaign AS campaign,
    d.name AS attribute,
    a.people_mentions AS people_mentions,
    a.people_positive AS people_positive,
    a.people_negative AS people_negative,
    a.brand_mentions AS brand_mentions,
    e.people_examples AS people_examples,
    e.brand_examples AS brand_examples
FROM
(
    SELECT if(campaign = '', month, toDate(0)) AS period, campaign
    FROM value_attributes
    WHERE run = (SELECT max(run) FROM value_runs)
    GROUP BY period, campaign
) AS p
CROSS JOIN
(
    SELECT DISTINCT name
    FROM value_declared
    WHERE run = (SELECT max(run) FROM value_runs) AND kind = 'attribute'
) AS d
LEFT JOIN
(
    SELECT
        if(campaign = '', month, toDate(0)) AS period,
        campaign,
        attribute,
        sumIf(mentions, side = 'people') AS people_mentions,
        sumIf(positive, side = 'people') AS people_positive,
        sumIf(negative, side = 'people') AS people_negative,
        sumIf(mentions, side = 'brand') AS brand_mentions
    FROM value_attributes
    WHERE run = (SELECT max(run) FROM value_runs)
    GROUP BY period, campaign, attribute
) AS a ON a.period = p.period AND a.campaign = p.campaign AND a.attribute = d.name
LEFT JOIN
(
    SELECT
        period,
        campaign,
        attribute,
        arrayMap(x -> x.2, arraySlice(
            arrayReverseSort(groupArrayIf((at, mention_id), side = 'people')), 1, 3
        )) AS people_examples,
        arrayMap(x -> x.2, arraySlice(
            arrayReverseSort(groupArrayIf((at, mention_id), side = 'brand')), 1, 3
        )) AS brand_examples
    FROM
    (
        SELECT *, if(campaign = '', month, toDate(0)) AS period
        FROM value_examples
        WHERE run = (SELECT max(run) FROM value_runs)
    )
    GROUP BY period, campaign, attribute
) AS e ON e.period = p.period AND e.campaign = p.campaign AND e.attribute = d.name;

-- Promise: per month and per campaign one sentence on whether what people say, what the brand declares
-- and what it publishes go together. `likeness`: how far the attributes that people name without
-- complaint have the same shares as those the brand publishes, 1 less half the sum of differences
-- (0 nothing in common, 1 the same). `favourable`: of people's mentions with a feeling that name an
-- attribute, the share that is positive. Below `few` mentions of people, or a quarter of that of the
-- brand, it is too thin to say. Seed: "Cómo crear experiencias de cliente" 1. Unit: shares, mentions.
CREATE VIEW IF NOT EXISTS brand_coherence AS
WITH (SELECT toUInt32(number) FROM value_settings FINAL WHERE name = 'few') AS few
SELECT
    period,
    campaign,
    sum(people_mentions) AS people_said,
    sum(brand_mentions) AS brand_published,
    countIf(people_mentions = 0) AS never_said,
    people_said < few OR brand_published < intDiv(few + 3, 4) AS is_too_thin,
    if(
        is_too_thin,
        NULL,
        round(1 - arraySum(
            x -> abs(
                x.2 / greatest(arraySum(y -> y.2, by_attribute), 1)
                - x.3 / greatest(arraySum(y -> y.3, by_attribute), 1)
            ),
            by_attribute
        ) / 2, 4)
    ) AS likeness,
    if(
        sum(people_positive) + sum(people_negative) < few,
        NULL,
        round(sum(people_positive) / (sum(people_positive) + sum(people_negative)), 4)
    ) AS favourable,
    multiIf(
        is_too_thin, 'thin',
        likeness >= 0.7 AND ifNull(favourable, 1) >= 0.5, 'coherent',
        likeness < 0.4, 'apart',
        ifNull(favourable, 1) < 0.5, 'denied',
        'partly'
    ) AS verdict,
    arraySort(groupArray((
        attribute, toInt64(people_mentions) - toInt64(people_negative), toInt64(brand_mentions)
    ))) AS by_attribute -- name, said without complaint, published
FROM attribute_coherence
GROUP BY period, campaign;
