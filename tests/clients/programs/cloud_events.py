"""A program that sends usage as the CloudEvents SDK writes it.

Usage: cloud_events.py MODE EVENTS, a JSON list of {attributes, data}; prints status and answer of
each request. MODE is binary, structured, batch, or old-binary, old-structured: the SDK's first API.
"""

import json
import os
import sys
from datetime import datetime

import requests
from cloudevents.core.bindings import http
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1 import http as old

URL = f"{os.environ['SERVER']}/api/v1/events"
BEARER = {"Authorization": f"Bearer {os.environ['KEY']}"}


def post(headers, body):
    answer = requests.post(URL, data=body, headers={**headers, **BEARER}, timeout=30)
    return {"status": answer.status_code, "body": answer.json()}


def messages(mode, events):
    """The requests that carry these events: (headers, body)."""
    if mode.startswith("old-"):
        write = old.to_binary if mode == "old-binary" else old.to_structured
        return [write(old.CloudEvent(event["attributes"], event["data"])) for event in events]
    made = [CloudEvent(_timed(event["attributes"]), event["data"]) for event in events]
    if mode == "batch":  # the SDK has no batches; an array of what it writes is one
        body = b"[" + b",".join(JSONFormat().write(event) for event in made) + b"]"
        return [({"Content-Type": "application/cloudevents-batch+json"}, body)]
    write = http.to_binary_event if mode == "binary" else http.to_structured_event
    return [(message.headers, message.body) for message in map(write, made)]


def _timed(attributes):
    """The SDK takes times as such, not as text."""
    time = attributes.get("time")
    return attributes | ({"time": datetime.fromisoformat(time)} if time else {})


mode, events = sys.argv[1], json.loads(sys.argv[2])
print(json.dumps([post(headers, body) for headers, body in messages(mode, events)]))
