"""Authlib as a program that signs in: a request a line in, its answer a line out, both JSON.

The first line is the client: site (its origin), id, secret, scope, redirect and how it authenticates.
"""

import json
import os
import sys

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

setup = json.loads(sys.stdin.readline())
site = requests.get(setup["site"] + "/.well-known/openid-configuration", timeout=10).json()
session = OAuth2Session(
    setup["id"],
    setup.get("secret"),
    scope=setup["scope"],
    redirect_uri=setup["redirect"],
    code_challenge_method="S256",
    token_endpoint_auth_method=setup["method"],
    revocation_endpoint_auth_method=setup["method"],
    token_endpoint=site["token_endpoint"],
)
verifier = generate_token(48)


def begin(_):
    address, _ = session.create_authorization_url(
        site["authorization_endpoint"], code_verifier=verifier, access_type="offline"
    )
    return address


def finish(callback):
    return session.fetch_token(
        site["token_endpoint"], authorization_response=callback, code_verifier=verifier
    )


def claims(_):
    keys = KeySet.import_key_set(requests.get(site["jwks_uri"], timeout=10).json())
    token = jwt.decode(session.token["id_token"], keys, algorithms=["RS256"])
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": site["issuer"]},
        aud={"essential": True, "value": setup["id"]},
        exp={"essential": True},
        sub={"essential": True},
    ).validate(token.claims)
    return token.claims


def userinfo(_):
    return session.get(setup["site"] + "/v1/userinfo").json()


def refresh(_):
    return session.refresh_token(site["token_endpoint"])


def revoke(_):
    return session.revoke_token(site["revocation_endpoint"], session.token["refresh_token"]).status_code


STEPS = {step.__name__: step for step in [begin, finish, claims, userinfo, refresh, revoke]}

for line in sys.stdin:
    step, argument = json.loads(line)
    try:
        answer = STEPS[step](argument)
    except Exception as error:
        answer = {"Error": getattr(error, "error", None) or repr(error)}
    print(json.dumps(answer), flush=True)
