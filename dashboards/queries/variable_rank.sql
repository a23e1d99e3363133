-- By what customers are ranked; with "All" by social value.
SELECT arrayJoin([
    'valor social · social value', 'valor aditivo · additive value', 'compras · purchases'
]) AS rank
