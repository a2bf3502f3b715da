-- One database, with a role and a schema for each of the two: the shop's tables, and the chat's.
create role shop login;
create role chat login;
create database shop;
grant create on database shop to chat; -- Roomcast makes its schema "chat" itself
\connect shop
create schema shop authorization shop;
