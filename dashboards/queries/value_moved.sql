-- People who ordered after a recommendation, less those who would have done so anyway.
SELECT number AS moved FROM people_figures WHERE what = 'moved'
