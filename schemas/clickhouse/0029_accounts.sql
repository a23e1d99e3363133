-- Who may use the console. Every change is a row: `version` counts those of one name from 1, and
-- who makes a change inserts it under a token of name and version, so of two at once one wins. The
-- read-only user is refused all four tables (deploy/clickhouse/users.xml).
CREATE TABLE IF NOT EXISTS console_accounts
(
    name String,
    version UInt32,
    event_id String,
    event LowCardinality(String), -- added, role, password, disabled, enabled, provider
    role LowCardinality(String),
    password String, -- scrypt with its parameters and salt, empty for who signs in at a provider
    provider String, -- issuer of OpenID Connect, empty for a local user
    subject String, -- who it is there
    is_disabled UInt8,
    made_by String,
    made_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY (name, version)
SETTINGS non_replicated_deduplication_window = 30000;

-- Who is signed in. A session holds as long as its account has the version it began with. Rows of
-- one session add up: it was seen at the latest of them, and is over once one says so.
CREATE TABLE IF NOT EXISTS console_sessions
(
    token_hash String, -- SHA-256 of what the browser keeps
    name String,
    role LowCardinality(String),
    account_version UInt32, -- 0: the one person of a console without accounts
    how LowCardinality(String), -- password, link, provider
    began_at DateTime64(3, 'UTC'),
    seen_at DateTime64(3, 'UTC'),
    is_over UInt8
)
ENGINE = MergeTree
ORDER BY token_hash
TTL toDateTime(began_at) + INTERVAL 2 DAY
SETTINGS non_replicated_deduplication_window = 30000;

-- Sign-ins that were sent to a provider and have not come back: each comes back once.
CREATE TABLE IF NOT EXISTS console_sign_ins
(
    state_hash String,
    kind LowCardinality(String), -- sent, back
    event_id String,
    nonce String,
    verifier String,
    next String, -- the page to go on to
    made_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY (state_hash, kind)
TTL toDateTime(made_at) + INTERVAL 1 DAY
SETTINGS non_replicated_deduplication_window = 30000;

-- Who did what at the console: only ever added to, but for the names of people that are forgotten.
CREATE TABLE IF NOT EXISTS console_audit
(
    at DateTime64(3, 'UTC') DEFAULT now64(3),
    who String, -- as signed in, or the name said at a refused sign-in
    role LowCardinality(String),
    act LowCardinality(String), -- sign_in, sign_out, a path that was posted to, users …
    thing LowCardinality(String), -- what kind of thing it was done to: lead, care, user …
    subject String, -- which one
    place String, -- address of the browser, or "command line"
    outcome LowCardinality(String), -- done, refused, failed
    detail String
)
ENGINE = MergeTree
ORDER BY at
SETTINGS non_replicated_deduplication_window = 30000;
