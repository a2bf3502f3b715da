-- Looking sessions up by what names them everywhere but in this table: the servers keep no keys of those who are connected.

create index sessions_fingerprint on sessions (session_fingerprint(session_key));
