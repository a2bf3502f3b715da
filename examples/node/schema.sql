-- The shop's own tables.
set client_min_messages = warning;
create table if not exists shop.people (
    id text primary key,
    name text not null,
    is_staff boolean not null,
    is_active boolean not null default true
);
create table if not exists shop.orders (
    id integer generated always as identity primary key,
    customer_id text not null references shop.people,
    item text not null,
    shipped_at timestamptz
);
insert into shop.people values ('customer', 'Sam', false), ('staff', 'Sam', true) on conflict do nothing;
