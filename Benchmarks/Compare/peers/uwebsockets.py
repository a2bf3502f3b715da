"""A broadcaster on uWebSockets, by socketify: what a client sends goes to all of the same path. Argument: the port."""

import sys

from socketify import App, CompressOptions

app = App()


def upgrade(response, request, context):
    response.upgrade(
        request.get_header("sec-websocket-key"),
        request.get_header("sec-websocket-protocol"),
        request.get_header("sec-websocket-extensions"),
        context,
        request.get_url(),
    )


app.ws(
    "/*",
    {
        "compression": CompressOptions.DISABLED,
        "max_payload_length": 1 << 20,
        "max_backpressure": 64 << 20,
        "idle_timeout": 0,
        "upgrade": upgrade,
        "open": lambda socket: socket.subscribe(socket.get_user_data()),
        "message": lambda socket, text, opcode: app.publish(socket.get_user_data(), text, opcode),
    },
)
app.listen(int(sys.argv[1]), lambda config: None)
app.run()
