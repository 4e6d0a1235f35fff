"""POST URL by requests with an Idempotency-Key, again for as long as the connection breaks, then GET CHECK in the
same session; prints the number of tries, both statuses, and the JSON of the answer."""

import sys

import requests

url, key, authorization, check = sys.argv[1:]
headers = {"Idempotency-Key": f'"{key}"', "Authorization": authorization}
with requests.Session() as session:
    session.trust_env = False
    for tries in range(1, 6):
        try:
            made = session.post(url, headers=headers, timeout=60)
            break
        except requests.ConnectionError:
            continue
    got = session.get(check, headers=headers, timeout=60)
    print(tries, made.status_code, got.status_code)
    print(made.text, end="")
