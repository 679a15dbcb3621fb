"""A program that sends usage with Lago's client.

Usage: lago_events.py single|batch EVENTS, a JSON list; prints what the client gives back for each.
"""

import json
import os
import sys

from lago_python_client.client import Client
from lago_python_client.exceptions import LagoApiError
from lago_python_client.models import BatchEvent, Event

client = Client(api_key=os.environ["KEY"], api_url=os.environ["SERVER"])
mode, events = sys.argv[1], [Event(**event) for event in json.loads(sys.argv[2])]
try:
    if mode == "batch":
        print(json.dumps(client.events.batch_create(BatchEvent(events=events))))
    else:
        print(json.dumps([client.events.create(event).dict() for event in events]))
except LagoApiError as error:
    print(json.dumps({"status": error.status_code, "body": error.response}))
