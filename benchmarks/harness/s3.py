"""What an S3 store answers to uploads, for a server that keeps nothing."""
import base64

#: The NVMe base specification's polynomial, reflected: the lowest bit is x^63.
POLYNOMIAL = 0x9A6C9329AC4BC9B5
CHECKSUM = b"x-amz-checksum-crc64nvme"


def product(left, right):
    """The product of two polynomials, reflected, modulo the polynomial."""
    result = 0
    while right:
        if right >> 63:
            result ^= left
        right = right << 1 & 0xFFFFFFFFFFFFFFFF
        left = left >> 1 ^ (POLYNOMIAL if left & 1 else 0)
    return result


def power(count):
    """x^(8·count) modulo the polynomial."""
    result, square = 1 << 63, 1 << 55
    while count:
        if count & 1:
            result = product(result, square)
        square = product(square, square)
        count >>= 1
    return result


def combined(parts):
    """The CRC-64/NVME of all parts, from each one's own and its length."""
    whole, factors = 0, {}
    for crc, count in parts:
        if count not in factors:
            factors[count] = power(count)
        whole = product(whole, factors[count]) ^ crc
    return whole


def fields(head):
    """A request's line and headers, names in lower case."""
    lines = head.split(b"\r\n")
    pairs = (line.partition(b":") for line in lines[1:])
    return lines[0], {name.lower(): value.strip() for name, _, value in pairs if value}


def reply(status, body=b"", **headers):
    """A whole HTTP reply."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def document(name, *elements):
    """A document of elements that hold text."""
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in elements)
    body = f'<?xml version="1.0" encoding="UTF-8"?><{name}>{inner}</{name}>'.encode()
    return reply("200 OK", body, Content_Type="application/xml")


class Store:
    """Answers requests in their order: an object is never there, a list is empty, what comes is stored."""

    def __init__(self):
        #: Of each upload the CRC and length of its parts, by number.
        self.uploads = {}

    def answer(self, head, count):
        """The answer to a request whose body of `count` bytes has arrived."""
        line, headers = fields(head)
        method, target = line.split(b" ")[:2]
        query = dict(
            part.partition(b"=")[::2] for part in target.partition(b"?")[2].split(b"&")
        )
        if method == b"HEAD":
            return reply("404 Not Found")
        if method == b"PUT":
            return self.stored(query, headers, count)
        if method == b"POST" and b"uploads" in query:
            name = f"upload-{len(self.uploads)}"
            self.uploads[name.encode()] = {}
            return document("InitiateMultipartUploadResult", ("UploadId", name))
        if method == b"POST":
            return self.finished(query.get(b"uploadId"))
        if b"versioning" in query:
            return document("VersioningConfiguration")
        if b"uploads" in query:
            return document("ListMultipartUploadsResult", ("IsTruncated", "false"))
        return document("ListBucketResult", ("Name", "bench"), ("KeyCount", 0), ("IsTruncated", "false"))

    def stored(self, query, headers, count):
        """A part or an object; its checksum comes back."""
        checksum = headers.get(CHECKSUM)
        upload = self.uploads.get(query.get(b"uploadId"))
        if upload is not None:
            crc = int.from_bytes(base64.b64decode(checksum), "big") if checksum else None
            upload[int(query[b"partNumber"])] = (crc, count)
        said = {"x_amz_checksum_crc64nvme": checksum.decode()} if checksum else {}
        return reply("200 OK", ETag='"sink"', **said)

    def finished(self, name):
        """The whole; with its checksum where every part had one."""
        parts = [part for _, part in sorted(self.uploads.pop(name, {}).items())]
        elements = [("ETag", "&quot;sink-1&quot;")]
        if parts and all(crc is not None for crc, _ in parts):
            whole = base64.b64encode(combined(parts).to_bytes(8, "big")).decode()
            elements.append(("ChecksumCRC64NVME", whole))
        return document("CompleteMultipartUploadResult", *elements)
