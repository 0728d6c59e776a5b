"""Whole uploads by AWS's kit for Python against the S3 of an emulator: boto3_client.py URL."""
import os
import sys
import tempfile

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

s3 = boto3.client(
    "s3", endpoint_url=sys.argv[1], region_name="us-east-1",
    aws_access_key_id=os.environ["COSPLAN_SECRET_ID"],
    aws_secret_access_key=os.environ["COSPLAN_SECRET_KEY"],
    config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}))
place = {"Bucket": "data", "Key": "dir/上传 a+b~(1)"}


def refused(code, work):
    try:
        work()
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
    else:
        raise AssertionError(f"{code} was expected")


for algorithm in ("CRC32", "CRC32C", "SHA1", "SHA256"):
    try:
        put = s3.put_object(**place, Body=b"123456789", ChecksumAlgorithm=algorithm)
    except Exception as error:  # Some algorithms need a package of their own.
        assert "dependency" in str(error).lower(), error
        continue
    head = s3.head_object(**place, ChecksumMode="ENABLED")
    assert head[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"], head
    assert head["ContentLength"] == 9
assert s3.get_object(**place)["Body"].read() == b"123456789"
refused("PreconditionFailed", lambda: s3.put_object(**place, Body=b"x", IfNoneMatch="*"))

# Two parts of 5 MiB and a rest, by the kit's own transfer manager.
size = 5 * 1024 * 1024
content = os.urandom(2 * size + 3)
with tempfile.NamedTemporaryFile() as file:
    file.write(content)
    file.flush()
    s3.upload_file(file.name, place["Bucket"], place["Key"],
                   Config=TransferConfig(multipart_threshold=size, multipart_chunksize=size))
got = s3.get_object(**place)
assert got["Body"].read() == content and got["ETag"].endswith('-3"')

begun = s3.create_multipart_upload(**place, ChecksumAlgorithm="SHA1")["UploadId"]
part = s3.upload_part(**place, UploadId=begun, PartNumber=1, Body=b"x", ChecksumAlgorithm="SHA1")
listed = s3.list_multipart_uploads(Bucket=place["Bucket"], Prefix=place["Key"])["Uploads"]
assert [(upload["UploadId"], upload["Key"]) for upload in listed] == [(begun, place["Key"])], listed
parts = s3.list_parts(**place, UploadId=begun)["Parts"]
assert [entry["ChecksumSHA1"] for entry in parts] == [part["ChecksumSHA1"]], parts
s3.abort_multipart_upload(**place, UploadId=begun)
refused("NoSuchUpload", lambda: s3.list_parts(**place, UploadId=begun))
s3.delete_object(**place)
refused("404", lambda: s3.head_object(**place))
other = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="AKIDother",
                     aws_secret_access_key="other", config=Config(retries={"max_attempts": 1}))
refused("InvalidAccessKeyId", lambda: other.get_object(**place))
