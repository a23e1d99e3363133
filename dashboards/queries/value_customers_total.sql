SELECT toUInt64(number) AS customers FROM people_figures WHERE what = 'customers'
