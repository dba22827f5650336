"""Makes the bucket named on the command line, unless it is there: `python bucket.py reelmill`."""

import sys

import boto3

bucket = sys.argv[1]
s3 = boto3.client("s3")
if bucket not in {one["Name"] for one in s3.list_buckets()["Buckets"]}:
    s3.create_bucket(Bucket=bucket)
