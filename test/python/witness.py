"""Makes the calls of a JSON list on standard input, one after the other, by boto3 or by the AWS CLI, and prints the answers as JSON.

The list: {"client": "boto3" | "cli", "url": ..., "steps": [{"service", "operation", "input", "region", "as", "until"}, ...]}
The answers: [{"answer": ...} | {"error": code, "message": ...}, ...]
The AWS CLI runs in this process, by its own entry point: a process for each call would cost a second each.
"""

import contextlib
import datetime
import io
import json
import os
import sys
import tempfile
import time
import urllib.request

import boto3
import botocore
from botocore.exceptions import BotoCoreError, ClientError

TRIES = 200
PAUSE = 0.05
NAMES = {"monitoring": "cloudwatch", "states": "stepfunctions"}
# Of these the AWS CLI writes a member of the answer into a file.
WRITES = {("lambda", "Invoke"): "Payload", ("s3", "GetObject"): "Body"}

request = json.load(sys.stdin)
known = {}
clients = {}
folder = tempfile.mkdtemp(prefix="continuity-witness-")


def lookup(path):
    """`$name.member.0.(json).member` of an earlier answer."""
    name, *parts = path[1:].split(".")
    value = known[name]
    for part in parts:
        if part == "(json)":
            value = json.loads(value)
        else:
            value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def resolved(value):
    if isinstance(value, str) and value.startswith("$"):
        return lookup(value)
    if isinstance(value, list):
        return [resolved(item) for item in value]
    if isinstance(value, dict):
        return {key: resolved(item) for key, item in value.items()}
    return value


def typed(value):
    """What JSON cannot say, as boto3 takes it."""
    if isinstance(value, list):
        return [typed(item) for item in value]
    if isinstance(value, dict):
        if "@bytes" in value:
            return value["@bytes"].encode()
        if "@time" in value:
            return datetime.datetime.fromisoformat(value["@time"].replace("Z", "+00:00"))
        return {key: typed(item) for key, item in value.items()}
    return value


def untyped(value):
    """What JSON cannot say, as the AWS CLI reads it."""
    if isinstance(value, list):
        return [untyped(item) for item in value]
    if isinstance(value, dict):
        if "@bytes" in value or "@time" in value:
            return value.get("@bytes", value.get("@time"))
        return {key: untyped(item) for key, item in value.items()}
    return value


def plain(value):
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "ResponseMetadata"}
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat()
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "read"):
        return value.read().decode()
    return value


def by_boto3(service, operation, region, parameters):
    key = (service, region)
    if key not in clients:
        clients[key] = boto3.client(NAMES.get(service, service), region_name=region, endpoint_url=request["url"])
    try:
        return {"answer": plain(getattr(clients[key], botocore.xform_name(operation))(**typed(parameters)))}
    except ClientError as error:
        return {"error": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
    except (BotoCoreError, AttributeError) as error:
        return {"error": type(error).__name__, "message": str(error)}


def by_cli(service, operation, region, parameters):
    from awscli.clidriver import create_clidriver

    if "driver" not in clients:
        clients["driver"] = create_clidriver()
    parameters = untyped(parameters)
    written = os.path.join(folder, "written")
    arguments = ["s3api" if service == "s3" else NAMES.get(service, service), botocore.xform_name(operation, "-")]
    if (service, operation) == ("s3", "PutObject"):
        with open(os.path.join(folder, "body"), "w") as body:
            body.write(parameters.pop("Body"))
        arguments += ["--body", body.name]
    if (service, operation) in WRITES:
        # Then it takes no JSON input.
        for name, value in parameters.items():
            arguments += [f"--{botocore.xform_name(name, '-')}", value]
        arguments += [written]
    else:
        arguments += ["--cli-input-json", json.dumps(parameters)]
    arguments += ["--region", region, "--endpoint-url", request["url"]]
    arguments += ["--output", "json", "--no-paginate", "--cli-read-timeout", "30"]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = clients["driver"].main(arguments)
        except SystemExit as ending:
            code = ending.code
    if code != 0:
        return {"error": f"exit {code}", "message": err.getvalue().strip()}
    answer = json.loads(out.getvalue()) if out.getvalue().strip() else {}
    if (service, operation) in WRITES:
        with open(written) as content:
            answer[WRITES[service, operation]] = content.read()
    return {"answer": answer}


def by_http(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return {"answer": json.load(answer)}


def call(step):
    if step["service"] == "http":
        return by_http(step["input"]["url"])
    parameters = resolved(step["input"])
    make = by_cli if request["client"] == "cli" else by_boto3
    return make(step["service"], step["operation"], step["region"], parameters)


def holds(until):
    try:
        return lookup(until["path"]) == until["value"]
    except (KeyError, IndexError, TypeError):
        return False


answers = []
for step in request["steps"]:
    for _ in range(TRIES):
        made = call(step)
        if "as" in step:
            known[step["as"]] = made.get("answer", {})
        if "until" not in step or holds(step["until"]):
            break
        time.sleep(PAUSE)
    else:
        made = {"error": "waited in vain", "message": json.dumps(step["until"])}
    answers.append(made)
json.dump(answers, sys.stdout)
