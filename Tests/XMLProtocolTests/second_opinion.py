"""The signatures of COS (v5) and S3 (SigV4) and combined CRC-64s, written from their documentation alone.

Reads one JSON value from standard input, an array of cases, and writes the array of answers.
"""
import base64
import hashlib
import hmac
import json
import sys
from urllib.parse import quote


def encode(text, safe=""):
    return quote(text, safe=safe + "-_.~")


def cos(case):
    def canonical(pairs):
        pairs = sorted((encode(name.lower()), encode(value)) for name, value in pairs)
        return "&".join(f"{name}={value}" for name, value in pairs), ";".join(name for name, _ in pairs)

    params, param_names = canonical(case["query"])
    headers, header_names = canonical(case["headers"])
    http_string = f"{case['method'].lower()}\n{case['path']}\n{params}\n{headers}\n"
    sign_key = hmac.new(case["key"].encode(), case["time"].encode(), hashlib.sha1).hexdigest()
    text = f"sha1\n{case['time']}\n{hashlib.sha1(http_string.encode()).hexdigest()}\n"
    signature = hmac.new(sign_key.encode(), text.encode(), hashlib.sha1).hexdigest()
    return (f"q-sign-algorithm=sha1&q-ak={case['id']}&q-sign-time={case['time']}&q-key-time={case['time']}"
            f"&q-header-list={header_names}&q-url-param-list={param_names}&q-signature={signature}")


def sigv4(case):
    params = "&".join(f"{n}={v}" for n, v in sorted((encode(n), encode(v)) for n, v in case["query"]))
    headers = sorted((name.lower(), " ".join(value.split())) for name, value in case["headers"])
    names = ";".join(name for name, _ in headers)
    request = "\n".join([case["method"], encode(case["path"], safe="/"), params,
                         "".join(f"{name}:{value}\n" for name, value in headers), names, case["payload"]])
    day = case["time"][:8]
    scope = f"{day}/{case['region']}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", case["time"], scope, hashlib.sha256(request.encode()).hexdigest()])
    key = ("AWS4" + case["key"]).encode()
    for part in (day, case["region"], "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return f"AWS4-HMAC-SHA256 Credential={case['id']}/{scope}, SignedHeaders={names}, Signature={signature}"


POLYNOMIALS = {"ecma": 0x42F0E1EBA9EA3693, "nvme": 0xAD93D23594C93659}


def crc64(case):
    """Bit by bit over the whole, with the polynomial as its standard writes it."""
    register = 0xFFFFFFFFFFFFFFFF
    polynomial = int(f"{POLYNOMIALS[case['crc']]:064b}"[::-1], 2)
    for byte in base64.b64decode(case["bytes"]):
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (polynomial if register & 1 else 0)
    return register ^ 0xFFFFFFFFFFFFFFFF


def answer(case):
    return {"cos": cos, "sigv4": sigv4, "crc64": crc64}[case["kind"]](case)


if __name__ == "__main__":
    json.dump([str(answer(case)) for case in json.load(sys.stdin)], sys.stdout)
