"""A client of the XML API in the standard library only: signs by hmac, computes CRC-64 bit by bit.

Usage: xml_client.py PORT ROOT. Puts objects, whole and in parts, reads them back and compares; prints "ok", or what differs.
"""
import hashlib, hmac, http.client, os, random, re, sys, time, urllib.parse

port, root = int(sys.argv[1]), sys.argv[2]
ID, KEY = "AKIDEXAMPLE0000000000000000000000000", "SECRETKEYEXAMPLE000000000000000000"
BUCKET = "xy2-1251668577"
TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0xC96C5795D7870F42 if byte & 1 else 0)
    TABLE.append(byte)


def crc64(data):
    value = 2**64 - 1
    for byte in data:
        value = TABLE[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 2**64 - 1


def quote(text):
    return urllib.parse.quote(text, safe="-_.~")


def send(method, key, query=None, headers=None, body=None, host=f"{BUCKET}.localhost:{port}", prefix=""):
    query, headers = dict(query or {}), dict(headers or {})
    headers["Host"] = host
    if body is not None:
        headers["Content-Length"] = str(len(body))
    start = int(time.time()) - 60
    times = f"{start};{start + 600}"

    def listed(pairs):
        items = sorted((quote(name.lower()), quote(value)) for name, value in pairs.items())
        return ";".join(n for n, _ in items), "&".join(f"{n}={v}" for n, v in items)

    query_names, query_text = listed(query)
    header_names, header_text = listed(headers)
    text = f"{method.lower()}\n{prefix}{key}\n{query_text}\n{header_text}\n"
    sign_key = hmac.new(KEY.encode(), times.encode(), "sha1").hexdigest()
    to_sign = f"sha1\n{times}\n{hashlib.sha1(text.encode()).hexdigest()}\n"
    signature = hmac.new(sign_key.encode(), to_sign.encode(), "sha1").hexdigest()
    headers["Authorization"] = (
        f"q-sign-algorithm=sha1&q-ak={ID}&q-sign-time={times}&q-key-time={times}&q-header-list={header_names}"
        f"&q-url-param-list={query_names}&q-signature={signature}"
    )
    path = urllib.parse.quote(prefix + key, safe="/-_.~")
    if query:
        path += "?" + "&".join(f"{quote(n)}={quote(v)}" if v else quote(n) for n, v in query.items())
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=900)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    reply = connection.getresponse()
    return reply.status, reply.headers, reply.read()


def expect(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: {found!r:.200}, not {wanted!r:.200}")


random.seed(1)
for number, (key, size) in enumerate(
    [("/empty", 0), ("/one", 1), ("/dir/上传 a+b~(1).bin", 300_001), ("/parts", 2 * 1048576 + 5)]
):
    data = random.randbytes(size)
    style = {} if number % 2 else {"host": f"127.0.0.1:{port}", "prefix": f"/{BUCKET}"}
    if key == "/parts":
        status, _, body = send("POST", key, {"uploads": ""}, body=b"", **style)
        upload = re.search(rb"<UploadId>(.*)</UploadId>", body)[1].decode()
        parts = ""
        for index in range(3):
            piece = data[index * 1048576 : (index + 1) * 1048576]
            status, headers, _ = send(
                "PUT", key, {"partNumber": str(index + 1), "uploadId": upload}, body=piece, **style
            )
            expect(headers["x-cos-hash-crc64ecma"], str(crc64(piece)), "CRC of a part")
            parts += f"<Part><PartNumber>{index + 1}</PartNumber><ETag>{headers['ETag']}</ETag></Part>"
        document = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        status, headers, body = send("POST", key, {"uploadId": upload}, body=document, **style)
    else:
        status, headers, body = send("PUT", key, body=data, **style)
        expect(headers["ETag"], f'"{hashlib.md5(data).hexdigest()}"', f"ETag of {key}")
    expect(status, 200, f"status of {key} {body!r}")
    expect(headers["x-cos-hash-crc64ecma"], str(crc64(data)), f"CRC of {key}")
    status, headers, body = send("HEAD", key, **style)
    expect((status, headers["Content-Length"]), (200, str(size)), f"HEAD of {key}")
    expect(headers["x-cos-hash-crc64ecma"], str(crc64(data)), f"CRC in HEAD of {key}")
    expect(send("GET", key, **style)[2], data, f"GET of {key}")
    with open(f"{root}/objects/1251668577/xy2{key}", "rb") as file:
        expect(file.read(), data, f"file of {key}")
print("ok")
