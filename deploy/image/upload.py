"""Puts the files of a folder below a place in S3: `python upload.py FOLDER s3://reelmill/inbox/spring`.

Briefs come last: whoever watches the place finds their media there.
"""

import sys
from pathlib import Path

import boto3

folder, place = Path(sys.argv[1]), sys.argv[2]
bucket, _, prefix = place.removeprefix("s3://").partition("/")
files = sorted(path for path in folder.rglob("*") if path.is_file())
s3 = boto3.client("s3")
for path in sorted(files, key=lambda one: one.suffix in {".yaml", ".yml", ".json"}):
    key = f"{prefix.strip('/')}/{path.relative_to(folder).as_posix()}".lstrip("/")
    s3.upload_file(str(path), bucket, key)
    print(f"s3://{bucket}/{key}")
