"""A client of the XML API (v5) and of S3 in path style, which signs by the second opinion of XMLProtocolTests.

    object_client.py cos|s3 URL BUCKET head KEY…          one line of JSON a key
    object_client.py cos|s3 URL BUCKET get FOLDER KEY…    each object's bytes into a file FOLDER/KEY
    object_client.py cos|s3 URL BUCKET put FILE KEY       an object
    object_client.py cos|s3 URL BUCKET delete KEY…        objects
    object_client.py cos|s3 URL BUCKET make               the bucket
    object_client.py cos|s3 URL BUCKET parts KEY…         how many parts of unfinished uploads each key has

Keys have no leading slash. The pair comes from COSPLAN_SECRET_ID and COSPLAN_SECRET_KEY.
"""
import hashlib
import http.client
import json
import os
import sys
import time
from pathlib import Path
import xml.etree.ElementTree as ElementTree
from urllib.parse import urlsplit

sys.dont_write_bytecode = True  # Nothing is left beside the other tests' sources.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "XMLProtocolTests"))
from second_opinion import cos, encode, sigv4  # noqa: E402

kind, url, bucket, command, *arguments = sys.argv[1:]
pair = {"id": os.environ["COSPLAN_SECRET_ID"], "key": os.environ["COSPLAN_SECRET_KEY"]}
host = urlsplit(url).netloc


def send(method, key, body=b"", headers=(), query=()):
    path = f"/{bucket}" + (f"/{key}" if key else "")
    headers = [("host", host), *headers]
    if kind == "cos":
        now = int(time.time())
        signed = cos({**pair, "method": method, "path": path, "query": query, "headers": headers,
                      "time": f"{now - 60};{now + 600}"})
    else:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        payload = hashlib.sha256(body).hexdigest()
        headers += [("x-amz-date", stamp), ("x-amz-content-sha256", payload)]
        signed = sigv4({**pair, "method": method, "path": path, "query": query, "headers": headers,
                        "time": stamp, "region": "us-east-1", "payload": payload})
    connection = http.client.HTTPConnection(host)
    target = encode(path, safe="/")
    if query:
        target += "?" + "&".join(f"{encode(name)}={encode(value)}" for name, value in query)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in [*headers, ("authorization", signed), ("content-length", str(len(body)))]:
        connection.putheader(name, value)
    connection.endheaders(body)
    return connection.getresponse()


def expect(reply, status):
    if reply.status != status:
        sys.exit(f"{command}: status {reply.status}: {reply.read(500)}")
    return reply


def texts(query, name, key=""):
    """The texts of all elements called `name` in the answer to a GET."""
    document = ElementTree.fromstring(expect(send("GET", key, query=query), 200).read())
    return [element.text for element in document.iter() if element.tag.rpartition("}")[2] == name]


if command == "head":
    for key in arguments:
        reply = send("HEAD", key, headers=[("x-amz-checksum-mode", "ENABLED")] if kind == "s3" else [])
        print(json.dumps({
            "key": key, "status": reply.status, "length": int(reply.getheader("content-length", -1)),
            "etag": reply.getheader("etag"), "crc64ecma": reply.getheader("x-cos-hash-crc64ecma"),
            "crc64nvme": reply.getheader("x-amz-checksum-crc64nvme"),
        }))
elif command == "get":
    folder, *keys = arguments
    for key in keys:
        reply = expect(send("GET", key), 200)
        file = Path(folder) / key
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(file, "wb") as output:
            while piece := reply.read(1 << 20):
                output.write(piece)
elif command == "put":
    file, key = arguments
    expect(send("PUT", key, Path(file).read_bytes()), 200)
elif command == "delete":
    for key in arguments:
        expect(send("DELETE", key), 204)
elif command == "make":
    expect(send("PUT", ""), 200)
elif command == "parts":
    for key in arguments:
        uploads = texts([("uploads", ""), ("prefix", key)], "UploadId")
        counts = [len(texts([("uploadId", upload)], "PartNumber", key)) for upload in uploads]
        print(json.dumps({"key": key, "parts": sum(counts)}))
