"""python3 aiohttp-gather.py TASK: fetches, checks and keeps; no queue, no retries."""

import asyncio
import json
import os
import sys
import time

import aiohttp


async def keep_comic(session, slots, task, number):
    async with slots:
        async with session.get(f"{task['site']}/{number}/info.0.json") as response:
            response.raise_for_status()
            body = await response.read()
        if json.loads(body)["num"] != number:
            raise ValueError(f"asked for {number}")
        path = os.path.join(task["out"], f"{number}.json")
        with open(path + ".part", "wb") as file:
            file.write(body)
        os.replace(path + ".part", path)


async def main(task):
    slots = asyncio.Semaphore(task["concurrency"])
    connector = aiohttp.TCPConnector(limit=task["concurrency"])
    async with aiohttp.ClientSession(connector=connector) as session:
        numbers = range(task["first"], task["first"] + task["count"])
        started = time.perf_counter()
        await asyncio.gather(*(keep_comic(session, slots, task, number) for number in numbers))
        print(json.dumps({"seconds": time.perf_counter() - started}))


asyncio.run(main(json.loads(sys.argv[1])))
