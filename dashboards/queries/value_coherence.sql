SELECT
    if(campaign = '', formatDateTime(period, '%Y-%m'), campaign) AS what,
    multiIf(
        verdict = 'thin',
        concat(
            'Muy poco para decirlo: ', toString(people_said), ' y ', toString(brand_published),
            ' menciones · Too thin to say: ', toString(people_said), ' and ',
            toString(brand_published), ' mentions'
        ),
        verdict = 'coherent',
        'Se dice lo que se publica · What is published is what is said',
        verdict = 'denied',
        'Se habla de lo mismo, con quejas · The same is talked about, with complaints',
        verdict = 'apart',
        'Se dice otra cosa · Something else is said',
        'Coincide en parte · Goes together in part'
    ) AS verdict_text,
    people_said,
    brand_published,
    never_said,
    likeness,
    favourable
FROM brand_coherence
WHERE campaign != ''
    OR (
        period >= toStartOfMonth(toDateTime($__fromTime), 'UTC') AND period <= toDateTime($__toTime)
    )
ORDER BY campaign = '', campaign, period DESC
LIMIT 50
