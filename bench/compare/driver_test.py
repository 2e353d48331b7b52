#!/usr/bin/env python3
"""The client of the comparison is only worth something if it notices a bad reply: driver_test.py DRIVER"""

import contextlib
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

import systems

DRIVER = sys.argv.pop()
BODY = b'{"order":"o-1"}'
CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
REFUSED = b"HTTP/1.1 409 Conflict\r\nContent-Length: 8\r\n\r\nsold_out"
CLOSE = b"answered, and then the connection is closed"
RESP_ORDER = b"$15\r\n1700000000000-0\r\n"


class Server:
    """Counts requests by their last bytes and answers each with reply(number); can send in small pieces."""

    def __init__(self, end, reply, piece=1 << 20):
        self.end, self.reply, self.piece = end, reply, piece
        self.requests = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        rest, out = b"", b""
        with connection, contextlib.suppress(ConnectionError):
            while out != CLOSE:
                *whole, rest = (rest + connection.recv(65536)).split(self.end)
                if not whole and not rest:
                    return
                out = b"".join(map(self.answer, whole))
                for start in range(0, len(out), self.piece):
                    connection.sendall(out[start:start + self.piece])

    def answer(self, request):
        with self.lock:
            self.requests.append(request.decode())
            return self.reply(len(self.requests))


class DriverTest(unittest.TestCase):
    def drive(self, server, request, *words, protocol="http"):
        with tempfile.NamedTemporaryFile() as template:
            pathlib.Path(template.name).write_text(request, newline="")
            command = [DRIVER, "--protocol", protocol, "--port", server.port, "--template", template.name,
                       "--connections", 4, "--seconds", "0.2", *words]
            run = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        server.listener.shutdown(socket.SHUT_RDWR)  # wakes its thread
        server.listener.close()
        return run, json.loads(run.stdout) if run.stdout else None

    def http(self, reply, *words, piece=1 << 20):
        server = Server(b"}", reply, piece)
        run, result = self.drive(server, systems.http_request(server.port), *words)
        return server, run, result

    def test_every_request_is_a_new_buyer_with_a_new_key_and_is_answered(self):
        server, run, result = self.http(lambda n: CREATED, "--pipeline", 3, "--skus", 10,
                                        "--first-serial", 500)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertEqual(result["requests"], len(server.requests))
        self.assertEqual(result["reply_bytes"], len(CREATED))
        self.assertEqual(result["requests"] % 3, 0)
        buyers = {re.search(r'"buyer":"b-(\d{12})"', request).group(1) for request in server.requests}
        keys = {re.search(r"bc93-(\d{12})\r\n", request).group(1) for request in server.requests}
        self.assertEqual(buyers, {f"{500 + n:012d}" for n in range(len(server.requests))})
        self.assertEqual(keys, buyers)
        skus = {re.search(r'"sku":"sku-(\d{4})"', request).group(1) for request in server.requests}
        self.assertEqual(skus, {f"{n:04d}" for n in range(1, 11)})

    def test_the_hot_sku_is_always_the_same(self):
        server, _, _ = self.http(lambda n: CREATED)
        self.assertTrue(all('"sku":"sku-0000"' in request for request in server.requests))

    def test_a_request_is_as_long_as_it_says(self):
        head, _, body = systems.http_request(80).partition("\r\n\r\n")
        self.assertIn(f"Content-Length: {len(body)}", head)

    def test_replies_in_pieces_are_put_together(self):
        server, run, result = self.http(lambda n: CREATED, "--pipeline", 4, piece=7)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(result["requests"], len(server.requests))

    def test_one_refusal_among_sales_fails_the_run_and_is_shown(self):
        _, run, result = self.http(lambda n: REFUSED if n == 6 else CREATED, "--pipeline", 2)
        self.assertEqual(run.returncode, 1)
        self.assertEqual(result["errors"], 1)
        self.assertIn("409 Conflict", run.stderr)

    def test_a_closed_connection_fails_the_run(self):
        _, run, _ = self.http(lambda n: CLOSE if n == 9 else CREATED)
        self.assertEqual(run.returncode, 1)
        self.assertIn("closed a connection", run.stderr)

    def test_more_replies_than_requests_fail_the_run(self):
        _, run, _ = self.http(lambda n: CREATED * 2)
        self.assertEqual(run.returncode, 1)
        self.assertIn("more replies than requests", run.stderr)

    def resp(self, reply):
        server = Server(b"E", reply)
        return self.drive(server, "#### ~~~~ E", "--pipeline", 5, protocol="resp")

    def test_resp_orders_are_counted_and_errors_and_empty_replies_fail_the_run(self):
        run, result = self.resp(lambda n: RESP_ORDER)
        self.assertEqual((run.returncode, result["errors"]), (0, 0))
        for bad in [b"-SOLD_OUT\r\n", b"$-1\r\n", b":1\r\n", b"+OK\r\n"]:
            with self.subTest(bad):
                run, result = self.resp(lambda n: bad if n == 3 else RESP_ORDER)
                self.assertEqual((run.returncode, result["errors"]), (1, 1))


if __name__ == "__main__":
    unittest.main()
