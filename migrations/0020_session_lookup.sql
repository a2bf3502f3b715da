-- A fingerprint names one session. The planner then expects one row of it also without statistics, which a table has only
-- some time after it has grown; it guessed 1 of 200 rows, and read the whole table for each login.

drop index sessions_fingerprint;
create unique index sessions_fingerprint on sessions (session_fingerprint(session_key));

comment on index sessions_fingerprint is 'A key may be stored as itself or as its hash, not both.';
