import Testing

/// A database as a framework's own tools make it, and the first object in it that has a name of ours.
struct FrameworkDatabase: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// nil if no name of it is one of ours.
    let conflict: String?
    let schema: String

    static let all = [
        // The generator `authentication` of Rails 8.1.3.
        FrameworkDatabase(
            testDescription: "Rails 8 with sessions of its authentication generator", conflict: "table public.sessions",
            schema: """
                create table ar_internal_metadata (key varchar not null primary key, value varchar,
                    created_at timestamp(6) not null, updated_at timestamp(6) not null);
                create table schema_migrations (version varchar not null primary key);
                create table users (id bigserial primary key, email_address varchar not null,
                    password_digest varchar not null, created_at timestamp(6) not null, updated_at timestamp(6) not null);
                create unique index index_users_on_email_address on users (email_address);
                create table sessions (id bigserial primary key, user_id bigint not null references users (id),
                    ip_address varchar, user_agent varchar, created_at timestamp(6) not null,
                    updated_at timestamp(6) not null);
                create index index_sessions_on_user_id on sessions (user_id);
                insert into schema_migrations values ('20260102030405');
                insert into ar_internal_metadata values ('environment', 'production', now(), now());
                insert into users values (1, 'ann@example.org', 'x', now(), now());
                insert into sessions values (1, 1, '127.0.0.1', 'Firefox', now(), now());
                """),
        // The migrations of laravel/laravel 12.11.2.
        FrameworkDatabase(
            testDescription: "Laravel", conflict: "table public.sessions",
            schema: """
                create table migrations (id serial primary key, migration varchar(255) not null, batch integer not null);
                create table users (id bigserial primary key, name varchar(255) not null, email varchar(255) not null unique,
                    email_verified_at timestamp(0), password varchar(255) not null, remember_token varchar(100),
                    created_at timestamp(0), updated_at timestamp(0));
                create table password_reset_tokens (email varchar(255) not null primary key, token varchar(255) not null,
                    created_at timestamp(0));
                create table sessions (id varchar(255) not null primary key, user_id bigint, ip_address varchar(45),
                    user_agent text, payload text not null, last_activity integer not null);
                create index sessions_user_id_index on sessions (user_id);
                create index sessions_last_activity_index on sessions (last_activity);
                create table cache (key varchar(255) not null primary key, value text not null, expiration integer not null);
                create index cache_expiration_index on cache (expiration);
                create table cache_locks (key varchar(255) not null primary key, owner varchar(255) not null,
                    expiration integer not null);
                create index cache_locks_expiration_index on cache_locks (expiration);
                create table jobs (id bigserial primary key, queue varchar(255) not null, payload text not null,
                    attempts smallint not null, reserved_at integer, available_at integer not null,
                    created_at integer not null);
                create index jobs_queue_index on jobs (queue);
                create table job_batches (id varchar(255) not null primary key, name varchar(255) not null,
                    total_jobs integer not null, pending_jobs integer not null, failed_jobs integer not null,
                    failed_job_ids text not null, options text, cancelled_at integer, created_at integer not null,
                    finished_at integer);
                create table failed_jobs (id bigserial primary key, uuid varchar(255) not null unique,
                    connection text not null, queue text not null, payload text not null, exception text not null,
                    failed_at timestamp(0) not null default current_timestamp);
                insert into migrations (migration, batch) values ('0001_01_01_000000_create_users_table', 1);
                insert into sessions values ('s', 1, '127.0.0.1', 'Firefox', 'YTow', 1767323045);
                """),
        // `mix phx.gen.auth` of Phoenix 1.8.9. The extension citext is not everywhere: a domain stands for it.
        FrameworkDatabase(
            testDescription: "Phoenix with Ecto", conflict: nil,
            schema: """
                do $$ begin
                    create extension citext;
                exception when feature_not_supported or undefined_file then
                    create domain citext as text;
                end $$;
                create table schema_migrations (version bigint primary key, inserted_at timestamp(0));
                create table users (id bigserial primary key, email citext not null, hashed_password varchar(255),
                    confirmed_at timestamp(0), inserted_at timestamp(0) not null, updated_at timestamp(0) not null);
                create unique index users_email_index on users (email);
                create table users_tokens (id bigserial primary key,
                    user_id bigint not null references users (id) on delete cascade, token bytea not null,
                    context varchar(255) not null, sent_to varchar(255), authenticated_at timestamp(0),
                    inserted_at timestamp(0) not null);
                create index users_tokens_user_id_index on users_tokens (user_id);
                create unique index users_tokens_context_token_index on users_tokens (context, token);
                insert into schema_migrations values (20260102030405, now());
                """),
        // `manage.py migrate` of Django 5.2.19, dumped: the tables of migrations, sessions and users.
        FrameworkDatabase(
            testDescription: "Django", conflict: nil,
            schema: """
                create table django_migrations (id bigint generated by default as identity primary key,
                    app varchar(255) not null, name varchar(255) not null, applied timestamptz not null);
                create table django_session (session_key varchar(40) not null primary key, session_data text not null,
                    expire_date timestamptz not null);
                create index django_session_expire_date_a5c62663 on django_session (expire_date);
                create index django_session_session_key_c0390e0f_like on django_session (session_key varchar_pattern_ops);
                create table auth_user (id integer generated by default as identity primary key,
                    password varchar(128) not null, last_login timestamptz, is_superuser boolean not null,
                    username varchar(150) not null unique, first_name varchar(150) not null, last_name varchar(150) not null,
                    email varchar(254) not null, is_staff boolean not null, is_active boolean not null,
                    date_joined timestamptz not null);
                create index auth_user_username_6821ab7c_like on auth_user (username varchar_pattern_ops);
                insert into django_migrations (app, name, applied) values ('auth', '0001_initial', now());
                insert into django_session values ('k', 'data', now());
                """),
        // schema.sql of @auth/pg-adapter 1.11.3.
        FrameworkDatabase(
            testDescription: "Auth.js with its PostgreSQL adapter", conflict: "table public.sessions",
            schema: """
                create table verification_token (identifier text not null, expires timestamptz not null,
                    token text not null, primary key (identifier, token));
                create table accounts (id serial, "userId" integer not null, type varchar(255) not null,
                    provider varchar(255) not null, "providerAccountId" varchar(255) not null, refresh_token text,
                    access_token text, expires_at bigint, id_token text, scope text, session_state text, token_type text,
                    primary key (id));
                create table sessions (id serial, "userId" integer not null, expires timestamptz not null,
                    "sessionToken" varchar(255) not null, primary key (id));
                create table users (id serial, name varchar(255), email varchar(255), "emailVerified" timestamptz,
                    image text, primary key (id));
                insert into sessions ("userId", expires, "sessionToken") values (1, now(), 'token');
                """),
    ]
}
