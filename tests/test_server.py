"""The Jupyter server's extension: kernels' messages are not held back."""

import asyncio
import json
import socket
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketHandler, websocket_connect

from snnlab import server

CONFIG = Path(__file__).parents[1] / "labextension" / "server.json"


class Connection:
    """What a Jupyter server makes for each websocket."""

    def __init__(self, handler):
        self.websocket_handler = handler

    def connect(self):
        return "connected"


class Handler(WebSocketHandler):
    """Does with its connection what the server's handler does."""

    def initialize(self, found):
        self.found = found

    def open(self, *args, **kwargs):
        answer = self.settings[server.SETTING](self).connect()
        raw = cast(Any, self.ws_connection).stream.socket
        self.found.append((answer, raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
        self.write_message("open")


def options_of_a_websocket(loaded):
    """What `connect` returned, and TCP_NODELAY of the websocket then."""
    found = []

    async def visit():
        app = Application([("/", Handler, {"found": found})])
        app.settings[server.SETTING] = Connection
        if loaded:
            server._load_jupyter_server_extension(SimpleNamespace(web_app=app))
        listener, port = bind_unused_port()
        served = HTTPServer(app)
        served.add_sockets([listener])
        client = await websocket_connect(f"ws://127.0.0.1:{port}/")
        await client.read_message()
        client.close()
        served.stop()
        await served.close_all_connections()

    asyncio.run(visit())
    return found


def test_websockets_of_kernels_send_without_delay():
    assert options_of_a_websocket(loaded=False) == [("connected", 0)]
    assert options_of_a_websocket(loaded=True) == [("connected", 1)]


def test_a_server_that_connects_otherwise_is_left_alone():
    for known in ({}, {server.SETTING: None}):
        app = SimpleNamespace(web_app=SimpleNamespace(settings=dict(known)))
        server._load_jupyter_server_extension(app)
        assert app.web_app.settings == known


def test_it_is_the_setting_of_the_installed_jupyter_server():
    app = SimpleNamespace(
        web_app=SimpleNamespace(settings={server.SETTING: ZMQChannelsWebsocketConnection})
    )
    server._load_jupyter_server_extension(app)
    connection = app.web_app.settings[server.SETTING]
    assert issubclass(connection, ZMQChannelsWebsocketConnection)
    assert connection._open_sockets is ZMQChannelsWebsocketConnection._open_sockets


def test_the_wheel_switches_it_on():
    (name,) = json.loads(CONFIG.read_text())["ServerApp"]["jpserver_extensions"]
    assert import_module(name)._jupyter_server_extension_points() == [{"module": name}]
