"""`python3 rq_comics.py enqueue|work`: fetches, checks and stores; the same task for both in TASK."""

import json
import multiprocessing
import os
import sys

import requests
from redis import Redis
from rq import Queue, SimpleWorker

task = json.loads(os.environ["TASK"])
session = requests.Session()


def store_comic(number):
    response = session.get(f"{task['site']}/{number}/info.0.json", timeout=30)
    response.raise_for_status()
    if response.json()["num"] != number:
        raise ValueError(f"asked for {number}")
    path = os.path.join(task["out"], f"{number}.json")
    with open(path + ".part", "wb") as file:
        file.write(response.content)
    os.replace(path + ".part", path)


def queue():
    return Queue("comics", connection=Redis.from_url(os.environ["REDIS_URL"]))


def enqueue():
    numbers = range(task["first"], task["first"] + task["count"])
    comics = queue()
    comics.enqueue_many(
        [
            Queue.prepare_data("rq_comics.store_comic", (number,), result_ttl=0)
            for number in numbers
        ]
    )


def work():
    # Forks no process a job: what its manual recommends where jobs are short.
    comics = queue()
    SimpleWorker([comics], connection=comics.connection).work(burst=True, logging_level="WARNING")


if __name__ == "__main__" and sys.argv[1] == "enqueue":
    enqueue()
elif __name__ == "__main__":
    # What `rq worker-pool` of later versions does.
    workers = [multiprocessing.Process(target=work) for _ in range(task["concurrency"])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
