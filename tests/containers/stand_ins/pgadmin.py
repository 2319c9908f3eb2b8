"""Answers every page with its own path, on port 80."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.path.encode())


ThreadingHTTPServer(("0.0.0.0", 80), Pages).serve_forever()
