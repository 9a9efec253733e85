"""The official Python SDK as a program: a command a line in, an answer a line out."""

import hashlib
import sys

from alibabacloud_credentials.client import Client
from alibabacloud_credentials.models import Config
from alibabacloud_credentials.provider import CLIProfileCredentialsProvider
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi.models import Config as ApiConfig


def client(kind, what):
    if kind == "profile":
        return Client(provider=CLIProfileCredentialsProvider(profile_name=what))
    if kind == "uri":
        return Client(Config(type="credentials_uri", credentials_uri=what))
    return Client()


def show(credential):
    parts = [credential.access_key_id, credential.access_key_secret, credential.security_token]
    return f"{parts[0]} {hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:12]}"


def answer(kind, what):
    if kind == "identity":
        sts = Sts(ApiConfig(credential=client("profile", what), endpoint="sts.aliyuncs.com"))
        return sts.get_caller_identity().body.arn
    return show(client(kind, what).get_credential())


for line in sys.stdin:
    kind, _, what = line.strip().partition(" ")
    try:
        print("=", answer(kind, what), flush=True)
    except Exception as error:
        print("!", " ".join(str(error).split()), flush=True)
