"""A program that calls models through LiteLLM; its callback reports usage. No model is asked.

Usage: litellm_calls.py CALLBACK sync|async MODEL...; prints what LiteLLM counted for each call. Its
proxy calls as `async` does.
"""

import asyncio
import json
import os
import sys

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # its price list is fetched from afar otherwise

import litellm
from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER


def asked(model):
    return {
        "model": model,
        "messages": [{"role": "user", "content": "How many credits are left?"}],
        "mock_response": "A mock of an answer, long enough to cost something.",
        "user": "acme",
        "metadata": {"user_api_key_user_id": "acme"},
    }


async def call_all(models):
    answers = [await litellm.acompletion(**asked(model)) for model in models]
    await GLOBAL_LOGGING_WORKER.flush()
    return answers


callback, how, *models = sys.argv[1:]
litellm.callbacks = [callback]
if how == "sync":
    answers = [litellm.completion(**asked(model)) for model in models]
else:
    answers = asyncio.run(call_all(models))
counted = [
    {
        "id": answer.id,
        "prompt_tokens": answer.usage.prompt_tokens,
        "completion_tokens": answer.usage.completion_tokens,
        "cost": answer._hidden_params["response_cost"],
    }
    for answer in answers
]
print(json.dumps(counted))
