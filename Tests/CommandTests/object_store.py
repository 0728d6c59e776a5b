"""Answers an S3 store's HEAD, and keeps nothing. Usage: object_store.py FOLDER

Prints its port and serves until it is killed. FOLDER holds one JSON file for each bucket, read at every request:
{"objects": {"/key": {"size": 9, "headers": {...}, "status": 200}}, "token": "...", "delay": 0.02}
A key that is not there is 404. Where "token" is there, a request with another x-amz-security-token is answered 400
without words, as AWS answers HEAD with an expired one; "renew": [path, text] writes that file before. Where "id" is
there, the Authorization must name it.
"""
import http.server
import json
import os
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, headers, body=b""):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        _, bucket, *rest = self.path.split("?")[0].split("/")
        try:
            with open(os.path.join(sys.argv[1], bucket + ".json")) as file:
                store = json.load(file)
        except FileNotFoundError:
            return self.answer(404, {}, b"<Error><Code>NoSuchBucket</Code><Message>m</Message></Error>")
        time.sleep(store.get("delay", 0))
        if "token" in store and self.headers.get("x-amz-security-token") != store["token"]:
            if "renew" in store:
                path, text = store["renew"]
                with open(path, "w") as file:
                    file.write(text)
            return self.answer(400, {})
        if "id" in store and f"Credential={store['id']}/" not in self.headers.get("Authorization", ""):
            return self.answer(403, {})
        if not rest:
            return self.answer(200, {}, b"<VersioningConfiguration/>")
        found = store["objects"].get("/" + "/".join(rest))
        if found is None:
            return self.answer(404, {})
        headers = dict(found.get("headers", {}))
        headers["Content-Length"] = str(found.get("size", 0))
        self.answer(found.get("status", 200), headers)

    do_GET = do_HEAD


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
