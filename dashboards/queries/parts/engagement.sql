-- Engagement of the weeks that begin in the period. With brands chosen, each counts for itself.
engaged AS
(
    SELECT
        week, toString(e.brand) AS brand, e.conversations AS conversations, e.depth AS depth,
        e.deep AS deep, e.authors AS authors, e.returning_authors AS returning_authors,
        e.pairs AS pairs, e.mutual_pairs AS mutual_pairs
    FROM engagement_weeks AS e
    WHERE week >= toMonday(toDate($__fromTime)) AND week <= toDate($__toTime)
        AND ('*' IN (${source:singlequote}) OR e.source IN (${source:singlequote}))
)
