# SPDX-License-Identifier: Apache-2.0
"""An HTTP/1.1 server that keeps connections, as AWS does. The one that moto comes with closes after every answer."""
import io
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

BODY_BYTES_MAX = 20 * 1024 * 1024


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body  # headers: lower-case name -> value
        self.path, _, self.query = target.partition("?")

    def environ(self):
        """As WSGI programs such as moto want it."""
        host, _, port = self.headers.get("host", "127.0.0.1:80").rpartition(":")
        environ = {
            "REQUEST_METHOD": self.method, "SCRIPT_NAME": "", "PATH_INFO": unquote(self.path), "QUERY_STRING": self.query,
            "SERVER_NAME": host or port, "SERVER_PORT": port if host else "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
            "RAW_URI": self.target, "CONTENT_LENGTH": str(len(self.body)), "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body), "wsgi.errors": io.StringIO(), "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False}
        for name, value in self.headers.items():
            if name == "content-type":
                environ["CONTENT_TYPE"] = value
            elif name != "content-length":
                environ["HTTP_" + name.upper().replace("-", "_")] = value
        return environ


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one answer, one write
    timeout = 120

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_BYTES_MAX or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            return self.send(413, {"Content-Type": "text/plain"}, b"")
        headers = {}
        for name, value in self.headers.items():
            headers[name.lower()] = f"{headers[name.lower()]},{value}" if name.lower() in headers else value
        return self.send(*self.server.application(Request(self.command, self.path, headers, self.rfile.read(length))))

    def send(self, status, headers, content):
        self.send_response_only(status)
        for name, value in {"Server": "Server", **headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            pass

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port, application):
        self.application = application
        super().__init__(("127.0.0.1", port), Handler)
