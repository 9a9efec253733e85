"""The official SDK of IMS as a program: a call a line in, its answer a line out, both JSON.

The first line is the client: endpoint, id, secret and, for temporary credentials, token.
"""

import json
import sys

from alibabacloud_ims20190815 import models
from alibabacloud_ims20190815.client import Client
from alibabacloud_tea_openapi.models import Config

setup = json.loads(sys.stdin.readline())
client = Client(
    Config(
        access_key_id=setup["id"],
        access_key_secret=setup["secret"],
        security_token=setup.get("token"),
        endpoint=setup["endpoint"],
        protocol="http",
    )
)


def call(operation, fields):
    method = getattr(client, operation)
    kind = "".join(word.capitalize() for word in operation.split("_")) + "Request"
    request = getattr(models, kind, None)
    return (method(request(**fields)) if request else method()).body.to_map()


for line in sys.stdin:
    operation, fields = json.loads(line)
    try:
        answer = call(operation, fields)
    except Exception as error:
        answer = {"Error": getattr(error, "code", None) or repr(error), "Status": getattr(error, "status_code", None)}
    print(json.dumps(answer), flush=True)
