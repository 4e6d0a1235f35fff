"""COPY URL DESTINATION by requests, then GET CHECK on the same connection; prints both statuses and the content."""

import sys

import requests

url, destination, check = sys.argv[1:]
with requests.Session() as session:
    session.trust_env = False
    copied = session.request("COPY", url, headers={"Destination": destination})
    print(copied.status_code)
    got = session.get(check)
    print(got.status_code)
    print(got.text, end="")
