"""What the shop does to the chat: SQL, in the transaction of the caller if there is one."""

import secrets
from hashlib import sha256

from django.db import connection


def _execute(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _room_of(order):
    return f"order:{order.pk}"


def create_session(user, order):
    """Lets a user into the room of an order for an hour. Returns the key for the browser; the table holds its hash only."""
    key = secrets.token_urlsafe(32)
    _execute(
        """insert into chat.sessions (session_key, user_name, user_id, chat_room, expires_at)
           values (%s, %s, %s, chat.room_for(%s), now() + interval '1 hour')""",
        "sha256:" + sha256(key.encode()).hexdigest(),
        user.first_name,
        str(user.pk),
        _room_of(order),
    )
    return key


def say(order, text):
    """Speaks into the room of an order: shown if and only if the transaction commits."""
    _execute("select chat.new_message(chat.room_for(%s), now(), 'Shop', %s)", _room_of(order), text)


def rename(user):
    """Gives the user's sessions the user's new name; connected clients continue with it."""
    _execute("update chat.sessions set user_name = %s where user_id = %s", user.first_name, str(user.pk))


def sign_out(user):
    """Ends the user's sessions; connected clients are closed within a second."""
    _execute("delete from chat.sessions where user_id = %s", str(user.pk))
